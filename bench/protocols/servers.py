"""The three servers: edgewise, nginx with a fixed answer, and an echo on the gRPC library. Each on the server's core."""
import http.client
import json
import re
import select
import subprocess
import tempfile
import time

from processes import SERVER_CORE, Process, free_port

NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 2000000000; keepalive_timeout 3600s; client_max_body_size 0; client_body_buffer_size 1m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi; default_type application/json;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }}
}}
"""


class NotThere(Exception):
    """This program has no such option. Whatever it has and fails at is a RuntimeError: a server that is broken must not read as a gap."""


def call(address, method, path, body=None, timeout=30):
    """(status, body) of one request on a connection of its own."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def read_line(stream, seconds):
    ready, _, _ = select.select([stream], [], [], seconds)
    return stream.readline().strip() if ready else ""


class Nginx(Process):
    def __init__(self, folder):
        folder.mkdir()
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        super().__init__(["nginx", "-e", folder / "error.log", "-p", folder, "-c", folder / "nginx.conf"], SERVER_CORE,
                         stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                call(self.address, "GET", "/")
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"nginx does not answer: {(folder / 'error.log').read_text().strip()}")


class GrpcEcho(Process):
    def __init__(self, program):
        self.grpc = f"127.0.0.1:{free_port()}"
        super().__init__([program, "echo", self.grpc], SERVER_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if read_line(self.child.stdout, 10) != "ready":
            self.stop()
            raise RuntimeError("the gRPC echo does not start")


def options_of(program):
    return subprocess.run([program, "score", "serve", "--help"], capture_output=True, text=True, check=True).stdout


class Edgewise(Process):
    """`edgewise score serve` on a repository. Raises RuntimeError when it does not start, or does not serve what is in it."""

    def __init__(self, program, repository, model, options=()):
        self.model = model
        http_address, grpc_address = (f"127.0.0.1:{free_port()}" for _ in range(2))
        command = ["--repository", repository, "--http", http_address, "--grpc", grpc_address, *options]
        self.grpc = grpc_address
        self.address = http_address
        self.started = time.perf_counter()
        self.log = tempfile.TemporaryFile("w+")  # not a pipe, which would fill
        super().__init__([program, "score", "serve", *command], SERVER_CORE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = read_line(self.child.stdout, 120)
        if not re.match(r"ready\b", line):
            super().stop()
            self.log.seek(0)
            complaint = self.log.read().strip()
            self.log.close()
            raise RuntimeError(f"does not serve {model}: {line or complaint or 'not ready within 120 s'}")

    def stop(self):
        super().stop()
        self.log.close()

    def metadata(self, model=None):
        status, body = call(self.address, "GET", f"/v2/models/{model or self.model}")
        if status != 200:
            raise RuntimeError(f"GET /v2/models/{model or self.model} answers {status}: {body[:200].decode(errors='replace')}")
        return json.loads(body)
