import Recipe

/// The programs that compile Ruby and derive its variants, as argument vectors.
enum BuildSteps {
    static let stageScript = "Recipes/steps/stage.rb"
    static let assertScript = "Recipes/steps/assert-build.rb"
    static let configureScript = "Recipes/steps/configure.sh"
    /// What compiles a release needs both.
    static let compileScripts = [configureScript, "Recipes/steps/rustc.sh"]

    private static let source = "/build/ruby"
    private static let tree = "/build/tree"
    private static let allocatorTree = "/build/allocator"

    /// The base: the configured and compiled tree that every variant starts from.
    ///
    /// - Parameters:
    ///   - series: what is configured, and how.
    ///   - release: the release of it.
    ///   - suite: where it will run.
    ///   - patches: paths of the patches of every build among the inputs.
    /// - Returns: steps that leave the compiled tree as an archive.
    static func compile(
        series: RubySeries, release: RubyRelease, suite: Suite, patches: [String]
    ) -> StepsOperation {
        let steps =
            sourceSteps + patchSteps(patches) + [
                configure(series, suite),
                make,
                // Sub-second times stay: make compares them when a variant is derived.
                .init(
                    "keep the build tree",
                    [
                        "tar", "--create", "--zstd", "--file=/outputs/tree.tar.zst",
                        "--sort=name", "--format=posix",
                        "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
                        "--numeric-owner", "--owner=0", "--group=0", "--directory=/build", "ruby",
                    ], in: "/build"),
            ]
        return StepsOperation(
            steps: steps,
            environment: environment(release).merging(CompileCache.environment) { $1 },
            outputs: ["tree": "tree.tar.zst"])
    }

    /// The unpacked source, without what nobody ships.
    private static let sourceSteps: [StepsOperation.Step] = [
        .init("make folder", ["mkdir", source], in: "/build"),
        .init(
            "unpack",
            [
                "tar", "--extract", "--file=/inputs/source", "--strip-components=1",
                "--no-same-owner", "--no-same-permissions", "--directory=\(source)",
            ], in: "/build", archive: .init(path: "/inputs/source", strippedComponents: 1)),
        // Many extensions exist for Ruby's own tests only; nobody ships them.
        .init("drop test extensions", ["rm", "-rf", "ext/-test-"], in: source),
        .init(
            "drop test extensions",
            ["find", "spec/ruby/optional/capi/ext", "-name", "*.c", "-delete"], in: source),
    ]

    private static func configure(_ series: RubySeries, _ suite: Suite) -> StepsOperation.Step {
        .init(
            "configure",
            ["sh", "/inputs/\(configureScript)", "{jobs}"] + configureArguments(series, suite),
            in: source)
    }

    private static let make = StepsOperation.Step(
        "make", ["make", StepsOperation.Step.jobsArgument], in: source)

    /// What `configure` is given: the series' arguments, the suite's, and the suite's flags.
    static func configureArguments(_ series: RubySeries, _ suite: Suite) -> [String] {
        ["--prefix=\(Planner.basePrefix)"] + series.configure + suite.configure + [
            "cflags=" + suite.flags.cflags.joined(separator: " "),
            "CPPFLAGS=" + suite.flags.cppflags.joined(separator: " "),
            "LDFLAGS=" + suite.flags.ldflags.joined(separator: " "),
        ]
    }

    /// A variant: the base's tree, patched or linked again, installed and staged.
    ///
    /// - Parameters:
    ///   - cell: the release and variant.
    ///   - patches: paths of the patches among the inputs.
    ///   - libraries: paths of the Debian packages with the variant's allocator among the inputs.
    /// - Returns: steps that leave the installed tree and its debug symbols, each as an archive.
    static func derive(_ cell: Cell, patches: [String], libraries: [String]) -> StepsOperation {
        installed(cell, after: variantSteps(cell, patches: patches, libraries: libraries))
    }

