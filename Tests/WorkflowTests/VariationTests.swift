import Diagnostics
import HostSystem
import Sandbox
import SystemPackage
import Testing

@testable import Workflow

@Suite struct VariationTests {
    static let lists: [(String, [Variation])] = [
        ("all", Variation.allCases),
        ("none", []),
        ("time", [.time]),
        ("time, locales", [.time, .locales]),
        ("locales,time", [.time, .locales]),
        ("+time,+umask", [.time, .umask]),
        // What was once asked for as `-timezone` and quietly tested nothing at all.
        ("-timezone", Variation.allCases.filter { $0 != .timezone }),
        ("-timezone,-umask", Variation.allCases.filter { $0 != .timezone && $0 != .umask }),
        ("all,-kernel", Variation.allCases.filter { $0 != .kernel }),
        ("time,umask,-time", [.umask]),
        ("all,none,home", [.home]),
    ]

    @Test(arguments: lists)
    func aListMeansWhatItSays(list: String, expected: [Variation]) throws {
        #expect(try VariationChoice.parse(list).variations == expected)
    }

    @Test(arguments: ["", "tiem", "time,", "-"])
    func anUnknownWordIsRefused(list: String) {
        let failure = #expect(throws: Failure.self) { try VariationChoice.parse(list) }
        #expect(failure?.kind == .usage)
        #expect(failure?.hint?.contains("time") == true)
    }

    private func culprits(_ actual: [[Variation]], among all: [Variation] = Variation.allCases)
        async throws -> (found: [[Variation]], rebuilds: Int)
    {
        let rebuilds = Counter()
        let bisection = Bisection { tried in
            await rebuilds.add()
            return actual.contains { Set($0).isSubset(of: tried) }
        }
        return (try await bisection.culprits(in: all), await rebuilds.count)
    }

    private actor Counter {
        private(set) var count = 0
        func add() { count += 1 }
    }

    @Test(arguments: Variation.allCases)
    func everySingleCulpritIsFound(culprit: Variation) async throws {
        let (found, rebuilds) = try await culprits([[culprit]])
        #expect(found == [[culprit]])
        #expect(rebuilds <= 10)
    }

    @Test func severalCulpritsAreAllFound() async throws {
        let (found, _) = try await culprits([[.environment], [.time], [.network]])
        #expect(found == [[.environment], [.time], [.network]])
    }

    @Test func whatActsOnlyTogetherIsNamedTogether() async throws {
        let (found, _) = try await culprits(
            [[.time, .umask]], among: [.time, .home, .umask, .shell])
        #expect(found == [[.time, .home, .umask, .shell]])
    }

    @Test func nothingIsVariedUnasked() {
        let tools = MachineTools(
            isRoot: true, processor: 1, path: "/bin", programs: [], hasFuse: true)
        let world = VariedWorld([], clock: .real, kit: VariationKit("/kit"))
        let command = Command("/bin/lapidary", ["rebuild"])
        #expect(world.started(command, tools: tools) == command)
        #expect(world.sandbox == .usual)
        #expect(world.jobs(of: 2) == 2)
    }

    @Test func theRebuildIsStartedInAnotherWorld() {
        let tools = MachineTools(
            isRoot: true, processor: 1, path: "/bin", programs: [], hasFuse: true)
        let world = VariedWorld(Variation.allCases, clock: .later, kit: VariationKit("/kit"))
        let started = world.started(Command("/bin/lapidary", ["rebuild"]), tools: tools)
        #expect(
            [started.executable] + started.arguments == [
                "unshare", "--net", "--mount", "--propagation", "private", "--", "setarch",
                "--addr-no-randomize", "taskset",
                "--cpu-list", "1", "/bin/lapidary", "rebuild",
            ])
        #expect(started.environment["TZ"] == "GMT+12")
        #expect(started.environment["PATH"] == "/kit/programs:/bin:/i_capture_the_path")
        #expect(started.environment["TAR_OPTIONS"] != nil)
        #expect(world.jobs(of: 2) == 3)
        #expect(world.jobs(of: 3) == 5)
        #expect(world.sandbox.user == 2222)
        #expect(world.sandbox.shufflesFolders)
    }

    @Test func whatCannotBeVariedHasAReason() {
        let tools = MachineTools(
            isRoot: false, processor: 0, path: "/bin", programs: [], hasFuse: false)
        let kit = VariationKit("/nonexistent")
        let skipped = Variation.allCases.filter { tools.obstacle(to: $0, kit: kit) != nil }
        #expect(skipped == [.kernel, .aslr, .cpus, .time, .fileOrdering, .locales, .network])
    }
}
