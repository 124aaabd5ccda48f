/// What makes the packages, as their evidence names it.
package enum Builder {
    /// The version of Lapidary, as `lapidary --version` prints it.
    package static let version = "0.1.0"
}
