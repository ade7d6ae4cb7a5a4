"""The load tools and the engine's loop, each on its core, and what one turn of each showed."""
import dataclasses
import json
import pathlib
import re
import statistics
import time

from processes import LOAD_CORE, SERVER_CORE, core_busy_seconds, run

REPLAY = pathlib.Path(__file__).with_name("replay.lua")


@dataclasses.dataclass
class Turn:
    """One server under one load for a while. `cpu` is seconds per request, `busy` the share of the core that was not idle, `own` the
    server's part of that."""
    rate: float
    cpu: float
    busy: float
    own: float


BUSY_ENOUGH, OWN_ENOUGH = 0.95, 0.8


def limited(turns):
    """By the load tool: the core was not always busy. Or by others, who took it: then a rate says nothing either."""
    return statistics.median(turn.busy for turn in turns) < BUSY_ENOUGH or statistics.median(turn.own for turn in turns) < OWN_ENOUGH


def disturbed(turns):
    """For latencies: others kept the server's core busy, so that whoever was called had to wait."""
    return statistics.median(turn.busy - turn.own for turn in turns) > 1 - OWN_ENOUGH


def describe(name, turns):
    rate, cpu, busy, own = (statistics.median(getattr(turn, part) for turn in turns) for part in ("rate", "cpu", "busy", "own"))
    return f"{name} {rate:.0f}/s, {1e6 * cpu:.1f} us, core {100 * busy:.0f} % busy, {100 * own:.0f} % by the server"


class Watch:
    """What the server and its core did between start and end."""

    def __init__(self, process):
        self.process = process
        self.begin = (time.monotonic(), process.cpu_seconds(), core_busy_seconds(SERVER_CORE))

    def turn(self, requests, seconds, failed):
        if failed or requests == 0:  # refusals are fast: a rate with them says nothing
            raise RuntimeError(f"{failed} of {requests} requests failed")
        wall = time.monotonic() - self.begin[0]
        cpu = self.process.cpu_seconds() - self.begin[1]
        busy = core_busy_seconds(SERVER_CORE) - self.begin[2]
        return Turn(requests / seconds, cpu / requests, min(1, busy / wall), cpu / wall)


def closed_loop(server, folder, seconds, connections=32):
    """wrk: every connection sends when its answer has come."""
    watch = Watch(server)
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", REPLAY]
    output = run(["wrk", *options, f"http://{server.address}", "--", folder], LOAD_CORE)
    said = json.loads(output.splitlines()[-1])
    return watch.turn(said["requests"], said["microseconds"] / 1e6, said["failed"])


def grpc_closed_loop(server, frame, seconds, connections=8, streams=4):
    """h2load with a prepared frame. It looks at the HTTP status only: ask once by edgewise_bench_grpc whether the call is right."""
    watch = Watch(server)
    output = run(["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", "-d", frame, "-H", "content-type: application/grpc",
                  "-H", "te: trailers", f"http://{server.grpc}/inference.GRPCInferenceService/ModelInfer"], LOAD_CORE)
    counts = re.search(r"requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored", output)
    return watch.turn(int(counts[1]), seconds, int(counts[2]) + int(counts[3]))


class Programs:
    """The bench's own programs, by their folder."""

    def __init__(self, build):
        self.build = build
        library = sorted(pathlib.Path(build).parent.glob("deps/onnxruntime/**/libonnxruntime.so*"))
        self.runtime = library[0] if library else "libonnxruntime.so.1"

    def timed_load(self, address, folder, connections, rate, seconds):
        """Latencies in microseconds by share, and failures; rate 0: closed loop."""
        return json.loads(run([self.build / "edgewise_bench_load", address, folder, connections, rate, seconds], LOAD_CORE))

    def engine(self, model, rows_file, rows, seconds):
        """Rows a second and CPU seconds a run, in process."""
        command = [self.build / "edgewise_bench_engine", self.runtime, model, rows_file, rows, int(seconds * 1000)]
        said = json.loads(run(command, SERVER_CORE))
        return said["rows"] / said["seconds"], said["cpu_seconds"] / said["runs"]

    def grpc_call(self, address, message):
        """Raises RuntimeError when ModelInfer refuses the message."""
        return run([self.build / "edgewise_bench_grpc", "call", address, message], LOAD_CORE)
