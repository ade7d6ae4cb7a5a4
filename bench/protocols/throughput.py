"""Rates and CPU per request under 32 connections: edgewise beside nginx and the engine in process, turn by turn in each round, so that a
machine that gets slower gets slower for all. A ratio is the median of the rounds' own ratios."""
import contextlib
import statistics

import bodies
from load import describe, limited
from servers import Edgewise, Nginx

ROWS = {"trees": 256, "network": 256, "images": 32}


class Rounds:
    """Turns by name; each name's list has one entry a round."""

    def __init__(self, contenders, rounds):
        self.turns = {name: [] for name in contenders}
        for number in range(rounds + 1):
            for name, turn in contenders.items():
                result = turn()
                if number > 0:  # the first warms up
                    self.turns[name].append(result)

    def ratio(self, above, below, of=lambda turn: turn.rate):
        return statistics.median(of(a) / of(b) for a, b in zip(self.turns[above], self.turns[below]))

    def cpu_multiple(self, server, floor, engine):
        rounds = zip(self.turns[server], self.turns[floor], self.turns[engine])
        return statistics.median(served.cpu / (fixed.cpu + raw[1]) for served, fixed, raw in rounds)

    def share_of_engine(self, server, engine, rows):
        rounds = zip(self.turns[server], self.turns[engine])
        return statistics.median(served.rate * rows / raw[0] for served, raw in rounds)

    def middle(self, name, of):
        return statistics.median(of(turn) for turn in self.turns[name])

    def limited(self, *names):
        return any(limited(self.turns[name]) for name in names)

    def note(self, *names):
        return "; ".join(describe(name, self.turns[name]) for name in names)

    def cpu_share(self, server, engine):
        """What a ratio of rates would be if neither waited for the core: the engine's CPU in that of the server, for the same rows."""
        rounds = zip(self.turns[server], self.turns[engine])
        return f"{100 * statistics.median(raw[1] / served.cpu for served, raw in rounds):.0f} % by CPU time"


class Stage:
    """One model served, its rows on the disk for the engine, its requests for the load tools."""

    def __init__(self, bench, model, stack):
        self.bench, self.model = bench, model
        self.server = stack.enter_context(Edgewise(bench.edgewise, bench.repository(model), model))
        self.metadata = self.server.metadata()
        width = 1
        for axis in self.metadata["inputs"][0]["shape"][1:]:
            width *= int(axis)
        self.rows = bodies.make_rows(width, ROWS[model])
        self.folder = bench.folder / f"{model}-load"
        self.folder.mkdir()
        self.rows_file = self.folder / "rows"
        self.rows_file.write_bytes(bodies.raw(self.rows))

    def requests(self, name, form, rows_each=1):
        return bodies.write_requests(self.folder / name, self.model, self.metadata, form, self.rows, rows_each)

    def loads(self, server, folder):
        return lambda: self.bench.closed_loop(server, folder)

    def engine(self, rows):
        path = self.bench.repository(self.model) / self.model / "1" / "model.onnx"
        return lambda: self.bench.programs.engine(path, self.rows_file, rows, self.bench.turn)


def set_small(board, model, rounds):
    engine = f"engine {1e6 * rounds.middle('engine', lambda turn: turn[1]):.1f} us"
    board.set(f"cpu_{model}", rounds.cpu_multiple("edgewise", "nginx", "engine"), note=f"{rounds.note('edgewise', 'nginx')}; {engine}")
    by_cpu = rounds.ratio("nginx", "edgewise", lambda turn: turn.cpu)
    board.set(f"rate_{model}", rounds.ratio("edgewise", "nginx"), rounds.limited("edgewise", "nginx"), f"{100 * by_cpu:.0f} % by CPU time")


def set_binary(board, key, rounds, binary, json):
    by_cpu = rounds.ratio(json, binary, lambda turn: turn.cpu)
    note = f"{by_cpu:.2f} x by CPU time; {rounds.note(binary, json)}"
    board.set(key, rounds.ratio(binary, json), rounds.limited(binary, json), note)


def small(bench, stack, model):
    """(stage, contenders) with one row a request: nginx, the engine and edgewise."""
    nginx = stack.enter_context(Nginx(bench.folder / f"nginx-{model}"))
    stage = Stage(bench, model, stack)
    plain = stage.requests("json", bodies.as_json)
    return stage, {"nginx": stage.loads(nginx, plain), "engine": stage.engine(1), "edgewise": stage.loads(stage.server, plain)}


def measure_trees(bench, board):
    """Also binary tensors, 64 rows, and the memory after all of it."""
    with contextlib.ExitStack() as stack:
        stage, contenders = small(bench, stack, "trees")
        contenders |= {"binary": stage.loads(stage.server, stage.requests("binary", bodies.as_binary)),
                       "json 64": stage.loads(stage.server, stage.requests("json64", bodies.as_json, 64)),
                       "binary 64": stage.loads(stage.server, stage.requests("binary64", bodies.as_binary, 64)),
                       "engine 64": stage.engine(64)}
        rounds = Rounds(contenders, bench.rounds)
        set_small(board, "trees", rounds)
        set_binary(board, "binary_trees_1", rounds, "binary", "edgewise")
        set_binary(board, "binary_trees_64", rounds, "binary 64", "json 64")
        board.set("rows_64", rounds.share_of_engine("binary 64", "engine 64", 64), rounds.limited("binary 64"),
                  rounds.cpu_share("binary 64", "engine 64"))
        board.set("memory_load", stage.server.memory("VmHWM") / 1e6)


def measure_network(bench, board):
    with contextlib.ExitStack() as stack:
        _, contenders = small(bench, stack, "network")
        set_small(board, "network", Rounds(contenders, bench.rounds))


def measure_images(bench, board):
    with contextlib.ExitStack() as stack:
        stage = Stage(bench, "images", stack)
        batches = {f"engine {rows}": stage.engine(rows) for rows in (8, 32)}
        rounds = Rounds({"json": stage.loads(stage.server, stage.requests("json", bodies.as_json)),
                         "binary": stage.loads(stage.server, stage.requests("binary", bodies.as_binary)),
                         "engine": stage.engine(1), **batches}, bench.rounds)
        set_binary(board, "binary_images", rounds, "binary", "json")
        raw = ", ".join(f"{name} {rounds.middle(name, lambda turn: turn[0]):.0f} rows/s" for name in ("engine", *batches))
        board.set("images_32", rounds.share_of_engine("binary", "engine", 1), rounds.limited("binary"),
                  f"{rounds.cpu_share('binary', 'engine')}; {raw}")


PARTS = [
    (measure_trees, ["cpu_trees", "rate_trees", "binary_trees_1", "binary_trees_64", "rows_64", "memory_load"]),
    (measure_network, ["cpu_network", "rate_network"]),
    (measure_images, ["binary_images", "images_32"]),
]
