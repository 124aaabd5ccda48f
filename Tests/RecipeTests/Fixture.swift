import Diagnostics
import Testing

@testable import Recipe

/// A small project in memory, good as it stands, and ways to spoil it.
struct Fixture: CustomTestStringConvertible {
    var texts: [String: String]

    static let good = Fixture(texts: [
        "Recipes/ruby/3.3.yaml": ruby33,
        "Recipes/ruby/3.10.yaml": ruby310,
        "Recipes/variants/plain.yaml": plain,
        "Recipes/variants/trim.yaml": trim,
        "Recipes/suites/bookworm.yaml": suite("bookworm", "12", "[amd64, arm64]"),
        "Recipes/suites/trixie.yaml": suite("trixie", "13", "[amd64]"),
        "Recipes/smoke.yaml": smoke,
        "Recipes/smoke/version.rb": "exit 0\n",
        "Recipes/smoke/malloc-trim.rb": "exit 0\n",
        "Patches/ruby-3.3/series": "0001-trim.patch\n",
        "Patches/ruby-3.3/0001-trim.patch": patch,
    ])

    /// What was spoilt, short enough for the list of tests.
    var testDescription: String {
        texts.filter { Fixture.good.texts[$0.key] != $0.value }.keys.sorted()
            .joined(separator: " ")
    }

    var files: [ProjectFile] {
        texts.sorted { $0.key < $1.key }
            .map { ProjectFile(path: $0.key, bytes: Array($0.value.utf8)) }
    }

    var catalog: Catalog { get throws { try Catalog.load(files: files) } }

    /// The problems as people see them, one a line.
    var problems: [String] { Catalog.lint(files: files).map(\.description) }

    /// The fixture with a file's text put in place of another, or taken away.
    func with(_ path: String, _ text: String?) -> Fixture {
        var copy = self
        copy.texts[path] = text
        return copy
    }

    /// The fixture with the first occurrence of a piece of a file's text replaced.
    func replacing(_ old: String, in path: String, with new: String) -> Fixture {
        guard let text = texts[path], let range = text.firstRange(of: old) else {
            return with(path, "the fixture has no `\(old)` in \(path)")
        }
        return with(path, text.replacingCharacters(in: range, with: new))
    }

    static let patch = """
        Description: trim
        Author: nobody
        ---
        --- a/gc.c
        +++ b/gc.c

        """

    static let zeros = String(repeating: "0", count: 64)

    static let ruby33 = """
        series: 3.3
        end-of-life: 2027-03-31
        configure:
          - --enable-shared
        patches:
          trim: Patches/ruby-3.3
        releases:
          - version: 3.3.8
            date: 2025-04-09
            revision: 1
            verified: true
            build-from: debian
            sources:
              upstream:
                urls: [https://ruby.example/ruby-3.3.8.tar.gz]
                sha256: \(zeros)
                size: 22197497
              debian:
                suite: trixie
                package: ruby3.3
                version: 3.3.8-2
                file: ruby3.3_3.3.8.orig.tar.xz
                sha256: \(zeros)
                size: 14507672
          - version: 3.3.10
            date: 2025-10-23
            revision: 1
            verified: false
            build-from: upstream
            sources:
              upstream:
                urls: [https://ruby.example/ruby-3.3.10.tar.gz]
                sha256: \(zeros)
                size: 1

        """

    static let ruby310 = """
        series: 3.10
        end-of-life: 2030-03-31
        configure: [--enable-shared]
        releases:
          - version: 3.10.2
            date: 2028-02-29
            revision: 2
            verified: true
            build-from: upstream
            sources:
              upstream:
                urls: [https://ruby.example/ruby-3.10.2.tar.gz]
                sha256: \(zeros)
                size: 1

        """

    static let plain = """
        name: plain
        summary: the control
        description: As it comes.
        derive: none
        malloc-trim: false

        """

    static let trim = """
        name: trim
        summary: trims
        description: |
          One.

          Two.
        derive: patch
        malloc-trim: true
        depends: [libc6 (>= 2.36)]
        smoke: [malloc-trim]

        """

    static func suite(_ name: String, _ version: String, _ architectures: String) -> String {
        """
        name: \(name)
        distribution: debian
        base-suite-version: \(version)
        version-suffix: deb\(version)
        architectures: \(architectures)
        components: [main]
        archives:
          - suite: \(name)
          - suite: \(name)-security
            security: true
        keyring: debian-archive-keyring.gpg
        build-packages:
          make: runs makefiles
          gcc: compiles
        runtime-packages:
          ca-certificates: TLS roots
        flags:
          cflags: [-Wformat]
          ldflags: ["-Wl,-z,relro"]

        """
    }

    static let smoke = """
        checks:
          - name: install
            reason: it installs
            life: install
          - name: version
            reason: it starts
            script: Recipes/smoke/version.rb
          - name: malloc-trim
            reason: it trims
            script: Recipes/smoke/malloc-trim.rb
            extra: true

        """
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with new: String) -> String {
        String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}

/// A seeded generator (splitmix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
