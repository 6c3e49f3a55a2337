"""Bodies an origin can serve without keeping them, and the brakes to serve them slowly.

A `Made` body is the same incompressible bytes at every run for one seed, of any size,
without a file: block i of 1 MiB is one fixed random block stamped with seed and i.
"""
import hashlib
import os
import pathlib
import random
import struct
import threading
import time

KiB, MiB, GiB = 1 << 10, 1 << 20, 1 << 30
MB = 1_000_000
_BLOCK = random.Random(20).randbytes(MiB)


def parse_size(text):
    """'20MB' -> 20000000, '4KiB' -> 4096, '17' -> 17."""
    units = {"KiB": KiB, "MiB": MiB, "GiB": GiB, "kB": 1000, "KB": 1000, "MB": MB, "GB": 10**9, "B": 1, "": 1}
    digits = text.rstrip("KMGikB")
    return int(float(digits) * units[text[len(digits):].strip()])


class Body:
    """Bytes with a size and a digest. `views(begin, end, step)` yields them in order."""

    size = 0
    path = None
    _sha256 = None

    def views(self, begin, end, step):
        raise NotImplementedError

    @property
    def sha256(self):
        if self._sha256 is None:
            digest = hashlib.sha256()
            for view in self.views(0, self.size, MiB):
                digest.update(view)
            self._sha256 = digest.hexdigest()
        return self._sha256

    def bytes(self):
        return b"".join(bytes(v) for v in self.views(0, self.size, MiB))


class Given(Body):
    def __init__(self, data):
        self.data = data if isinstance(data, bytes) else data.encode()
        self.size = len(self.data)

    def views(self, begin, end, step):
        whole = memoryview(self.data)
        for at in range(begin, end, step):
            yield whole[at:min(at + step, end)]


class Made(Body):
    def __init__(self, size, seed=0):
        self.size, self.seed = int(size), seed

    def _block(self, index):
        block = bytearray(_BLOCK)
        block[:16] = struct.pack(">QQ", self.seed, index)
        return memoryview(block)

    def views(self, begin, end, step):
        at = begin
        while at < end:
            index, inside = divmod(at, MiB)
            block = self._block(index)
            stop = min(MiB, inside + end - at)
            for piece in range(inside, stop, step):
                yield block[piece:min(piece + step, stop)]
            at += stop - inside


class File(Body):
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.size = self.path.stat().st_size

    def views(self, begin, end, step):
        with open(self.path, "rb") as file:
            file.seek(begin)
            for at in range(begin, end, step):
                yield file.read(min(step, end - at))


def as_body(value):
    if isinstance(value, Body):
        return value
    return File(value) if isinstance(value, os.PathLike) else Given(value)


class Throttle:
    """A token bucket of `rate` bytes a second that allows bursts of 20 ms."""

    def __init__(self, rate):
        self.rate = rate
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def take(self, count):
        """Waits until `count` bytes may go."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - 0.02) + count / self.rate
            wait = self._next - now
        if wait > 0:
            time.sleep(wait)

    def step(self):
        return max(1024, min(256 * KiB, int(self.rate / 50)))
