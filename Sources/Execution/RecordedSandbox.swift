import Diagnostics
import Sandbox
import Store
import SystemPackage

/// A sandbox as a file says it: paths are relative to the home, so that a home can be moved.
struct RecordedSandbox: Sendable, Hashable, Codable {
    struct Bind: Sendable, Hashable, Codable {
        let source: String
        let target: String
        let isReadOnly: Bool
    }

    let profile: String
    let root: String
    let binds: [Bind]
    let environment: [String: String]
    let workingDirectory: String
    let arguments: [String]

    /// - Parameters:
    ///   - spec: what ran.
    ///   - home: the home that its folders lie in.
    ///   - old: a folder of the home.
    ///   - new: where that folder will lie.
    init(_ spec: SandboxSpec, in home: Home, moving old: FilePath, to new: FilePath) {
        func relative(_ path: FilePath) -> String {
            var path = path
            if path.starts(with: old) {
                _ = path.removePrefix(old)
                path = new.pushing(path)
            }
            _ = path.removePrefix(home.path)
            return path.string
        }
        profile = spec.profile == .install ? "install" : "build"
        root = relative(spec.root)
        binds = spec.binds.map {
            Bind(
                source: relative($0.source), target: $0.target.string, isReadOnly: $0.isReadOnly)
        }
        environment = spec.environment
        workingDirectory = spec.workingDirectory.string
        arguments = spec.arguments
    }

    func spec(in home: Home) throws -> SandboxSpec {
        let profiles: [String: SandboxSpec.Profile] = ["build": .build, "install": .install]
        guard let profile = profiles[profile] else {
            throw Failure(.internalError, "a kept sandbox has the unknown profile `\(profile)`")
        }
        return SandboxSpec(
            profile: profile, root: home.path.pushing(FilePath(root)),
            binds: binds.map {
                SandboxSpec.Bind(
                    home.path.pushing(FilePath($0.source)), at: FilePath($0.target),
                    isReadOnly: $0.isReadOnly)
            }, environment: environment, workingDirectory: FilePath(workingDirectory),
            arguments: arguments)
    }
}
