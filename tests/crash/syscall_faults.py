#!/usr/bin/env python3
"""Kills and fails `edgewise` at every call with which it changes a file, one run for each, and looks at what is left.

Two scripted runs: `queue write` of 12 events, and `relay run --once` that carries 12 events to a store. Each write, sync, rename, link,
unlink, truncation and mkdir of theirs is met once by kill -9, EIO, ENOSPC and EINTR, and once by an EIO and an ENOSPC that last to the end
(strace's injection). Then: every event whose id was printed is in the queue; none is there twice; the next honest run works, and the store
holds all events once. A libc that does half of each write must change nothing. Control: a relay whose queue has lost an event is noticed.

Prints one line each: S3 run=write kills=41 lost=0 doubled=0 stuck=0. Exit code: 0; 1 something was lost, doubled or stuck, or the control
failed; 77 skipped: needs strace, and the right to trace. Usage: syscall_faults.py PROGRAM SHORT_WRITES_LIBRARY POLICY
"""
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
EVENTS = 12
CALLS = ("write", "pwrite64", "fdatasync", "fsync", "rename", "link", "unlink", "ftruncate", "mkdir")
FAULTS = {
    "kill": "signal=KILL:when={}",
    "eio": "error=EIO:when={}",
    "enospc": "error=ENOSPC:when={}",
    "eintr": "error=EINTR:when={}",
    "eio-lasting": "error=EIO:when={}+",
    "enospc-lasting": "error=ENOSPC:when={}+",
}
# A signal interrupts what can wait; the others never answer EINTR (their pages in section 2 of the manual). `queue write` writes only its
# output with write(2), and ends when that fails.
INTERRUPTED = {"write": ("pwrite64", "fdatasync", "fsync", "ftruncate"), "drain": ("write", "pwrite64", "fdatasync", "fsync", "ftruncate")}


class Rig:
    def __init__(self, program, library, policy, folder):
        self.program, self.library, self.policy, self.folder = program, library, policy, folder

    def run(self, words, tracing=(), preload=None):
        environment = dict(os.environ) | ({"LD_PRELOAD": str(preload)} if preload else {})
        return subprocess.run([*tracing, self.program, *map(str, words)], capture_output=True, text=True, env=environment, timeout=60)

    def write(self, queue, **how):
        return self.run(["queue", "write", "--path", queue, "--count", EVENTS, "--batch", 3, "--print-acks"], **how)

    def drain(self, folder, **how):
        return self.run(["relay", "run", "--queue", folder / "q", "--store", f"file://{folder / 'store'}", "--policy", self.policy, "--once"], **how)

    def dump(self, queue):
        answer = self.run(["queue", "dump", "--path", queue])
        if answer.returncode != 0 and "there is no queue" in answer.stderr:
            return []
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr)
        return [line.split(" ")[0] for line in answer.stdout.splitlines()]

    def count(self, work):
        """How often a run makes each call."""
        summary = self.folder / "summary"
        work(tracing=["strace", "-f", "-qq", "-c", "-o", str(summary)])
        counts = {}
        for line in summary.read_text().splitlines():
            words = line.split()
            if len(words) >= 5 and words[-1] in CALLS and words[3].isdigit():
                counts[words[-1]] = int(words[3])
        return counts


def tracing(call, fault, when):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:" + FAULTS[fault].format(when)]


def look_at_write(rig, folder, answer):
    """What is wrong after a run that wrote, and an honest one behind it."""
    acked = [line for line in answer.stdout.splitlines() if line.count("/") == 3]
    again = rig.write(folder / "q")
    if again.returncode != 0:
        return "stuck: " + again.stderr
    there = rig.dump(folder / "q")
    acked += again.stdout.splitlines()
    if set(acked) - set(there):
        return f"lost: {sorted(set(acked) - set(there))}"
    numbers = [int(name.rsplit("/", 1)[1]) for name in there]
    return "" if numbers == sorted(set(numbers)) else f"doubled: {there}"


