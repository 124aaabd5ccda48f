/// A processor architecture under Debian's name.
package enum Architecture: String, Sendable, Hashable, Comparable, CaseIterable,
    CustomStringConvertible
{
    case amd64
    case arm64

    package var description: String { rawValue }

    /// The folder under `lib` that Debian keeps its libraries in (`dpkg-architecture -qDEB_HOST_MULTIARCH`).
    package var multiarch: String {
        switch self {
        case .amd64: "x86_64-linux-gnu"
        case .arm64: "aarch64-linux-gnu"
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
