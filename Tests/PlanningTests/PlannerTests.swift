import Diagnostics
import Digest
import Lock
import Recipe
import Testing

@testable import Planning

@Suite struct PlannerTests {
    @Test func variantsShareRootSourceAndCompile() throws {
        let plan = try PlanFixture().plan(.packages)
        #expect(
            plan.actions.map(\.id.description) == [
                "root build bookworm/amd64",
                "fetch ruby3.3_3.3.8.orig.tar.xz",
                "compile ruby-3.3.8 bookworm/amd64",
                "derive ruby-3.3.8-plain bookworm/amd64",
                "derive ruby-3.3.8-trim bookworm/amd64",
                "package ruby-3.3.8-plain bookworm/amd64",
                "dbgsym ruby-3.3.8-plain bookworm/amd64",
                "package ruby-3.3-plain bookworm/amd64",
                "dbgsym ruby-3.3-plain bookworm/amd64",
                "package ruby-3.3.8-trim bookworm/amd64",
                "dbgsym ruby-3.3.8-trim bookworm/amd64",
                "package ruby-3.3-trim bookworm/amd64",
                "dbgsym ruby-3.3-trim bookworm/amd64",
                "evidence ruby-3.3.8-plain bookworm/amd64",
                "evidence ruby-3.3.8-plain-dbgsym bookworm/amd64",
                "evidence ruby-3.3-plain bookworm/amd64",
                "evidence ruby-3.3-plain-dbgsym bookworm/amd64",
                "evidence ruby-3.3.8-trim bookworm/amd64",
                "evidence ruby-3.3.8-trim-dbgsym bookworm/amd64",
                "evidence ruby-3.3-trim bookworm/amd64",
                "evidence ruby-3.3-trim-dbgsym bookworm/amd64",
            ])
    }

    @Test func smokeAddsTheBareRootAndOneActionForEachPackage() throws {
        let plan = try PlanFixture().plan()
        let packages = try PlanFixture().plan(.packages)
        let added = Set(plan.actions.map(\.id)).subtracting(packages.actions.map(\.id))
        #expect(
            added.map(\.description).sorted() == [
                "root bare bookworm/amd64", "smoke ruby-3.3-plain bookworm/amd64",
                "smoke ruby-3.3-trim bookworm/amd64", "smoke ruby-3.3.8-plain bookworm/amd64",
                "smoke ruby-3.3.8-trim bookworm/amd64",
            ])
        let known = Set(packages.actions.map(\.id))
        for cell in try PlanFixture().cells() {
            for names in PackageNames.installable(cell, vendor: "acme") {
                #expect(added.contains(Planner.smokeAction(of: cell, names)))
                #expect(known.contains(Planner.packageAction(of: cell, names)))
                let debug = names.debugSymbols(of: cell, vendor: "acme")
                #expect(known.contains(Planner.packageAction(of: cell, debug)))
                #expect(known.contains(Planner.evidenceAction(of: cell, names)))
                #expect(known.contains(Planner.evidenceAction(of: cell, debug)))
            }
        }
    }

    @Test func everyActionComesAfterWhatItNeeds() throws {
        var done: Set<ActionID> = []
        for action in try PlanFixture().plan().actions {
            #expect(action.dependencies.isSubset(of: done), "\(action.id)")
            done.insert(action.id)
        }
    }

    @Test func theBareRootHasTheBasePackagesOnly() throws {
        let fixture = try PlanFixture()
        let roots = try fixture.plan().actions.compactMap { action -> RootOperation? in
            if case .root(let root) = action.operation { return root }
            return nil
        }
        let bare = try #require(roots.first { $0.baseOnly })
        let build = try #require(roots.first { !$0.baseOnly })
        #expect(build.packages == fixture.members.map(\.sha256))
        #expect(bare.packages == fixture.members.filter(\.isBase).map(\.sha256))
    }

    @Test func theSourceIsGuardedAndStrippedAsItIsUnpacked() throws {
        let steps = try PlanFixture().plan().actions.flatMap { action in
            if case .steps(let program) = action.operation { return program.steps }
            return []
        }
        let unpacking = steps.filter { $0.arguments.contains("--file=/inputs/source") }
        #expect(unpacking.count == 1)
        for step in unpacking {
            let archive = try #require(step.archive)
            #expect(archive.path == "/inputs/source")
            #expect(
                step.arguments.contains("--strip-components=\(archive.strippedComponents)"))
        }
    }

    @Test func aTrimBuildAppliesItsPatchAndAPlainOneNone() throws {
        let path = "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"
        let plan = try PlanFixture().plan()
        for (variant, expected) in [("plain", []), ("trim", [path])] {
            let action = try #require(
                plan.actions.first { "\($0.id)" == "derive ruby-3.3.8-\(variant) bookworm/amd64" })
            guard case .steps(let steps) = action.operation else {
                Issue.record("it derives by steps")
                continue
            }
            #expect(steps.steps.compactMap(\.patch) == expected)
            #expect(action.inputs.keys.filter { $0.hasPrefix("Patches/") }.sorted() == expected)
            #expect(steps.steps.contains { $0.title == "make" } == !expected.isEmpty)
            #expect(steps.environment["SOURCE_DATE_EPOCH"] == "1744156800")
        }
    }

    @Test func patchesOfEveryBuildComeBeforeAnythingIsConfigured() throws {
        let path = "Patches/ruby-3.3-allocator/0001-name-the-allocator.patch"
        var fixture = try PlanFixture()
        try fixture.edit(
            "Recipes/ruby/3.3.yaml", "\npatches:\n",
            "\nsource-patches: Patches/ruby-3.3-allocator\npatches:\n")
        func steps(_ name: String, in plan: Plan) throws -> [StepsOperation.Step] {
            let action = try #require(plan.actions.first { "\($0.id)".hasPrefix(name) })
            guard case .steps(let operation) = action.operation else { return [] }
            let patches = operation.steps.compactMap(\.patch)
            let files = action.inputs.keys.filter { $0.hasPrefix("Patches/") }
            #expect(files.sorted() == patches.sorted())
            return operation.steps
        }
        let plan = try fixture.plan()
        let compile = try steps("compile", in: plan)
        #expect(compile.compactMap(\.patch) == [path])
        let patched = try #require(compile.firstIndex { $0.patch == path })
        #expect(compile[patched + 1].title == "configure")
        #expect(try steps("derive ruby-3.3.8-plain", in: plan).compactMap(\.patch) == [])
        let scratch = try Planner(
            catalog: fixture.catalog(), packageSets: [fixture.packageSet]
        ).planFromScratch(
            fixture.cells("3.3@trim:bookworm/amd64"), withCompileCache: false)
        #expect(
            try steps("derive ruby-3.3.8-trim", in: scratch).compactMap(\.patch)
                == [path, "Patches/ruby-3.3/0001-malloc-trim-after-major-gc.patch"])
    }

    @Test func anAllocatorIsLinkedFirstAndFoundWithoutAnyFlag() throws {
        let fixture = try PlanFixture()
        let library = PlanFixture.member("libjemalloc-dev", isBase: false)
        let set = fixture.packageSet.adding([
            PackageAddition(
                name: PackageAddition.variant("jemalloc"), request: SHA256Digest(of: ""),
                members: [library])
        ])
        let plan = try Planner(catalog: fixture.catalog(), packageSets: [set])
            .plan(fixture.cells("3.3@jemalloc:bookworm/amd64"), goal: .smokedPackages)
        let path = "libraries/\(library.fileName)"
        for word in ["derive ruby-3.3.8", "package ruby-3.3.8", "package ruby-3.3"] {
            let action = try #require(
                plan.actions.first { "\($0.id)" == "\(word)-jemalloc bookworm/amd64" })
            #expect(action.inputs[path] == .blob(library.sha256), "\(word)")
        }
        let derive = try #require(plan.actions.first { "\($0.id)".hasPrefix("derive ") })
        guard case .steps(let steps) = derive.operation else {
            Issue.record("it derives by steps")
            return
        }
        let words = steps.steps.map { $0.arguments.joined(separator: " ") }
        #expect(words.contains("sed --in-place s/^MAINLIBS = /&-ljemalloc / Makefile"))
        #expect(words.contains("sed --in-place s/@ALLOCATOR@/jemalloc/ version.c"))
        #expect(words.contains("dpkg-deb --extract /inputs/\(path) /build/allocator"))
        let folder = "/build/allocator/usr/lib/x86_64-linux-gnu"
        #expect(steps.environment["LIBRARY_PATH"] == folder)
        #expect(steps.environment["LD_LIBRARY_PATH"] == folder)
    }

    @Test func aVariantsAllocatorLeavesRootAndCompileAsTheyAre() throws {
        let fixture = try PlanFixture()
        let cells = try fixture.cells("3.3@plain,jemalloc:bookworm/amd64")
        func shared(_ set: PackageSet) throws -> [Action] {
            try Planner(catalog: fixture.catalog(), packageSets: [set])
                .plan(cells, goal: .packages).actions
                .filter { "\($0.id)".hasPrefix("root ") || "\($0.id)".hasPrefix("compile ") }
        }
        let addition = PackageAddition(
            name: PackageAddition.variant("jemalloc"), request: SHA256Digest(of: ""),
            members: [PlanFixture.member("libjemalloc-dev", isBase: false)])
        #expect(
            try shared(fixture.packageSet) == shared(fixture.packageSet.adding([addition])))
    }

    @Test func configureGetsEveryArgumentAsOneWord() throws {
        let plan = try PlanFixture().plan()
        let action = try #require(plan.actions.first { "\($0.id)".hasPrefix("compile ") })
        guard case .steps(let steps) = action.operation else {
            Issue.record("it compiles by steps")
            return
        }
        let configure = try #require(steps.steps.first { $0.title == "configure" }).arguments
        #expect(
            configure.prefix(4) == [
                "sh", "/inputs/Recipes/steps/configure.sh", "{jobs}", "--prefix=/opt/rubies/ruby",
            ])
        #expect(configure.contains("EGREP=/bin/grep -E"))
        #expect(configure.contains("CPPFLAGS=-Wdate-time -D_FORTIFY_SOURCE=2"))
    }

    @Test func everyInputThatIsAFileOfTheProjectIsKnown() throws {
        let fixture = try PlanFixture()
        let planner = Planner(catalog: try fixture.catalog(), packageSets: [fixture.packageSet])
        let known = Set(planner.projectFiles.map { SHA256Digest(of: $0.bytes) })
        for action in try fixture.plan().actions {
            for case .blob(let digest) in action.inputs.values {
                #expect(known.contains(digest), "\(action.id)")
            }
        }
    }

    @Test func aMissingPackageSetIsADefect() throws {
        let fixture = try PlanFixture()
        let planner = Planner(catalog: try fixture.catalog(), packageSets: [])
        let failure = #expect(throws: Failure.self) {
            try planner.plan(fixture.cells(), goal: .packages)
        }
        #expect(failure?.kind == .internalError)
        #expect(failure?.message == "no package set of bookworm/amd64")
    }

    @Test func aMissingStepScriptIsNamed() throws {
        var fixture = try PlanFixture()
        fixture.files.removeAll { $0.path == "Recipes/steps/stage.rb" }
        let failure = #expect(throws: Failure.self) { try fixture.plan() }
        #expect(failure?.kind == .usage)
        #expect(failure?.message.contains("`Recipes/steps/stage.rb`") == true)
    }

    @Test func packagesAreNamedAfterReleaseAndVariantAndAfterSeriesAndVariant() throws {
        let cells = try PlanFixture().cells()
        let cell = try #require(cells.last)
        let packages = PackageNames.installable(cell, vendor: "acme")
        #expect(packages.map(\.name) == ["acme-ruby-3.3.8-trim", "acme-ruby-3.3-trim"])
        #expect(Set(packages.map(\.version)) == ["3.3.8-\(cell.release.revision)+deb12"])
        let prefixes = ["/opt/rubies/ruby-3.3.8-trim", "/opt/rubies/ruby-3.3-trim"]
        #expect(packages.map(\.prefix) == prefixes)
        let debug = packages.map { $0.debugSymbols(of: cell, vendor: "acme") }
        #expect(debug.map(\.name) == packages.map { "\($0.name)-dbgsym" })
        #expect(debug.map(\.prefix) == prefixes)
    }

    @Test func onlyTheReleaseThatASeriesStandsForMakesTheSeriesPackage() throws {
        var fixture = try PlanFixture()
        try fixture.edit("Recipes/ruby/3.3.yaml", "  - version: 3.3.8\n", Self.newerRelease)
        let older = try #require(fixture.cells("3.3.8@plain:bookworm/amd64").first)
        let newer = try #require(fixture.cells("3.3@plain:bookworm/amd64").first)
        #expect(
            PackageNames.installable(older, vendor: "acme").map(\.name)
                == ["acme-ruby-3.3.8-plain"])
        #expect(
            PackageNames.installable(newer, vendor: "acme").map(\.name)
                == ["acme-ruby-3.3.9-plain", "acme-ruby-3.3-plain"])
    }

    private static let newerRelease = """
          - version: 3.3.9
            date: 2025-07-24
            revision: 1
            verified: true
            build-from: upstream
            sources:
              upstream:
                urls: [https://mirror.invalid/ruby-3.3.9.tar.gz]
                sha256: e2e1233ad275b7623a05edf23a01192626d1da454bdfe353a28a87acd8ef015c
                size: 1
          - version: 3.3.8

        """

    @Test(arguments: [
        ("1:2.3-4", "tool_2.3-4_amd64.deb"), ("2.3-4", "tool_2.3-4_amd64.deb"),
        ("2.3+dfsg~1-4+b2", "tool_2.3+dfsg~1-4+b2_amd64.deb"), ("1:2:3-4", "tool_2:3-4_amd64.deb"),
    ])
    func fileNamesHaveNoEpoch(version: String, expected: String) {
        let member = PackageSet.Member(
            package: "tool", version: version, architecture: "amd64",
            sha256: SHA256Digest(of: ""), size: 1, isBase: true, stanza: "")
        #expect(member.fileName == expected)
    }
}
