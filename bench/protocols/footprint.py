"""How soon the process answers and how much room it takes, in memory and on the disk."""
import pathlib
import re
import shutil
import statistics
import subprocess
import time

import bodies
from servers import Edgewise, call

STARTS = 9
LIBC = ("libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "ld-linux", "linux-vdso", "libgcc_s.so", "libstdc++.so")


def measure_start(bench, board):
    """Ends when the first score is in: the ready line alone could be printed too early."""
    request = None
    starts, idle = [], []
    for _ in range(2 if bench.quick else STARTS):
        with Edgewise(bench.edgewise, bench.repository("trees"), "trees") as server:
            if request is None:
                request = bodies.as_json(server.metadata(), bodies.make_rows(20, 1))[0]
                continue  # the first start reads the disk
            status, body = call(server.address, "POST", "/v2/models/trees/infer", request)
            starts.append(1000 * (time.perf_counter() - server.started))
            if status != 200:
                raise RuntimeError(f"infer answers {status}: {body[:200].decode(errors='replace')}")
            idle.append(server.memory("VmRSS") / 1e6)
    board.set("start", statistics.median(starts), note=f"{min(starts):.0f} .. {max(starts):.0f} ms in {len(starts)} starts")
    board.set("memory_idle", statistics.median(idle))


def shared_libraries(program):
    """Those beside libc and the compiler's own, by path."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(path) for name, path in re.findall(r"(\S+) => (/\S+)", listing) if not name.startswith(LIBC)]


def measure_size(bench, board):
    stripped = bench.folder / "stripped"
    shutil.copy(bench.edgewise, stripped)
    subprocess.run(["strip", stripped], check=True)
    runtime = pathlib.Path(bench.programs.runtime)
    licences = [path for path in runtime.parents[2].glob("*") if path.is_file()] if runtime.is_absolute() else []
    source = pathlib.Path(__file__).parents[2]
    sizes = {"binary": stripped.stat().st_size, "engine": runtime.stat().st_size if runtime.is_absolute() else 0,
             "licences": sum(path.stat().st_size for path in [*licences, source / "LICENSE"])}
    libraries = shared_libraries(bench.edgewise)
    shared = sum(path.stat().st_size for path in libraries)
    said = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sizes.items())
    said += f" MB; not counted: {len(libraries)} shared libraries of the system, {shared / 1e6:.1f} MB"
    board.set("size", sum(sizes.values()) / 1e6, note=said)


PARTS = [(measure_size, ["size"]), (measure_start, ["start", "memory_idle"])]
