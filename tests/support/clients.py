"""Clients: real curl, a fast one for herds of hundreds, and one that reads slowly on purpose."""
import dataclasses
import hashlib
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.parse

SLOWDOWN = float(os.environ.get("STAGECACHE_TEST_SLOWDOWN", "1"))


@dataclasses.dataclass
class Curl:
    """What one run of curl came to."""

    code: int                # curl's exit code
    status: int
    headers: dict            # of the last response, names in lower case
    body: bytes | None       # None when it went to a file or nowhere
    sha256: str
    size: int
    first_byte: float        # seconds
    total: float
    errors: str


def curl_command(url, body_file, head_file, *arguments):
    report = "%{http_code} %{time_starttransfer} %{time_total}"
    return ["curl", "-sS", "--max-time", str(int(300 * SLOWDOWN)), "-o", str(body_file), "-D", str(head_file),
            "-w", report, *arguments, url]


class CurlRun:
    """A curl under way; `result` waits for it."""

    _numbers = iter(range(10**9))
    _lock = threading.Lock()

    def __init__(self, folder, url, *arguments):
        with self._lock:
            number = next(self._numbers)
        self._body = pathlib.Path(folder) / f"curl.{os.getpid()}.{number}.body"
        self._head = self._body.with_suffix(".head")
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self._process = subprocess.Popen(curl_command(url, self._body, self._head, *arguments), env=environment,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def received(self):
        return self._body.stat().st_size if self._body.exists() else 0

    def end(self):
        """The client goes away in the middle."""
        self._process.kill()
        self._process.wait()

    def result(self):
        report, errors = self._process.communicate()
        status, first, total = (report.split() + ["0", "0", "0"])[:3]
        body = self._body.read_bytes() if self._body.exists() else b""
        heads = self._head.read_text(errors="replace").strip().split("\n\n") if self._head.exists() else [""]
        lines = [line.partition(":") for line in heads[-1].replace("\r", "").splitlines()[1:]]
        for file in (self._body, self._head):
            file.unlink(missing_ok=True)
        return Curl(self._process.returncode, int(status), {n.strip().lower(): v.strip() for n, _, v in lines},
                    body if len(body) < 1 << 20 else None, hashlib.sha256(body).hexdigest(), len(body),
                    float(first), float(total), errors.strip())


@dataclasses.dataclass
class Fetched:
    status: int = 0
    headers: dict = dataclasses.field(default_factory=dict)
    sha256: str = ""
    size: int = 0
    complete: bool = False   # the body came whole by its Content-Length or last chunk
    first_byte: float = 0


class Raw:
    """One keep-alive connection on which requests are written as they are given."""

    def __init__(self, address, receive_buffer=None, timeout=120):
        host, _, port = address.rpartition(":")
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout * SLOWDOWN)
        self.socket.connect((host, int(port)))
        self._rest = b""

    def send(self, text):
        self.socket.sendall(text.encode("latin-1") if isinstance(text, str) else text)

    def get(self, target, *fields, method="GET", host="cache"):
        self.send("\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]) + "\r\n\r\n")

    def head(self):
        """(status, reason, headers) of the next response."""
        while b"\r\n\r\n" not in self._rest:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError(f"closed before a head: {self._rest[:200]!r}")
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        _, status, *reason = first.split(" ", 2)
        headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        return int(status), "".join(reason), headers

    def body(self, length, into=None):
        """Reads `length` bytes; fewer when the connection ends. Feeds a digest, returns the count."""
        got, buffer = 0, bytearray(256 << 10)
        while got < length:
            if self._rest:
                piece, self._rest = self._rest[:length - got], self._rest[length - got:]
            else:
                try:
                    count = self.socket.recv_into(buffer, min(len(buffer), length - got))
                except ConnectionError:
                    return got
                if not count:
                    return got
                piece = memoryview(buffer)[:count]
            got += len(piece)
            if into is not None:
                into.update(piece)
        return got

    def waiting(self):
        """Bytes that came with the head and that nobody has asked for yet."""
        return len(self._rest)

    def text(self, headers):
        chunks = _Collect()
        self.body(int(headers.get("content-length", "0")), chunks)
        return chunks.data.decode("latin-1")

    def at_end(self):
        """True when the other side has closed (waits for it)."""
        try:
            return not self._rest and self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()


class _Collect:
    def __init__(self):
        self.data = b""

    def update(self, piece):
        self.data += bytes(piece)


def fetch(url, timeout=300):
    """GETs a URL whose answer has a Content-Length, digesting the body as it comes."""
    parts, result, digest = urllib.parse.urlsplit(url), Fetched(), hashlib.sha256()
    connection = Raw(parts.netloc, timeout=timeout)
    began = time.monotonic()
    try:
        connection.get(parts.path, host=parts.netloc)
        result.status, _, result.headers = connection.head()
        result.first_byte = time.monotonic() - began
        length = int(result.headers["content-length"])
        result.size = connection.body(length, digest)
        result.complete, result.sha256 = result.size == length, digest.hexdigest()
    except (OSError, ValueError):
        pass
    finally:
        connection.close()
    return result


def at_once(jobs):
    """Runs callables in a thread each, all released by one barrier; their results in order."""
    results, start = [None] * len(jobs), threading.Barrier(len(jobs))

    def run(index):
        start.wait()
        results[index] = jobs[index]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class SlowReaders:
    """Many connections that ask for big files and take `sip` bytes each, in turns, for as long as it runs."""

    def __init__(self, address, targets, count, sip=16 << 10, round_seconds=1.0):
        self._sip, self._round, self._stop = sip, round_seconds, threading.Event()
        self.received = [0] * count
        self.failed = 0
        self._connections = [self._open(address, targets[i % len(targets)]) for i in range(count)]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _open(self, address, target):
        connection = Raw(address, receive_buffer=32 << 10)
        connection.get(target)
        connection.socket.setblocking(False)
        return connection

    def _run(self):
        while not self._stop.is_set():
            began = time.monotonic()
            for index, connection in enumerate(self._connections):
                self._take(index, connection)
            self._stop.wait(max(0.0, self._round - (time.monotonic() - began)))

    def _take(self, index, connection):
        try:
            piece = connection.socket.recv(self._sip)
            self.received[index] += len(piece)
            self.failed += not piece
        except BlockingIOError:
            pass
        except OSError:
            self.failed += 1

    def close(self):
        self._stop.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()
