import Diagnostics
import Digest
import Recipe
import Testing

@testable import Lock

/// The lock as a file: it comes back as it was written, and nothing else is taken for a lock.
@Suite struct LockTextTests {
    private func failure(of text: String) throws -> Failure {
        try #require(throws: Failure.self) { try ProjectLock.parse(text) }
    }

    /// A text with the checksum that fits it.
    private func signed(_ body: String) -> String {
        let lines = body.split(separator: "\n").filter { !$0.hasPrefix("checksum ") }
        let text = lines.map { "\($0)\n" }.joined()
        return text + "checksum \(SHA256Digest(of: text))\n"
    }

    @Test func aLockComesBackAsItWasWritten() throws {
        var fixture = try LockFixture()
        fixture.selection = "all@all:bookworm/amd64,arm64"
        let lock = try fixture.lock()
        #expect(try ProjectLock.parse(lock.text) == lock)
        #expect(lock.releases.count == 5)
        #expect(lock.platforms.map(\.name) == ["bookworm/amd64", "bookworm/arm64"])
    }

    @Test func everyEntryIsALineAndTheFirstNamesTheFormat() throws {
        let lines = try LockFixture().lock().text.split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "lapidary-lock 1")
        #expect(lines.last == "")
        let gcc = SHA256Digest(of: "gcc-12 1:2-3")
        #expect(
            lines.contains(
                """
                package bookworm/amd64 build gcc-12 1:2-3 amd64 \
                pool/main/g/gcc-12/gcc-12_2-3_amd64.deb sha256=\(gcc) size=10
                """))
        #expect(
            lines.contains { $0.hasPrefix("package bookworm/amd64 variant-jemalloc libjemalloc2 ") }
        )
        #expect(lines.contains { $0.hasPrefix("package bookworm/amd64 bare bash ") })
        #expect(
            lines.contains {
                $0.hasPrefix("release 3.3.8 revision=1 epoch=1744156800 recipe=")
                    && $0.contains(" source=debian ") && $0.hasSuffix(" suite=trixie")
            })
        #expect(lines.contains { $0.hasPrefix("patches 3.3 Patches/ruby-3.3 sha256=") })
    }

    /// Every single digit counts, wherever it stands.
    @Test func anEditedDigitIsNoticed() throws {
        let text = try LockFixture().lock().text
        let lines = text.split(separator: "\n").map(String.init)
        var edited = 0
        for (index, line) in lines.enumerated() where line.contains("sha256=") {
            let place = line.firstRange(of: "sha256=").map { $0.upperBound }
            let start = try #require(place)
            var changed = lines
            changed[index].replaceSubrange(
                start...start, with: line[start] == "0" ? "1" : "0")
            let failure = try failure(of: changed.joined(separator: "\n") + "\n")
            #expect(failure.kind == .integrity)
            #expect(
                failure.message == "`lapidary.lock` was edited: its lines do not fit its checksum")
            #expect(failure.hint?.contains("lapidary pin update") == true)
            edited += 1
        }
        #expect(edited > 8)
    }

    @Test func aNewerFormatAsksForAnUpgrade() throws {
        let text = try LockFixture().lock().text.replacing(
            "lapidary-lock 1\n", with: "lapidary-lock 2\n")
        let failure = try failure(of: text + "what a newer version may write\n")
        #expect(failure.kind == .integrity)
        #expect(
            failure.message
                == "`lapidary.lock` has the lock format 2, and this Lapidary reads 1")
        #expect(failure.hint == "upgrade Lapidary to the version that wrote it")
    }

    @Test(arguments: [
        ("recipe lapidary.yaml", "<<<<<<< HEAD\nrecipe lapidary.yaml", "begins with `<<<<<<<`"),
        ("release 3.3.8 revision=1", "release 3.3 revision=1", "`3.3` is not a release"),
        ("revision=1", "revision=0", "`revision` is not a number from 1: `0`"),
        ("revision=1 ", "", "`revision=` is missing"),
        ("size=10\n", "size=10 more=1\n", "`more=1` is too much"),
        ("size=10\n", "size=ten\n", "`size` is not a whole number: `ten`"),
        (" pool/main/g/", " ../../pool/main/g/", "is not a path"),
        (" pool/main/g/", " /pool/main/g/", "is not a path"),
        (" bare bash ", " bare ../bash ", "`../bash` is not a package"),
        (" bare bash ", " nowhere bash ", "there is no addition `nowhere` before it"),
        (" bare bash 1:2-3", " bare bash 1;2", "`1;2` is not a version"),
        ("platform bookworm/amd64", "platform bookworm/vax", "no suite with an architecture"),
        ("platform bookworm/amd64", "platform ../amd64", "no suite with an architecture"),
        ("package bookworm/amd64 bare", "package sid/amd64 bare", "no platform `sid/amd64`"),
        ("lapidary-lock 1\n", "lock\n", "it does not begin with `lapidary-lock 1`"),
        ("recipe lapidary.yaml ", "recipe lapidary.yaml  ", "`sha256=` is missing"),
    ])
    func aLineThatIsNoneOfALockIsNamedWithItsPlace(old: String, new: String, problem: String)
        throws
    {
        let text = try LockFixture().lock().text
        let place = try #require(text.firstRange(of: old))
        let number = text[..<place.lowerBound].split(
            separator: "\n", omittingEmptySubsequences: false
        ).count
        let failure = try failure(of: signed(text.replacing(old, with: new, maxReplacements: 1)))
        #expect(failure.kind == .integrity)
        #expect(failure.message.hasPrefix("lapidary.lock:\(number): "), "\(failure)")
        #expect(failure.message.contains(problem), "\(failure)")
    }

    @Test func linesInAnotherOrderAreNotTaken() throws {
        let lock = try LockFixture().lock()
        var lines = lock.text.split(separator: "\n").map(String.init)
        let index = try #require(lines.firstIndex { $0.hasPrefix("recipe ") })
        lines.swapAt(index, index + 1)
        let failure = try failure(of: signed(lines.joined(separator: "\n")))
        #expect(failure.message.hasPrefix("lapidary.lock:\(index + 1): "))
        #expect(failure.message.contains("not as, or not where, Lapidary writes it"))
    }

    @Test func anEntryThatStandsTwiceIsNotTaken() throws {
        var lines = try LockFixture().lock().text.split(separator: "\n").map(String.init)
        let index = try #require(lines.firstIndex { $0.hasPrefix("release ") })
        lines.insert(lines[index], at: index)
        let failure = try failure(of: signed(lines.joined(separator: "\n")))
        #expect(failure.message == "lapidary.lock:\(index + 2): this entry stands twice")
    }

    /// Wherever a file is cut off, it is no lock any more.
    @Test func aLockThatWasCutOffIsNotTaken() throws {
        let text = try LockFixture().lock().text
        for length in stride(from: 1, to: text.utf8.count, by: 97) {
            let cut = String(decoding: text.utf8.prefix(length), as: UTF8.self)
            #expect(try failure(of: cut).kind == .integrity)
        }
        #expect(try failure(of: String(text.dropLast())).kind == .integrity)
        #expect(try failure(of: text + "\n").kind == .integrity)
        #expect(try failure(of: text.replacing("\n", with: "\r\n")).kind == .integrity)
        #expect(try failure(of: "").kind == .integrity)
    }
}