    /// A variant without the base, compiled from its patched source.
    ///
    /// What it leaves must be the same as what `derive` does.
    static func scratch(
        _ cell: Cell, patches: [String], libraries: [String], withCompileCache: Bool
    ) -> StepsOperation {
        installed(
            cell, environment: withCompileCache ? CompileCache.environment : [:],
            after: sourceSteps + unpackSteps(libraries) + patchSteps(patches) + nameSteps(cell) + [
                configure(cell.series, cell.suite)
            ] + linkSteps(cell) + [make])
    }

    /// The steps that lead to a compiled tree, and those that install, stage, assert and keep it.
    private static func installed(
        _ cell: Cell, environment more: [String: String] = [:],
        after compiled: [StepsOperation.Step]
    ) -> StepsOperation {
        let release = cell.release
        let prefix = tree + Planner.basePrefix
        let ruby = "\(prefix)/bin/ruby"
        let allocator = cell.variant.allocator?.library ?? "none"
        let steps: [StepsOperation.Step] =
            compiled + [
                .init(
                    "install",
                    ["make", StepsOperation.Step.jobsArgument, "install", "DESTDIR=\(tree)"],
                    in: source),
                .init(
                    "stage",
                    [
                        ruby, "/inputs/\(stageScript)", prefix, cell.variant.name, allocator,
                        "\(tree)/debug",
                    ], in: "/build"),
                .init(
                    "assert",
                    [
                        ruby, "/inputs/\(assertScript)", prefix, release.version.description,
                        cell.variant.name, cell.variant.mallocTrim ? "yes" : "no", allocator,
                        source,
                    ], in: "/build"),
                .init("keep the licences", ["mkdir", "\(tree)/licenses"], in: source),
                .init(
                    "keep the licences", ["cp", "COPYING", "BSDL", "LEGAL", "\(tree)/licenses"],
                    in: source),
                .init(
                    "keep the installed tree",
                    archive("install", ["licenses", "opt"], of: release),
                    in: "/build"),
                .init(
                    "keep the debug symbols", archive("debug", ["licenses", "debug"], of: release),
                    in: "/build"),
            ]
        return StepsOperation(
            steps: steps,
            environment: environment(release).merging(libraryPaths(cell)) { $1 }
                .merging(more) { $1 },
            outputs: ["install": "install.tar.zst", "debug": "debug.tar.zst"])
    }

    /// The steps from the base's tree to the variant's, as far as `make` goes.
    static func variantSteps(_ cell: Cell, patches: [String], libraries: [String])
        -> [StepsOperation.Step]
    {
        let unpacked: [StepsOperation.Step] = [
            .init(
                "unpack the build tree",
                ["tar", "--extract", "--file=/inputs/tree", "--no-same-owner"], in: "/build")
        ]
        return unpacked + unpackSteps(libraries) + patchSteps(patches) + nameSteps(cell)
            + linkSteps(cell) + (cell.variant.derive == .none ? [] : [make])
    }

    private static func unpackSteps(_ libraries: [String]) -> [StepsOperation.Step] {
        libraries.map {
            .init(
                "unpack the allocator", ["dpkg-deb", "--extract", "/inputs/\($0)", allocatorTree],
                in: "/build")
        }
    }

    private static func patchSteps(_ patches: [String]) -> [StepsOperation.Step] {
        patches.map { patch in
            .init(
                "apply \(patch)",
                [
                    "patch", "--strip=1", "--fuzz=0", "--forward", "--batch",
                    "--reject-file=-", "--input=/inputs/\(patch)",
                ], in: source, patch: patch)
        }
    }

    private static func nameSteps(_ cell: Cell) -> [StepsOperation.Step] {
        guard cell.variant.allocator != nil else { return [] }
        return [
            .init(
                "name the allocator",
                ["sed", "--in-place", "s/@ALLOCATOR@/\(cell.variant.name)/", "version.c"],
                in: source)
        ]
    }

    /// The allocator in front of every other library, and so of the C library, in the lookup order
    /// of the executable and of libruby alike.
    private static func linkSteps(_ cell: Cell) -> [StepsOperation.Step] {
        guard let allocator = cell.variant.allocator else { return [] }
        return [
            .init(
                "link the allocator",
                ["sed", "--in-place", "s/^MAINLIBS = /&-l\(allocator.library) /", "Makefile"],
                in: source)
        ]
    }

