/// A variant: how the interpreter gets its memory.
package struct Variant: Sendable, Hashable {
    /// How a variant is made from the base compile; the words of `derive`.
    package enum Derivation: String, Sendable, Hashable, CaseIterable {
        /// It is the base compile.
        case none
        /// The base's build tree with the series' patches for this variant, made again.
        case patch
        /// The base's build tree, linked again with another allocator in front of the C library.
        case relink
    }

    package let name: String
    /// The first line of the package's description.
    package let summary: String
    /// The rest of the package's description: paragraphs with an empty line between.
    package let description: String
    package let derive: Derivation
    /// What it is linked with instead of the C library's malloc; only for `relink`.
    package let allocator: Allocator?
    /// Whether its interpreter gives memory back by `malloc_trim`; smoke checks prove it.
    package let mallocTrim: Bool
    /// Packages that it needs besides the libraries it is linked with.
    package let depends: [String]
    /// Names of smoke checks that run for this variant besides the common ones.
    package let smoke: [String]

    static let form = Form.mapping("a variant") { keys in
        let derive = keys.required("derive", .word(Derivation.none))
        let allocator = keys.optional("allocator", Allocator.form)
        if derive == .relink, allocator == nil {
            keys.report(
                "a variant that is linked again names no allocator", at: "derive",
                hint: "add `allocator:` with its `library` and `build-packages`")
        } else if derive != .relink, allocator != nil {
            keys.report(
                "an allocator is linked only by `derive: relink`", at: "allocator",
                hint: "set `derive: relink`, or take the allocator out")
        }
        return Variant(
            name: keys.required("name", .name),
            summary: keys.required("summary", .line),
            description: keys.required("description", .paragraph),
            derive: derive,
            allocator: allocator,
            mallocTrim: keys.required("malloc-trim", .boolean),
            depends: keys.optional("depends", .list(of: .relation, unique: true, canBeEmpty: true))
                ?? [],
            smoke: keys.optional("smoke", .list(of: .name, unique: true, canBeEmpty: true)) ?? [])
    }

    /// The order of variants everywhere: the ones that nothing is derived from, then by name.
    static func precedes(_ left: Variant, _ right: Variant) -> Bool {
        (left.derive == .none ? 0 : 1, left.name) < (right.derive == .none ? 0 : 1, right.name)
    }
}
