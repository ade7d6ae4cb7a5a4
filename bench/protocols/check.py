#!/usr/bin/env python3
"""That the benchmark's own programs and rules do what they promise; measures nothing. Usage: check.py FOLDER_OF_PROGRAMS"""
import contextlib
import http.server
import json
import pathlib
import sys
import subprocess
import tempfile
import threading
import time
import types
import unittest

sys.dont_write_bytecode = True

import bodies  # noqa: E402
import figures  # noqa: E402
import footprint  # noqa: E402
import lifecycle  # noqa: E402
import load  # noqa: E402
import run  # noqa: E402

PROGRAMS = load.Programs(pathlib.Path(sys.argv.pop()).resolve())
METADATA = {"inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, 20]}]}
SCORER = f"""#!{sys.executable}
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, {json.dumps(METADATA).encode()!r})
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(500, b"out of ideas")
    def log_message(self, *_):
        pass
address, port = sys.argv[sys.argv.index("--http") + 1].split(":")
listening = http.server.HTTPServer((address, int(port)), Handler)
print("ready", flush=True)
listening.serve_forever()
"""


@contextlib.contextmanager
def server(answer):
    """The address of a server on loopback; answer(number) gives the status of that request, or None to hang up."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        count = 0

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            Handler.count += 1
            status = answer(Handler.count)
            self.close_connection = status is None
            if status is not None:
                self.wfile.write(f"HTTP/1.1 {status} Word\r\nContent-Length: 2\r\n\r\nok".encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever).start()
        try:
            yield f"127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()


class Load(unittest.TestCase):
    def run_load(self, answer, connections, rate, seconds):
        with tempfile.TemporaryDirectory() as name, server(answer) as address:
            folder, rows = pathlib.Path(name) / "requests", bodies.make_rows(20, 3)
            requests = bodies.write_requests(folder, "trees", METADATA, bodies.as_json, rows, 1)
            return PROGRAMS.timed_load(address, requests, connections, rate, seconds)

    def test_open_loop_charges_a_stall_to_all_it_delayed(self):
        said = self.run_load(lambda number: time.sleep(0.4) or 200 if number == 1 else 200, 1, 100, 1)
        self.assertEqual((said["sent"], said["answered"], said["failed"]), (100, 100, 0))
        self.assertGreater(said["max_us"], 399_000)
        self.assertGreater(said["p90_us"], 250_000)  # the tenth of those that were due while it stood still; one alone would be p100

    def test_refusals_and_hang_ups_are_failures(self):
        said = self.run_load(lambda number: {3: 503, 7: None}.get(number, 200), 1, 50, 1)
        self.assertEqual((said["sent"], said["answered"], said["failed"]), (50, 48, 2))

    def test_closed_loop_sends_when_answered(self):
        said = self.run_load(lambda number: 200, 2, 0, 0.3)
        self.assertGreater(said["answered"], 1)
        self.assertEqual(said["failed"], 0)


class Models(unittest.TestCase):
    def test_all_run_in_the_engine_and_are_the_same_each_time(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for copy in ("one", "other"):
                load.run([PROGRAMS.build / "edgewise_bench_models", folder / copy], load.SERVER_CORE)
            for model, width in (("trees", 20), ("network", 20), ("images", 3 * 64 * 64)):
                paths = [folder / copy / model / "1" / "model.onnx" for copy in ("one", "other")]
                self.assertEqual(*(path.read_bytes() for path in paths))
                (folder / "rows").write_bytes(bodies.raw(bodies.make_rows(width, 2)))
                rate, cpu = PROGRAMS.engine(paths[0], folder / "rows", 2, 0.02)
                self.assertTrue(rate > 0 and cpu > 0, model)

    def test_an_option_is_no_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([PROGRAMS.build / "edgewise_bench_models", "--help"], cwd=folder, capture_output=True, text=True)
            self.assertEqual((done.returncode, list(pathlib.Path(folder).iterdir())), (2, []))
            self.assertIn("usage", done.stderr)


class Broken(unittest.TestCase):
    def verdict(self, program, measure, key):
        """(verdict, note, whether the board fails) of a measurement on a program that is this text."""
        with tempfile.TemporaryDirectory() as name:
            folder, board = pathlib.Path(name), figures.Board()
            (folder / "edgewise").write_text(program)
            (folder / "edgewise").chmod(0o755)
            bench = types.SimpleNamespace(edgewise=folder / "edgewise", repository=lambda _: folder, quick=True, folder=folder)
            run.measure_or_say_why(measure, [key], bench, board)
            return board.figures[key].verdict(), board.figures[key].note, board.failed() == board.broken() == [board.figures[key].text]

    def test_a_server_that_does_not_start_is_broken(self):
        verdict, note, fails = self.verdict("#!/bin/sh\necho failed INTERNAL no engine\n", footprint.measure_start, "start")
        self.assertEqual((verdict, fails), ("broken", True))
        self.assertIn("failed INTERNAL no engine", note)

    def test_an_answer_of_500_is_broken(self):
        verdict, note, fails = self.verdict(SCORER, footprint.measure_start, "start")
        self.assertEqual((verdict, fails), ("broken", True))
        self.assertIn("infer answers 500: out of ideas", note)

    def test_a_refused_load_is_broken(self):
        verdict, note, fails = self.verdict(SCORER, lifecycle.measure_reload, "reload_failed")
        self.assertEqual((verdict, fails), ("broken", True))
        self.assertIn("load answers 500: out of ideas", note)

    def test_a_missing_option_is_not_there(self):
        verdict, _, fails = self.verdict("#!/bin/sh\necho --http\n", lifecycle.measure_thousand, "thousand_memory")
        self.assertEqual((verdict, fails), ("not there", False))


class Verdicts(unittest.TestCase):
    def test_bounds_hold_at_their_edge_and_times_fail_nothing(self):
        board = figures.Board()
        for key, value, verdict in (("cpu_trees", 1.3, "met"), ("cpu_network", 0.95, "met, stretch too"), ("rate_trees", 0.44, "missed"),
                                    ("start", 1000, "missed"), ("reload_failed", 1, "missed")):
            board.set(key, value)
            self.assertEqual(board.figures[key].verdict(), verdict)
        board.set("rate_network", 0.1, limited=True)
        board.without(["grpc"], "not there", "no gRPC")
        board.without(["size"], "broken", "no disk")
        self.assertEqual({figure.key for figure in board.figures.values() if figure.fails()}, {"rate_trees", "reload_failed", "size"})


if __name__ == "__main__":
    unittest.main()
