import Diagnostics
import HostSystem
package import Recipe
package import SystemPackage

/// Reads a project's files from disk.
package enum ProjectLoader {
    /// The nearest folder, from `start` upwards, that holds `Recipes/`.
    ///
    /// - Throws: `Failure` of kind `usage` when there is none.
    package static func findRoot(from start: FilePath) throws -> FilePath {
        var folder = start.lexicallyNormalized()
        while true {
            if Files.isDirectory(folder.appending("Recipes")) { return folder }
            let parent = folder.removingLastComponent()
            if parent == folder { break }
            folder = parent
        }
        throw Failure(
            .usage, "no project here: neither `\(start)` nor a folder above it has `Recipes/`",
            hint: "go to the project's folder, or name it with -C DIR")
    }

    /// Bytes of one file; patches are the largest.
    private static let sizeLimit: Int64 = 16 << 20

    /// Every file that recipes are made of, sorted by path.
    ///
    /// - Throws: `Failure` of kind `usage` for a file that is no plain file of the project,
    ///   `environment` when one cannot be read.
    package static func files(of root: FilePath) throws -> [ProjectFile] {
        var files: [ProjectFile] = []
        var problems: [Diagnostic] = []
        func read(_ path: String, _ kind: FileTree.Entry.Kind) throws {
            let file = root.pushing(FilePath(path))
            if let problem = try problem(with: file, kind) {
                problems.append(
                    Diagnostic(problem, at: SourceLocation(file: path, line: 1, column: 1)))
            } else {
                files.append(ProjectFile(path: path, bytes: try Files.readBytes(file)))
            }
        }
        for folder in ["Patches", "Recipes"] {
            let path = root.appending(folder)
            guard let kind = FileTree.kind(of: path) else { continue }
            guard kind == .folder else {
                try read(folder, kind)
                continue
            }
            for entry in try FileTree.entries(below: path) where entry.kind != .folder {
                // Editors keep links of their own beside a file, such as Emacs `.#trim.yaml`.
                let name = entry.path.split(separator: "/").last ?? ""
                if name.hasPrefix("."), entry.kind != .file { continue }
                try read("\(folder)/\(entry.path)", entry.kind)
            }
        }
        if let kind = FileTree.kind(of: root.appending(Project.path)) {
            try read(Project.path, kind)
        }
        guard problems.isEmpty else { throw Failure.malformed(problems) }
        return files
    }

    /// Why a file is not read; what a link leads to may be no part of the project.
    private static func problem(with file: FilePath, _ kind: FileTree.Entry.Kind) throws
        -> String?
    {
        switch kind {
        case .link: return "this is a symbolic link; a project is made of files of its own"
        case .folder, .other: return "this is no plain file"
        case .file:
            return try Files.size(of: file) > sizeLimit ? "the file is larger than 16 MiB" : nil
        }
    }

    /// The project's recipes.
    ///
    /// - Throws: `Failure` of kind `usage` with every problem of every file.
    package static func catalog(of root: FilePath) throws -> Catalog {
        try Catalog.load(files: files(of: root))
    }
}
