package import Digest
import Foundation

/// What an action is called: unique in a plan, and readable (`derive ruby-3.3.8-trim bookworm/amd64`).
package struct ActionID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    package init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// A file that an action needs.
package enum ActionInput: Sendable, Hashable, Codable {
    /// Known before anything runs, and in the store.
    case blob(SHA256Digest)
    /// Made by another action of the plan.
    case output(ActionID, String)

    /// The action that makes it.
    package var producer: ActionID? {
        if case .output(let id, _) = self { return id }
        return nil
    }
}

/// One step of the work as a value: what goes in by digest, what is done, what comes out.
package struct Action: Sendable, Hashable, Codable {
    package let id: ActionID
    package let inputs: [String: ActionInput]
    package let operation: Operation
    /// Actions that come first although nothing of theirs goes in; no part of the key.
    package let after: Set<ActionID>

    package init(
        id: ActionID, inputs: [String: ActionInput], operation: Operation,
        after: Set<ActionID> = []
    ) {
        self.id = id
        self.inputs = inputs
        self.operation = operation
        self.after = after
    }

    /// The actions this one waits for.
    package var dependencies: Set<ActionID> {
        Set(inputs.values.compactMap(\.producer)).union(after)
    }

    /// Whether a package is tried.
    package var isSmoke: Bool {
        if case .smoke = operation { return true }
        return false
    }

    /// The key under which the result is kept: equal keys mean equal work.
    ///
    /// - Parameter resolved: the digest of every input.
    /// - Returns: the digest of operation and inputs in a canonical form.
    /// - Throws: never in practice; encoding plain values can only fail on a defect.
    package func key(resolved: [String: SHA256Digest]) throws -> SHA256Digest {
        struct Keyed: Encodable {
            /// Raised when the executor does the same operation in another way.
            let schema = 1
            let operation: Operation
            let inputs: [String: SHA256Digest]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return SHA256Digest(of: try encoder.encode(Keyed(operation: operation, inputs: resolved)))
    }
}

/// What an action does.
package enum Operation: Sendable, Hashable, Codable {
    /// Brings a source archive into the store, by its digest.
    case fetch(FetchOperation)
    /// Makes a root file system from exact packages.
    case root(RootOperation)
    /// Runs programs in the build sandbox.
    case steps(StepsOperation)
    /// Makes a .deb from an installed tree.
    case package(PackageOperation)
    /// Writes down what a .deb was made of and what is in it.
    case evidence(EvidenceOperation)
    /// Installs a .deb with apt in a clean root and tries it.
    case smoke(SmokeOperation)
    /// Runs Ruby's own tests in the tree that a variant is compiled in.
    case check(CheckOperation)
}

extension Operation {
    /// Digest of what is done, whatever it is done with.
    ///
    /// - Throws: never in practice; encoding plain values can only fail on a defect.
    package func digest() throws -> SHA256Digest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return SHA256Digest(of: try encoder.encode(self))
    }

    /// Debian packages that it takes besides the action's inputs.
    package var packages: [SHA256Digest] {
        switch self {
        case .root(let root): root.packages
        case .smoke(let smoke): smoke.pool
        case .fetch, .steps, .package, .evidence, .check: []
        }
    }
}

/// A source archive and where it can be had.
package struct FetchOperation: Sendable, Hashable, Codable {
    /// Where the bytes come from.
    package enum Origin: Sendable, Hashable, Codable {
        /// Addresses of the same bytes, tried in order.
        case upstream(addresses: [String])
        /// A file of a Debian source package.
        case debian(suite: String, package: String, version: String, file: String)
    }

    package let origin: Origin
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64

    package init(origin: Origin, sha256: SHA256Digest, size: Int64) {
        self.origin = origin
        self.sha256 = sha256
        self.size = size
    }

    /// The file's name, for people.
    package var fileName: String {
        switch origin {
        case .upstream(let addresses):
            addresses.first?.split(separator: "/").last.map(String.init) ?? sha256.hex
        case .debian(_, _, _, let file): file
        }
    }
}

