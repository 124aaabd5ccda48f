/// Another malloc, which a variant links the interpreter with.
package struct Allocator: Sendable, Hashable {
    /// What the linker's `-l` is given: `jemalloc` for `libjemalloc.so`.
    package let library: String
    /// Packages of the suite that linking needs; what they depend on comes along.
    package let buildPackages: [String]

    static let form = Form.mapping("an allocator") { keys in
        Allocator(
            library: keys.required("library", .library),
            buildPackages: keys.required("build-packages", .list(of: .name, unique: true)))
    }
}
