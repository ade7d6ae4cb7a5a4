"""Runs test cases of unittest against `edgewise score serve` with the repository of models.py, and once more against wrong models.

A run passes if every case passes, as many as promised have run, none was skipped, the server ends with 0 on SIGTERM, and every case that
scores (its name begins with test_infer) fails against the repository whose models answer something else.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import models

SECONDS = 60  # of patience: the machine may be busy


class Served:
    """One server process. `http` and `grpc` are "127.0.0.1:PORT"."""

    def __init__(self, program, repository, *options):
        command = [program, "score", "serve", "--repository", repository, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        late = threading.Timer(SECONDS, self.process.kill)
        late.start()
        line = self.process.stdout.readline()
        late.cancel()
        ready = re.match(r"ready http=(\S+) grpc=(\S+) models=(\d+)", line)
        if not ready:
            self.process.kill()
            raise RuntimeError(f"{program} said {line!r} instead of being ready")
        self.http, self.grpc, self.models = ready[1], ready[2], int(ready[3])

    def stop(self):
        """The exit status after SIGTERM."""
        self.process.terminate()
        late = threading.Timer(SECONDS, self.process.kill)
        late.start()
        status = self.process.wait()
        late.cancel()
        self.process.stdout.close()
        return status


class Case(unittest.TestCase):
    served = None  # set by main()

    def close_to(self, got, wanted):
        self.assertIsNotNone(got)
        self.assertEqual(got.shape, wanted.shape)
        self.assertEqual(got.dtype, wanted.dtype)
        worst = abs(got - wanted).max()
        self.assertLess(worst, 1e-5)

    def same(self, got, wanted):
        """Equal in shape, type and every byte."""
        self.assertIsNotNone(got)
        self.assertEqual(got.dtype, wanted.dtype)
        self.assertEqual(got.shape, wanted.shape)
        if wanted.dtype == object:
            self.assertEqual(got.tolist(), wanted.tolist())
        else:
            self.assertEqual(got.tobytes(), wanted.tobytes())


def names(suite):
    for each in suite:
        yield from names(each) if isinstance(each, unittest.TestSuite) else [each._testMethodName]


def run(program, cases, wrong):
    """The result of one run, and the server's exit status."""
    loader = unittest.TestLoader()
    if wrong:
        loader.testMethodPrefix = "test_infer"
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in cases)
    count = len(list(names(suite)))
    with tempfile.TemporaryDirectory(prefix="edgewise-clients-") as folder:
        models.write_repository(folder, wrong)
        Case.served = Served(program, folder)
        try:
            with open("/dev/null", "w") as nowhere:
                result = unittest.TextTestRunner(stream=nowhere if wrong else sys.stderr, verbosity=2).run(suite)
        finally:
            status = Case.served.stop()
    return result, count, status


def main(cases, promised):
    program = str(pathlib.Path(sys.argv[1]).resolve())
    result, count, status = run(program, cases, wrong=False)
    faults = [] if result.wasSuccessful() and not result.skipped else ["a case failed or was skipped"]
    if not result.testsRun == count == promised:
        faults.append(f"{result.testsRun} of {count} cases have run, {promised} were promised")
    if status != 0:
        faults.append(f"the server ended with {status} on SIGTERM")
    planted, count, _ = run(program, cases, wrong=True)
    noticed = {test.id().split(" ")[0] for test, _ in planted.failures + planted.errors if hasattr(test, "id")}
    if len(noticed) != count or count == 0:
        faults.append(f"only {len(noticed)} of {count} cases notice wrong models: {sorted(noticed)}")
    for fault in faults:
        print(f"clients: {fault}", file=sys.stderr)
    print(f"clients: {result.testsRun} cases, {len(faults)} faults; {count} of them notice wrong models")
    return 1 if faults else 0
