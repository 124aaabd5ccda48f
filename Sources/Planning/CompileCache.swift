/// How a compilation finds ccache, which gives back what it compiled before: objects of another
/// release or patch of the same root.
///
/// It is no input of an action: it cannot change what comes out, and a home without it compiles
/// everything. `lapidary verify` rebuilds in such a home.
package enum CompileCache {
    /// Where a sandbox shows the folder that the home keeps for its root.
    package static let folder = "/tmp/compile-cache"

    /// Variables of ccache(1).
    ///
    /// Where the root has no ccache, none has an effect.
    static let environment = [
        // Compilers are called by their usual names, so that configure writes down no other; those
        // in the first folder, which `BuildSteps.configureScript` makes, ask ccache.
        "PATH":
            "/build/compilers:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "CCACHE_DIR": folder,
        "CCACHE_DEPEND": "1",
        // The folder belongs to one root, and with it to one compiler.
        "CCACHE_COMPILERCHECK": "none",
        "CCACHE_MAXSIZE": "2G",
        // Inside, everybody is the same user.
        "CCACHE_UMASK": "077",
    ]
}

extension StepsOperation {
    /// Whether its compilers may give back what was compiled before.
    package var usesCompileCache: Bool { environment["CCACHE_DIR"] == CompileCache.folder }
}
