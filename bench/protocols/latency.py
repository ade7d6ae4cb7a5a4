"""What one caller waits, and what gRPC costs above its library."""
import contextlib
import statistics

import bodies
import load
from servers import Edgewise, GrpcEcho, Nginx, NotThere

RATE = 200


def requests_for(bench, server, name):
    rows = bodies.make_rows(20, 64)
    return bodies.write_requests(bench.folder / name, server.model, server.metadata(), bodies.as_json, rows, 1)


def measure_http(bench, board):
    with contextlib.ExitStack() as stack:
        nginx = stack.enter_context(Nginx(bench.folder / "nginx-latency"))
        server = stack.enter_context(Edgewise(bench.edgewise, bench.repository("trees"), "trees"))
        folder = requests_for(bench, server, "latency")
        one, opened = {server: [], nginx: []}, {server: [], nginx: []}
        for number in range(bench.rounds + 1):
            for each in (nginx, server):
                single = bench.programs.timed_load(each.address, folder, 1, 0, bench.turn)
                several = bench.programs.timed_load(each.address, folder, 8, RATE, bench.turn * 3)
                if number > 0:
                    one[each].append(single)
                    opened[each].append(several)
        failed = sum(turn["failed"] for each in (server, nginx) for turn in one[each] + opened[each])
        if failed:
            raise RuntimeError(f"{failed} requests failed")

        def middle(turns, key):
            return statistics.median(turn[key] for turn in turns)

        board.set("one_p50", middle(one[server], "p50_us") / 1000, note=f"nginx {middle(one[nginx], 'p50_us') / 1000:.3f} ms")
        pairs = list(zip(opened[server], opened[nginx]))
        board.set("open_p50", statistics.median(ours["p50_us"] - theirs["p50_us"] for ours, theirs in pairs),
                  note=f"{middle(opened[server], 'p50_us'):.0f} us, nginx {middle(opened[nginx], 'p50_us'):.0f} us")
        board.set("open_p99", statistics.median(ours["p99_us"] / theirs["p99_us"] for ours, theirs in pairs),
                  note=f"{middle(opened[server], 'p99_us'):.0f} us, nginx {middle(opened[nginx], 'p99_us'):.0f} us")


def measure_grpc(bench, board):
    program = bench.programs.build / "edgewise_bench_grpc"
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Edgewise(bench.edgewise, bench.repository("trees"), "trees"))
        if server.grpc is None:
            raise NotThere("serves no gRPC")
        if not program.exists():
            raise NotThere("the bench was built without libgrpc++-dev")
        message = bodies.infer_message("trees", server.metadata(), bodies.make_rows(20, 1))
        frame, bare = bench.folder / "frame", bench.folder / "message"
        frame.write_bytes(bodies.grpc_frame(message))
        bare.write_bytes(message)
        try:
            bench.programs.grpc_call(server.grpc, bare)
        except RuntimeError as why:
            raise NotThere(f"ModelInfer over gRPC: {why}") from why
        echo = stack.enter_context(GrpcEcho(program))
        turns = {server: [], echo: []}
        for number in range(bench.rounds + 1):
            for each in (echo, server):
                turn = load.grpc_closed_loop(each, frame, bench.turn)
                if number > 0:
                    turns[each].append(turn)
        note = f"{load.describe('edgewise', turns[server])}; {load.describe('echo', turns[echo])}"
        board.set("grpc", statistics.median(ours.rate / bare.rate for ours, bare in zip(turns[server], turns[echo])),
                  load.limited(turns[server]) or load.limited(turns[echo]), note)


PARTS = [(measure_http, ["one_p50", "open_p50", "open_p99"]), (measure_grpc, ["grpc"])]
