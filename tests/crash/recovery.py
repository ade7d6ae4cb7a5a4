#!/usr/bin/env python3
"""Faults that come and end under `edgewise relay run`, which must go on by itself within 10 s of their end, with nothing lost or doubled.

A relay carries 40,000 events to a store over HTTP (a server of this script, one file a blob). Meanwhile, and then no longer:
  link-down   the line between them is down for 15 s (two network namespaces)
  emfile      no file descriptor is left
  erofs       each call that changes a file fails with EROFS (strace's injection); the kernel itself refuses to remount a file system
              read-only while files are open for writing, so this is as near as one gets
  clock       the wall clock jumps by +30 years, then by -1 hour (libfaketime); nothing may stop at all
Control: under the first three nothing arrives for some seconds.

Prints one line each: S5 fault=link-down recovered=2.1 lost=0 doubled=0. Exit code: 0; 1 it took longer, something was lost or doubled, or the
fault was not felt; 77 skipped: needs root, network namespaces, strace, ip and libfaketime. Usage: recovery.py PROGRAM POLICY [FAULT...]
"""
import contextlib
import http.server
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

SKIPPED = 77
EVENTS = 40_000
MOST_SECONDS = 10
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
FAULTS = ("link-down", "emfile", "erofs", "clock")


class Blobs(http.server.BaseHTTPRequestHandler):
    """As much of Azure Blob Storage as a relay asks for; a Put takes 40 ms, so that a fault finds it at work."""

    protocol_version = "HTTP/1.1"
    folder = pathlib.Path()

    def blob(self):
        return self.folder / self.path.split("?")[0].removeprefix("/c/").replace("/", "!")

    def answer(self, status, body=b""):
        self.send_response(status)
        if status == 409:
            self.send_header("x-ms-error-code", "BlobAlreadyExists")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.04)
        if self.blob().exists():
            self.answer(409)
            return
        part = self.folder.parent / "part"
        part.write_bytes(body)
        part.rename(self.blob())
        self.answer(201)

    def do_GET(self):
        blob = self.blob()
        self.answer(200, blob.read_bytes()) if blob.exists() else self.answer(404)

    def log_message(self, *_):
        pass


def serve(host, folder):
    Blobs.folder = pathlib.Path(folder)
    server = http.server.ThreadingHTTPServer((host, 0), Blobs)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


