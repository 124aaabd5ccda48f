import Diagnostics

/// A moment in UTC, computed from a number of seconds and never from a clock or a locale.
package struct UTCDate: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01 00:00:00 UTC, without leap seconds, as POSIX counts.
    package let seconds: Int

    package init(seconds: Int) { self.seconds = seconds }

    package static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    /// Such as `Wed, 09 Apr 2025 10:41:55 +0000`: RFC 2822 3.3, as changelogs and Release want.
    package var rfc2822: String {
        let days = floorDivide(seconds, 86_400)
        let ofDay = seconds - days * 86_400
        let (year, month, day) = Self.civil(fromDays: days)
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[(days % 7 + 7 + 4) % 7]
        let time = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { padded($0, 2) }
            .joined(separator: ":")
        return "\(weekday), \(padded(day, 2)) \(Self.months[month - 1]) \(padded(year, 4)) "
            + "\(time) +0000"
    }

    /// Such as `2025-04-09`, for messages.
    package var day: String {
        let (year, month, day) = Self.civil(fromDays: floorDivide(seconds, 86_400))
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// Such as `2025-04-09T10:41:55Z`: ISO 8601 as SPDX 2.3 (6.9) wants it.
    package var iso8601: String {
        let ofDay = seconds - floorDivide(seconds, 86_400) * 86_400
        let time = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { padded($0, 2) }
            .joined(separator: ":")
        return "\(day)T\(time)Z"
    }

    /// Reads a date in the form that `rfc2822` writes; `UTC`, `GMT` and `Z` are zones, too.
    ///
    /// - Throws: `Failure` of kind `failed` for anything else.
    package init(rfc2822 text: String) throws {
        let words = text.split(separator: " ")
        let clock = words.count == 6 ? words[4].split(separator: ":").map { Int($0) } : []
        guard words.count == 6, ["+0000", "UTC", "GMT", "Z"].contains(words[5]),
            let day = Int(words[1]), let month = Self.months.firstIndex(of: String(words[2])),
            let year = Int(words[3]), clock.count == 3,
            let hour = clock[0], let minute = clock[1], let second = clock[2],
            (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second)
        else {
            throw Failure(.failed, "not a date in UTC: `\(text)`")
        }
        let days = Self.days(year: year, month: month + 1, day: day)
        seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The Gregorian date of a day, counted in eras of 400 years that begin on 1 March.
    ///
    /// A year that ends with February puts the leap day last, where it shifts nothing.
    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        // 719,468 days lie between 0000-03-01 and 1970-01-01; an era has 146,097.
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * fromMarch + 2) / 5 + 1
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }
}

/// Division that rounds towards minus infinity, so that dates before 1970 come out right.
private func floorDivide(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
}

private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
