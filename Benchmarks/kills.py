#!/usr/bin/env python3
"""Kills lapidary at random moments of a build, and says what the next run did.

    Benchmarks/kills.py --home DIR [--kills N] [--seed N] [SELECTION]

Each line of the diary: when it was killed, what was running, how many actions the next run found
done, whether any finished action was done again, and whether every stored file still has its
digest. Nothing may be lost or damaged; the packages at the end must have the bytes of a build that
nobody disturbed, where --expected names a folder with one.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", required=True, type=Path, help="a home for this diary alone")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=60, help="seconds before a kill, at most")
    parser.add_argument("--expected", type=Path, help="a folder with .debs of an undisturbed build")
    parser.add_argument("--lapidary", type=Path, default=PROJECT / ".build/release/lapidary")
    parser.add_argument("selection", nargs="?", default="3.3@plain,trim:bookworm")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    done = finished(options)
    faults = 0
    for number in range(1, options.kills + 1):
        after = chance.uniform(0.05, options.longest)
        events = options.home / "kills.jsonl"
        events.unlink(missing_ok=True)
        process = start(options, events)
        try:
            process.wait(timeout=after)
            if process.returncode != 0:
                sys.exit(f"error: the build failed with {process.returncode}")
            print(f"{number:3}: it came to its end before {after:.1f} s; results are thrown away")
            forget(options.home)
            done = finished(options)
            continue
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        running, again = story(events, done)
        left = leftovers(process.pid)
        now = finished(options)
        lost = done - now
        damaged = damage(options.home)
        faults += len(lost) + len(again) + len(damaged) + len(left)
        print(
            f"{number:3}: killed after {after:5.1f} s in {', '.join(sorted(running)) or 'no action'};"
            f" {len(now)} done, {len(now - done)} more than before, {len(lost)} lost,"
            f" {len(again)} done twice, {len(damaged)} damaged, {len(left)} processes left",
            flush=True,
        )
        done = now
    process = start(options, options.home / "kills.jsonl")
    if process.wait() != 0:
        sys.exit("error: the last build, which nobody killed, failed")
    print(f"then a build came to its end: {len(finished(options))} actions done")
    if options.expected:
        faults += compare(options)
    sys.exit(1 if faults else 0)


def start(options, events):
    return subprocess.Popen(
        [
            options.lapidary, "build", options.selection, "--home", options.home, "--events",
            events, "--quiet",
        ],
        cwd=PROJECT, stdout=subprocess.DEVNULL,
    )


def finished(options):
    """Actions whose results stand."""
    home = options.home / "results"
    return {json.loads(file.read_text())["action"] for file in home.glob("*.json")}


def forget(home):
    for file in (home / "results").glob("*.json"):
        if json.loads(file.read_text())["action"].split()[0] not in ("root", "fetch"):
            file.unlink()


def story(events, done):
    """What ran when it ended, and what ran although it was done."""
    running, again = set(), set()
    lines = events.read_text().splitlines() if events.exists() else []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # The kill came in the middle of a line.
        if event["event"] == "started":
            running.add(event["action"])
            if event["action"] in done:
                again.add(event["action"])
        elif event["event"] in ("finished", "failed"):
            running.discard(event["action"])
    return running, again


def leftovers(pid):
    """Processes of the killed run that still live some seconds later."""
    for _ in range(50):
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes()
                status = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if b"bwrap" in line.split(b"\0")[0] and status[0] != "Z" and int(status[1]) == 1:
                found.append(int(folder.name))
        if not found:
            return []
        time.sleep(0.1)
    return found


def damage(home):
    found = []
    for file in (home / "blobs").glob("*/*"):
        digest = hashlib.sha256()
        with open(file, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != file.name:
            found.append(file.name)
    return found


def compare(options):
    different = 0
    for deb in sorted((options.home / "packages").glob("*/*.deb")):
        usual = next(options.expected.rglob(deb.name), None)
        if usual is None:
            continue
        same = usual.read_bytes() == deb.read_bytes()
        different += not same
        print(f"{deb.name}: {'the same bytes' if same else 'OTHER BYTES'}")
    return different


if __name__ == "__main__":
    main()
