#!/usr/bin/env python3
"""Runs the workloads under every way a Ruby may get and give back its memory.

    run.py --stock PREFIX --trim PREFIX [--jemalloc LIBRARY] [--tcmalloc LIBRARY]
           [--rounds 5] [--only w1,w4] [--columns stock,adaptive] [--json FILE]

A prefix is a folder with bin/ruby in it. All columns of a workload run one after the
other in each round, forth and then back, so that what else happens on the machine
meets all of them. Memory is read from outside, from this process; it is written in
Python because a Ruby would switch transparent huge pages off for its children.

Printed are medians and, in brackets, the smallest and the largest figure. Times are
ratios to those of stock, or of the first column, in the same round, each with a
distribution-free 95 % interval of their median once there are six rounds or more. CPU
is that of the whole process, helper threads and the kernel's work for it included;
other load disturbs it less.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time

WORKLOADS = {
    "w1": ("w1_rotate.rb", 1.0),
    "w2": ("w2_interleave.rb", 1.0),
    "w3": ("w3_mesh.rb", 1.0),
    "w4": ("w4_free_run.rb", 0.2),
    # What counts is what is held five seconds after the load has ended.
    "w5": ("w5_idle_return.rb", 5.0),
    "w6": ("w6_boot.rb", 0.2),
}
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Recipes" / "workloads"
# Whatever tunes an allocator or Ruby from outside would tune all columns.
FOREIGN = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "RUBY", "GEM_", "BUNDLE_")
MEGABYTE = 1e6


def add_columns(parser):
    """The options that name the columns."""
    parser.add_argument("--stock", required=True)
    parser.add_argument("--trim", required=True)
    parser.add_argument("--jemalloc", help="path of libjemalloc.so.2")
    parser.add_argument("--tcmalloc", help="path of libtcmalloc_minimal.so.4")
    parser.add_argument("--columns", help="only these columns, the first of which need not be stock")
    parser.add_argument(
        "--column", action="append", default=[], help="one more, of the trim prefix: NAME:VARIABLE=VALUE ..."
    )


def columns_of(options):
    """The columns: a name, the prefix, and what is set in its environment."""
    columns = {
        "stock": (options.stock, {}),
        "arenas2": (options.stock, {"MALLOC_ARENA_MAX": "2"}),
        "adaptive": (options.trim, {"RUBY_MALLOC_TRIM": "adaptive"}),
        "every": (options.trim, {"RUBY_MALLOC_TRIM": "every"}),
    }
    if options.jemalloc:
        columns["jemalloc"] = (options.stock, {"LD_PRELOAD": options.jemalloc})
        columns["jemalloc0"] = (
            options.stock,
            {"LD_PRELOAD": options.jemalloc, "MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"},
        )
    if options.tcmalloc:
        columns["tcmalloc"] = (options.stock, {"LD_PRELOAD": options.tcmalloc})
    for extra in options.column:
        name, _, settings = extra.partition(":")
        columns[name] = (options.trim, dict(pair.split("=", 1) for pair in settings.split()))
    if options.columns:
        unknown = set(options.columns.split(",")) - set(columns)
        if unknown:
            sys.exit(f"run.py: no such column: {', '.join(sorted(unknown))}")
        columns = {name: columns[name] for name in options.columns.split(",")}
    return columns


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def anonymous(pid):
    """The process's share of anonymous memory, which no library's file counts into."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) * 1024
    sys.exit("run.py: the kernel's smaps_rollup has no Pss_Anon (Linux 5.9 has)")


