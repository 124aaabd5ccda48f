import Testing

@testable import Recipe

/// Variants that are linked with another allocator: one recipe file each.
@Suite struct AllocatorTests {
    private static let path = "Recipes/variants/jemalloc.yaml"
    private static let ruby = "Recipes/ruby/3.3.yaml"
    private static let recipe = """
        name: jemalloc
        summary: linked with jemalloc
        description: It is linked with jemalloc.
        derive: relink
        allocator:
          library: jemalloc
          build-packages: [libjemalloc-dev]
        malloc-trim: false

        """

    /// The good recipes with an allocator's, and a series that has the patches for it.
    private func fixture(_ recipe: String = recipe) -> Fixture {
        Fixture.good.with(Self.path, recipe)
            .replacing(
                "  trim: Patches/ruby-3.3\n", in: Self.ruby,
                with: "  trim: Patches/ruby-3.3\nallocator-patches: Patches/ruby-3.3\n")
    }

    @Test func anAllocatorIsOneRecipeFile() throws {
        let catalog = try fixture().catalog
        let series = try #require(RubySeriesNumber("3.3").flatMap(catalog.series))
        let variant = try #require(catalog.variant("jemalloc"))
        #expect(variant.allocator?.library == "jemalloc")
        #expect(variant.allocator?.buildPackages == ["libjemalloc-dev"])
        #expect(series.canBuild(variant))
        #expect(
            catalog.patches(series: series, variant: variant).map(\.path)
                == ["Patches/ruby-3.3/0001-trim.patch"])
    }

    @Test func aSeriesWithoutThePatchesCannotBuildIt() throws {
        let catalog = try fixture().catalog
        let series = try #require(RubySeriesNumber("3.10").flatMap(catalog.series))
        let variant = try #require(catalog.variant("jemalloc"))
        #expect(!series.canBuild(variant))
    }

    @Test(arguments: [
        (
            "derive: relink", "derive: none",
            "5:1: error: an allocator is linked only by `derive: relink`; "
                + "set `derive: relink`, or take the allocator out"
        ),
        (
            "allocator:\n  library: jemalloc\n  build-packages: [libjemalloc-dev]\n", "",
            "4:1: error: a variant that is linked again names no allocator; "
                + "add `allocator:` with its `library` and `build-packages`"
        ),
        (
            "library: jemalloc", "library: ../jemalloc",
            "6:12: error: `library` must be a library's name as the linker's -l takes it, such as "
                + "`jemalloc`, not `../jemalloc`"
        ),
        (
            "library: jemalloc", "library: jemalloc -Wl,-e",
            "6:12: error: `library` must be a library's name as the linker's -l takes it, such as "
                + "`jemalloc`, not `jemalloc -Wl,-e`"
        ),
        (
            "[libjemalloc-dev]", "[]", "7:19: error: `build-packages` must have an entry"
        ),
    ])
    func whatIsWrongIsSaid(old: String, new: String, problem: String) {
        #expect(Self.recipe.contains(old))
        let problems = fixture(Self.recipe.replacing(old, with: new)).problems
        #expect(problems == ["\(Self.path):\(problem)"])
    }

    @Test func aSeriesMustHaveThePatches() {
        let problems = Fixture.good.with(Self.path, Self.recipe).problems
        #expect(
            problems == [
                "\(Self.path):4:1: error: variant `jemalloc` is linked again, but no series has "
                    + "patches for that; add `allocator-patches` to a series"
            ])
    }

    @Test(arguments: ["allocator-patches", "source-patches"])
    func theFolderOfPatchesMustBeThere(key: String) {
        let problems = fixture()
            .replacing(
                "allocator-patches: Patches/ruby-3.3", in: Self.ruby,
                with: key == "allocator-patches"
                    ? "\(key): Patches/none"
                    : "\(key): Patches/none\nallocator-patches: Patches/ruby-3.3"
            ).problems
        #expect(
            problems == [
                "\(Self.ruby):7:1: error: there is no file `Patches/none/series`; "
                    + "list the patches there, one a line"
            ])
    }
}