class Line:
    """Two network namespaces with a cable between them; the store is in the second."""

    host = "10.231.77.2"

    def __init__(self):
        self.names = [f"edgewise-{side}-{os.getpid()}" for side in "ab"]
        a, b = self.names
        cables = [f"ew{side}{os.getpid()}" for side in "ab"]
        self.cable = cables[1]
        try:
            for name in self.names:
                ip("netns", "add", name)
            ip("link", "add", cables[0], "netns", a, "type", "veth", "peer", "name", cables[1], "netns", b)
            for name, cable, host in ((a, cables[0], "10.231.77.1"), (b, cables[1], self.host)):
                ip("-n", name, "address", "add", host + "/24", "dev", cable)
                ip("-n", name, "link", "set", cable, "up")
        except subprocess.CalledProcessError:
            self.close()
            raise

    def inside(self, side):
        return ["ip", "netns", "exec", self.names[side]]

    def set(self, state):
        ip("-n", self.names[1], "link", "set", self.cable, state)

    def close(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Run:
    """A relay at work on a queue of its own; `line` is where it and its store are."""

    def __init__(self, program, policy, full, folder, line=None, environment=None):
        self.queue, self.store = folder / "q", folder / "store"
        shutil.copytree(full, self.queue)
        self.store.mkdir()
        host = line.host if line else "127.0.0.1"
        self.server = subprocess.Popen([*(line.inside(1) if line else []), sys.executable, __file__, "--serve", host, self.store],
                                       stdout=subprocess.PIPE, text=True)
        port = self.server.stdout.readline().strip()
        self.log = open(folder / "log", "w")
        self.relay = subprocess.Popen([*(line.inside(0) if line else []), program, "relay", "run", "--queue", self.queue, "--store",
                                       f"http://{host}:{port}/c", "--policy", policy],
                                      stdout=subprocess.DEVNULL, stderr=self.log, env={**os.environ, **(environment or {})})

    def arrived(self):
        return len(os.listdir(self.store))

    def wait(self, condition, seconds):
        """Seconds until it holds; None: it does not."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            if condition():
                return time.monotonic() - begin
            time.sleep(0.02)
        return None

    def stands_still(self):
        """Whether nothing arrives for two seconds."""
        before = self.arrived()
        time.sleep(2)
        return self.arrived() == before

    def outcome(self):
        """Lost and doubled events, by the ranges and counts that the manifests state."""
        carried, seen = 0, set()
        for file in self.store.iterdir():
            found = re.search(r"!(\w+)!e\d+!(\d+)-(\d+)\.manifest\.json$", file.name)
            if not found:
                continue
            manifest = json.loads(file.read_bytes())
            numbers = range(int(found[2]), int(found[3]) + 1)
            carried += manifest["events"]
            seen.update((found[1], number) for number in numbers)
        return EVENTS - len(seen), carried - len(seen)

    def close(self):
        for process in (self.relay, self.server):
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        self.log.close()


@contextlib.contextmanager
def link_down(run, line):
    line.set("down")
    time.sleep(13)
    yield
    line.set("up")


@contextlib.contextmanager
def no_descriptors(run, _):
    limits = subprocess.run(["prlimit", "--pid", str(run.relay.pid), "--nofile", "--noheadings", "--raw", "--output", "SOFT,HARD"],
                            check=True, capture_output=True, text=True).stdout.split()
    subprocess.run(["prlimit", "--pid", str(run.relay.pid), f"--nofile=3:{limits[1]}"], check=True)
    time.sleep(1)
    yield
    subprocess.run(["prlimit", "--pid", str(run.relay.pid), f"--nofile={limits[0]}:{limits[1]}"], check=True)


@contextlib.contextmanager
def read_only(run, _):
    calls = "pwrite64,fdatasync,fsync,rename,link,unlink,ftruncate,mkdir"
    tracer = subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-p", str(run.relay.pid), "-e", f"trace={calls}", "-e",
                               f"inject={calls}:error=EROFS"], stderr=subprocess.DEVNULL)
    time.sleep(3)
    yield
    tracer.terminate()
    tracer.wait(30)


def can_make_lines():
    try:
        Line().close()
    except subprocess.CalledProcessError:
        return False
    return True


def carry(fault, program, policy, full, folder):
    """One run; the line to print, and whether it is as it must be."""
    line = Line() if fault == "link-down" else None
    run = None
    clock = folder / "clock"
    clock.write_text("+0\n")
    environment = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                   "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if fault == "clock" else None
    try:
        run = Run(program, policy, full, folder, line, environment)
        if run.wait(lambda: run.arrived() >= 6, 60) is None:
            raise RuntimeError("the relay does not carry: " + (folder / "log").read_text()[-500:])
        if fault == "clock":
            still = True  # nothing to feel
            stops = []
            for jump in ("+10950d", "-1h"):
                clock.write_text(jump + "\n")
                before = run.arrived()
                stops.append(run.wait(lambda: run.arrived() > before + 3, 60) or 60.0)
            recovered = max(stops)
        else:
            with {"link-down": link_down, "emfile": no_descriptors, "erofs": read_only}[fault](run, line):
                still = run.stands_still()
                before = run.arrived()
            recovered = run.wait(lambda: run.arrived() > before, 60) or 60.0
        run.wait(lambda: run.arrived() >= 2 * EVENTS // 1000, 120)
        time.sleep(1)
        lost, doubled = run.outcome()
        felt = "" if still else " NOT-FELT"
        return f"S5 fault={fault} recovered={recovered:.1f} lost={lost} doubled={doubled}{felt}", (
            still and recovered <= MOST_SECONDS and lost == doubled == 0)
    finally:
        if run:
            run.close()
        if line:
            line.close()


def main(program, policy, *faults):
    missing = [tool for tool in ("strace", "ip", "prlimit") if not shutil.which(tool)]
    missing += [] if FAKETIME.exists() else ["libfaketime"]
    if os.geteuid() != 0 or missing or not can_make_lines():
        print(f"recovery: skipped: needs root, network namespaces, strace, ip, libfaketime; missing: {', '.join(missing) or 'rights'}")
        return SKIPPED
    good = True
    with tempfile.TemporaryDirectory(prefix="edgewise-recovery-") as top:
        top = pathlib.Path(top)
        subprocess.run([program, "queue", "write", "--path", top / "full", "--count", str(EVENTS), "--batch", "1000"], check=True,
                       stdout=subprocess.DEVNULL)
        for fault in faults or FAULTS:
            (top / fault).mkdir()
            try:
                said, sound = carry(fault, program, policy, top / "full", top / fault)
            except (RuntimeError, subprocess.SubprocessError) as error:
                said, sound = f"S5 fault={fault}: {error}", False
            print(said, flush=True)
            good = good and sound
    return 0 if good else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
    if len(sys.argv) < 3 or set(sys.argv[3:]) - set(FAULTS):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
