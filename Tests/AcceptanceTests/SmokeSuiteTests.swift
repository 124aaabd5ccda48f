import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// Each check must be able to fail: a package with a planted defect for every one.
    @Suite struct SmokeSuite {
        /// Unpacks a .deb, plants the defects, and packs it again without compressing.
        private static let plant = """
            set -eu
            deb=$1 work=$2 out=$3
            dpkg-deb --raw-extract "$deb" "$work"
            prefix=$(echo "$work"/opt/rubies/*)
            archdir=$(echo "$prefix"/lib/ruby/3.*/*-linux)
            doc=$(echo "$work"/usr/share/doc/*)
            cp "$archdir/etc.so" "$archdir/strange.so"
            cp "$archdir/enc/trans/big5.so" "$archdir/enc/trans/strange.so"
            printf '#!/bin/sh\\n' > "$prefix/bin/strange"
            chmod 0755 "$prefix/bin/strange"
            echo '# made in /build/ruby' >> "$prefix/lib/ruby/3.3.0/un.rb"
            chmod 0666 "$prefix/lib/ruby/3.3.0/un.rb"
            sed -i 's|^prefix=.*|prefix=/opt/rubies/ruby|' "$prefix"/lib/pkgconfig/*.pc
            rm "$doc/changelog.Debian.gz"
            printf '#!/bin/sh\\nrm -rf /opt/rubies/*/lib/ruby/gems/*/gems/facet-1.2.3\\n' \
                > "$work/DEBIAN/prerm"
            printf '#!/bin/sh\\n' > "$work/DEBIAN/postrm"
            chmod 0755 "$work/DEBIAN/prerm" "$work/DEBIAN/postrm"
            cd "$work"
            find opt usr -type f | sort | xargs -d '\\n' md5sum > DEBIAN/md5sums
            dpkg-deb --root-owner-group -Znone --build "$work" "$out"
            """

        /// The check that has to see each defect, and a word of what it must say.
        private static let defects = [
            "extensions": "no exercise is known for",
            "encodings": "enc/trans/strange.so",
            "commands": "bin/strange",
            "files": "writable by everybody or its group: lib/ruby/3.3.0/un.rb",
            "rbconfig": "the prefix that pkg-config tells is",
            "lintian": "no-changelog",
            "neighbour": "removal of the neighbour",
            "upgrade": "people's own gem",
            "downgrade": "people's own gem",
            "reinstall": "people's own gem",
            "remove": "people's own gem",
            "purge": "left behind:",
        ]

        @Test("every planted defect is seen by the check of its name")
        func plantedDefects() async throws {
            _ = try await Laboratory.shared.published()
            let folder = Laboratory.home.appending("packages/bookworm")
            let name = try #require(
                try Files.names(in: folder)
                    .first { $0.contains("-ruby-3.3.8-plain_") && $0.hasSuffix(".deb") })
            try await Laboratory.withFolder { work in
                let deb = work.appending("planted.deb")
                _ = try await SubprocessRunner().output(
                    of: Command(
                        "sh",
                        [
                            "-c", Self.plant, "plant", folder.appending(name).string,
                            work.appending("tree").string, deb.string,
                        ]), purpose: "plant defects")
                let results = try Files.names(in: Laboratory.home.appending("results"))
                let junit = work.appending("report.xml")
                let result = try await Laboratory.run([
                    "smoke", "3.3@plain:bookworm", "--deb", deb.string, "--only",
                    Self.defects.keys.sorted().joined(separator: ","), "--json", "--junit",
                    junit.string,
                ])
                #expect(result.ending == .exited(1), "\(result.standardError)")
                let report = try JSONDecoder().decode(
                    SmokeOutput.self, from: Data(result.standardOutput.utf8))
                let package = try #require(report.reports.first)
                #expect(package.scope == "foreign")
                for (check, word) in Self.defects {
                    let found = try #require(package.checks.first { $0.name == check })
                    #expect(found.outcome == "failed", "\(check): \(found.output)")
                    #expect(found.output.contains(word), "\(check): \(found.output)")
                }
                let text = try Files.readText(junit)
                #expect(text.contains("failures=\"\(Self.defects.count)\""))
                // Nothing of it may stand for the real package.
                #expect(try Files.names(in: Laboratory.home.appending("results")) == results)
            }
        }
    }
}
