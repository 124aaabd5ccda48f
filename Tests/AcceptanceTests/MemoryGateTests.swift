import Foundation
import HostSystem
import SystemPackage
import Testing

extension Acceptance {
    /// What spoils a package's memory is caught by the gate, and called by its name.
    ///
    /// An interpreter without its allocator, and one without its trims, are among `Allocators`.
    /// These two faults are planted around an interpreter that is sound, and so need no compile.
    @Suite struct MemoryGate {
        /// Unpacks a .deb, moves its interpreter aside, plants a fault, and packs it again.
        ///
        /// The arguments are the .deb, a folder to work in, and the fault: a shell script for
        /// $prefix and $archdir.
        private static let plant = """
            set -eu
            deb=$1 work=$2 fault=$3
            dpkg-deb --raw-extract "$deb" "$work/tree"
            prefix=$(echo "$work"/tree/opt/rubies/*)
            archdir=$(echo "$prefix"/lib/ruby/3.*/*-linux)
            mv "$prefix/bin/ruby" "$prefix/bin/sound-ruby"
            eval "$fault"
            chmod 0755 "$prefix/bin/ruby"
            cd "$work/tree"
            find opt usr -type f | sort | xargs -d '\\n' md5sum > DEBIAN/md5sums
            dpkg-deb --root-owner-group -Znone --build "$work/tree" "$work/planted.deb"
            """

        /// Loses 1 MiB in a hundred requests, as each makes a StringScanner.
        ///
        /// To be compiled without optimization: a compiler may see that nobody uses what is lost.
        private static let leak = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            typedef unsigned long VALUE;
            VALUE rb_path2class(const char *);
            VALUE (*rb_get_alloc_func(VALUE))(VALUE);
            void rb_define_alloc_func(VALUE, VALUE (*)(VALUE));
            static VALUE (*sound)(VALUE);
            static VALUE leaking(VALUE klass)
            {
                memset(malloc(10486), 1, 10486);
                return sound(klass);
            }
            void Init_strscan(void)
            {
                Dl_info self;
                char path[4096];
                dladdr((void *)leaking, &self);
                snprintf(path, sizeof path, "%s.sound", self.dli_fname);
                ((void (*)(void))dlsym(dlopen(path, RTLD_NOW), "Init_strscan"))();
                VALUE scanner = rb_path2class("StringScanner");
                sound = rb_get_alloc_func(scanner);
                rb_define_alloc_func(scanner, leaking);
            }
            """

        /// Trims when a collection begins, as an old patch did, instead of when it has ended.
        private static let early = """
            #include <malloc.h>
            typedef unsigned long VALUE;
            VALUE rb_tracepoint_new(VALUE, unsigned int, void (*)(VALUE, void *), void *);
            VALUE rb_tracepoint_enable(VALUE);
            void rb_gc_register_mark_object(VALUE);
            static void trim(VALUE point, void *data) { malloc_trim(0); }
            void Init_early(void)
            {
                const unsigned int gc_start = 0x400000; /* RUBY_INTERNAL_EVENT_GC_START */
                VALUE point = rb_tracepoint_new(0, gc_start, trim, 0);
                rb_gc_register_mark_object(point);
                rb_tracepoint_enable(point);
            }
            """

        private static let noCapAndLeak = """
            printf '#!/bin/sh\\nRUBY_MALLOC_TRIM_ARENAS=0 exec "${0%%/*}/sound-ruby" "$@"\\n' \
                > "$prefix/bin/ruby"
            mv "$archdir/strscan.so" "$archdir/strscan.so.sound"
            gcc -O0 -shared -fPIC -o "$archdir/strscan.so" "$work/leak.c"
            """

        private static let markStart = """
            gcc -O0 -shared -fPIC -o "$archdir/early.so" "$work/early.c"
            cat > "$prefix/bin/ruby" <<'END'
            #!/bin/sh
            [ "${RUBY_MALLOC_TRIM-}" != off ] || exec "${0%/*}/sound-ruby" "$@"
            RUBY_MALLOC_TRIM=off MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX-2} \
                exec "${0%/*}/sound-ruby" -rearly "$@"
            END
            """

        @Test(
            "a fault that only memory shows fails the package by name",
            arguments: [
                (
                    noCapAndLeak,
                    "most likely: the cap of two arenas is lost; missed too: leak"
                ),
                (
                    markStart,
                    "most likely: a trim at mark start, which leaves what the collection itself"
                        + " frees"
                ),
            ])
        func plantedFault(fault: String, sentence: String) async throws {
            _ = try await Laboratory.shared.published()
            let deb = Laboratory.home.pushing("packages/bookworm")
                .appending("lapidary-ruby-3.3.8-trim_3.3.8-1+deb12_amd64.deb")
            try await Laboratory.withFolder { work in
                try Files.write(Self.leak, to: work.appending("leak.c"))
                try Files.write(Self.early, to: work.appending("early.c"))
                _ = try await SubprocessRunner().output(
                    of: Command(
                        "sh", ["-c", Self.plant, "plant", deb.string, work.string, fault]),
                    purpose: "plant a fault")
                let result = try await Laboratory.run([
                    "smoke", "3.3@trim:bookworm", "--deb", work.appending("planted.deb").string,
                    "--only", "memory", "--json",
                ])
                #expect(result.ending == .exited(1), "\(result.standardError)")
                let report = try JSONDecoder().decode(
                    SmokeOutput.self, from: Data(result.standardOutput.utf8))
                let check = try #require(report.reports.first?.checks.last)
                #expect(check.name == "memory" && check.outcome == "failed")
                #expect(check.output.contains(sentence), "\(check.output)")
            }
        }
    }
}
