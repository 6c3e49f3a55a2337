#!/usr/bin/env python3
"""How fast are hits? This daemon, nginx, Varnish and a bare send loop, in one run.

    hit_bench.py [--binary PATH] [--connections 1,16,64,256] [--seconds 2] [--repeats 3] [--size 200MB]

Every server sends the same 200 MB to a client that discards it in the kernel. The cells of
one number of connections are measured in turn, several times over, so that a slow moment of
the machine hits all alike; the table shows medians: GB/s, and CPU seconds of the server a GB.
A server that is not installed is left out and said so.
"""
import argparse
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from bodies import Made, MiB, parse_size  # noqa: E402
from daemon import Daemon  # noqa: E402
from origin import Origin  # noqa: E402
from sampling import cpu_seconds  # noqa: E402

FILE = "/file.tgz"
MEMORY = "512MiB"  # holds the file in every server that keeps it in memory


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def build(folder, name):
    program = folder / name
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-pthread", "-o", program, HERE / f"{name}.c"],
                   check=True)
    return str(program)


def descendants(pid):
    """The process and all its children."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += descendants(int(child))
    return found


class Server:
    """A process that serves `path` on `port` of loopback."""

    def __init__(self, name, command, port, path, cwd=None):
        self.name, self.port, self.path = name, port, path
        self._process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self._process.poll() is not None:
                    sys.exit(f"{self.name} ended: {self._process.stderr.read().decode()[-500:]}")
                time.sleep(0.05)
        sys.exit(f"{self.name} does not listen")

    def pids(self):
        return descendants(self._process.pid)

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Stagecache(Server):
    def __init__(self, binary, folder, origin):
        self.name = "stagecache"
        self._daemon = Daemon(binary, folder, [origin], {"store": {"memory": MEMORY}}).start()
        self.port, self.path = int(self._daemon.data.rpartition(":")[2]), f"/mirror/{origin.name}{FILE}"
        job = self._daemon.warm([{"url": origin.url(FILE)}])
        assert self._daemon.wait_job(job)["state"] == "ready"

    def pids(self):
        return [self._daemon.pid]

    def close(self):
        self._daemon.stop()


def nginx(name, folder, locations):
    """An nginx with one server; everything of its own lies in `folder`."""
    port = free_port()
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 2048; }}\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; {temporary}\n"
        f"proxy_cache_path {folder}/cache keys_zone=all:1m max_size=1g;\n"
        f"server {{ listen 127.0.0.1:{port} backlog=1024; {locations} }} }}\n")
    return Server(name, ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"], port,
                  FILE).wait()


def varnish(folder, origin):
    port = free_port()
    command = ["varnishd", "-F", "-j", "none", "-n", folder / "varnish", "-a", f"127.0.0.1:{port}",
               "-b", origin.name, "-s", f"malloc,{MEMORY.removesuffix('iB')}", "-t", "3600",
               "-p", "thread_pool_min=150", "-p", "thread_pool_max=600"]
    return Server("Varnish, malloc", command, port, FILE).wait(60)


def loop(program, size):
    process = subprocess.Popen([program, str(size)], stdout=subprocess.PIPE)
    server = Server.__new__(Server)
    server.name, server.port, server.path = "bare send loop", int(process.stdout.readline()), FILE
    server._process = process
    return server


def start_all(folder, options, origin, file):
    """The servers to measure, each with the file already in it."""
    servers, missing = [], []
    if os.access(options.binary, os.X_OK):
        servers.append(Stagecache(options.binary, folder, origin))
    else:
        missing.append(options.binary)
    if shutil.which("nginx"):
        proxied = f"location / {{ proxy_pass http://{origin.name}; proxy_cache all; proxy_cache_valid 200 1h; }}"
        servers.append(nginx("nginx proxy_cache", folder / "nginx-cache", proxied))
        servers.append(nginx("nginx file, sendfile", folder / "nginx-file", f"root {file.parent};"))
    else:
        missing.append("nginx")
    if shutil.which("varnishd"):
        servers.append(varnish(folder, origin))
    else:
        missing.append("varnishd")
    servers.append(loop(build(folder, "send_loop"), file.stat().st_size))
    for name in missing:
        print(f"left out, not there: {name}")
    return servers


def measure(client, server, connections, seconds):
    """(GB/s, CPU seconds a GB) of one cell."""
    pids = server.pids()
    before = cpu_seconds(pids)
    done = subprocess.run([client, str(server.port), server.path, str(connections), str(seconds)],
                          capture_output=True, text=True, timeout=seconds + 60, check=True)
    total, took, errors = (float(word) for word in done.stdout.split())
    if errors or not total:
        sys.exit(f"{server.name}: {errors:.0f} errors at {connections} connections")
    return total / took / 1e9, (cpu_seconds(pids) - before) / (total / 1e9)


def measure_all(client, servers, options):
    """{(server, connections): [(GB/s, CPU)...]}, interleaved."""
    cells = {}
    for server in servers:
        measure(client, server, 1, 0.5)  # warm: fills what is not filled yet
    for connections in options.connections:
        for _ in range(options.repeats):
            for server in servers:
                result = measure(client, server, connections, options.seconds)
                cells.setdefault((server.name, connections), []).append(result)
    return cells


def print_table(cells, servers, counts):
    def median(name, count, index):
        return statistics.median(cell[index] for cell in cells[name, count])

    print("\n| GB/s (CPU s/GB) | " + " | ".join(f"{c} conn." for c in counts) + " |")
    print("|---" * (len(counts) + 1) + "|")
    for server in servers:
        row = [f"{median(server.name, c, 0):.2f} ({median(server.name, c, 1):.3f})" for c in counts]
        print(f"| {server.name} | " + " | ".join(row) + " |")
    if servers[0].name == "stagecache":
        ratios = [median("stagecache", c, 0) / median("bare send loop", c, 0) for c in counts]
        print("| stagecache / loop | " + " | ".join(f"{r:.2f}" for r in ratios) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/src/stagecache")
    parser.add_argument("--connections", type=lambda t: [int(n) for n in t.split(",")], default=[1, 16, 64, 256])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--size", type=parse_size, default=200_000_000)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that everything is tidied up
    folder, servers = pathlib.Path(tempfile.mkdtemp(prefix="stagecache-bench-")), []
    origin = Origin()
    try:
        body, file = Made(options.size, seed=1), folder / "www" / FILE.lstrip("/")
        file.parent.mkdir()
        with open(file, "wb") as out:
            out.writelines(body.views(0, body.size, MiB))
        origin.add(FILE, file, headers={"Cache-Control": "max-age=3600"})
        client = build(folder, "discard_client")
        servers = start_all(folder, options, origin, file)
        cells = measure_all(client, servers, options)
        print_table(cells, servers, options.connections)
    finally:
        for server in servers:
            server.close()
        origin.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
