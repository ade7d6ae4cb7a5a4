#!/usr/bin/env python3
"""Starts Azurite, the emulator of Azure Blob Storage, on a free port of loopback in a folder of its own, runs a command and stops it by pid.
The command finds the account in EDGEWISE_AZURE_ACCOUNT: http://127.0.0.1:PORT/devstoreaccount1?SAS. With --container one is made, and its
URL is the command's last argument. Exits as the command does. Usage: azurite.py [--container] COMMAND...
"""
import base64
import contextlib
import datetime
import hashlib
import hmac
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ACCOUNT = "devstoreaccount1"
# Azurite's own, the same everywhere and published with it: no secret.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2021-12-02"
PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build/npm/azurite/node_modules/azurite/dist/src/blob/main.js"


def signature():
    """An account SAS for containers and blobs, for a day. learn.microsoft.com/rest/api/storageservices/create-account-sas"""
    expiry = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"sp": "rwlc", "ss": "b", "srt": "sco", "st": "", "se": expiry, "sip": "", "spr": "https,http", "sv": VERSION, "ses": ""}
    text = "\n".join([ACCOUNT, *fields.values()]) + "\n"
    digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    query = {name: value for name, value in fields.items() if value}
    return urllib.parse.urlencode({**query, "sig": base64.b64encode(digest).decode()})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_open(port, server, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    sys.exit(f"azurite.py: Azurite does not listen on port {port} within {seconds} s (exit code {server.poll()})")


def make_container(url):
    request = urllib.request.Request(url + "&restype=container", method="PUT", headers={"x-ms-version": VERSION})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).close()


def run(command, container):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="edgewise-azurite-") as folder:
        server = subprocess.Popen(["node", PROGRAM, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--location", folder,
                                   "--blobHost", "127.0.0.1", "--blobPort", str(port)], stdout=subprocess.DEVNULL, cwd=folder)
        try:
            wait_until_open(port, server)
            base, sas = f"http://127.0.0.1:{port}/{ACCOUNT}", signature()
            if container:
                make_container(f"{base}/line?{sas}")
                command = [*command, f"{base}/line?{sas}"]
            return subprocess.run(command, env={**os.environ, "EDGEWISE_AZURE_ACCOUNT": f"{base}?{sas}"}, check=False).returncode
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with_container = arguments[:1] == ["--container"]
    if len(arguments) <= with_container:
        sys.exit(__doc__)
    sys.exit(run(arguments[with_container:], with_container))
