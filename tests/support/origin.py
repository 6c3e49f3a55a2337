#!/usr/bin/env python3
"""A scripted HTTP/1.1 origin. It speaks on plain sockets so that it can lie.

Every path has a script: a list of `Answer`s, one a request, the last one for all that
follow. An origin that cuts once is [Answer(body, cut_after=N), Answer(body)]; one whose
content changes is [Answer(a), Answer(b)]. All requests are recorded with the body bytes
that really went out.

As a program it serves a folder:  origin.py --root DIR [--port N] [--rate 20MB]
"""
import argparse
import dataclasses
import os
import pathlib
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from bodies import MiB, Body, Throttle, as_body, parse_size  # noqa: E402

PHRASES = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 303: "See Other",
           304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 404: "Not Found",
           410: "Gone", 416: "Range Not Satisfiable", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}
CHECKSUM_FILE = re.compile(r"\.(tgz|tar\.\w+|zip|jar|war)\.(sha\w*|sha256\.txt|md5)(\?|$)")
LAST_MODIFIED = "Tue, 01 Oct 2024 10:00:00 GMT"


@dataclasses.dataclass
class Answer:
    """What one request gets. Without the lies: a well-behaved answer."""

    body: object = b""
    status: int = 200                # 200 becomes 206, 304 or 416 where the request asks for it
    etag: str | None = "auto"        # "auto": strong, from the content; None: no ETag
    last_modified: str | None = LAST_MODIFIED
    headers: dict = dataclasses.field(default_factory=dict)
    ranges: bool = True              # False: Range is ignored
    conditionals: bool = True        # False: never 304
    silent: bool = False             # the connection ends without an answer
    chunked: bool = False            # no Content-Length
    delay: float = 0                 # seconds before the head
    rate: int | None = None          # bytes a second on this connection
    cut_after: int | None = None     # body bytes of this answer, then the connection goes
    reset: bool = False              # ... with RST instead of FIN
    length: int | None = None        # the Content-Length claimed; the body goes out whole
    hold_at: int | None = None       # absolute offset to stop at until release() is called

    def __post_init__(self):
        self.body: Body = as_body(self.body)
        self._gate = threading.Event()
        if self.etag == "auto":
            self.etag = f'"{self.body.sha256[:16]}"' if self.body.size < 512 * MiB else f'"s{self.body.size}"'

    def release(self):
        self._gate.set()

    def wait_for_release(self):
        self._gate.wait(600)


@dataclasses.dataclass
class Seen:
    """One request as the origin saw it."""

    method: str
    path: str
    headers: dict                    # names in lower case
    status: int = 0
    sent: int = 0                    # body bytes written so far
    done: bool = False

    @property
    def range(self):
        return self.headers.get("range")