    /// What lays a .deb open and has its own Ruby list the gems in it; debug symbols have no Ruby.
    static func inventory(_ cell: Cell, _ names: PackageNames, libraries: [String])
        -> (steps: [StepsOperation.Step], environment: [String: String])
    {
        let opened = "/build/package"
        let prefix = opened + names.prefix
        var steps: [StepsOperation.Step] = [
            .init(
                "read the control files",
                ["dpkg-deb", "--control", "/inputs/deb", "/outputs/\(EvidenceOperation.control)"],
                in: "/build")
        ]
        if !names.isDebug {
            steps.append(
                .init("unpack", ["dpkg-deb", "--extract", "/inputs/deb", opened], in: "/build"))
            steps += libraries.map {
                .init(
                    "unpack the allocator",
                    ["dpkg-deb", "--extract", "/inputs/\($0)", allocatorTree], in: "/build")
            }
            steps.append(
                .init(
                    "list the gems",
                    [
                        "\(prefix)/bin/ruby", "/inputs/\(EvidenceOperation.inventoryScript)",
                        prefix, "/outputs/\(EvidenceOperation.inventory)",
                    ], in: "/build"))
        }
        return (steps, environment(cell.release).merging(libraryPaths(cell)) { $1 })
    }

    /// Where the linker and the new interpreter find the allocator; in no flag, so that nothing
    /// of it is recorded.
    private static func libraryPaths(_ cell: Cell) -> [String: String] {
        guard cell.variant.allocator != nil else { return [:] }
        let folder = "\(allocatorTree)/usr/lib/\(cell.architecture.multiarch)"
        return ["LIBRARY_PATH": folder, "LD_LIBRARY_PATH": folder]
    }

    private static func archive(_ name: String, _ members: [String], of release: RubyRelease)
        -> [String]
    {
        [
            "tar", "--create", "--zstd", "--file=/outputs/\(name).tar.zst", "--sort=name",
            "--format=gnu", "--mtime=@\(release.sourceDateEpoch)", "--numeric-owner",
            "--owner=0", "--group=0", "--directory=\(tree)",
        ] + members
    }

    /// Ruby's own tests of a variant, in the tree that it is compiled in.
    static func check(
        _ tests: RubyTests, cell: Cell, patches: [String], libraries: [String]
    ) -> CheckOperation {
        func program(_ name: CheckOperation.Program.Name, _ more: [String] = [])
            -> CheckOperation.Program
        {
            // A test that hangs must not hang the build; all of them take a few minutes.
            .init(
                name,
                ["timeout", "--kill-after=10", "3600", "make", name.rawValue] + more, in: source)
        }
        return CheckOperation(
            release: cell.release.version.description, variant: cell.variant.name,
            suite: cell.suite.name, architecture: cell.architecture.rawValue,
            preparation: variantSteps(cell, patches: patches, libraries: libraries),
            environment: environment(cell.release).merging(libraryPaths(cell)) { $1 },
            programs: [
                program(.btest, ["OPTS=-v"]), program(.basic),
                program(
                    .all,
                    [
                        "TESTS=" + tests.files.joined(separator: " "),
                        // A fixed seed is a fixed order.
                        (["TESTOPTS=-v --color=never --tty=no --seed=1"]
                            + tests.leftOut.keys.sorted().map(without)).joined(separator: " "),
                    ]),
            ], knownFailures: tests.knownFailures[cell.suite.name] ?? [:], leftOut: tests.leftOut)
    }

    /// The option that leaves a test out, without anything that means something to a shell.
    ///
    /// Ruby's makefiles hand it from make to make, through shells, without quotes.
    private static func without(_ test: String) -> String {
        "--name=!/\(test.replacing("#", with: "."))/"
    }

    private static func environment(_ release: RubyRelease) -> [String: String] {
        [
            "SOURCE_DATE_EPOCH": String(release.sourceDateEpoch),
            // A fixed number of threads, since zstd's bytes depend on whether there are several.
            "ZSTD_CLEVEL": "1",
            "ZSTD_NBTHREADS": "2",
        ]
    }
}
