#!/usr/bin/env python3
"""Runs the commands that README.md and docs/*.md show in code blocks: lines that begin with `build/release/edgewise`, `curl` or `make`.

Each document gets a temporary folder with a copy of examples/, and free ports in place of the ones written. A command that stays (`up`)
is started, waited for, has the addresses in its comment looked at, and is stopped by its process id at the end of the document; `make`
is asked what it would do (-n). Prints each command that fails and exits with 1. With --self-check it also runs a document of commands
that must fail, and fails unless each does. Usage: run_docs.py [--self-check] SOURCE_DIR EDGEWISE
"""
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
"""


def commands(text):
    """(command, comment) of each command in the fenced and indented blocks; a line that ends in a backslash goes on."""
    text = text.replace("\\\n", " ")
    blocks = re.findall(r"^```\w*\n(.*?)^```|^((?:(?: {4}.*)?\n)+)", text, re.MULTILINE | re.DOTALL)
    for line in "\n".join(fenced or indented for fenced, indented in blocks).splitlines():
        command, _, comment = re.sub(r"\s+", " ", line.strip()).partition(" # ")
        if command.split(" ")[0] in (PROGRAM, "curl", "make"):
            yield command, comment


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

    def __init__(self, source, program, folder):
        self.source, self.program, self.folder = source, program, folder
        self.running = []
        shutil.copytree(source / "examples", folder / "examples")
        written = sorted({port for file in folder.rglob("*.toml") for port in re.findall(r"127\.0\.0\.1:(\d+)", file.read_text())})
        self.ports = dict(zip(written, free_ports(len(written))))
        for file in folder.rglob("*.toml"):
            file.write_text(self.moved(file.read_text()))

    def moved(self, text):
        return re.sub(r"(127\.0\.0\.1|localhost):(\d+)", lambda at: f"127.0.0.1:{self.ports.get(at[2], at[2])}", text)

    def run(self, command, comment):
        """What went wrong, or nothing."""
        if command.startswith("make "):
            return self.finish(["make", "-n", *command.split()[1:]], self.source)
        if STAYS.match(command):
            return self.start(command) or self.look(comment)
        line = self.moved(command).replace(PROGRAM, str(self.program))
        return self.finish(["sh", "-c", re.sub(r"^curl ", "curl -sS --fail ", line)], self.folder)

    def finish(self, words, folder):
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
        return f"exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}" if done.returncode else None

    def start(self, command):
        words = self.moved(command).replace(PROGRAM, str(self.program)).split()
        process = subprocess.Popen(words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        ready = any(READY.search(line) for line in iter(process.stdout.readline, ""))
        late.cancel()
        if not ready:
            return f"ended before it was ready: {process.communicate()[1].strip()}"
        self.running.append((command, process))
        return None

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
        walk = Walk(source, program, pathlib.Path(folder))
        try:
            for command, comment in commands(text):
                count += 1
                if fault := walk.run(command, comment):
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
        for command in sorted({command for command, _ in commands(WRONG)} - wrong):
            print(f"self-check: not found: {command}")
            bad += 1
    return 1 if bad or total < 4 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
