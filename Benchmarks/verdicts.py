#!/usr/bin/env python3
"""How often `lapidary compare` is wrong, by resampling from real runs.

    verdicts.py --lapidary PROGRAM [--draws 300] [--planted 5] RECORDING

RECORDING is what `lapidary measure --output` wrote of one Ruby, at best with sixty runs of
each workload or more. Each draw takes five runs for one side and five for the other,
none of them twice, and lets the program compare them; where it sees a difference, ten and
ten others decide, as in a real comparison. Whatever is said then is wrong: all runs are
of the same Ruby. With --planted all that the second side keeps is made so many percent
more, and whatever is not said is wrong.

Draws of one recording are not independent of each other: this tells of the rule, not of
what another machine or day would add.
"""

import argparse
import copy
import json
import pathlib
import random
import subprocess
import tempfile


def drawn(recording, runs, percent):
    """A recording of some of the runs, with memory made more."""
    result = {**recording, "runs": []}
    for position, run in enumerate(runs):
        run = copy.deepcopy(run)
        run["samples"] = []
        run["position"] = run["round"] = position
        for key in ("pssAnonymous", "anonymous"):
            if key in run["settled"]:
                run["settled"][key] = round(run["settled"][key] * (1 + percent / 100))
        result["runs"].append(run)
    return result


def verdict(program, folder, recording, first, second, percent):
    files = [folder / "first.json", folder / "second.json"]
    files[0].write_text(json.dumps(drawn(recording, first, 0)))
    files[1].write_text(json.dumps(drawn(recording, second, percent)))
    answer = subprocess.run(
        [program, "compare", *map(str, files), "--format", "json", "--no-history"],
        check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout)["comparison"]["rows"][0]["verdict"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lapidary", required=True)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--planted", type=float, default=0, help="percent")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("recording", type=pathlib.Path)
    options = parser.parse_args()

    chance = random.Random(options.seed)
    recording = json.loads(options.recording.read_text())
    if len(recording["arms"]) != 1:
        parser.error("the recording has several Rubies")
    for workload in recording["workloads"]:
        runs = [
            run for run in recording["runs"]
            if run["workload"] == workload["name"] and run["ending"] == {"exited": 0} and "settled" in run
        ]
        if len(runs) < 30:
            parser.error(f"{workload['name']} has {len(runs)} runs, and thirty are the least")
        one = {**recording, "workloads": [workload]}
        counts = {"screened": 0, "less": 0, "more": 0}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.draws):
                lot = chance.sample(runs, 30)
                seen = verdict(
                    options.lapidary, pathlib.Path(folder), one, lot[:5], lot[5:10], options.planted)
                if seen not in ("less", "more"):
                    continue
                counts["screened"] += 1
                final = verdict(
                    options.lapidary, pathlib.Path(folder), one, lot[10:20], lot[20:30], options.planted)
                if final == seen:
                    counts[final] += 1
        print(f"{workload['name']}: {len(runs)} runs, {options.draws} draws: {counts['screened']} screened,"
              f" {counts['more']} said to be more, {counts['less']} less")


if __name__ == "__main__":
    main()
