package import Execution
package import Foundation
package import HostSystem
import Provisioning
package import Store
package import SystemPackage

/// What every job of Lapidary needs from outside, passed in from the command line.
package struct Context: Sendable {
    /// The project's root: the folder with `Recipes/`.
    package let project: FilePath
    package let home: Home
    package let host: Machine
    package let runner: any CommandRunner
    /// The Debian mirror a person chose; otherwise the machine's own.
    package let mirror: String?
    package let securityMirror: String?
    /// Parallel jobs of one make.
    package let jobs: Int
    /// Whether to wait for another process that uses the home.
    package let waits: Bool
    /// Whether to resolve the packages of the roots anew.
    package let refreshes: Bool
    /// Whether releases may be built whose packages have not passed every check.
    package let allowsUnverified: Bool
    /// Whether upstream sources may come by plain http or from files.
    package let allowsInsecureSources: Bool
    /// Whether the lock must decide everything, and stay as it is.
    package let isLocked: Bool
    /// Whether nothing may be downloaded.
    package let isOffline: Bool
    /// Whether nothing is built in memory, however much of it there is.
    package let buildsOnDisk: Bool
    package let now: @Sendable () -> Date
    package let events: EventSink

    package init(
        project: FilePath, home: Home, host: Machine, runner: any CommandRunner, mirror: String?,
        securityMirror: String?, jobs: Int, waits: Bool, refreshes: Bool,
        allowsUnverified: Bool, allowsInsecureSources: Bool, isLocked: Bool = false,
        isOffline: Bool = false, buildsOnDisk: Bool = false, now: @escaping @Sendable () -> Date,
        events: @escaping EventSink
    ) {
        self.project = project
        self.home = home
        self.host = host
        self.runner = runner
        self.mirror = mirror
        self.securityMirror = securityMirror
        self.jobs = jobs
        self.waits = waits
        self.refreshes = refreshes
        self.allowsUnverified = allowsUnverified
        self.allowsInsecureSources = allowsInsecureSources
        self.isLocked = isLocked
        self.isOffline = isOffline
        self.buildsOnDisk = buildsOnDisk
        self.now = now
        self.events = events
    }

    var store: ArtifactStore { ArtifactStore(home: home) }

    /// The mirror to use: the chosen one, or the one of the machine's apt.
    func findMirror() async throws -> Mirror {
        if let mirror { return Mirror(option: mirror, security: securityMirror) }
        return try await Mirror.ofHost(host, runner: runner)
    }

    /// Runs `body` with a disk in memory to build in, where there can be one.
    func withMemoryDisk<Value>(_ body: (MemoryDisk?) async throws -> Value) async rethrows -> Value
    {
        let disk = buildsOnDisk ? nil : MemoryDisk.mount(at: home.temporary.appending("memory"))
        defer { disk?.unmount() }
        return try await body(disk)
    }

    /// Runs `body` as the only process that changes the home.
    func exclusively<Value>(_ holder: String, _ body: () async throws -> Value) async throws
        -> Value
    {
        try await home.exclusively(
            holder: holder, wait: waits,
            onWait: { [events] other in events(.note("waiting for \(other)")) }, body)
    }
}
