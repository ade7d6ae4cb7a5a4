"""Many models in little memory, and a model that is loaded anew while it serves."""
import os
import statistics
import threading
import time

import bodies
from servers import Edgewise, NotThere, call, options_of

MODELS, BUDGET_MODELS = 1000, 20
MEBIBYTE = 1 << 20  # the unit of --memory-budget
RELOAD_RATE = 100


def copies(bench, count):
    """A repository of so many models, one file on the disk."""
    folder = bench.folder / f"models-{count}"
    original = bench.repository("trees") / "trees" / "1" / "model.onnx"
    for number in range(count):
        version = folder / f"copy{number:04}" / "1"
        version.mkdir(parents=True)
        os.link(original, version / "model.onnx")
    return folder


def call_all(server, count, request):
    """Milliseconds of the first call on each model."""
    times = []
    for number in range(count):
        begin = time.perf_counter()
        status, body = call(server.address, "POST", f"/v2/models/copy{number:04}/infer", request)
        times.append(1000 * (time.perf_counter() - begin))
        if status != 200:
            raise RuntimeError(f"first call on model {number} of {count} answers {status}: {body[:200].decode(errors='replace')}")
    return times


def measure_thousand(bench, board):
    if "--memory-budget" not in options_of(bench.edgewise):
        raise NotThere("no option --memory-budget")
    sizes = {}
    for count in (1, 1 + BUDGET_MODELS):
        with Edgewise(bench.edgewise, copies(bench, count), "copy0000") as server:
            request = bodies.as_json(server.metadata(), bodies.make_rows(20, 1))[0]
            call_all(server, count, request)
            sizes[count] = server.memory("VmRSS")
    megabytes = -(-(sizes[1 + BUDGET_MODELS] - sizes[1]) // MEBIBYTE)
    if megabytes <= 0:
        raise RuntimeError(f"{BUDGET_MODELS} more models took no memory that can be seen")
    budget = megabytes * MEBIBYTE
    count = 100 if bench.quick else MODELS
    with Edgewise(bench.edgewise, copies(bench, count), "copy0000", ["--memory-budget", str(megabytes)]) as server:
        times = sorted(call_all(server, count, request))
        grown = server.memory("VmRSS") - sizes[1]
    note = f"{grown / 1e6:.1f} MB above one model's server, budget {budget / 1e6:.1f} MB, {count} models"
    board.set("thousand_memory", grown / budget, note=note)
    board.set("thousand_cold", times[len(times) * 99 // 100], note=f"median {statistics.median(times):.1f} ms, worst {times[-1]:.1f} ms")


def reload_each_second(server, stop, refused):
    while not stop.wait(1):
        status, body = call(server.address, "POST", "/v2/repository/models/trees/load")
        if status != 200:
            refused.append(f"{status}: {body[:100].decode(errors='replace')}")


def measure_reload(bench, board):
    with Edgewise(bench.edgewise, bench.repository("trees"), "trees") as server:
        status, body = call(server.address, "POST", "/v2/repository/models/trees/load")
        if status != 200:
            raise RuntimeError(f"POST /v2/repository/models/trees/load answers {status}: {body[:200].decode(errors='replace')}")
        folder = bodies.write_requests(bench.folder / "reload", "trees", server.metadata(), bodies.as_json, bodies.make_rows(20, 64), 1)
        stop, refused = threading.Event(), []
        reloading = threading.Thread(target=reload_each_second, args=(server, stop, refused))
        reloading.start()
        try:
            said = bench.programs.timed_load(server.address, folder, 8, RELOAD_RATE, 5 if bench.quick else 20)
        finally:
            stop.set()
            reloading.join()
        note = f"{said['sent']} requests, p99 {said['p99_us'] / 1000:.1f} ms" + (f"; RELOADS REFUSED: {refused[0]}" if refused else "")
        board.set("reload_failed", said["failed"] + len(refused), note=note)
        board.set("reload_worst", said["max_us"] / 1000)


PARTS = [(measure_thousand, ["thousand_memory", "thousand_cold"]), (measure_reload, ["reload_failed", "reload_worst"])]
