import Diagnostics

/// The patches of one folder in the order of its quilt `series` file.
package struct PatchSeries: Sendable, Hashable {
    /// The folder, relative to the project's root.
    package let folder: String
    let entries: [Entry]

    /// A patch's path, relative to the project's root, and where the list names it.
    struct Entry: Sendable, Hashable {
        let path: String
        let place: SourceLocation
    }

    /// Paths of the patches, relative to the project's root, in the order of application.
    package var paths: [String] { entries.map(\.path) }

    /// The file that lists the patches of a folder.
    static func path(in folder: String) -> String { "\(folder)/series" }

    /// Reads a `series` file as quilt does: one patch a line, comments after `#`, and `-p1` as
    /// the only option, since every tool must apply the patches alike.
    init(_ file: ProjectFile, _ problems: Problems) {
        folder = file.folder
        var entries: [Entry] = []
        for (index, line) in file.lines.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" }
                .prefix { !$0.hasPrefix("#") }.map(String.init)
            guard let name = words.first else { continue }
            let place = SourceLocation(file: file.path, line: index + 1, column: 1)
            let path = "\(folder)/\(name)"
            for option in words.dropFirst() where option != "-p1" {
                problems.report(
                    "patch option `\(option)` is not accepted", at: place,
                    hint: "make the patch with -p1")
            }
            if !Pattern.isPath(name) {
                problems.report("`\(name)` is not a path below the folder", at: place)
            } else if entries.contains(where: { $0.path == path }) {
                problems.report("patch `\(name)` is listed twice", at: place)
            } else {
                entries.append(Entry(path: path, place: place))
            }
        }
        self.entries = entries
    }

    /// Records what a patch's DEP-3 header lacks; what stands before the first diff is the header.
    static func checkHeader(of patch: ProjectFile, _ problems: Problems) {
        let header = patch.lines.prefix { line in
            !["--- ", "diff ", "Index: "].contains { line.hasPrefix($0) }
        }
        let wanted = [["Description", "Subject"], ["Author", "From", "Origin"]]
        for names in wanted {
            let isThere = header.contains { line in
                names.contains { line.lowercased().hasPrefix("\($0.lowercased()):") }
            }
            guard !isThere else { continue }
            let list = names.map { "`\($0):`" }.joined(separator: " or ")
            problems.report(
                "the patch's DEP-3 header has no \(list)", at: patch.start,
                hint: "say in it what the patch does and where it comes from")
        }
    }
}
