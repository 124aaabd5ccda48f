import Digest
import Planning

/// Smoke reports as JUnit XML, the form in which CI systems read test results.
///
/// The elements and attributes are those that Jenkins and GitLab read: a `testsuite` for each
/// package, a `testcase` for each check.
package enum SmokeJUnit {
    /// The whole document.
    package static func text(of reports: [SmokeReport]) -> String {
        let checks = reports.flatMap(\.checks)
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"lapidary smoke\" \(counts(of: checks))>",
        ]
        for report in reports {
            let name = "\(report.package) \(report.version) \(report.suite)/\(report.architecture)"
            lines.append("  <testsuite name=\"\(escaped(name))\" \(counts(of: report.checks))>")
            lines.append("    <properties>")
            for (key, value) in [
                ("sha256", report.sha256.hex), ("scope", report.scope.rawValue),
            ] {
                lines.append("      <property name=\"\(key)\" value=\"\(escaped(value))\"/>")
            }
            lines.append("    </properties>")
            for check in report.checks {
                lines += testcase(check, className: "\(report.suite).\(report.package)")
            }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>", ""]).joined(separator: "\n")
    }

    private static func counts(of checks: [SmokeReport.Check]) -> String {
        let failures = checks.count { $0.outcome == .failed }
        let skipped = checks.count { $0.outcome == .skipped }
        let seconds = checks.map(\.seconds).reduce(0, +)
        return "tests=\"\(checks.count)\" failures=\"\(failures)\" errors=\"0\""
            + " skipped=\"\(skipped)\" time=\"\(decimal(seconds))\""
    }

    private static func testcase(_ check: SmokeReport.Check, className: String) -> [String] {
        let opening =
            "    <testcase name=\"\(escaped(check.name))\" classname=\"\(escaped(className))\""
            + " time=\"\(decimal(check.seconds))\">"
        var lines = [opening]
        switch check.outcome {
        case .passed: break
        case .failed:
            let last = check.output.split(whereSeparator: \.isNewline).last.map(String.init)
            lines.append(
                "      <failure type=\"smoke\" message=\"\(escaped(last ?? check.reason))\">"
                    + "\(escaped(check.output))</failure>")
        case .skipped:
            lines.append("      <skipped message=\"\(escaped(check.output))\"/>")
        }
        let said = check.outcome == .passed ? "\(check.reason)\n\(check.output)" : check.reason
        lines.append("      <system-out>\(escaped(said))</system-out>")
        return lines + ["    </testcase>"]
    }

    /// Seconds with three decimals and a point, whatever the locale.
    private static func decimal(_ seconds: Double) -> String {
        let thousandths = Int64((max(0, seconds) * 1000).rounded())
        let digits = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// Text that is safe both between tags and in a quoted attribute.
    ///
    /// XML 1.0 has no spelling for most control characters (section 2.2), so they are shown as
    /// `\x1B`; line ends and tabs are written as references, which parsers keep in attributes too
    /// (section 3.3.3).
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x" + (digits.count == 1 ? "0" : "") + digits
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
