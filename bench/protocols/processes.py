"""Programs that are measured or measure: started on one core, asked for their CPU time and memory, stopped by their id."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess

ALL_CORES = os.sched_getaffinity(0)
SERVER_CORE = min(ALL_CORES)
LOAD_CORE = max(ALL_CORES)
TICK = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def on_core(core):
    """What is started inside inherits the core, without another program in between."""
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL_CORES)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A child on one core. Use it with `with`: it is gone afterwards, killed if it does not end within 10 s of SIGTERM."""

    def __init__(self, command, core, **options):
        with on_core(core):
            self.child = subprocess.Popen([str(word) for word in command], **options)
        self.folder = pathlib.Path("/proc") / str(self.child.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            if pipe:
                pipe.close()

    def cpu_seconds(self):
        """Of all threads that live, to the nanosecond: /proc/PID/stat counts in ticks of 10 ms."""
        spent = 0
        for task in self.folder.glob("task/*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                spent += int(task.read_text().split()[0])
        return spent / 1e9

    def memory(self, line):
        """Bytes of a line of /proc/PID/status: VmRSS now, VmHWM at the highest."""
        for text in (self.folder / "status").read_text().splitlines():
            if text.startswith(line + ":"):
                return int(text.split()[1]) * 1024
        raise RuntimeError(f"no {line} of process {self.child.pid}")


def core_busy_seconds(core):
    """What the core did but idle, whoever asked for it."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        words = line.split()
        if words[0] == f"cpu{core}":
            return (sum(map(int, words[1:9])) - int(words[4]) - int(words[5])) / TICK
    raise RuntimeError(f"no core {core} in /proc/stat")


def run(command, core, timeout=120):
    """A tool's standard output. Raises RuntimeError with what it said when it fails."""
    with on_core(core):
        done = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, complaint = done.communicate(timeout=timeout)
    except BaseException:
        done.kill()
        done.communicate()
        raise
    if done.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(command[0]).name} failed ({done.returncode}): {(complaint or output).strip()[-500:]}")
    return output
