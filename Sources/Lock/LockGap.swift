package import Recipe

/// Something that builds need and that a lock does not say, or says of other recipes.
package struct LockGap: Sendable, Hashable, CustomStringConvertible {
    /// What is not locked.
    package enum Subject: Sendable, Hashable {
        case release(RubyVersion)
        /// The packages of a suite on an architecture.
        case platform(String)
        /// The packages that something needs besides.
        case addition(String, platform: String)
        /// A file that shapes packages, or a folder of patches.
        case recipe(String)
    }

    /// Why.
    package enum Reason: Sendable, Hashable {
        case notPinned
        /// The recipe says something else now.
        case changed
        /// No recipe has it any more.
        case gone
    }

    package let subject: Subject
    package let reason: Reason
    /// The file of the project that is to blame; nil when none is.
    package let file: String?

    package var description: String {
        switch (subject, reason) {
        case (.release(let version), .notPinned): "release \(version) is not pinned"
        case (.release(let version), .changed):
            "`\(file ?? "")` changed what it says of \(version)"
        case (.release(let version), .gone): "release \(version) is pinned, and no recipe has it"
        case (.platform(let name), .notPinned): "the packages of \(name) are not pinned"
        case (.platform(let name), .changed): "`\(file ?? "")` asks for other packages of \(name)"
        case (.platform(let name), .gone): "\(name) is pinned, and no recipe has it"
        case (.addition(let name, let platform), .changed):
            "`\(file ?? "")` asks for other packages for `\(name)` of \(platform)"
        case (.addition(let name, let platform), _):
            "the packages for `\(name)` of \(platform) are not pinned"
        case (.recipe(let path), .changed): "`\(path)` changed since it was pinned"
        case (.recipe(let path), .notPinned): "`\(path)` is not pinned"
        case (.recipe(let path), .gone): "`\(path)` is pinned, and is not there"
        }
    }
}

extension ProjectLock {
    /// What keeps the lock from deciding the builds of a scope; empty when it says everything.
    package func gaps(of scope: LockScope, in catalog: Catalog) -> [LockGap] {
        scope.rubies.compactMap { gap(of: $0) }
            + scope.patches(in: catalog).compactMap { wanted in
                let locked = patches.first {
                    $0.series == wanted.series && $0.folder == wanted.folder
                }
                return gap(locked?.sha256, wanted.sha256, .recipe(wanted.folder), wanted.folder)
            }
            + scope.recipes(in: catalog).compactMap { wanted in
                let locked = recipes.first { $0.path == wanted.path }
                return gap(locked?.sha256, wanted.sha256, .recipe(wanted.path), wanted.path)
            }
            + scope.platforms.flatMap { gaps(of: $0, variants: scope.variants) }
    }

    /// What the lock has and no recipe any more.
    package func leftovers(in catalog: Catalog) -> [LockGap] {
        let scope = LockScope(of: self, in: catalog)
        let known = (
            Set(scope.rubies.map(\.release.version)), Set(scope.platforms.map(\.name)),
            Set(scope.recipes(in: catalog).map(\.path)),
            Set(scope.patches(in: catalog).map(\.folder))
        )
        func gone(_ subject: LockGap.Subject) -> LockGap {
            LockGap(subject: subject, reason: .gone, file: nil)
        }
        return releases.map(\.version).filter { !known.0.contains($0) }.map { gone(.release($0)) }
            + platforms.map(\.name).filter { !known.1.contains($0) }.map { gone(.platform($0)) }
            + recipes.map(\.path).filter { !known.2.contains($0) }.map { gone(.recipe($0)) }
            + patches.map(\.folder).filter { !known.3.contains($0) }.map { gone(.recipe($0)) }
    }

    /// The packages of a platform, if the lock has all that is asked for now.
    ///
    /// - Parameters:
    ///   - platform: the suite and architecture.
    ///   - variants: whose additions are needed; others are left out.
    /// - Returns: the package set, or nil when the packages have to be resolved anew.
    package func packageSet(
        of platform: LockScope.Platform, variants: [Variant]
    ) -> PackageSet? {
        guard gaps(of: platform, variants: variants).isEmpty,
            let set = self.platform(platform.name)?.set
        else { return nil }
        let names = PackageWish.all(of: platform.suite, variants: variants).map(\.name)
        return set.adding(set.additions.filter { names.contains($0.name) })
    }

    private func gap(of ruby: LockScope.Ruby) -> LockGap? {
        let version = ruby.release.version
        let subject = LockGap.Subject.release(version)
        guard let locked = release(version) else {
            return LockGap(subject: subject, reason: .notPinned, file: nil)
        }
        guard locked.recipe == RecipeDigests.release(ruby.release, of: ruby.series),
            ruby.release.sources.contains(locked.source)
        else {
            let file = "Recipes/ruby/\(ruby.series.series).yaml"
            return LockGap(subject: subject, reason: .changed, file: file)
        }
        return nil
    }

    private func gaps(of platform: LockScope.Platform, variants: [Variant]) -> [LockGap] {
        let name = platform.name
        let suiteFile = "Recipes/suites/\(platform.suite.name).yaml"
        let locked = self.platform(name)
        if let gap = gap(locked?.set.request, platform.request, .platform(name), suiteFile) {
            return [gap]
        }
        return PackageWish.all(of: platform.suite, variants: variants).compactMap { wish in
            let addition = locked?.set.additions.first { $0.name == wish.name }
            let variant = variants.first { PackageAddition.variant($0.name) == wish.name }
            return gap(
                addition?.request, wish.digest, .addition(wish.name, platform: name),
                variant.map { "\(LockedRecipe.variantFolder)\($0.name).yaml" } ?? suiteFile)
        }
    }

    private func gap<Value: Equatable>(
        _ locked: Value?, _ wanted: Value, _ subject: LockGap.Subject, _ file: String
    ) -> LockGap? {
        guard let locked else { return LockGap(subject: subject, reason: .notPinned, file: file) }
        return locked == wanted ? nil : LockGap(subject: subject, reason: .changed, file: file)
    }
}
