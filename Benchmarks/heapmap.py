#!/usr/bin/env python3
"""Holds what `lapidary heapmap` calls trimmable against what malloc_trim then gives back.

    heapmap.py --lapidary PROGRAM [--mirror URL] [--suites bullseye,bookworm,trixie] [--work DIR]

For each Debian suite, and with it each C library, mmdebstrap makes a root with the suite's own
Ruby, which runs in it and fills the heap in several ways. It is mapped from outside, then it calls
malloc_trim(0); the fall of its anonymous memory, as the kernel counts it, is what was given back.
Needs root and the network. A root that --work has already is used again.
"""

import argparse
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

# Fills the heap as ARGV[0] says; trims when the file `trim` appears, and says so in `done`.
PROGRAM = """
require "fiddle"
way, folder = ARGV
GC.disable
case way
when "churn" # sixteen threads whose strings are all freed
  16.times.map { |number|
    Thread.new do
      chance = Random.new(number)
      40.times { Array.new(400) { "x" * chance.rand(24..8192) }.clear }
    end
  }.each(&:join)
when "holes" # every sixteenth string stays
  $kept = 8.times.map { |number|
    Thread.new do
      chance = Random.new(number)
      (0...60_000).filter_map { |i| s = "y" * chance.rand(100..1500); s if i % 16 == 0 }
    end
  }.map(&:value)
when "small" # chunks of 48 bytes, most of them freed, in runs
  chunks = Array.new(800_000) { Fiddle.malloc(40) }
  chunks.each_slice(400) { |run| run.first(300).each { |chunk| Fiddle.free(chunk) } }
end
GC.enable
5.times { GC.start }
GC.disable
trim = Fiddle::Function.new(
  Fiddle::Handle::DEFAULT["malloc_trim"], [Fiddle::TYPE_SIZE_T], Fiddle::TYPE_INT)
File.write("#{folder}/ready", "")
sleep 0.02 until File.exist?("#{folder}/trim")
trim.call(0)
File.write("#{folder}/done", "")
sleep 0.02 until File.exist?("#{folder}/quit")
"""
WAYS = ["churn", "holes", "small"]


def main():
    options = arguments()
    print(f"{'root':<10} {'glibc':<6} {'heap':<6} {'resident':>10} {'predicted':>10} {'released':>10} {'off by':>8}")
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or pathlib.Path(scratch)
        for suite in options.suites.split(","):
            root = work / suite
            if not root.is_dir():
                subprocess.run(
                    ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ruby", suite, root, options.mirror],
                    check=True)
            version = subprocess.run(
                ["chroot", root, "ldd", "--version"], check=True, stdout=subprocess.PIPE, text=True
            ).stdout.split("\n")[0].split()[-1]
            for way in WAYS:
                resident, predicted, released = tried(options.lapidary, root, way)
                off = 100 * (predicted - released) / released if released else float("nan")
                figures = " ".join(f"{value / 2**20:>7.2f} MB" for value in (resident, predicted, released))
                print(f"{suite:<10} {version:<6} {way:<6} {figures} {off:>+7.2f}%", flush=True)


def tried(lapidary, root, way):
    """Bytes of the heap that are resident, that the map calls trimmable, and that trimming releases."""
    with tempfile.TemporaryDirectory(dir=root / "tmp") as folder:
        folder = pathlib.Path(folder)
        (folder / "program.rb").write_text(PROGRAM)
        inside = pathlib.Path("/tmp") / folder.name
        # chroot becomes the program, so that its number is the program's.
        process = subprocess.Popen(
            ["chroot", root, "env", "MALLOC_ARENA_MAX=16", "ruby", inside / "program.rb", way, inside])
        try:
            wait(folder / "ready", process)
            answer = subprocess.run(
                [lapidary, "heapmap", "--pid", str(process.pid), "--format", "json"],
                check=True, stdout=subprocess.PIPE)
            heap = json.loads(answer.stdout)["heap"]
            before = anonymous(process.pid)
            (folder / "trim").touch()
            wait(folder / "done", process)
            released = before - anonymous(process.pid)
            (folder / "quit").touch()
            process.wait(60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        return heap["resident"], heap["trimmable"], released


def wait(file, process):
    end = time.monotonic() + 300
    while not file.exists():
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(f"the program in the root did not come to `{file.name}`")
        time.sleep(0.05)


def anonymous(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * int(re.search(r"^Anonymous:\s+(\d+)", text, re.MULTILINE)[1])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lapidary", required=True)
    parser.add_argument("--mirror", help="of Debian; default: that of this machine's apt")
    parser.add_argument("--suites", default="bullseye,bookworm,trixie")
    parser.add_argument("--work", type=pathlib.Path, help="keeps the roots; default: a folder that is removed")
    options = parser.parse_args()
    if options.mirror is None:
        answer = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"],
            check=True, stdout=subprocess.PIPE, text=True)
        mirrors = [line for line in answer.stdout.split() if not line.rstrip("/").endswith("-security")]
        if not mirrors:
            parser.error("apt names no mirror of Debian here: give one with --mirror")
        options.mirror = mirrors[0]
    return options


if __name__ == "__main__":
    main()
