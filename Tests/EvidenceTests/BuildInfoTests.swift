import Debian
import HostSystem
import SystemPackage
import TestSupport
import Testing

@testable import Evidence

@Suite struct BuildInfoTests {
    @Test func itIsWrittenAsDebianDoes() throws {
        let digest = try EvidenceFixture().deb.sha256
        #expect(
            try EvidenceFixture().buildinfo() == """
                Format: 1.0
                Source: acme-ruby-3.3.8-trim
                Binary: acme-ruby-3.3.8-trim
                Architecture: amd64
                Version: 3.3.8-1+deb12
                Checksums-Md5:
                 d41d8cd98f00b204e9800998ecf8427e 25 acme-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb
                Checksums-Sha1:
                 da39a3ee5e6b4b0d3255bfef95601890afd80709 25 acme-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb
                Checksums-Sha256:
                 \(digest) 25 acme-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb
                Build-Origin: acme
                Build-Architecture: amd64
                Build-Date: Wed, 09 Apr 2025 00:00:00 +0000
                Build-Path: /build/ruby
                Installed-Build-Depends:
                 adduser (= 3.134),
                 gcc (= 4:12.2.0-3),
                 libc6 (= 2.36-9+deb12u14),
                 libc6:i386 (= 2.36-9+deb12u14),
                 libjemalloc2 (= 5.3.0-1)
                Environment:
                 LC_ALL="C.UTF-8"
                 ODD="a\\"b\\\\c"
                 TZ="UTC"

                """)
    }

    private static let hasDpkgParser = Programs.has("perl") && Programs.has("dpkg-genbuildinfo")

    /// dpkg's own modules read the file, its dependencies and its checksums.
    @Test(.enabled(if: hasDpkgParser, "dpkg-dev is not installed"))
    func dpkgReadsIt() async throws {
        try await Scratch.with { folder in
            let file = folder.appending("a.buildinfo")
            try Files.write(try EvidenceFixture().buildinfo(), to: file)
            let program = """
                use Dpkg::Control; use Dpkg::Control::Types; use Dpkg::Deps; use Dpkg::Checksums;
                my $info = Dpkg::Control->new(type => CTRL_FILE_BUILDINFO);
                $info->load($ARGV[0]);
                my $sums = Dpkg::Checksums->new(); $sums->add_from_control($info);
                my $deps = deps_parse($info->{'Installed-Build-Depends'}, build_dep => 1,
                    reduce_restrictions => 1) or die;
                print join ' ', $info->{Version}, scalar($deps->get_deps()),
                    map { $_, $sums->get_size($_), sort keys %{$sums->get_checksum($_)} }
                    $sums->get_files();
                """
            let output = try await SubprocessRunner().output(
                of: Command("perl", ["-e", program, file.string]), purpose: "read the buildinfo")
            #expect(
                output
                    == "3.3.8-1+deb12 5 acme-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb 25 md5 sha1 sha256"
            )
        }
    }
}
