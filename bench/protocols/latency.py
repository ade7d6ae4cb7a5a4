"""What one caller waits, and what gRPC costs above its library."""
import contextlib
import statistics

import bodies
import load
from servers import Edgewise, GrpcEcho, Nginx

RATE = 200


def requests_for(bench, server, name):
    rows = bodies.make_rows(20, 64)
    return bodies.write_requests(bench.folder / name, server.model, server.metadata(), bodies.as_json, rows, 1)


def timed(bench, server, folder, connections, rate, seconds):
    """What the load tool said, and how busy the core was."""
    watch = load.Watch(server)
    said = bench.programs.timed_load(server.address, folder, connections, rate, seconds)
    return said, watch.turn(said["answered"], said["seconds"], said["failed"])


class Answers:
    """Turns of one kind of load, on nginx and on edgewise."""

    def __init__(self):
        self.nginx, self.edgewise = [], []

    def disturbed(self):
        return load.disturbed([turn for _, turn in self.nginx + self.edgewise])

    def middle(self, of):
        """The median over the rounds of a number made of what was said of edgewise and of nginx."""
        return statistics.median(of(ours, theirs) for (ours, _), (theirs, _) in zip(self.edgewise, self.nginx))

    def note(self, key):
        return f"{self.middle(lambda ours, _: ours[key]):.0f} us, nginx {self.middle(lambda _, theirs: theirs[key]):.0f} us"


def measure_http(bench, board):
    one, opened = Answers(), Answers()
    with contextlib.ExitStack() as stack:
        nginx = stack.enter_context(Nginx(bench.folder / "nginx-latency"))
        server = stack.enter_context(Edgewise(bench.edgewise, bench.repository("trees"), "trees"))
        folder = requests_for(bench, server, "latency")
        for number in range(bench.rounds + 1):
            for name, each in (("nginx", nginx), ("edgewise", server)):
                single = timed(bench, each, folder, 1, 0, bench.turn)
                several = timed(bench, each, folder, 8, RATE, bench.turn * 3)
                if number > 0:
                    getattr(one, name).append(single)
                    getattr(opened, name).append(several)
    alone = one.middle(lambda ours, _: ours["p50_us"] / 1000)
    kept = board.figures["one_p50"].must
    board.set("one_p50", alone, alone > kept and one.disturbed(), one.note("p50_us"))  # others only make it worse
    board.set("open_p50", opened.middle(lambda ours, theirs: ours["p50_us"] - theirs["p50_us"]), opened.disturbed(), opened.note("p50_us"))
    board.set("open_p99", opened.middle(lambda ours, theirs: ours["p99_us"] / theirs["p99_us"]), opened.disturbed(), opened.note("p99_us"))


def measure_grpc(bench, board):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Edgewise(bench.edgewise, bench.repository("trees"), "trees"))
        message = bodies.infer_message("trees", server.metadata(), bodies.make_rows(20, 1))
        frame, bare = bench.folder / "frame", bench.folder / "message"
        frame.write_bytes(bodies.grpc_frame(message))
        bare.write_bytes(message)
        bench.programs.grpc_call(server.grpc, bare)
        echo = stack.enter_context(GrpcEcho(bench.programs.build / "edgewise_bench_grpc"))
        turns = {server: [], echo: []}
        for number in range(bench.rounds + 1):
            for each in (echo, server):
                turn = load.grpc_closed_loop(each, frame, bench.turn)
                if number > 0:
                    turns[each].append(turn)
        by_cpu = statistics.median(bare.cpu / ours.cpu for ours, bare in zip(turns[server], turns[echo]))
        note = f"{100 * by_cpu:.0f} % by CPU time; {load.describe('edgewise', turns[server])}; {load.describe('echo', turns[echo])}"
        board.set("grpc", statistics.median(ours.rate / bare.rate for ours, bare in zip(turns[server], turns[echo])),
                  load.limited(turns[server]) or load.limited(turns[echo]), note)


PARTS = [(measure_http, ["one_p50", "open_p50", "open_p99"]), (measure_grpc, ["grpc"])]
