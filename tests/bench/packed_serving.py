"""Rows on serving releases that lie packed only: whole, first byte, and a range in the middle."""
import dataclasses
import os
import pathlib
import socket
import statistics
import time

from clients import Raw
from packed_lab import MB
from sampling import cpu_seconds

FIRST_BYTE_MS = 100
RANGE_BYTES = 1 << 20
RANGE_READS_MIB = 24    # segment, its windows of the base, both indexes
REPEATS = 3


@dataclasses.dataclass
class Run:
    """One whole GET of what is not in the daemon's memory in any form."""

    speed: float        # MB/s by the clock
    cpu_speed: float    # MB a CPU second of the daemon: what one core would give that nobody else wants
    first_byte_ms: float


def request(lab, name, *fields):
    """(connection, length) of an answer from the packed form, of which no body byte has been read by us."""
    connection = Raw(lab.daemon.data)
    connection.get(lab.target(name), *fields)
    status, _, headers = connection.head()
    assert status in (200, 206) and headers["x-stagecache"] == "packed", (status, headers)
    return connection, int(headers["content-length"])


def discard(connection, length):
    """Lets the kernel throw the body away: the client costs next to nothing."""
    left = length - connection.waiting()
    while left > 0:
        got = len(connection.socket.recv(min(left, 1 << 20), socket.MSG_TRUNC))
        assert got, f"the body ended {left} bytes early"
        left -= got
    connection.close()


def whole(lab, name, other, *prefix):
    """Of a daemon that has just started and served `other`: its caches have their size, but hold nothing rebuilt of `name`."""
    lab.restart(*prefix)
    timed(lab, other)
    return timed(lab, name)


def timed(lab, name):
    cpu, began = cpu_seconds([lab.daemon.pid]), time.monotonic()
    connection, length = request(lab, name)
    if not connection.waiting():
        connection.socket.recv(1, socket.MSG_PEEK)
    first = time.monotonic() - began
    discard(connection, length)
    took, cpu = time.monotonic() - began, cpu_seconds([lab.daemon.pid]) - cpu
    return Run(length / took / MB, length / cpu / MB, first * 1000)


def read_by(pid):
    """Bytes that the process has read by system calls, from disk or the kernel's cache."""
    fields = dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields["rchar"])


def cores():
    return sorted(os.sched_getaffinity(0))


def serve_rows(table, lab, first, name, bar):
    """`first` is the keyframe of `name`; `bar` in MB/s for both."""
    lab.leave_no_room()
    whole_rows(table, lab, first, name, bar)
    whole_rows(table, lab, name, first, bar)
    cold = []
    for _ in range(REPEATS):
        lab.restart()
        cold.append(timed(lab, name).first_byte_ms)
    table.add("first byte, cold", name, f"{statistics.median(cold):.1f} ms, at most {max(cold):.1f} ms",
              f"< {FIRST_BYTE_MS} ms", max(cold) < FIRST_BYTE_MS)
    range_row(table, lab, name)


def whole_rows(table, lab, release, other, bar):
    """The runs on one core and on two, in turn, so that what else the machine does hits both alike."""
    ours = cores()
    one, two = [], []
    for _ in range(REPEATS):
        os.sched_setaffinity(0, ours[1:] or ours)
        one.append(whole(lab, release, other, "taskset", "-c", str(ours[0])))
        os.sched_setaffinity(0, ours)
        two.append(whole(lab, release, other))
    by_cpu = statistics.median(run.cpu_speed for run in one)
    by_clock = [max(run.speed for run in runs) for runs in (one, two)]
    table.add("whole file, one core", release, f"{by_cpu:.0f} MB a CPU second, {by_clock[0]:.0f} MB/s by the clock",
              f">= {bar} MB/s", max(by_cpu, by_clock[0]) >= bar)
    table.add("whole file, two cores", release, f"{by_clock[1]:.0f} MB/s by the clock", f"> {by_clock[0]:.0f} MB/s",
              len(ours) < 2 or by_clock[1] > by_clock[0])


def range_row(table, lab, name):
    lab.restart()
    middle = lab.archives[name].size // 2
    before, began = read_by(lab.daemon.pid), time.monotonic()
    connection, length = request(lab, name, f"Range: bytes={middle}-{middle + RANGE_BYTES - 1}")
    discard(connection, length)
    took, read = time.monotonic() - began, read_by(lab.daemon.pid) - before
    table.add("1 MiB in the middle, cold", name, f"reads {read / (1 << 20):.1f} MiB, {took * 1000:.0f} ms",
              f"<= {RANGE_READS_MIB} MiB read", read <= RANGE_READS_MIB << 20)