class Sampler(threading.Thread):
    """Reads a process's resident memory every ten milliseconds until it is stopped."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.samples = []
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.01):
            self.samples.append(resident(self.pid))

    def stop(self):
        self.done.set()
        self.join()
        return self.samples


def pairs(line):
    """What a line of a workload says; Recipes/workloads/support.rb has the lines."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def measure(script, settle, prefix, settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    ruby = pathlib.Path(prefix, "bin", "ruby")
    process = subprocess.Popen(
        [str(ruby), str(FOLDER / script)],
        env=environment | settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    sampler = Sampler(process.pid)
    sampler.start()
    process.stdin.write("go\n")
    process.stdin.flush()
    said = [process.stdout.readline() for _ in range(2)]
    samples = sampler.stop()
    if not said[1].startswith("phase quiescent ") or not samples:
        process.kill()
        sys.exit(f"run.py: {script} under {settings or 'stock'} gave no result")
    at_end = anonymous(process.pid)
    time.sleep(settle)
    settled = anonymous(process.pid)
    process.stdin.write("stat\n")
    process.stdin.close()
    stat = pairs(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"run.py: {script} under {settings or 'stock'} failed with {status}")
    return {
        "seconds": float(pairs(said[1])["seconds"]),
        "cpu": usage.ru_utime + usage.ru_stime,
        "mean": statistics.fmean(samples),
        "peak": max(samples),
        "end": at_end,
        "settled": settled,
        "trims": int(stat.get("malloc_trim_count", 0)),
        "trim_ms": int(stat.get("malloc_trim_time", 0)) / 1e6,
    }


def interval(values):
    """A 95 % interval of the median by order statistics; none of fewer than six values."""
    values, n = sorted(values), len(values)
    below, cumulated = 0, 0.5**n
    if cumulated > 0.025:
        return None
    term = cumulated
    while True:
        term *= (n - below) / (below + 1)
        if cumulated + term > 0.025:
            break
        cumulated += term
        below += 1
    return values[below], values[n - 1 - below]


def show(values, form="{:.0f}"):
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{form.format(middle)} [{form.format(least)}–{form.format(most)}]"


def table(workload, results):
    first = "stock" if "stock" in results else next(iter(results))
    reference = results[first]
    lines = [
        f"\n### {workload} ({WORKLOADS[workload][0]}), {len(next(iter(results.values())))} rounds\n",
        f"| column | time/{first} | 95 % | CPU/{first} | 95 % | mean RSS MB | peak | anonymous at end | settled | trims | ms in them |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        cells = [name]
        for key in ("seconds", "cpu"):
            ratios = [run[key] / base[key] for run, base in zip(runs, reference)]
            bounds = interval(ratios)
            cells += [show(ratios, "{:.2f}"), "{:.3f}–{:.3f}".format(*bounds) if bounds else "–"]
        for key in ("mean", "peak", "end", "settled"):
            cells.append(show([run[key] / MEGABYTE for run in runs]))
        cells.append("{:g}".format(statistics.median(run["trims"] for run in runs)))
        cells.append("{:.1f}".format(statistics.median(run["trim_ms"] for run in runs)))
        lines.append("| " + " | ".join(cells) + " |")
    lines.append(f"\n{first} took {show([run['seconds'] for run in reference], '{:.2f}')} s.")
    return "\n".join(lines)


def goals(results):
    """What of the goals can be said from these results: a figure, its bound and a word."""

    def median(workload, column, key):
        return statistics.median(run[key] for run in results[workload][column])

    wanted = [
        ("w1", "settled", "every", 1.05, "settled anonymous memory of w1 / every"),
        ("w2", "settled", "every", 1.05, "settled anonymous memory of w2 / every"),
        ("w4", "mean", "arenas2", 1.10, "mean RSS of w4 / MALLOC_ARENA_MAX=2"),
        ("w5", "settled", "every", 1.15, "anonymous memory 5 s after load / every"),
    ]
    lines = []
    for workload, key, column, bound, title in wanted:
        if results.get(workload, {}).get("adaptive") and results[workload].get(column):
            ratio = median(workload, "adaptive", key) / median(workload, column, key)
            lines.append(f"- {title}: {ratio:.3f}, at most {bound:.2f}: {'met' if ratio <= bound else 'missed'}")
    for workload in ("w4", "w6"):
        if results.get(workload, {}).get("adaptive") and results[workload].get("stock"):
            pairs = zip(results[workload]["adaptive"], results[workload]["stock"])
            ratios = [run["seconds"] / base["seconds"] for run, base in pairs]
            low, high = interval(ratios) or (0, float("inf"))
            word = "met" if high <= 1.02 else "missed" if low > 1.02 else "undecided"
            lines.append(f"- time of {workload} / stock: {statistics.median(ratios):.3f}, at most 1.02: {word}")
    return "\n".join(lines)


def run_round(results, columns, workload, number):
    """Adds one figure to every column, or to none."""
    order = list(columns) if number % 2 == 0 else list(columns)[::-1]
    figures = {name: measure(*workload, *columns[name]) for name in order}
    for name, figure in figures.items():
        results[name].append(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_columns(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="w1,w2,w4", help="workloads")
    parser.add_argument("--json", help="also write every single figure there")
    options = parser.parse_args()

    unknown = set(options.only.split(",")) - set(WORKLOADS)
    if unknown:
        sys.exit(f"run.py: no such workload: {', '.join(sorted(unknown))}")
    columns = columns_of(options)
    # Whoever stops it gets what the rounds that were finished have found.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results, stopped = {}, False
    for workload in options.only.split(","):
        results[workload] = {name: [] for name in columns}
        try:
            for number in range(options.rounds):
                run_round(results[workload], columns, WORKLOADS[workload], number)
        except KeyboardInterrupt:
            print(f"\nStopped in round {len(results[workload][next(iter(columns))]) + 1} of {workload}.")
            stopped = True
        if results[workload][next(iter(columns))]:
            print(table(workload, results[workload]), flush=True)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(results))
        if stopped:
            break
    summary = goals(results)
    if summary:
        print(f"\n### Goals\n\n{summary}")


if __name__ == "__main__":
    main()
