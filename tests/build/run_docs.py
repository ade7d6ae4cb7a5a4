#!/usr/bin/env python3
"""Runs the commands that README.md and docs/*.md show in code blocks: lines that begin with `build/release/edgewise`, `curl`, `python3` or
`make`, and compares what they print with the block marked `output` that follows them, if one does.

Each document gets a temporary folder with a copy of examples/, and free ports in place of the ones written. A command that stays (`up`)
is started, waited for, has the addresses in its comment looked at, and is stopped by its process id at the end of the document; `make`
is asked what it would do (-n); `python3` has the clients of build/python/clients. In an `output`, `...` stands for anything and spaces and line
breaks do not count. Prints each command that fails and exits with 1. With --self-check it also runs a document of commands that must fail,
and fails unless each does. Usage: run_docs.py [--self-check] SOURCE_DIR EDGEWISE
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

PROGRAM = "build/release/edgewise"
STAYS = re.compile(rf"{PROGRAM} (up|hub|registry|score serve|relay run)\b(?!.*--help)")
READY = re.compile(r"Ctrl-C stops|^ready |^\{")
SECONDS = 120  # of patience: the machine may be busy
WRONG = f"""
    make nothing-of-the-kind
    {PROGRAM} nothing-of-the-kind
    {PROGRAM} up -c examples/flights/nothing.toml
    curl http://127.0.0.1:8080/api/nothing-listens-here
    {PROGRAM} up -c examples/flights/edgewise.toml    # http://127.0.0.1:8080/api/nothing-of-the-kind
    python3 examples/nothing.py
    {PROGRAM} version

```output
something else ...
```
"""


def commands(text):
    """[command, comment, output shown or None] of each command in fenced and indented blocks; a line that ends in a backslash goes on."""
    found, fence = [], None
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fence = line[3:].strip() if fence is None else None
            if fence == "output":
                found[-1][2] = ""
        elif fence == "output":
            found[-1][2] += line + "\n"
        elif fence is not None or line.startswith("    "):
            command, _, comment = re.sub(r"\s+", " ", line.strip()).partition(" # ")
            if command.split(" ")[0] in (PROGRAM, "curl", "make", "python3"):
                found.append([command, comment, None])
    return found


def differs(shown, printed):
    """What is wrong with an output, or nothing."""
    bare = lambda text: re.sub(r"\s", "", text)
    if shown is None or re.fullmatch(".*".join(re.escape(bare(part)) for part in shown.split("...")), bare(printed)):
        return None
    return f"shown as\n{shown}but it printed\n{printed}"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Walk:
    """One document's commands in one folder."""

    def __init__(self, source, program, folder, text):
        self.source, self.program, self.folder = source, program, folder
        self.running = []
        shutil.copytree(source / "examples", folder / "examples")
        texts = [text, *(file.read_text() for file in folder.rglob("*.toml"))]
        written = sorted({port for each in texts for port in re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", each)})
        self.ports = dict(zip(written, free_ports(len(written))))
        for file in folder.rglob("*.toml"):
            file.write_text(self.moved(file.read_text()))

    def moved(self, text):
        return re.sub(r"(127\.0\.0\.1|localhost):(\d+)", lambda at: f"127.0.0.1:{self.ports.get(at[2], at[2])}", text)

    def run(self, command, comment, shown):
        """What went wrong, or nothing."""
        shown = self.moved(shown) if shown else shown
        if command.startswith("make "):
            return self.finish(["make", "-n", *command.split()[1:]], self.source, shown)
        if STAYS.match(command):
            return self.start(command, shown) or self.look(comment)
        line = self.moved(command).replace(PROGRAM, str(self.program))
        curl = "curl -sS " if shown and '"error"' in shown else "curl -sS --fail "  # a refusal that is shown is meant
        return self.finish(["sh", "-c", re.sub(r"^curl ", curl, line)], self.folder, shown)

    def finish(self, words, folder, shown):
        clients = {**os.environ, "PYTHONPATH": str(self.source / "build" / "python" / "clients")}
        done = subprocess.run(words, cwd=folder, env=clients, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            return f"exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        return differs(shown, done.stdout)

    def start(self, command, shown):
        words = self.moved(command).replace(PROGRAM, str(self.program)).split()
        process = subprocess.Popen(words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        lines = iter(process.stdout.readline, "")
        ready = next((line for line in lines if READY.search(line)), None)
        late.cancel()
        if not ready:
            return f"ended before it was ready: {process.communicate()[1].strip()}"
        self.running.append((command, process))
        return differs(shown, ready)

    def look(self, comment):
        for address in re.findall(r"http://\S+", self.moved(comment)):
            try:
                urllib.request.urlopen(address, timeout=SECONDS).read()
            except urllib.error.URLError as error:
                return f"{address}: {error}"
        return None

    def stop(self):
        for command, process in self.running:
            process.terminate()
            try:
                error = process.communicate(timeout=SECONDS)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                error = "does not stop on SIGTERM"
            if process.returncode != 0:
                yield command, f"stopped with {process.returncode}: {error.strip()}"


def faults(source, program, text):
    """[(command, what went wrong)], and how many commands there were."""
    found, count = [], 0
    with tempfile.TemporaryDirectory(prefix="edgewise-docs-") as folder:
        walk = Walk(source, program, pathlib.Path(folder), text)
        try:
            for command, comment, shown in commands(text):
                count += 1
                if fault := walk.run(command, comment, shown):
                    found.append((command, fault))
        finally:
            found += walk.stop()
    return found, count


def main(arguments):
    source, program = pathlib.Path(arguments[-2]).resolve(), pathlib.Path(arguments[-1]).resolve()
    bad, total = 0, 0
    for path in [source / "README.md", *sorted((source / "docs").glob("*.md"))]:
        found, count = faults(source, program, path.read_text())
        total += count
        bad += len(found)
        for command, fault in found:
            print(f"{path.relative_to(source)}: `{command}`: {fault}")
    print(f"run_docs: {total} commands, {bad} failed")
    if "--self-check" in arguments:
        wrong = {command for command, _ in faults(source, program, WRONG)[0]}
        for command in sorted({command for command, _, _ in commands(WRONG)} - wrong):
            print(f"self-check: not found: {command}")
            bad += 1
    return 1 if bad or total < 4 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
