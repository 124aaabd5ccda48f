import Diagnostics
package import Foundation

/// What `Recipes/steps/inventory.rb` found in a Ruby tree.
package struct Inventory: Sendable, Hashable, Codable {
    /// A gem as its specification describes it.
    package struct Gem: Sendable, Hashable, Codable {
        package let name: String
        package let version: String
        /// As the author wrote them, mostly identifiers of the SPDX licence list.
        package let licenses: [String]
        package let homepage: String
        /// Whether it is a part of the standard library.
        package let `default`: Bool
        /// Whether it has C extensions.
        package let extensions: Bool

        package init(
            name: String, version: String, licenses: [String], homepage: String,
            isDefault: Bool, extensions: Bool
        ) {
            self.name = name
            self.version = version
            self.licenses = licenses
            self.homepage = homepage
            self.default = isDefault
            self.extensions = extensions
        }
    }

    private static let currentSchema = 1

    package let schema: Int
    package let ruby: String
    package let platform: String
    package let rubygems: String
    package let gems: [Gem]

    package init(ruby: String, platform: String, rubygems: String, gems: [Gem]) {
        schema = Self.currentSchema
        self.ruby = ruby
        self.platform = platform
        self.rubygems = rubygems
        self.gems = gems
    }

    /// Reads the script's output, which a program out of the package wrote.
    ///
    /// - Parameters:
    ///   - json: the output.
    ///   - release: what the Ruby must have said that it is.
    /// - Throws: `Failure` of kind `failed` for anything else than a list of gems of that release.
    package init(json: Data, release: String) throws {
        guard let read = try? JSONDecoder().decode(Inventory.self, from: json),
            read.schema == Self.currentSchema
        else { throw Failure(.failed, "the list of gems in the package cannot be read") }
        guard read.ruby == release else {
            throw Failure(
                .failed, "the Ruby in the package says that it is \(read.ruby), not \(release)")
        }
        for gem in read.gems where !Self.isPlain(gem.name) || !Self.isPlain(gem.version) {
            throw Failure(
                .failed, "a gem in the package has an odd name: `\(gem.name)` `\(gem.version)`")
        }
        self = read
    }

    /// What RubyGems allows in names and versions.
    private static func isPlain(_ word: String) -> Bool {
        let allowed = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "._-".utf8.contains(byte)
        }
        return !word.isEmpty && word.utf8.count <= 200 && word.utf8.allSatisfy(allowed)
    }
}
