#!/usr/bin/env python3
"""Measures `edgewise score serve` against nginx, ONNX Runtime in process and a bare gRPC echo, in one run, and prints one table of ratios.

The server runs on one core, the load tool on another. Writes RESULTS/latest.json (adds "figures" to what edgewise_bench saved there) and
RESULTS/latest.md. Exit code: 1 when a ratio or a count misses its bound (times do not count, nor do short runs, --quick), or when any
measurement is "broken". What the program has no option for is "not there". bench/protocols/README.md says how to read the table.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import figures  # noqa: E402
import footprint  # noqa: E402
import latency  # noqa: E402
import lifecycle  # noqa: E402
import load  # noqa: E402
import throughput  # noqa: E402
from processes import LOAD_CORE, SERVER_CORE  # noqa: E402
from servers import NotThere  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PARTS = {"footprint": footprint, "throughput": throughput, "latency": latency, "lifecycle": lifecycle}
TOOLS = ("nginx", "wrk", "h2load", "strip")


class Bench:
    """What the parts share: programs, a folder that is removed, how long and how often."""

    def __init__(self, build, quick, folder):
        self.edgewise, self.programs = build / "edgewise", load.Programs(build)
        self.quick, self.folder = quick, folder
        self.rounds, self.turn = (1, 1) if quick else (5, 2)
        subprocess.run([build / "edgewise_bench_models", folder / "made"], check=True)
        for model in ("trees", "network", "images"):
            shutil.copytree(folder / "made" / model, folder / "repositories" / model / model)

    def repository(self, model):
        """A repository of this model alone."""
        return self.folder / "repositories" / model

    def closed_loop(self, server, folder):
        return load.closed_loop(server, folder, self.turn)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "release")
    parser.add_argument("--results", type=pathlib.Path, default=SOURCE / "bench" / "results")
    parser.add_argument("--quick", action="store_true", help="one short round: shows that everything runs")
    parser.add_argument("--only", choices=PARTS, nargs="+", help="these parts alone")
    parser.add_argument("--document", type=pathlib.Path, help="put the table into this page, between its two marks")
    return parser.parse_args()


def save(results, board, quick):
    results.mkdir(parents=True, exist_ok=True)
    path = results / "latest.json"
    document = json.loads(path.read_text()) if path.exists() else {"schema": "edgewise.bench.v1"}
    document |= {"measured_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "quick": quick,
                 "load_average": os.getloadavg()[0], "figures": board.json()}
    path.write_text(json.dumps(document, indent=1) + "\n")
    (results / "latest.md").write_text(board.markdown())
    return document


def fill(page, board, document):
    machine = document.get("machine", {})
    facts = f"{machine.get('cores', os.cpu_count())} x {machine.get('processor', 'unknown processor')}, Linux {os.uname().release}"
    table = f"Measured {document['measured_at'][:10]} on {facts}, load {document['load_average']:.1f}.\n\n{board.markdown()}"
    text, count = re.subn(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", lambda found: f"{found[1]}\n{table}\n{found[2]}",
                          page.read_text(), flags=re.DOTALL)
    if count != 1:
        raise RuntimeError(f"{page} has not one place between <!-- figures --> and <!-- end of figures -->")
    page.write_text(text)


def measure_or_say_why(measure_some, keys, bench, board):
    try:
        measure_some(bench, board)
    except NotThere as why:
        board.without(keys, "not there", why)
    except (RuntimeError, OSError, subprocess.SubprocessError) as why:  # a server that did not start, refused or ended; a tool that failed
        board.without(keys, "broken", f"{type(why).__name__}: {why}")


def measure(choice):
    board = figures.Board()
    with tempfile.TemporaryDirectory(prefix="edgewise-bench-") as name:
        bench = Bench(choice.build.resolve(), choice.quick, pathlib.Path(name))
        for part in choice.only or PARTS:
            begin = time.monotonic()
            for measure_some, keys in PARTS[part].PARTS:
                measure_or_say_why(measure_some, keys, bench, board)
            print(f"bench: {part} took {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return board


def main():
    choice = arguments()
    os.environ["PATH"] += ":/usr/sbin"  # Debian's nginx, which only root finds
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        sys.exit(f"bench: {', '.join(missing)} not found: tools/bootstrap bench installs them")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))  # so that every child is stopped and the folder goes
    print(f"bench: server on core {SERVER_CORE}, load tool on core {LOAD_CORE}, load average {os.getloadavg()[0]:.1f}", file=sys.stderr)
    board = measure(choice)
    document = save(choice.results, board, choice.quick)
    if choice.document:
        fill(choice.document, board, document)
    print(board.table(), end="")
    broken = board.broken()
    missed = [text for text in board.failed() if text not in broken]
    if missed:
        print(f"bench: {len(missed)} figures miss their bound{' (a quick run: does not count)' if choice.quick else ''}", file=sys.stderr)
    if broken:
        print(f"bench: {len(broken)} figures are broken: the notes say why", file=sys.stderr)
    return 1 if broken or (missed and not choice.quick) else 0


if __name__ == "__main__":
    sys.exit(main())
