/// A processor architecture under Debian's name.
package enum Architecture: String, Sendable, Hashable, Comparable, CaseIterable,
    CustomStringConvertible
{
    case amd64
    case arm64

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
