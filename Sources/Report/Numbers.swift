import Foundation

/// Bytes as people read them in a report: always MB of 1,000,000 bytes, so that figures compare.
enum Megabytes {
    /// One digit behind the point: `419.2`.
    static func plain(_ bytes: Double) -> String { Decimal1.text(bytes / 1e6) }

    /// Two figures at least: `9.8 MB`, `24 MB`, `419 MB`.
    static func short(_ bytes: Double) -> String {
        let megabytes = bytes / 1e6
        let text = megabytes < 9.95 ? Decimal1.text(megabytes) : grouped(megabytes.rounded())
        return "\(text)\u{A0}MB"
    }

    private static func grouped(_ number: Double) -> String { Whole.text(number) }
}

/// Shares of one.
enum Percent {
    static func text(_ share: Double) -> String {
        let percent = share * 100
        return (percent != 0 && abs(percent) < 9.95 ? Decimal1.text(percent) : Whole.text(percent))
            + "\u{A0}%"
    }

    /// By how much something is more or less than a base: `−94 %`, `+3.1 %`.
    static func change(from base: Double, to value: Double) -> String {
        guard base > 0 else { return "" }
        let change = value / base - 1
        let text = Self.text(abs(change))
        return text.hasPrefix("0.0") || text.hasPrefix("0\u{A0}")
            ? "±0\u{A0}%" : (change < 0 ? "−" : "+") + text
    }
}

/// Numbers with one digit behind the point.
enum Decimal1 {
    static func text(_ number: Double) -> String {
        String(format: "%.1f", number)
    }
}

/// Whole numbers, thousands apart.
enum Whole {
    static func text(_ number: Double) -> String {
        let digits = String(Int64(min(max(number.rounded(), -1e15), 1e15)).magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 && text != "0" ? "−" + text : text
    }
}