class Origin:
    """Listens at once, on a free port of loopback; `close` ends every connection."""

    def __init__(self, rate=None, port=0, root=None, host="127.0.0.1", reuse_port=False, certificate=None):
        """`certificate` is (certificate file, key file): the origin then speaks TLS."""
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self.throttle = Throttle(rate) if rate else None
        self.root = pathlib.Path(root).resolve() if root else None
        self._scripts, self._asked, self._seen = {}, {}, []
        self._changed = threading.Condition()
        self._connections, self._closed = set(), False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=1024, reuse_port=reuse_port)
        self.host, self.port = host, self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def name(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def url(self, path):
        return f"{'https' if self._tls else 'http'}://{self.name}{path}"

    def add(self, path, *script, **behaviour):
        """add(path, body, cut_after=...) or add(path, Answer(...), Answer(...)). Returns the first answer."""
        if len(script) != 1 or not isinstance(script[0], Answer):
            script = [s if isinstance(s, Answer) else Answer(s, **behaviour) for s in script or [b""]]
        with self._changed:
            self._scripts[path], self._asked[path] = list(script), 0
        return script[0]

    def requests(self, path=None, method=None):
        """Without a path: all but those for checksum files beside an archive."""
        with self._changed:
            return [s for s in self._seen if method in (None, s.method)
                    and (s.path == path if path else not CHECKSUM_FILE.search(s.path))]

    def checksum_requests(self):
        with self._changed:
            return [s for s in self._seen if CHECKSUM_FILE.search(s.path)]

    def gets(self, path=None):
        """GETs that began a body, resumes not counted."""
        return [s for s in self.requests(path, "GET") if not s.range]

    def resumes(self, path=None):
        return [s for s in self.requests(path, "GET") if s.range]

    def sent(self, path=None):
        return sum(s.sent for s in self.requests(path))

    def forget(self):
        with self._changed:
            self._seen = []

    def wait(self, condition, timeout=60):
        """Waits until condition(self) holds; it is looked at whenever something was sent."""
        end = time.monotonic() + timeout
        while not condition(self):
            assert time.monotonic() < end, "the origin waited in vain"
            with self._changed:
                self._changed.wait(0.05)

    def close(self):
        self._closed = True
        self._listener.close()
        with self._changed:
            open_now = list(self._connections)
            answers = [a for script in self._scripts.values() for a in script]
        for answer in answers:
            answer.release()
        for connection in open_now:
            _shut(connection)

    # ---- one connection ----

    def _accept(self):
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self._tls:
                with self._changed:
                    self._connections.discard(connection)
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._changed:
                    self._connections.add(connection)
            reader = connection.makefile("rb")
            while not self._closed:
                seen = _read_request(reader)
                if not seen or not self._respond(connection, seen):
                    break
        except (OSError, ValueError):
            pass  # the client went away, which scenarios do on purpose
        finally:
            with self._changed:
                self._connections.discard(connection)
                self._changed.notify_all()
            _shut(connection)

    def _respond(self, connection, seen):
        """Answers one request; false when the connection is to be closed."""
        answer = self._take_answer(seen)
        if answer.delay:
            time.sleep(answer.delay)
        if answer.silent:
            return False
        status, begin, end, headers = _head(answer, seen)
        seen.status = status
        lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Status')}"] + _lines(headers)
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        if seen.method == "HEAD" or status == 304:
            return True
        whole = self._send_body(connection, seen, answer, begin, end)
        seen.done = whole
        if not whole and answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return whole and answer.length is None and seen.headers.get("connection") != "close"

    def _take_answer(self, seen):
        with self._changed:
            self._seen.append(seen)
            self._changed.notify_all()
            script = self._scripts.get(seen.path)
            if script:
                number = self._asked[seen.path]
                self._asked[seen.path] = number + 1
                return script[min(number, len(script) - 1)]
        return self._from_root(seen.path) or Answer(b"not found\n", status=404, etag=None, last_modified=None)

    def _from_root(self, path):
        if not self.root:
            return None
        file = (self.root / urllib.parse.unquote(path.partition("?")[0]).lstrip("/")).resolve()
        if not file.is_relative_to(self.root) or not file.is_file():
            return None
        stat = file.stat()
        return Answer(file, etag=f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"')

    def _send_body(self, connection, seen, answer, begin, end):
        stops = end if answer.cut_after is None else min(end, begin + answer.cut_after)
        brakes = [b for b in (self.throttle, Throttle(answer.rate) if answer.rate else None) if b]
        step = min((b.step() for b in brakes), default=MiB)
        if answer.hold_at is not None and begin <= answer.hold_at < stops:
            self._send_span(connection, seen, answer, begin, answer.hold_at, step, brakes)
            answer.wait_for_release()
            begin = answer.hold_at
        self._send_span(connection, seen, answer, begin, stops, step, brakes)
        if stops == end and answer.chunked:
            connection.sendall(b"0\r\n\r\n")
        return stops == end

    def _send_span(self, connection, seen, answer, begin, end, step, brakes):
        if answer.body.path and not self._tls and not brakes and not answer.chunked:
            self._send_file(connection, seen, answer.body.path, begin, end)
            return
        for view in answer.body.views(begin, end, step):
            for brake in brakes:
                brake.take(len(view))
            connection.sendall(b"%x\r\n%b\r\n" % (len(view), view) if answer.chunked else view)
            self._count(seen, len(view))

    def _send_file(self, connection, seen, path, begin, end):
        with open(path, "rb") as file:
            while begin < end:
                count = os.sendfile(connection.fileno(), file.fileno(), begin, min(4 * MiB, end - begin))
                if not count:
                    return
                begin += count
                self._count(seen, count)

    def _count(self, seen, count):
        with self._changed:
            seen.sent += count
            self._changed.notify_all()


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


def _read_request(reader):
    line = reader.readline(65536).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    for raw in iter(lambda: reader.readline(65536), b"\r\n"):
        if not raw:
            return None
        name, _, value = raw.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Seen(line[0], line[1], headers)


def _lines(headers):
    """A value that is a list gives a line each."""
    return [f"{k}: {v}" for k, values in headers.items() for v in (values if isinstance(values, list) else [values])]


def _head(answer, seen):
    """(status, first body byte, end, headers) for the request, conditionals and ranges applied."""
    size = answer.body.size
    headers = {"Server": "origin", "Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())}
    headers |= {k: v for k, v in (("ETag", answer.etag), ("Last-Modified", answer.last_modified)) if v}
    status, begin, end = answer.status, 0, size
    if status == 200 and answer.conditionals and _not_modified(answer, seen.headers):
        return 304, 0, 0, headers | answer.headers
    if status == 200 and answer.ranges:
        headers["Accept-Ranges"] = "bytes"
        status, begin, end = _ranged(answer, seen.headers, size)
        if status == 206:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
        if status == 416:
            headers["Content-Range"] = f"bytes */{size}"
    if answer.chunked:
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(end - begin if answer.length is None else answer.length - begin)
    return status, begin, end, headers | answer.headers


def _not_modified(answer, headers):
    if "if-none-match" in headers:
        return answer.etag is not None and answer.etag in headers["if-none-match"]
    return answer.last_modified is not None and headers.get("if-modified-since") == answer.last_modified


def _ranged(answer, headers, size):
    if "if-range" in headers and headers["if-range"] not in (answer.etag, answer.last_modified):
        return 200, 0, size
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", headers.get("range", ""))
    if not match or match.group(0) == "bytes=-":
        return 200, 0, size
    first, last = match.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (206, begin, end) if begin < end else (416, 0, 0)


def main():
    parser = argparse.ArgumentParser(description="Serves a folder, slowly if asked to.")
    parser.add_argument("--root", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=parse_size, help="bytes a second over all connections, e.g. 20MB")
    options = parser.parse_args()
    origin = Origin(rate=options.rate, port=options.port, root=options.root)
    print(f"origin: http://{origin.name}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
