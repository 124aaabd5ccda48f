import HostSystem
import Planning

/// What one of Ruby's test programs printed, read.
struct TestOutput: Sendable, Hashable {
    let program: CheckOperation.Program.Name
    /// How many tests ran.
    var tests = 0
    var skipped = 0
    /// Every test that failed, known or not; a program that broke off is one too.
    var failures: [TestReport.FailedTest] = []
    /// Whether the program came to its own end.
    private var isWhole = false
    /// How many failures the summary counts; files that cannot be loaded are not among them.
    private var announced = 0

    /// - Parameters:
    ///   - program: which program it was; each has a format of its own.
    ///   - text: all that it and make printed.
    ///   - ending: how make ended.
    init(_ program: CheckOperation.Program.Name, _ text: String, ending: CommandResult.Ending) {
        self.program = program
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        switch program {
        case .btest: readBootstrapTests(lines)
        case .basic: readBasicTests(lines)
        case .all: readUnitTests(lines)
        }
        // Whatever is not understood must not pass for success.
        let named = failures.count { !$0.name.hasSuffix(".rb") }
        let problem: String? =
            if !isWhole {
                "it broke off with \(ending) before its summary"
            } else if named != announced {
                "it counts \(announced) failures, and names \(named)"
            } else if ending != .exited(0), failures.isEmpty {
                "it ended with \(ending) and named no test that failed"
            } else {
                nil
            }
        if let problem {
            let end = lines.filter { !$0.isEmpty }.suffix(20).map(String.init)
            failures.append(.init(name: "make \(program.rawValue)", message: [problem] + end))
        }
    }

    /// A failure whose lines are still being read.
    private struct OpenFailure {
        var name: String?
        var message: [String] = []

        mutating func close(_ failures: inout [TestReport.FailedTest]) {
            if let name { failures.append(.init(name: name, message: message)) }
            self = OpenFailure()
        }
    }

    /// bootstraptest/runner.rb: `#1 test_attr.rb:1: …` for each failure, then
    /// `PASS all 1880 tests` or `FAIL 1/1880 tests failed`.
    private mutating func readBootstrapTests(_ lines: [Substring]) {
        var open = OpenFailure()
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 2)
            if line.hasPrefix("PASS all "), words.count == 3 {
                tests = Self.leadingNumber(words[2]) ?? 0
                isWhole = true
            } else if line.hasPrefix("FAIL "), line.hasSuffix(" tests failed"), words.count == 3 {
                open.close(&failures)
                let counts = words[1].split(separator: "/").map { Int($0) ?? 0 }
                announced = counts.first ?? 0
                tests = counts.last ?? 0
                isWhole = true
            } else if line.hasPrefix("#"), words.count >= 2, words[1].hasPrefix("test_"),
                words[1].hasSuffix(":")
            {
                open.close(&failures)
                open.name = String(words[1].dropLast())
                open.message = words.count > 2 ? [String(words[2])] : []
            } else {
                open.message.append(String(line))
            }
        }
        open.close(&failures)
    }

    /// basictest/runner.rb: a line with a count for each group, `not ok GROUP NUMBER -- PLACE` for
    /// each failure, then `test succeeded` or `test failed`.
    private mutating func readBasicTests(_ lines: [Substring]) {
        for line in lines {
            if line == "test succeeded" || line == "test failed" { isWhole = true }
            if line.hasPrefix("not ok/test: ") {
                announced = line.split(separator: " ").last.flatMap { Int($0) } ?? 0
            }
            if line.contains("/basictest/test.rb:"), !line.hasPrefix("not ok"),
                let count = line.split(separator: " ").last.flatMap({ Int($0) })
            {
                tests += count
            }
            guard line.hasPrefix("not ok "), let place = line.firstRange(of: " -- ") else {
                continue
            }
            failures.append(
                .init(
                    name: String(line[..<place.lowerBound].dropFirst("not ok ".count)),
                    message: [String(line[place.upperBound...])]))
        }
    }

    /// test/runner.rb: `  1) Failure:` and the test's name for each failure, then a summary.
    ///
    /// The summary is `59 tests, 583 assertions, 0 failures, 1 errors, 0 skips`. A file that cannot
    /// be loaded is named before the tests begin, and the others run all the same.
    private mutating func readUnitTests(_ lines: [Substring]) {
        var open = OpenFailure()
        var isHeader = false
        var hasBegun = false
        for line in lines {
            if line.hasPrefix("Run options:") { hasBegun = true }
            if !hasBegun, line.hasPrefix("/"), let end = line.firstRange(of: ".rb: "),
                let folder = line.firstRange(of: "/test/")
            {
                failures.append(
                    .init(
                        name: String(line[folder.upperBound..<end.lowerBound]) + ".rb",
                        message: [String(line[end.upperBound...])]))
            } else if Self.isFailureHeader(line) {
                open.close(&failures)
                isHeader = true
            } else if isHeader {
                open.name = Self.testName(line)
                isHeader = false
            } else if line.hasPrefix("Finished tests in ") {
                open.close(&failures)
            } else if let counts = Self.counts(line) {
                tests = counts.tests
                skipped = counts.skipped
                announced = counts.failed
                isWhole = true
            } else if !line.isEmpty {
                open.message.append(String(line))
            }
        }
        open.close(&failures)
    }

    /// Whether a line is `  1) Failure:` or `  1) Error:`.
    private static func isFailureHeader(_ line: Substring) -> Bool {
        guard line.hasSuffix(") Failure:") || line.hasSuffix(") Error:") else { return false }
        let number = line.trimmingPrefix { $0 == " " }.prefix { $0 != ")" }
        return Int(number) != nil
    }

    /// The name in `TestIO#test_seek:` or `TestIO#test_seek [/build/ruby/test/ruby/test_io.rb:1]:`.
    private static func testName(_ line: Substring) -> String {
        if let place = line.firstRange(of: " [/") { return String(line[..<place.lowerBound]) }
        return String(line.hasSuffix(":") ? line.dropLast() : line)
    }

    private static func counts(_ line: Substring) -> (
        tests: Int, failed: Int, skipped: Int
    )? {
        let parts = line.split(separator: ", ")
        guard parts.count == 5, parts[0].hasSuffix(" tests"), parts[1].hasSuffix(" assertions"),
            parts[4].hasSuffix(" skips"), let tests = leadingNumber(parts[0]),
            let failures = leadingNumber(parts[2]), let errors = leadingNumber(parts[3]),
            let skipped = leadingNumber(parts[4])
        else { return nil }
        return (tests, failures + errors, skipped)
    }

    private static func leadingNumber(_ text: Substring) -> Int? {
        Int(text.prefix { $0.isNumber })
    }
}
