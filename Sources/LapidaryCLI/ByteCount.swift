import ArgumentParser

/// A size as people write it on the command line: `20G`, `500M`, `1.5 GB`.
struct ByteCount: Hashable, ExpressibleByArgument {
    /// Bytes.
    let bytes: Int64

    /// In powers of 1000, as sizes are printed.
    private static let units: [Substring: Double] = [
        "": 1, "B": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    ]

    /// Reads a number of 0 or more, with a unit or without; nil for anything else.
    init?(argument: String) {
        guard
            let match = argument.wholeMatch(
                of: /([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([KkMmGgTt]?)([Bb]?)/),
            let number = Double(match.1),
            let unit = Self.units[Substring(match.2.uppercased())]
        else { return nil }
        // Half a byte is no size.
        guard unit > 1 || !match.1.contains("."), number * unit < 1e18 else { return nil }
        bytes = Int64((number * unit).rounded())
    }
}
