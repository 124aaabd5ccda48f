package import SystemPackage

/// The end of a log, for a person who has to find out why something failed.
package enum LogTail {
    /// The last lines of a file, read from its end so that a huge log costs nothing.
    package static func lines(of path: FilePath, count: Int = 20) throws -> [String] {
        let size = try Files.size(of: path)
        let window: Int64 = 64 << 10
        let text = try Files.readText(path, from: max(0, size - window))
        return text.split(whereSeparator: \.isNewline).suffix(count).map(String.init)
    }
}
