#!/usr/bin/env python3
"""Cuts the power under `edgewise queue write` and counts what was acknowledged and is gone, or is there twice.

The queue lies on a file system of its own in a loop image. A cut is the file system's shutdown ioctl without flushing its log: what was
not synced never reaches the image, as if the plug had been pulled. Half of the cuts come right after an acknowledgement was read, half at a
random moment; the file system lives on from cut to cut, as a disk does. Controls, which show that the rig can tell: the same with a libc
whose fsync and fdatasync do nothing must lose events, and with a `sync` of the whole file system before each cut it must lose none.

Prints one line each: S1 fs=ext4 lost=0 doubled=0 cuts=50 acked=183221. Exit code: 0; 1 something was lost or doubled, or a control failed;
77 skipped: needs root, loop devices and mkfs. Usage: power_cut.py PROGRAM NO_SYNC_LIBRARY [--cuts N] [--fs ext4 xfs] [--seed N]
"""
import argparse
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN
NO_LOG_FLUSH = 2
SKIPPED = 77
MEGABYTE = 1 << 20


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


class Disk:
    """A file system in a file."""

    def __init__(self, kind, folder):
        self.image, self.at = folder / f"{kind}.img", folder / f"{kind}.mounted"
        self.at.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(400 * MEGABYTE)
        run(f"mkfs.{kind}", "-q", *(["-f"] if kind == "xfs" else ["-F"]), self.image)
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.at)

    def sync(self):
        run("sync", "-f", self.at)

    def cut(self):
        place = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(place, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(place)

    def unmount(self):
        for _ in range(100):  # until the killed process has gone
            if subprocess.run(["umount", self.at], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.at} stays busy")


class Writer:
    """`queue write`, its acknowledgements as they come."""

    def __init__(self, program, queue, batch, library):
        environment = dict(os.environ) | ({"LD_PRELOAD": str(library)} if library else {})
        command = [program, "queue", "write", "--path", queue, "--count", "100000000", "--batch", str(batch), "--print-acks"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        self.acked = []
        self.some = threading.Event()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # a line that was cut off was not said
                self.acked.append(line.decode().strip())
                self.some.set()

    def end(self):
        self.process.kill()
        self.reader.join()
        self.process.wait()
        return self.acked


def dump(program, queue):
    done = subprocess.run([program, "queue", "dump", "--path", queue], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the queue does not open after the cut: {done.stderr.strip()}")
    return [line.split()[0] for line in done.stdout.splitlines()]


def round_of_cuts(arguments, kind, folder, cuts, library=None, synced=False):
    """(acked, lost, doubled) over so many cuts."""
    chance = random.Random(arguments.seed)
    disk = Disk(kind, folder)
    queue = disk.at / "queue"
    acked, lost, doubled = set(), 0, 0
    try:
        for number in range(cuts):
            writer = Writer(arguments.program, queue, chance.choice([1, 8, 64]), library)
            writer.some.wait(30)
            if number % 2 == 0:
                time.sleep(chance.uniform(0, 0.15))
            # Stopped on its way back from the kernel: a sync that the cut catches may answer 0, and must not be said to anybody, as in a
            # machine without power.
            writer.process.send_signal(signal.SIGSTOP)
            if synced:
                disk.sync()
            disk.cut()
            said = writer.end()
            disk.unmount()
            disk.mount()
            doubled += len(said) - len(set(said)) + len(acked & set(said))
            acked |= set(said)
            try:
                there = dump(arguments.program, queue)
            except RuntimeError as error:
                if library is None:
                    raise
                print(f"  (without syncs: {error})", file=sys.stderr)
                lost += len(acked)
                break
            gone = acked - set(there)
            lost += len(gone)
            acked -= gone  # counted once
            doubled += len(there) - len(set(there))
    finally:
        disk.unmount()
        shutil.rmtree(disk.at)
        disk.image.unlink()
    return len(acked) + lost, lost, doubled


def why_not(kinds):
    if os.geteuid() != 0:
        return "needs root"
    if not os.path.exists("/dev/loop-control"):
        return "needs loop devices"
    missing = [kind for kind in kinds if shutil.which(f"mkfs.{kind}") is None]
    if missing:
        return f"needs mkfs.{missing[0]}"
    with tempfile.TemporaryDirectory(prefix="edgewise-crash-") as folder:
        try:
            Disk(kinds[0], pathlib.Path(folder)).unmount()
        except subprocess.CalledProcessError as error:
            return f"needs to mount a loop device: {error}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--fs", nargs="+", choices=["ext4", "xfs"], default=["ext4"])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    arguments = parser.parse_args()
    reason = why_not(arguments.fs)
    if reason:
        print(f"power_cuts: Skipped\nskipped: {reason}\n[  SKIPPED ] power_cuts")  # as GoogleTest says it, for tools/test
        return SKIPPED
    print(f"seed {arguments.seed}")
    failed = False
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgewise-crash-")))
        for kind in arguments.fs:
            acked, lost, doubled = round_of_cuts(arguments, kind, folder, arguments.cuts)
            print(f"S1 fs={kind} lost={lost} doubled={doubled} cuts={arguments.cuts} acked={acked}", flush=True)
            failed |= lost > 0 or doubled > 0 or acked == 0
            few = max(4, arguments.cuts // 10)
            acked, lost, _ = round_of_cuts(arguments, kind, folder, few, library=arguments.library)
            print(f"S1 control=no-sync fs={kind} lost={lost} cuts={few} acked={acked}", flush=True)
            failed |= lost == 0  # then the rig cannot tell
            acked, lost, _ = round_of_cuts(arguments, kind, folder, few, library=arguments.library, synced=True)
            print(f"S1 control=synced fs={kind} lost={lost} cuts={few} acked={acked}", flush=True)
            failed |= lost > 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
