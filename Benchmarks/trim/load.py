#!/usr/bin/env python3
"""Drives Recipes/workloads/server.rb with bursts and pauses, under every column in turns.

    load.py --stock PREFIX --trim PREFIX [--rounds 5] [--bursts 3] [--seconds 4]

Eight clients ask as fast as they are answered for some seconds, then nobody asks for
two; and so on. Printed are requests per second, the latencies, and the server's
anonymous memory during the bursts (mean) and five seconds after the last one, as
medians of the rounds with the smallest and the largest; what is a ratio is one to the
stock server of the same round. Columns and their settings are those of run.py.
"""

import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import threading
import time

import run

CLIENTS = 8
PAUSE = 2.0


class Client(threading.Thread):
    def __init__(self, port, number, finish):
        super().__init__(daemon=True)
        self.port, self.number, self.finish = port, number, finish
        self.latencies = []
        self.failed = None

    def run(self):
        try:
            self.ask()
        except (OSError, ValueError) as error:
            self.failed = error

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = connection.makefile("rb")
            while time.monotonic() < self.finish:
                start = time.monotonic()
                connection.sendall(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % self.number)
                length = None
                while (line := stream.readline().strip()):
                    if line.startswith(b"Content-Length:"):
                        length = int(line.split()[1])
                if length is None:
                    raise ValueError("an answer without a length")
                left = length
                while left:
                    left -= len(stream.read(min(left, 65536))) or self.broken()
                self.latencies.append(time.monotonic() - start)
                self.number += CLIENTS

    @staticmethod
    def broken():
        raise ValueError("an answer was cut short")


def measure(prefix, settings, bursts, seconds):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(run.FOREIGN)}
    script = run.FOLDER / "server.rb"
    process = subprocess.Popen(
        [str(pathlib.Path(prefix, "bin", "ruby")), str(script)],
        env=environment | settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    port = int(process.stdout.readline())
    latencies, busy, samples = [], 0.0, []
    for burst in range(bursts):
        if burst:
            time.sleep(PAUSE)
        start = time.monotonic()
        clients = [Client(port, number, start + seconds) for number in range(CLIENTS)]
        sampler = run.Sampler(process.pid)
        sampler.start()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
            if client.failed:
                raise SystemExit(f"load.py: {client.failed}")
            latencies += client.latencies
        busy += time.monotonic() - start
        samples += sampler.stop()
    time.sleep(5)
    settled = run.anonymous(process.pid)
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"load.py: the server ended with {status}")
    latencies.sort()
    return {
        "rate": len(latencies) / busy,
        "p50": latencies[len(latencies) // 2] * 1000,
        "p99": latencies[len(latencies) * 99 // 100] * 1000,
        "worst": latencies[-1] * 1000,
        "cpu": (usage.ru_utime + usage.ru_stime) / len(latencies) * 1000,
        "mean": statistics.fmean(samples) / run.MEGABYTE,
        "settled": settled / run.MEGABYTE,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_columns(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bursts", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    columns = run.columns_of(options)
    results = {name: [] for name in columns}
    for number in range(options.rounds):
        for name in list(columns) if number % 2 == 0 else list(columns)[::-1]:
            results[name].append(measure(*columns[name], options.bursts, options.seconds))
    print("| column | requests/s / stock | p50 / stock | p99 / stock | worst ms | CPU ms/request / stock | mean RSS MB | settled |")
    print("|---|---|---|---|---|---|---|---|")
    reference = results.get("stock") or next(iter(results.values()))
    for name, runs in results.items():
        cells = [name]
        for key in ("rate", "p50", "p99"):
            cells.append(run.show([r[key] / base[key] for r, base in zip(runs, reference)], "{:.2f}"))
        cells.append(run.show([r["worst"] for r in runs]))
        cells.append(run.show([r["cpu"] / base["cpu"] for r, base in zip(runs, reference)], "{:.2f}"))
        cells += [run.show([r[key] for r in runs]) for key in ("mean", "settled")]
        print("| " + " | ".join(cells) + " |")
    for key, form in (("rate", "{:.0f}"), ("p50", "{:.2f}"), ("p99", "{:.2f}")):
        print(f"\nstock's {key}: {run.show([r[key] for r in reference], form)}")


if __name__ == "__main__":
    main()
