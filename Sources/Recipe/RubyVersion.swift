/// A series of Ruby, such as 3.3; ordered by its numbers, so 3.10 follows 3.9.
package struct RubySeriesNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    /// Stands for a series that could not be read.
    static let unread = RubySeriesNumber(major: 0, minor: 0)

    package init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Takes a series from text; nil unless it is two numbers with a dot between.
    package init?(_ text: String) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
            .map { Pattern.number($0) }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else {
            return nil
        }
        self.init(major: major, minor: minor)
    }

    package var description: String { "\(major).\(minor)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// A release of Ruby, such as 3.3.8; ordered by its numbers, so 3.3.10 follows 3.3.9.
package struct RubyVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    /// The last number; upstream calls it "teeny".
    package let patch: Int

    /// Stands for a release that could not be read.
    static let unread = RubyVersion(major: 0, minor: 0, patch: 0)

    package init(major: Int, minor: Int, patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Takes a release from text; nil unless it is three numbers with dots between.
    package init?(_ text: String) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
            .map { Pattern.number($0) }
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1],
            let patch = numbers[2]
        else { return nil }
        self.init(major: major, minor: minor, patch: patch)
    }

    package var series: RubySeriesNumber { RubySeriesNumber(major: major, minor: minor) }

    package var description: String { "\(major).\(minor).\(patch)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
