import Diagnostics
import Digest
import Foundation
import HostSystem
import SystemPackage

/// What a Ruby told of itself before anything was measured.
private struct RubyIdentity: Decodable {
    var path: String
    var description: String
    var config: [String: String]
    var libraries: [String]
    var libc: String
}

extension RubyFingerprint {
    /// Asks the Ruby of a room.
    ///
    /// - Parameters:
    ///   - room: where it is.
    ///   - environment: what is set for it.
    ///   - folder: an empty folder.
    /// - Returns: what it said, and the digest of its program.
    /// - Throws: `Failure` of kind `environment` when it does not run, or is no Ruby.
    static func read(
        in room: any MeasuringRoom, environment: [String: String], folder: FilePath
    ) async throws -> RubyFingerprint {
        let channel = try Channel(in: folder)
        let log = folder.appending("log")
        let program = try MeasuredProgram(
            probing: room, arguments: ["-e", ""], role: "identify", environment: environment,
            folder: folder, log: log, timeout: 60)
        // The program opens its ends of the pipes, and would wait for ours.
        defer { withExtendedLifetime(channel) {} }
        let ending = try await room.run(program) { _ in }
        let file = folder.appending(ProbeScript.identity)
        guard ending == .exited(0), Files.exists(file) else {
            let lines = (try? LogTail.lines(of: log, count: 5)) ?? []
            throw Failure(
                .environment, "`\(room.ruby)` cannot be measured: it ended with \(ending)",
                details: lines, hint: "is it a Ruby, 2.6 or newer?")
        }
        let identity = try JSONDecoder().decode(
            RubyIdentity.self, from: Data(try Files.readBytes(file)))
        let allocators = ["jemalloc", "tcmalloc", "mimalloc"]
        return RubyFingerprint(
            path: identity.path,
            sha256: try FileDigests(of: room.outside(identity.path)).sha256.hex,
            description: identity.description, config: identity.config,
            libraries: identity.libraries, libc: identity.libc,
            allocator: allocators.first { name in
                identity.libraries.contains { $0.hasPrefix("lib\(name)") }
            } ?? "glibc", package: nil)
    }
}

extension MeasuredProgram {
    /// A program that loads the probe first.
    ///
    /// - Throws: `Failure` when the probe cannot be written into the folder.
    init(
        probing room: any MeasuringRoom, arguments: [String], role: String?,
        environment: [String: String], folder: FilePath, log: FilePath, timeout: Double
    ) throws {
        try Files.write(ProbeScript.text, to: folder.appending(ProbeScript.fileName))
        let inside = room.inside(folder)
        var environment = environment
        environment[ProbeScript.folderVariable] = inside
        if let role { environment[ProbeScript.roleVariable] = role }
        self.init(
            arguments: ["-r", "\(inside)/\(ProbeScript.fileName)"] + arguments,
            environment: environment, folder: folder, log: log, timeout: timeout)
    }
}
