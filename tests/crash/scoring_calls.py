#!/usr/bin/env python3
"""Shows with strace that a site's scoring thread makes no call on a file while its disk is full and scores that wait for nothing go on.

Runs the site's own test of that (DurabilityTest in site_test), finds the thread that answers requests - the one that accepts connections
and receives most - and looks at each of its calls from the first such request on; reading and writing is allowed on sockets and on what wakes threads alone. Control:
the other threads do make such calls, so the tracing shows them.

Prints one line: S11 requests=450 file-calls=0 others=312. Exit code: 0; 1 there were some, or the control failed; 77 skipped: needs strace
and the right to trace. Usage: scoring_calls.py SITE_TEST
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
ON_FILES = {"openat", "open", "creat", "pread64", "pwrite64", "preadv", "pwritev", "fdatasync", "fsync", "ftruncate", "rename", "renameat2",
            "unlink", "unlinkat", "link", "mkdir", "newfstatat", "fstat", "statx", "getdents64", "fcntl"}
ON_ANYTHING = {"read", "write", "readv", "writev"}
NO_FILE = re.compile(r"\(\d+<(socket|anon_inode|TCP|UNIX|pipe)")
CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?([a-z0-9_]+)(\(.*| resumed.*)$")


def calls(trace):
    """Thread, name and arguments of each call; of one that was interrupted by others in the trace, both halves."""
    for line in trace.read_text(errors="replace").splitlines():
        if found := CALL.match(line):
            yield found.groups()


def on_file(name, arguments):
    if arguments.startswith(" resumed"):
        return False  # its first half was looked at
    return name in ON_FILES or (name in ON_ANYTHING and not NO_FILE.match(arguments))


def main():
    try:
        able = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        able = False
    if not able:
        print("skipped: needs strace, and the right to trace (ptrace)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        trace = pathlib.Path(folder) / "trace"
        test = [sys.argv[1], "--gtest_filter=DurabilityTest.OnAFullDiskScoresGoOnAndTheSiteRecoversByItself"]
        ran = subprocess.run(["strace", "-f", "-qq", "-y", "-o", str(trace), *test], capture_output=True, text=True, timeout=240)
        if ran.returncode != 0 or "[  PASSED  ] 1 test" not in ran.stdout:
            print(ran.stdout + ran.stderr)
            return 1
        made = list(calls(trace))
    main_thread = made[0][0]
    received = collections.Counter(thread for thread, name, arguments in made
                                   if name == "recvfrom" and arguments.startswith("(") and thread != main_thread)
    scoring, requests = received.most_common(1)[0]
    own = [(name, arguments) for thread, name, arguments in made if thread == scoring]
    first = next(i for i, (name, arguments) in enumerate(own) if name == "recvfrom" and "durability=none" in arguments)
    wrong = [(name, arguments) for name, arguments in own[first:] if on_file(name, arguments)]
    others = sum(1 for thread, name, arguments in made if thread not in (scoring, main_thread) and on_file(name, arguments))
    for name, arguments in wrong[:10]:
        print(name + arguments)
    print(f"S11 requests={requests} file-calls={len(wrong)} others={others}")
    return 0 if not wrong and requests > 50 and others > 20 else 1


if __name__ == "__main__":
    sys.exit(main())