/// A root file system of a package set.
package struct RootOperation: Sendable, Hashable, Codable {
    package let suite: String
    package let architecture: String
    /// Whether only the bare system is wanted, or the build tools too.
    package let baseOnly: Bool
    /// Digests of the members, in the set's order.
    package let packages: [SHA256Digest]
    /// Seconds since 1970 that made files are dated with.
    package let epoch: Int

    package init(
        suite: String, architecture: String, baseOnly: Bool, packages: [SHA256Digest], epoch: Int
    ) {
        self.suite = suite
        self.architecture = architecture
        self.baseOnly = baseOnly
        self.packages = packages
        self.epoch = epoch
    }
}

/// Programs run one after another in the build sandbox.
package struct StepsOperation: Sendable, Hashable, Codable {
    /// An archive of others, judged before anything of it is unpacked.
    package struct Archive: Sendable, Hashable, Codable {
        /// Absolute path inside the sandbox.
        package let path: String
        /// How many leading folders the unpacking leaves out (tar's `--strip-components`).
        package let strippedComponents: Int

        package init(path: String, strippedComponents: Int) {
            self.path = path
            self.strippedComponents = strippedComponents
        }
    }

    /// One program.
    package struct Step: Sendable, Hashable, Codable {
        /// What it does, for people: `configure`, `make`.
        package let title: String
        /// The argument vector; the word `{jobs}` in it stands for the number of parallel jobs.
        package let arguments: [String]
        /// Absolute path inside the sandbox.
        package let workingDirectory: String
        /// The patch file that this step applies, if it does.
        package let patch: String?
        /// The archive that this step unpacks, if it is one of others.
        package let archive: Archive?

        package init(
            _ title: String, _ arguments: [String], in workingDirectory: String,
            patch: String? = nil, archive: Archive? = nil
        ) {
            self.title = title
            self.arguments = arguments
            self.workingDirectory = workingDirectory
            self.patch = patch
            self.archive = archive
        }
    }

    package let steps: [Step]
    package let environment: [String: String]
    /// Files left in /outputs that are kept, by the output's name.
    package let outputs: [String: String]

    package init(steps: [Step], environment: [String: String], outputs: [String: String]) {
        self.steps = steps
        self.environment = environment
        self.outputs = outputs
    }
}

/// What goes into the control files of a package.
package struct PackageOperation: Sendable, Hashable, Codable {
    package let vendor: String
    package let name: String
    package let version: String
    /// The suite the package is built for, as its changelog names it.
    package let suite: String
    package let architecture: String
    package let maintainer: String
    package let homepage: String
    /// Where the tree is installed: `/opt/rubies/ruby-3.3.8-trim`.
    package let prefix: String
    package let summary: String
    package let description: String
    /// Run-time dependencies beyond those the linked libraries give.
    package let depends: [String]
    /// The package whose debug symbols these are; nil for a package with an interpreter.
    package let debugSymbolsOf: String?
    /// Seconds since 1970: the release's date.
    package let epoch: Int
    /// How the package is compressed, as options of dpkg-deb(1).
    package let compression: [String]

    package init(
        vendor: String, name: String, version: String, suite: String, architecture: String,
        maintainer: String, homepage: String, prefix: String, summary: String,
        description: String, depends: [String], debugSymbolsOf: String?, epoch: Int,
        compression: [String]
    ) {
        self.vendor = vendor
        self.name = name
        self.version = version
        self.suite = suite
        self.architecture = architecture
        self.maintainer = maintainer
        self.homepage = homepage
        self.prefix = prefix
        self.summary = summary
        self.description = description
        self.depends = depends
        self.debugSymbolsOf = debugSymbolsOf
        self.epoch = epoch
        self.compression = compression
    }

    package var fileName: String { "\(name)_\(version)_\(architecture).deb" }

    /// The folder of the inputs that are Debian packages with libraries the tree is linked with.
    package static let libraries = "libraries"
}
