#!/usr/bin/env python3
"""Times Lapidary's builds beside those of Debian's ruby-build, in one run.

    Benchmarks/builds.py --home DIR --work DIR [--rounds N] [--rows ROW,...]

Both compile the same tarball in the same root file system, with the same configure arguments but
the prefix, as many jobs as there are processors, YJIT on and documentation off; downloads and the
making of the root are in no figure. The rounds are interleaved. Every ratio is to the ruby-build
run of the same round, and printed with its range over the rounds.

Rows:
  plain      one release, one variant, to the installed tree; no compiler's work is kept
  warm       the same with a declaration added to string.c by a patch of the source: a new base,
             made with what compilers left the first time (ccache)
  variants   plain, trim, jemalloc and tcmalloc as .debs, with debug symbols and evidence
  releases   two releases of four variants each, as .debs, against two ruby-build runs
  patch      a declaration added in the trim patch, to its new .debs
  nothing    nothing changed; also with 10,000 more results in the home
"""

import argparse
import difflib
import gzip
import json
import lzma
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tarfile
import threading
import time
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
GOALS = {"plain": 0.95, "warm": 0.45, "variants": 1.30, "releases": 1.20, "patch": 0.12}
VARIANTS = "plain,trim,jemalloc,tcmalloc"


def main():
    options = arguments()
    bench = Bench(options)
    bench.prepare()
    for number in range(1, options.rounds + 1):
        print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
        bench.round(options.rows)
    bench.report()


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", required=True, type=Path, help="a home for this benchmark alone")
    parser.add_argument("--work", required=True, type=Path, help="an empty folder to build in")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--rows", type=lambda text: text.split(","), default=["plain", "warm", "variants", "patch", "nothing"]
    )
    parser.add_argument("--release", default="3.3.8")
    parser.add_argument("--second-release", default="3.1.2")
    parser.add_argument("--suite", default="bookworm")
    parser.add_argument("--lapidary", type=Path, default=PROJECT / ".build/release/lapidary")
    parser.add_argument(
        "--ruby-build", type=Path, help="an unpacked ruby-build package; default: apt-get download"
    )
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.home = options.home.resolve()
        self.work = options.work.resolve()
        self.project = self.work / "project"
        self.figures = {}
        self.peak = 0
        self.busy = []

    # What is in no figure: downloads, the root, and the programs themselves.

    def prepare(self):
        self.work.mkdir(parents=True, exist_ok=True)
        if any(self.work.iterdir()):
            sys.exit(f"error: `{self.work}` is not empty; name another folder with --work")
        self.project.mkdir()
        # Without the lock, since a row changes a patch.
        for name in ["Recipes", "Patches"]:
            shutil.copytree(PROJECT / name, self.project / name)
        self.ruby_build = self.options.ruby_build or self.download_ruby_build()
        self.selection = f"{self.options.release}@{{}}:{self.options.suite}"
        self.fetch(self.options.release)
        if "releases" in self.options.rows:
            self.fetch(self.options.second_release)
        self.root = self.home / "roots" / self.output(f"root build {self.options.suite}/", "root")

    def fetch(self, release):
        """The root and the source, which a build before this one may have left in the home."""
        if self.output(f"fetch ruby{series(release)}", "source", needed=False) is None:
            self.lapidary("build", f"{release}@plain:{self.options.suite}")

    def download_ruby_build(self):
        folder = self.work / "ruby-build"
        folder.mkdir()
        subprocess.run(
            ["apt-get", "download", "ruby-build"], cwd=folder, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        package = next(folder.glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", package, folder / "tree"], check=True)
        return folder / "tree"

    def both(self, variants):
        releases = f"{self.options.release},{self.options.second_release}"
        return f"{releases}@{variants}:{self.options.suite}"

    # One round of every row.

    def round(self, rows):
        rival = self.rival(self.options.release)
        self.note("ruby-build", rival)
        if "plain" in rows:
            self.forget()
            start, end = self.compile_and_derive()
            self.note("plain", end - start, rival)
        if "warm" in rows:
            with SourcePatch(self.project, self.options.release, self.source(self.options.release)):
                start, end = self.compile_and_derive()
            self.note("warm", end - start, rival)
        if "variants" in rows:
            self.forget()
            self.note("variants", self.timed("build", self.selection.format(VARIANTS)), rival)
        if "releases" in rows:
            second = self.rival(self.options.second_release)
            self.note("ruby-build of both", rival + second)
            self.forget()
            self.note("releases", self.timed("build", self.both(VARIANTS)), rival + second)
        if "patch" in rows:
            self.touch_patch()
            self.note("patch", self.timed("build", self.selection.format("trim")), rival)
        if "nothing" in rows:
            selection = self.selection.format(VARIANTS)
            self.lapidary("build", selection)
            self.note("nothing", self.timed("build", selection))
            with Filler(self.home / "results", 10_000):
                self.note("nothing, 10,000 more results", self.timed("build", selection))

    def note(self, row, seconds, rival=None):
        self.figures.setdefault(row, []).append((seconds, seconds / rival if rival else None))
        ratio = f", {seconds / rival:.3f} of ruby-build" if rival else ""
        print(f"  {row}: {seconds:.1f} s{ratio}", file=sys.stderr, flush=True)

    def forget(self):
        """All results but those of roots and downloads; the files they name do no harm."""
        shutil.rmtree(self.home / "compile-cache", ignore_errors=True)
        for file in (self.home / "results").glob("*.json"):
            if json.loads(file.read_text())["action"].split()[0] not in ("root", "fetch"):
                file.unlink()

    def touch_patch(self):
        """One more declaration in gc.c. A comment would leave the compile cache valid."""
        patch = next((self.project / "Patches" / f"ruby-{series(self.options.release)}").glob("*.patch"))
        text = patch.read_text()
        mark = "/* Resident memory of this process"
        if mark not in text:
            sys.exit(f"error: `{patch}` has no line with `{mark}` to change")
        patch.write_text(text.replace(mark, f"{declaration()} {mark}", 1))

    def compile_and_derive(self):
        """The time from the beginning of the compilation to the end of deriving plain."""
        events = self.work / "events.jsonl"
        events.unlink(missing_ok=True)
        self.lapidary("build", self.selection.format("plain"), "--events", events)
        moments = {}
        for line in events.read_text().splitlines():
            event = json.loads(line)
            word = event.get("action", "").split(" ")[0]
            moments[event["event"], word] = moment(event["time"])
        return moments["started", "compile"], moments["finished", "derive"]

    # Lapidary.

    def timed(self, *arguments):
        start = time.monotonic()
        before = processor_seconds()
        self.lapidary(*arguments)
        seconds = time.monotonic() - start
        used = processor_seconds() - before
        self.busy.append((" ".join(map(str, arguments)), used / seconds / os.cpu_count()))
        return seconds

    def lapidary(self, *arguments):
        process = subprocess.Popen(
            [self.options.lapidary, *arguments, "--home", self.home, "--directory", self.project],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        watch = PeakMemory(process.pid)
        _, errors = process.communicate()
        self.peak = max(self.peak, watch.stop())
        if process.returncode != 0:
            sys.exit(f"error: lapidary ended with {process.returncode}\n{errors}")

    def output(self, action, name, needed=True):
        for file in (self.home / "results").glob("*.json"):
            result = json.loads(file.read_text())
            if result["action"].startswith(action):
                return result["outputs"][name]["sha256"]
        if needed:
            sys.exit(f"error: the home has no result of `{action}`")
        return None

    def source(self, release):
        fetched = self.output(f"fetch ruby{series(release)}", "source")
        return self.home / "blobs" / fetched[:2] / fetched

    # ruby-build, in the same root and with the same limits on what it can see.

    def rival(self, release):
        place = self.work / "rival"
        shutil.rmtree(place, ignore_errors=True)
        (place / "cache").mkdir(parents=True)
        # Debian's ruby-build unpacks with gzip alone, which is quicker than xz: in its favour.
        packed = place / "cache" / f"ruby-{release}.tar.gz"
        with lzma.open(self.source(release)) as tar, gzip.open(packed, "wb") as file:
            shutil.copyfileobj(tar, file)
        shown = json.loads(
            subprocess.run(
                [
                    self.options.lapidary, "show", f"{release}@plain:{self.options.suite}", "--json",
                    "--home", self.home, "--directory", self.project,
                ],
                check=True, capture_output=True, text=True,
            ).stdout
        )
        # Through the definition, as words of RUBY_CONFIGURE_OPTS cannot carry spaces, and RUBY_CFLAGS
        # would take the place of configure's own -O3 and -ggdb3.
        (place / release).write_text(
            "".join(
                f"package_option ruby configure {shlex.quote(word)}\n"
                for word in find(shown, "configure") if not word.startswith("--prefix")
            )
            + f'install_package "ruby-{release}" "http://localhost/ruby-{release}.tar.gz"'
            " enable_shared standard\n"
        )
        environment = {
            "HOME": "/build", "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": "/tmp",
            "LC_ALL": "C.UTF-8", "RUBY_BUILD_CACHE_PATH": "/build/cache",
            "RUBY_BUILD_SKIP_MIRROR": "1", "MAKE_OPTS": f"-j{os.cpu_count()}",
        }
        command = [
            "nice", "-n", "5", "bwrap", "--ro-bind", self.root, "/", "--unshare-all",
            "--unshare-user", "--uid", "1000", "--gid", "1000", "--proc", "/proc", "--dev", "/dev",
            "--tmpfs", "/tmp", "--bind", place, "/build", "--ro-bind", self.ruby_build / "usr",
            "/inputs", "--clearenv",
        ]
        for name, value in environment.items():
            command += ["--setenv", name, value]
        command += ["--chdir", "/build", "--"]
        build = ["bash", "/inputs/bin/ruby-build", "--verbose", f"/build/{release}", "/build/made"]
        start = time.monotonic()
        with open(self.work / "ruby-build.log", "w") as log:
            done = subprocess.run(command + build, stdout=log, stderr=subprocess.STDOUT)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            sys.exit(f"error: ruby-build failed; its log is {self.work / 'ruby-build.log'}")
        ask = "print RbConfig::CONFIG['CFLAGS'], defined?(RubyVM::YJIT)"
        flags = subprocess.run(
            command + ["/build/made/bin/ruby", "-rrbconfig", "-e", ask],
            check=True, capture_output=True, text=True,
        ).stdout
        for wanted in ["-O3", "-ggdb3", "-fstack-protector-strong", "constant"]:
            if wanted not in flags:
                sys.exit(f"error: ruby-build's Ruby has no {wanted}, so times say nothing: {flags}")
        return seconds

    # What was found.

    def report(self):
        version = subprocess.run(
            [self.options.lapidary, "--version"], capture_output=True, text=True
        ).stdout.strip()
        names = [file.name for file in self.work.glob("ruby-build/*.deb")]
        print(f"lapidary {version}; {names[0] if names else self.ruby_build}")
        print(f"{os.cpu_count()} processors, {platform.release()}, {self.options.rounds} rounds")
        print(f"{'figure':32} {'seconds':>22} {'ratio':>8} {'range':>15} {'goal':>6}  verdict")
        for row, values in self.figures.items():
            seconds = [value for value, _ in values]
            spread = f"{statistics.median(seconds):.2f} [{min(seconds):.2f}-{max(seconds):.2f}]"
            ratios = [ratio for _, ratio in values if ratio is not None]
            if not ratios:
                limit = 0.5 if row.startswith("nothing") else None
                verdict = judge(seconds, limit) if limit else ""
                goal = f"{limit} s" if limit else ""
                print(f"{row:32} {spread:>22} {'':8} {'':15} {goal:>6}  {verdict}")
                continue
            reach = f"[{min(ratios):.3f}-{max(ratios):.3f}]"
            print(
                f"{row:32} {spread:>22} {statistics.median(ratios):8.3f} {reach:>15}"
                f" {GOALS[row]:6.2f}  {judge(ratios, GOALS[row])}"
            )
        print(f"peak memory of lapidary itself: {self.peak / 1e6:.0f} MB (goal: 100)")
        for arguments, share in self.busy:
            print(f"processors busy: {share:.0%} during lapidary {arguments}")


def judge(values, goal):
    if max(values) <= goal:
        return "met"
    return "missed" if min(values) > goal else "undecided"


def series(release):
    return ".".join(release.split(".")[:2])


def declaration():
    """C that changes an object's preprocessed source, and nothing in the object."""
    return f"extern int benchmark_{time.time_ns()};"


def processor_seconds():
    """What all programs of the machine have used (/proc/stat, proc(5)): user, nice and system.

    Not rusage: nobody who could tell waits for most programs in a sandbox."""
    with open("/proc/stat") as file:
        return sum(int(word) for word in file.readline().split()[1:4]) / os.sysconf("SC_CLK_TCK")


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def find(value, key):
    """The first value of a key, however deep it lies."""
    if isinstance(value, dict):
        if key in value:
            return value[key]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            found = find(item, key)
            if found is not None:
                return found
    return None


class PeakMemory:
    """VmHWM of a process (proc(5)), read from outside while it lives: rusage of a child would tell
    of its own children too."""

    def __init__(self, pid):
        self.file = Path(f"/proc/{pid}/status")
        self.peak = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.ended.wait(0.2):
            try:
                lines = self.file.read_text().splitlines()
            except OSError:
                return
            for line in lines:
                if line.startswith("VmHWM:"):
                    self.peak = int(line.split()[1]) * 1024

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.peak


class SourcePatch:
    """A patch of string.c that every variant is built with, for as long as it is entered."""

    def __init__(self, project, release, tarball):
        self.recipe = project / "Recipes" / "ruby" / f"{series(release)}.yaml"
        self.folder = project / "Patches" / "benchmark"
        with tarfile.open(tarball, "r:xz") as tar:
            top = (file for file in tar if file.name.count("/") == 1)
            member = next(file for file in top if file.name.endswith("/string.c"))
            self.old = tar.extractfile(member).read().decode().splitlines(keepends=True)

    def __enter__(self):
        new = self.old + [declaration() + "\n"]
        self.folder.mkdir()
        (self.folder / "series").write_text("0001-string.patch\n")
        header = "Description: another declaration\nOrigin: vendor\n---\n"
        (self.folder / "0001-string.patch").write_text(
            header + "".join(difflib.unified_diff(self.old, new, "a/string.c", "b/string.c"))
        )
        self.text = self.recipe.read_text()
        self.recipe.write_text(self.text + "\nsource-patches: Patches/benchmark\n")

    def __exit__(self, *_):
        self.recipe.write_text(self.text)
        shutil.rmtree(self.folder)


class Filler:
    """Results of actions that nobody asks for, for as long as it is entered."""

    def __init__(self, folder, count):
        self.folder = folder
        self.count = count

    def __enter__(self):
        for number in range(self.count):
            (self.folder / f"{number:064x}.json").write_text(
                json.dumps({"action": f"filler {number}", "outputs": {}, "seconds": 1.0})
            )

    def __exit__(self, *_):
        for number in range(self.count):
            (self.folder / f"{number:064x}.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
