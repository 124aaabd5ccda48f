import Diagnostics
import Digest
import HostSystem
package import Measurement
package import SystemPackage

/// The project's workloads: deterministic programs that show what an allocator keeps.
package struct WorkloadFolder: Sendable {
    package let path: FilePath
    /// Programs by their short names, such as `w1` of `w1_rotate.rb`.
    private let programs: [String: FilePath]

    private static let places = ["Recipes/workloads", "Benchmarks/trim/workloads"]
    /// What is measured unless something is named: hoarding arenas, and holes in pages.
    package static let usual = ["w1", "w2"]
    /// A server that falls idle; what it holds then takes a while to change.
    private static let idles = ["w5": Duration.seconds(5)]

    /// - Parameter project: the project's root.
    /// - Throws: `Failure` of kind `usage` in a project without workloads.
    package init(of project: FilePath) throws {
        let folders = Self.places.map { project.pushing(FilePath($0)) }
        guard let path = folders.first(where: Files.isDirectory) else {
            throw Failure(
                .usage, "the project `\(project)` has no workloads",
                hint: "they belong in its folder Recipes/workloads")
        }
        self.path = path
        var programs: [String: FilePath] = [:]
        for name in try Files.names(in: path) {
            guard let match = name.wholeMatch(of: /(w[0-9]+)_[a-z_]+\.rb/) else { continue }
            programs[String(match.1)] = path.appending(name)
        }
        self.programs = programs
    }

    /// Short names of all workloads, sorted.
    package var names: [String] { programs.keys.sorted() }

    /// Workloads by their short names.
    ///
    /// - Parameters:
    ///   - names: their short names.
    ///   - idle: how long they are left alone after their work; nil for what suits each.
    /// - Returns: them, in this order.
    /// - Throws: `Failure` of kind `usage` for a name that none has.
    package func workloads(_ names: [String], idle: Duration?) throws -> [Workload] {
        try names.map { name in
            guard let program = programs[name] else {
                throw Failure(
                    .usage, "there is no workload `\(name)`",
                    hint: "there are: \(self.names.joined(separator: ", "))")
            }
            return Workload(
                name: name, script: program, arguments: [], announcesItsEnd: true,
                sha256: try digest(of: program), idle: idle ?? Self.idles[name] ?? .zero)
        }
    }

    /// Of the program and of what it shares with the others.
    private func digest(of program: FilePath) throws -> String {
        let own = program.lastComponent?.string ?? ""
        let files = try Files.names(in: path).sorted().filter { name in
            name == own
                || (name.hasSuffix(".rb") && !programs.values.contains(path.appending(name)))
        }
        let lines = try files.map { name in
            "\(try FileDigests(of: path.appending(name)).sha256.hex)  \(name)\n"
        }
        return SHA256Digest(of: lines.joined()).hex
    }
}
