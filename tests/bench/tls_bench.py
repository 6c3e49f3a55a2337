#!/usr/bin/env python3
"""What does TLS cost a hit? The same daemon, plain and over TLS, in one run.

    tls_bench.py [--binary PATH] [--connections 1,16] [--seconds 2] [--repeats 3] [--size 200MB]

The client shakes hands, asks for the file many times over on each connection, and lets the kernel
throw away what comes, still encrypted: what is measured is the server. The table shows medians: GB/s
on the wire, and CPU seconds of the server a GB.
"""
import argparse
import pathlib
import shutil
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from bodies import Made, MiB, parse_size  # noqa: E402
from certificates import Authority  # noqa: E402
from daemon import Daemon  # noqa: E402
from origin import Origin  # noqa: E402
from sampling import cpu_seconds  # noqa: E402
from tls import tls_sections  # noqa: E402

FILE = "/file.tgz"
REQUESTS = 40  # a connection: more than it can be sent in the time


def open_connection(address, request, authority, version):
    """A socket on whose far end the server has everything to send."""
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host, int(port)))
    if not authority:
        connection.sendall(request)
        return connection
    context = ssl.create_default_context(cafile=str(authority.file))
    context.minimum_version = context.maximum_version = version
    wrapped = context.wrap_socket(connection, server_hostname="localhost")
    wrapped.sendall(request)
    return socket.socket(fileno=wrapped.detach())


def discard(connection, until):
    total = 0
    while time.monotonic() < until:
        got = len(connection.recv(MiB, socket.MSG_TRUNC))
        if not got:
            raise ConnectionError("the server closed the connection")
        total += got
    return total


def measure(daemon, address, path, count, options, authority=None, version=None):
    """(GB/s, CPU seconds a GB) of `count` connections."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * REQUESTS
    connections = [open_connection(address, request, authority, version) for _ in range(count)]
    totals, before, began = [0] * count, cpu_seconds([daemon.pid]), time.monotonic()

    def run(index):
        totals[index] = discard(connections[index], began + options.seconds)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total, took = sum(totals), time.monotonic() - began
    cost = (cpu_seconds([daemon.pid]) - before) / (total / 1e9)
    for connection in connections:
        connection.close()
    return total / took / 1e9, cost


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=lambda p: pathlib.Path(p).resolve(), default="build/release/src/stagecache")
    parser.add_argument("--connections", type=lambda t: [int(n) for n in t.split(",")], default=[1, 16])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--size", type=parse_size, default=200_000_000)
    options = parser.parse_args()
    folder, origin, daemon = pathlib.Path(tempfile.mkdtemp(prefix="stagecache-bench-")), Origin(), None
    try:
        origin.add(FILE, Made(options.size, seed=1), headers={"Cache-Control": "max-age=3600"})
        authority = Authority(folder / "ca")
        sections = tls_sections([authority.issue("server", "localhost")])
        daemon = Daemon(options.binary, folder, [origin], {**sections, "store": {"memory": "512MiB"}}).start()
        assert daemon.wait_job(daemon.warm([{"url": origin.url(FILE)}]))["state"] == "ready"
        path = f"/mirror/{origin.name}{FILE}"
        rows = {"plain": (daemon.data,), "TLS 1.2": (daemon.data_tls, authority, ssl.TLSVersion.TLSv1_2),
                "TLS 1.3": (daemon.data_tls, authority, ssl.TLSVersion.TLSv1_3)}
        cells = {}
        for count in options.connections:
            for _ in range(options.repeats):
                for name, (address, *security) in rows.items():
                    cells.setdefault((name, count), []).append(
                        measure(daemon, address, path, count, options, *security))
        print("| GB/s (CPU s/GB) | " + " | ".join(f"{c} conn." for c in options.connections) + " |")
        print("|---" * (len(options.connections) + 1) + "|")
        for name in rows:
            medians = [[statistics.median(cell[i] for cell in cells[name, c]) for i in (0, 1)]
                       for c in options.connections]
            print(f"| {name} | " + " | ".join(f"{speed:.2f} ({cost:.3f})" for speed, cost in medians) + " |")
    finally:
        if daemon:
            daemon.stop()
        origin.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
