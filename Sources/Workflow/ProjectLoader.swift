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

    /// Every file that recipes are made of, sorted by path.
    ///
    /// - Throws: `Failure` of kind `environment` when a file cannot be read.
    package static func files(of root: FilePath) throws -> [ProjectFile] {
        var files: [ProjectFile] = []
        for folder in ["Patches", "Recipes"] where Files.isDirectory(root.appending(folder)) {
            let path = root.appending(folder)
            for entry in try FileTree.entries(below: path) where entry.kind == .file {
                let bytes = try Files.readBytes(path.pushing(FilePath(entry.path)))
                files.append(ProjectFile(path: "\(folder)/\(entry.path)", bytes: bytes))
            }
        }
        let settings = root.appending(Project.path)
        if Files.exists(settings) {
            files.append(ProjectFile(path: Project.path, bytes: try Files.readBytes(settings)))
        }
        return files
    }

    /// The project's recipes.
    ///
    /// - Throws: `Failure` of kind `usage` with every problem of every file.
    package static func catalog(of root: FilePath) throws -> Catalog {
        try Catalog.load(files: files(of: root))
    }
}
