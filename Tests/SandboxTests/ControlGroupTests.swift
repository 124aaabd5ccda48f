import Foundation
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Sandbox

/// Where control groups are made, by what the kernel says of our own.
@Suite struct ControlGroupTests {
    @Test(arguments: [
        // systemd's unified hierarchy, in a session and in a container with a view of its own.
        ("0::/user.slice/user-0.slice/session-3.scope\n", ["/cg/user.slice/user-0.slice"]),
        ("0::/\n", ["/cg"]),
        // Version 1, and both versions side by side.
        ("9:name=systemd:/\n8:pids:/\n4:memory:/a/b\n", ["/cg/pids"]),
        ("8:pids:/system.slice/ssh.service\n0::/\n", ["/cg/pids/system.slice/ssh.service", "/cg"]),
        ("", []), ("nonsense\n", []),
    ])
    func theGroupStandsWhereItsLimitsCount(membership: String, parents: [FilePath]) {
        #expect(ControlGroup.parents(membership: membership, root: "/cg") == parents)
    }

    @Test func withoutControllersThereIsNoGroupAndNothingIsLeft() async throws {
        try await Scratch.with { folder in
            #expect(ControlGroup.make(.standard, root: folder, membership: "0::/\n") == nil)
            let left = try Files.names(in: folder)
            #expect(left == [])
        }
    }

    @Test func groupsOfKilledRunsAreRemoved() async throws {
        try await Scratch.with { folder in
            // No process has so high a number (pid_max of proc(5)).
            let names = [
                "lapidary-4194304-7", "lapidary-\(ProcessInfo.processInfo.processIdentifier)-7",
                "lapidary-x-7", "other-4194304-7",
            ]
            for name in names { try Files.createDirectory(folder.appending(name)) }
            #expect(ControlGroup.make(.standard, root: folder, membership: "0::/\n") == nil)
            let left = try Files.names(in: folder)
            #expect(left == names.dropFirst().sorted())
        }
    }
}
