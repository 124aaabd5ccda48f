import Digest
import Execution
import Foundation
import HostSystem
import Planning
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Workflow

/// Recipes that are planted with what makes builds differ: each must be caught, and named.
///
/// They run in the real sandbox, by the real program, in the smallest root with a shell.
@Suite(.serialized) struct VerifierTests {
    /// A script that leaves /outputs/made, and what makes it differ.
    struct Control: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
        let cause: Verdict.Cause?
    }

    static let controls = [
        Control(
            testDescription: "the same each time",
            script: "echo always > /outputs/made", cause: nil),
        Control(
            testDescription: "a timestamp",
            script: "date +%s > /outputs/made", cause: .variations([[.time]])),
        Control(
            testDescription: "the build path",
            script: "while read -r line; do case $line in *' /inputs '*) set -- $line;"
                + " echo \"${4%/tmp/build-*}\";; esac; done < /proc/self/mountinfo > /outputs/made",
            cause: .variations([[.buildPath]])),
        Control(
            testDescription: "an unsorted listing",
            script: "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do touch /build/$i; done;"
                + " ls -U /build > /outputs/made", cause: .variations([[.fileOrdering]])),
        Control(
            testDescription: "a random number",
            script: "cat /proc/sys/kernel/random/uuid > /outputs/made", cause: .chance),
        Control(
            testDescription: "a sort that depends on the locale",
            script: "echo 'u z t' > /build/words; for w in u z t; do echo $w; done"
                + " | sort > /outputs/made", cause: .variations([[.locales]])),
        Control(
            testDescription: "the user and the host's name",
            script: "id > /outputs/made; cat /proc/sys/kernel/hostname >> /outputs/made",
            cause: .variations([[.userGroup], [.domainHost]])),
        Control(
            testDescription: "the shell",
            script: "echo \"echo \\$BASH_VERSION\" > /build/s; sh /build/s > /outputs/made",
            cause: .variations([[.shell]])),
        Control(
            testDescription: "a stray Ruby",
            script: "command -v ruby > /outputs/made || echo none > /outputs/made",
            cause: .variations([[.toolchains]])),
        Control(
            testDescription: "permissions of new files",
            script: "touch /build/f; ls -l /build/f > /build/l; read -r mode _ < /build/l;"
                + " echo $mode > /outputs/made", cause: .variations([[.umask]])),
    ]

    @Test(arguments: controls) func whatIsPlantedIsCaughtAndNamed(control: Control) async throws {
        try await Self.withVerifier(of: control.script) { verifier in
            let verdict = try await verifier.verify(
                "planted", try Self.options(.all, runs: control.cause == nil ? 2 : 1))
            let reasons = verdict.runs.compactMap(\.reason)
            #expect(reasons == [])
            #expect(verdict.skipped == [:])
            #expect(verdict.varied == Variation.allCases)
            #expect(verdict.status == (control.cause == nil ? .good : .bad))
            #expect(verdict.runs.count == (control.cause == nil ? 2 : 1))
            #expect(verdict.difference?.cause == control.cause)
            #expect(verdict.difference.map { $0.kept != nil } == control.cause.map { _ in true })
        }
    }

    @Test func aRebuildThatFailsSaysWhy() async throws {
        let script = "echo made > /outputs/made; echo planted to fail; [ \"$TZ\" = UTC ]"
        try await Self.withVerifier(of: script) { verifier in
            let verdict = try await verifier.verify(
                "planted", try Self.options(VariationChoice([.timezone]), runs: 1))
            #expect(verdict.status == .fail)
            let run = try #require(verdict.runs.first)
            #expect(run.reason?.contains("`steps` failed at step `plant`") == true)
            // The rebuild's home is gone, its log is not.
            let word = "the whole log: "
            let lines = try #require(run.reason).split(separator: "\n")
            let line = try #require(lines.first { $0.contains(word) })
            let log = FilePath(String(try #require(line.split(separator: word).last)))
            #expect(try Files.readText(log).contains("planted to fail"))
            #expect(!lines.contains { $0.contains("lapidary shell") })
        }
    }

    private static func options(_ choice: VariationChoice, runs: Int) throws -> VerifyOptions {
        VerifyOptions(choice: choice, runs: runs, executable: try Programs.lapidary())
    }

    /// The verifier of a plan of one action, which is run once in the usual world.
    private static func withVerifier(
        of script: String, _ body: (Verifier) async throws -> Void
    ) async throws {
        let id = ActionID("steps")
        try await Scratch.with { folder in
            let home = Home(folder.appending("home"))
            try await home.exclusively(holder: "a test", wait: false, onWait: { _ in }) {
                let root = SHA256Digest(of: "the root of the tests")
                let kit = try await kit(in: folder)
                try await SmallRoot.make(in: home.roots.appending(root.hex), guest: kit.clock)
                let action = Action(
                    id: id, inputs: ["root": .blob(root)],
                    operation: .steps(
                        StepsOperation(
                            steps: [.init("plant", ["bash", "-c", script], in: "/build")],
                            environment: [:], outputs: ["made": "made"])))
                let context = Context(
                    project: folder, home: home, host: .current(), runner: SubprocessRunner(),
                    mirror: nil, securityMirror: nil, jobs: 2, waits: true, refreshes: false,
                    allowsUnverified: false, allowsInsecureSources: false, now: { Date() },
                    events: { _ in })
                let usual = try await RebuildWorkflow(context: context).executor(
                    of: RebuildOrder(
                        document: PlanDocument(try Plan([action]), packageSets: []),
                        variations: [], clock: .real, kit: "/nonexistent")
                ).run(Plan([action]))
                let made = try #require(usual[id]?.result.outputs["made"])
                let rebuilder = Rebuilder(
                    document: PlanDocument(try Plan([action]), packageSets: []), outcomes: [:],
                    kit: kit, tools: .current(.current()),
                    executable: try Programs.lapidary(), context: context)
                try await body(
                    Verifier(
                        rebuilder: rebuilder,
                        goals: [
                            Verifier.Goal(
                                name: "made", action: id, output: "made", expected: made.sha256)
                        ]))
            }
        }
    }

    /// A kit of this machine's own libfaketime and locales.
    private static func kit(in folder: FilePath) async throws -> VariationKit {
        let kit = VariationKit(folder.appending("kit"))
        try kit.prepare()
        let runner = SubprocessRunner()
        let listing = try await runner.output(
            of: Command("dpkg", ["-L", "libfaketime"]), purpose: "find libfaketime")
        let library = try #require(
            listing.split(whereSeparator: \.isNewline).first {
                $0.hasSuffix("/libfaketime.so.1")
            })
        try FileManager.default.copyItem(atPath: String(library), toPath: kit.clock.string)
        try Files.createDirectory(kit.locales)
        _ = try await runner.output(
            of: Command(
                "localedef",
                [
                    "--no-archive", "--inputfile=et_EE", "--charmap=UTF-8",
                    kit.locales.appending(VariationKit.locale).string,
                ]), purpose: "compile a locale")
        return kit
    }
}
