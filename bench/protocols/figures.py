"""The figures that scoring is held to: what must be, what would be good, what was measured, and the verdict."""
import dataclasses
import operator

AT_MOST, AT_LEAST = operator.le, operator.ge


@dataclasses.dataclass
class Figure:
    key: str
    text: str
    holds: object  # AT_MOST or AT_LEAST
    must: float
    stretch: float | None
    unit: str = "x"
    gate: bool = True  # absolute times are shown, but fail nothing: they are the machine's as much as ours
    measured: float | None = None
    limited: bool = False  # by the load tool or by other programs: what was measured is not the server
    unmeasured: str = "not asked"
    note: str = ""

    def verdict(self):
        if self.measured is None:
            return self.unmeasured
        if self.limited:
            return "limited"
        if not self.holds(self.measured, self.must):
            return "missed"
        return "met, stretch too" if self.stretch is not None and self.holds(self.measured, self.stretch) else "met"

    def fails(self):
        return self.verdict() == "broken" or (self.gate and self.verdict() == "missed")

    def bound(self, value):
        return "" if value is None else ("<= " if self.holds is AT_MOST else ">= ") + self.show(value)

    def show(self, value):
        if value is None:
            return "-"
        if self.unit == "%":
            return f"{100 * value:.0f} %"
        if self.unit == "x":
            return f"{value:.2f} x"
        digits = 0 if value == int(value) or abs(value) >= 100 else 3 if abs(value) < 1 else 1
        return f"{value:.{digits}f} {self.unit}".strip()


def all_figures():
    def time(*words, **more):
        return Figure(*words, gate=False, **more)

    return [
        Figure("cpu_trees", "CPU per request, trees: multiple of the floor", AT_MOST, 1.3, 0.95),
        Figure("cpu_network", "CPU per request, network: multiple of the floor", AT_MOST, 1.3, 0.95),
        Figure("rate_trees", "requests/s, trees: share of nginx static", AT_LEAST, 0.45, 0.65, "%"),
        Figure("rate_network", "requests/s, network: share of nginx static", AT_LEAST, 0.50, 0.70, "%"),
        Figure("binary_trees_1", "binary tensors against JSON, trees, 1 row", AT_LEAST, 1.0, 1.1),
        Figure("binary_trees_64", "binary tensors against JSON, trees, 64 rows", AT_LEAST, 1.5, 2),
        Figure("binary_images", "binary tensors against JSON, images", AT_LEAST, 1.1, 1.3),
        Figure("rows_64", "64 rows a request, trees, binary: share of raw rows/s", AT_LEAST, 0.80, 0.92, "%"),
        Figure("images_32", "images, binary: share of unbatched raw rows/s", AT_LEAST, 0.95, 1.0, "%"),
        time("one_p50", "one connection, trees: p50", AT_MOST, 0.10, 0.06, "ms"),
        time("open_p50", "trees at 200/s, open loop: p50 above nginx's", AT_MOST, 100, 50, "us"),
        Figure("open_p99", "trees at 200/s, open loop: p99, multiple of nginx's", AT_MOST, 1.5, 1.2),
        Figure("grpc", "gRPC requests/s, trees: share of a bare echo", AT_LEAST, 0.75, 0.90, "%"),
        time("start", "start of the process to first score, trees", AT_MOST, 100, 50, "ms"),
        Figure("memory_idle", "RSS idle with trees", AT_MOST, 50, 35, "MB"),
        Figure("memory_load", "RSS under load, highest", AT_MOST, 90, 60, "MB"),
        Figure("size", "installed: stripped binary, engine, licences", AT_MOST, 45, 32, "MB"),
        Figure("thousand_memory", "1,000 models, budget for 20: memory taken, of the budget", AT_MOST, 1.25, None),
        time("thousand_cold", "1,000 models, budget for 20: first call, cold, p99", AT_MOST, 50, None, "ms"),
        Figure("reload_failed", "reload each second under 100/s: failed requests", AT_MOST, 0, 0, ""),
        time("reload_worst", "reload each second under 100/s: worst latency", AT_MOST, 40, 10, "ms"),
    ]


class Board:
    """The figures by key, filled as they are measured."""

    def __init__(self):
        self.figures = {figure.key: figure for figure in all_figures()}

    def set(self, key, value, limited=False, note=""):
        figure = self.figures[key]
        figure.measured, figure.limited, figure.note = value, limited, note

    def without(self, keys, verdict, why):
        """What was not measured: "not there" (the program has no such option) or "broken" (it has, and failed); and why."""
        for key in keys:
            self.figures[key].unmeasured, self.figures[key].note = verdict, " ".join(str(why).split())

    def rows(self):
        for figure in self.figures.values():
            yield (figure.text, figure.bound(figure.must), figure.bound(figure.stretch), figure.show(figure.measured), figure.verdict())

    def notes(self):
        """(why, the figures' texts): figures of one measurement often share it."""
        notes = {}
        for figure in self.figures.values():
            if figure.note:
                notes.setdefault(figure.note, []).append(figure.text)
        return notes.items()

    def table(self):
        """For people; notes below, because they are long."""
        heads = ("figure", "must", "stretch", "measured", "verdict")
        rows = [heads, *self.rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3)), row[4]]) for row in rows]
        return "\n".join([*lines, "", *(f"{'; '.join(texts)}\n    {note}" for note, texts in self.notes())]) + "\n"

    def markdown(self):
        lines = ["| figure | must | stretch | measured | verdict |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows()]
        return "\n".join([*lines, "", *(f"- {'; '.join(texts)}: {note}" for note, texts in self.notes())]) + "\n"

    def json(self):
        return [{"key": figure.key, "text": figure.text, "at": "most" if figure.holds is AT_MOST else "least", "must": figure.must,
                 "stretch": figure.stretch, "unit": figure.unit, "measured": figure.measured, "verdict": figure.verdict(),
                 "gate": figure.gate, "note": figure.note} for figure in self.figures.values()]

    def broken(self):
        return [figure.text for figure in self.figures.values() if figure.verdict() == "broken"]

    def failed(self):
        return [figure.text for figure in self.figures.values() if figure.fails()]