def look_at_store(rig, folder):
    """What is wrong after a run that drained, and an honest one behind it."""
    again = rig.drain(folder)
    if again.returncode != 0:
        return "stuck: " + again.stderr
    if rig.dump(folder / "q"):
        return "stuck: events wait after a drain"
    ranges = []
    for manifest in sorted((folder / "store").rglob("*.manifest.json")):
        said = json.loads(manifest.read_text())
        stored = folder / "store" / said["object"]
        if not stored.exists() or "sha256:" + hashlib.sha256(stored.read_bytes()).hexdigest() != said["output"]:
            return f"lost: {said['object']}"
        ranges.append((said["first"], said["last"], said["events"]))
    if sum(count for _, _, count in ranges) < EVENTS:
        return f"lost: the store holds {ranges}"
    ends = [0] + [last for _, last, _ in ranges]
    whole = all(first == before + 1 for (first, _, _), before in zip(ranges, ends))
    return "" if whole and ends[-1] == EVENTS else f"doubled: the store holds {ranges}"


def one(rig, name, call, fault, when):
    with tempfile.TemporaryDirectory(dir=rig.folder) as made:
        folder = pathlib.Path(made)
        if name == "drain":
            shutil.copytree(rig.folder / "full", folder / "q")
        work = rig.write if name == "write" else rig.drain
        answer = work(folder / "q" if name == "write" else folder, tracing=tracing(call, fault, when))
        wrong = look_at_write(rig, folder, answer) if name == "write" else look_at_store(rig, folder)
        if fault == "eintr" and not wrong and answer.returncode != 0:
            wrong = "stuck: an interrupted call was not repeated: " + answer.stderr
        return f"{name}, {fault} at {call} {when}: {wrong}" if wrong else ""


def sweep(rig, name):
    with tempfile.TemporaryDirectory(dir=rig.folder) as made:
        folder = pathlib.Path(made)
        if name == "drain":
            shutil.copytree(rig.folder / "full", folder / "q")
        work = rig.write if name == "write" else rig.drain
        counts = rig.count(lambda **how: work(folder / "q" if name == "write" else folder, **how))
    plan = [(call, fault, when) for fault in FAULTS for call, count in counts.items() for when in range(1, count + 1)
            if fault != "eintr" or call in INTERRUPTED[name]]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        wrong = [line for line in pool.map(lambda each: one(rig, name, *each), plan) if line]
    for line in wrong[:10]:
        print(line)
    kinds = collections.Counter(fault for _, fault, _ in plan)
    verdict = " ".join(f"{word}={sum(f' {word}: ' in line for line in wrong)}" for word in ("lost", "doubled", "stuck"))
    failures = sum(count for fault, count in kinds.items() if fault != "kill")
    print(f"S3 run={name} kills={kinds['kill']} {verdict}")
    print(f"S5 run={name} failures={failures} {verdict}", flush=True)
    return not wrong


def short_writes(rig):
    with tempfile.TemporaryDirectory(dir=rig.folder) as made:
        folder = pathlib.Path(made)
        answer = rig.write(folder / "q", preload=rig.library)
        wrong = look_at_write(rig, folder, answer) or ("" if answer.returncode == 0 else "stuck: " + answer.stderr)
        print(f"S5 run=write short-writes=all {'lost=0 doubled=0 stuck=0' if not wrong else wrong}")
        return not wrong


def control(rig):
    """A queue that has lost what was acknowledged must be noticed."""
    with tempfile.TemporaryDirectory(dir=rig.folder) as made:
        folder = pathlib.Path(made)
        rig.write(folder / "q")
        answer = rig.write(folder / "q")  # numbers 13 to 24
        shutil.rmtree(folder / "q")
        noticed = look_at_write(rig, folder, answer).startswith("lost")
        print(f"S3 control noticed={int(noticed)}")
        return noticed


def can_trace():
    try:
        return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def main():
    program, library, policy = sys.argv[1:4]
    if not can_trace():
        print("skipped: needs strace, and the right to trace (ptrace)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(program, library, policy, pathlib.Path(folder))
        if rig.write(rig.folder / "full").returncode != 0:
            raise RuntimeError("an honest run fails")
        passed = [control(rig), short_writes(rig), sweep(rig, "write"), sweep(rig, "drain")]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
