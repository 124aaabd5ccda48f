import Debian
import Diagnostics
import HostSystem
import Testing

@Suite struct DebianVersionTests {
    @Test func takesAVersionApart() throws {
        let version = try DebianVersion("2:3.3.8-rc1-1+deb12")
        #expect(version.epoch == 2)
        #expect(version.upstream == "3.3.8-rc1")
        #expect(version.revision == "1+deb12")
        #expect(version.withoutEpoch == "3.3.8-rc1-1+deb12")
        #expect(try DebianVersion("3.3.8").revision == nil)
        #expect(try DebianVersion("1:2:3").upstream == "2:3")
    }

    @Test(arguments: [
        "", "a1", "-1", "1-", ":1", "x:1", "1:", "1_2", "1-2_3", "1 2", "99999999999:1", "1é",
        "-1:2", "+1:2", "1\n", "3.3.8-1+deb12/..",
    ])
    func refusesWhatIsNoVersion(text: String) {
        #expect(throws: Failure.self) { try DebianVersion(text) }
    }

    @Test(arguments: [
        ["1.0~rc1", "1.0-0~1", "1.0", "1.0-1", "1.0-1+deb12", "1.0-1.1", "1.0a", "1.0+1", "1.0.1"],
        ["3.3.2-1+deb12", "3.3.8-1+deb12", "3.3.8-2+deb12", "3.3.10-1+deb12", "1:0.1"],
    ])
    func ordersFromOldToNew(texts: [String]) throws {
        let versions = try texts.map { try DebianVersion($0) }
        #expect(versions.reversed().sorted().map(\.text) == texts)
    }

    @Test func spellingsOfOneVersionAreEqual() throws {
        let spellings = try ["1.0", "0:1.0", "1.00", "1.0-0", "1.", "01.0-00"].map {
            try DebianVersion($0)
        }
        #expect(Set(spellings).count == 1)
        #expect(spellings.allSatisfy { !($0 < spellings[0]) && !(spellings[0] < $0) })
    }

    /// dpkg is the oracle: whatever it says about two versions is right.
    @Test func agreesWithDpkg() async throws {
        let seed = UInt64(20_250_409)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let left = Self.version(&random)
            // Half of the pairs differ by little, where the rules are decided.
            let right =
                Bool.random(using: &random) ? Self.version(&random) : Self.mutated(left, &random)
            guard let a = try? DebianVersion(left), let b = try? DebianVersion(right) else {
                // dpkg compares malformed versions all the same, but it says that they are.
                let warning = try await Self.dpkg(left, "eq", right).standardError
                #expect(
                    warning.contains("bad syntax"),
                    "seed \(seed): `\(left)` or `\(right)` was refused")
                continue
            }
            let relation = a < b ? "lt" : a == b ? "eq" : "gt"
            let result = try await Self.dpkg(left, relation, right)
            #expect(result.succeeded, "seed \(seed): `\(left)` \(relation) `\(right)`")
            #expect(result.standardError == "", "seed \(seed): dpkg refuses one that we take")
            if a == b { #expect(a.hashValue == b.hashValue) }
        }
    }

    private static func dpkg(_ left: String, _ relation: String, _ right: String) async throws
        -> CommandResult
    {
        try await SubprocessRunner().capture(
            Command("dpkg", ["--compare-versions", left, relation, right]))
    }

    private static func version(_ random: inout SeededGenerator) -> String {
        let epoch =
            Int.random(in: 0...4, using: &random) == 0
            ? "\(Int.random(in: 0...2, using: &random)):" : ""
        let revision =
            Bool.random(using: &random) ? "-" + word(Array("0123a+.~"), &random) : ""
        return epoch + "\(Int.random(in: 0...12, using: &random))"
            + word(Array("00123ab.+-~Z"), &random) + revision
    }

    private static func word(_ letters: [Character], _ random: inout SeededGenerator) -> String {
        String(
            (0...Int.random(in: 0...5, using: &random)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &random)]
            })
    }

    private static func mutated(_ text: String, _ random: inout SeededGenerator) -> String {
        var letters = Array(text)
        let place = Int.random(in: 0..<letters.count, using: &random)
        letters[place] = ["0", "1", "~", ".", "a", "+"][Int.random(in: 0..<6, using: &random)]
        return String(letters)
    }
}

/// SplitMix64: the same numbers for a seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
