"""Malformed and smuggling requests: one answer, a closed connection, nothing behind it answered."""
import re
import socket
import time

from harness import SLOWDOWN, Made, Raw, at_once, limits

BODY = Made(50_000, seed=82)
GOOD = b"GET /healthz HTTP/1.1\r\nHost: cache\r\n\r\n"
GET, POST = b"GET /healthz HTTP/1.1\r\n", b"POST /v1/warm HTTP/1.1\r\nHost: cache\r\n"
HOST = b"Host: cache\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def get(*fields):
    return GET + HOST + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


# (name, status, what is sent); a good request follows each of them.
TABLE = [
    ("length and coding", 400, get(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"0\r\n\r\n"),
    ("coding and length", 400, get(b"Transfer-Encoding: chunked", b"Content-Length: 4") + b"0\r\n\r\n"),
    ("no length and coding", 400, get(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"0\r\n\r\n"),
    ("odd coding and length", 400, get(b"Transfer-Encoding: gzip", b"Content-Length: 4") + b"abcd"),
    ("two lengths", 400, get(b"Content-Length: 0", b"Content-Length: 38")),
    ("two equal lengths", 400, get(b"Content-Length: 0", b"Content-Length: 0")),
    ("a list of lengths", 400, get(b"Content-Length: 0, 38")),
    ("a list of equal lengths", 400, get(b"Content-Length: 0, 0")),
    ("a negative length", 400, get(b"Content-Length: -38")),
    ("a signed length", 400, get(b"Content-Length: +38")),
    ("a hexadecimal length", 400, get(b"Content-Length: 0x26")),
    ("an empty length", 400, get(b"Content-Length:")),
    ("a length with a blank in it", 400, get(b"Content-Length: 3 8")),
    ("a length past all bounds", 400, get(b"Content-Length: 99999999999999999999999")),
    ("a length in two fields by a fold", 400, get(b"X: a\r\n Content-Length: 38")),
    ("a folded coding", 400, get(b"Transfer-Encoding:\r\n chunked") + b"0\r\n\r\n"),
    ("a fold with a tab", 400, get(b"X: a\r\n\tb")),
    ("a fold behind the request line", 400, GET + b" X: a\r\n" + HOST + b"\r\n"),
    ("a field that is a blank", 400, get(b" ")),
    ("lines that end in LF", 400, b"GET /healthz HTTP/1.1\nHost: cache\n\n"),
    ("one line that ends in LF", 400, get(b"X: a\nContent-Length: 38")),
    ("an end that is LF LF", 400, GET + b"Host: cache\n\n"),
    ("lines that end in CR", 400, b"GET /healthz HTTP/1.1\rHost: cache\r\r"),
    ("CR in a value", 400, get(b"X: a\rTransfer-Encoding: chunked")),
    ("CR CR LF", 400, get(b"X: a\r")),
    ("NUL in a value", 400, get(b"X: a\0b")),
    ("NUL in a name", 400, get(b"X\0: a")),
    ("NUL in the target", 400, b"GET /health\0z HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("control characters in a value", 400, get(b"X: \x01\x1b[31m")),
    ("DEL in a value", 400, get(b"X: \x7f")),
    ("a blank before the colon", 400, get(b"Content-Length : 38")),
    ("a tab before the colon", 400, get(b"Transfer-Encoding\t: chunked")),
    ("no name", 400, get(b": a")),
    ("no colon", 400, get(b"Transfer-Encoding chunked")),
    ("no Host", 400, GET + b"\r\n"),
    ("two Hosts", 400, get(HOST.strip(), b"Host: origin.example")),
    ("two equal Hosts", 400, get(b"HOST: cache")),
    ("an empty Host", 400, GET + b"Host:\r\n\r\n"),
    ("a Host of blanks", 400, GET + b"Host: \t \r\n\r\n"),
    ("a Host with a user", 400, GET + b"Host: cache@origin.example\r\n\r\n"),
    ("a Host with a blank", 400, GET + b"Host: cache origin.example\r\n\r\n"),
    ("a Host with a comma", 400, GET + b"Host: cache, origin.example\r\n\r\n"),
    ("a Host with a path", 400, GET + b"Host: cache/x\r\n\r\n"),
    ("absolute form without a Host", 400, b"GET http://cache/healthz HTTP/1.1\r\n\r\n"),
    ("no version", 400, b"GET /healthz\r\n\r\n"),
    ("no version but a blank", 400, b"GET /healthz \r\n" + HOST + b"\r\n"),
    ("HTTP/0.9 by name", 505, b"GET /healthz HTTP/0.9\r\n" + HOST + b"\r\n"),
    ("HTTP/1.2", 505, b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n"),
    ("HTTP/2.0", 505, b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n"),
    ("the preface of HTTP/2", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("a version in lower case", 400, b"GET /healthz http/1.1\r\n" + HOST + b"\r\n"),
    ("a version of three digits", 400, b"GET /healthz HTTP/1.10\r\n" + HOST + b"\r\n"),
    ("a blank behind the version", 400, b"GET /healthz HTTP/1.1 \r\n" + HOST + b"\r\n"),
    ("two blanks", 400, b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a blank in the target", 400, b"GET /health z HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a blank before the method", 400, b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a method in lower case", 501, b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("no such method", 501, b"FETCH /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a quoted method", 400, b'"GET" /healthz HTTP/1.1\r\n' + HOST + b"\r\n"),
    ("a TLS client", 400, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\xab" * 50 + b"\r\n\r\n"),
    ("a coding with a list", 501, get(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
    ("chunked not last", 501, get(b"Transfer-Encoding: chunked, identity") + b"0\r\n\r\n"),
    ("chunked twice in a list", 501, get(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n"),
    ("chunked in two fields", 400, get(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n"),
    ("a coding that only looks like it", 501, get(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n"),
    ("a coding in quotes", 501, get(b'Transfer-Encoding: "chunked"') + b"0\r\n\r\n"),
    ("a coding with a vertical tab", 400, get(b"Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n"),
    ("a coding in odd case", 413, get(b"transfer-ENCODING: \tChUnKeD \t") + b"0\r\n\r\n"),
    ("a coding of HTTP/1.0", 400, b"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("GET with a body", 413, get(b"Content-Length: 38")),
    ("another expectation", 417, get(b"Expect: the-spanish-inquisition")),
    ("a header of a megabyte", 431, get(b"X: " + b"a" * (1 << 20))),
    ("ten thousand headers", 431, get(*[b"X-%d: a" % n for n in range(10_000)])),
    ("a target of a megabyte", 431, b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a method of a megabyte", 431, b"G" * (1 << 20) + b" / HTTP/1.1\r\n" + HOST + b"\r\n"),
]

# To the admin listener, which takes bodies.
BODIES = [
    ("an overflowing chunk", 400, CHUNKED + b"10000000000000001\r\na\r\n0\r\n\r\n"),
    ("a negative chunk", 400, CHUNKED + b"-1\r\na\r\n0\r\n\r\n"),
    ("a signed chunk", 400, CHUNKED + b"+1\r\na\r\n0\r\n\r\n"),
    ("a chunk with 0x", 400, CHUNKED + b"0x1\r\na\r\n0\r\n\r\n"),
    ("a chunk size of nothing", 400, CHUNKED + b"\r\na\r\n0\r\n\r\n"),
    ("a chunk size with blanks", 400, CHUNKED + b"1 \r\na\r\n0\r\n\r\n"),
    ("a chunk size that ends in LF", 400, CHUNKED + b"1\na\r\n0\r\n\r\n"),
    ("a chunk longer than it says", 400, CHUNKED + b"1\r\nab\r\n0\r\n\r\n"),
    ("a chunk that ends in LF", 400, CHUNKED + b"1\r\na\n0\r\n\r\n"),
    ("LF in an extension", 400, CHUNKED + b'1;a="\n"\r\na\r\n0\r\n\r\n'),
    ("a broken extension", 400, CHUNKED + b"1;=\r\na\r\n0\r\n\r\n"),
    ("a flood of extensions", 431, CHUNKED + (b"1;" + b"a" * 900 + b"\r\na\r\n") * 100 + b"0\r\n\r\n"),
    ("an endless extension", 431, CHUNKED + b"1;" + b"a" * (1 << 20)),
    ("endless trailers", 431, CHUNKED + b"0\r\nX: " + b"a" * (1 << 20)),
    ("a chunk past the limit", 413, CHUNKED + b"ffffffff\r\na"),
    ("a length past the limit", 413, POST + b"Content-Length: 4294967296\r\n\r\na"),
]


def conversation(address, sent, pieces=1 << 30):
    """Everything that comes back until the other side closes; `sent` goes out in pieces."""
    connection = Raw(address, timeout=60)
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    got = b""
    try:
        for at in range(0, len(sent), pieces):
            connection.send(sent[at:at + pieces])
    except OSError:
        pass  # it has closed already; what it said is there to be read
    try:
        while more := connection.socket.recv(65536):
            got += more
    except OSError:
        pass
    connection.close()
    return got


def check_refusal(name, status, got):
    text = got.decode("latin-1")
    assert len(re.findall(r"^HTTP/1\.1 \d", text, re.M)) == 1, (name, text)
    head, _, body = text.partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} "), (name, text)
    assert "\r\nconnection: close" in head.lower(), (name, text)
    assert re.fullmatch(r"stagecache: [\x20-\x7e]{10,}\n", body), (name, text)


def start(t):
    origin = t.origin()
    origin.add("/x", BODY)
    return origin, t.daemon(origin)


def test_the_table(t):
    origin, daemon = start(t)

    for name, status, sent in TABLE:
        check_refusal(name, status, conversation(daemon.data, sent + GOOD))
    assert origin.requests() == []
    assert t.curl(daemon.mirror(origin, "/x")).sha256 == BODY.sha256


def test_the_table_byte_by_byte(t):
    _, daemon = start(t)

    for name, status, sent in TABLE + BODIES:
        if len(sent) < 1000:
            address = daemon.admin if sent.startswith(POST) else daemon.data
            check_refusal(name, status, conversation(address, sent + GOOD, pieces=1))


def test_bodies(t):
    _, daemon = start(t)

    for name, status, sent in BODIES:
        check_refusal(name, status, conversation(daemon.admin, sent + GOOD))


def test_a_chunked_body_that_comes_byte_by_byte_is_taken(t):
    origin, daemon = start(t)
    text = f'{{"items":[{{"url":"{origin.url("/x")}"}}]}}'.encode()
    head = POST.replace(b"cache", daemon.admin.encode()) + (
        b"Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")

    got = conversation(daemon.admin, head + b"%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(text), text), pieces=1)

    assert got.startswith(b"HTTP/1.1 202 "), got
    daemon.wait_stored(BODY.sha256)


def test_good_requests_before_a_bad_one_are_answered_and_none_behind(t):
    _, daemon = start(t)

    got = conversation(daemon.data, GOOD + GOOD + b"garbage\r\n\r\n" + GOOD)

    assert re.findall(rb"^HTTP/1\.1 (\d+)", got, re.M) == [b"200", b"200", b"400"], got


def test_ten_thousand_headers_field_by_field(t):
    _, daemon = start(t)
    connection = Raw(daemon.data, timeout=60)
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    connection.send(GET + HOST + b"X")
    sent = 0
    try:
        while sent < 10_000:
            connection.send(b": a\r\nX" * 100)
            sent += 100
    except OSError:
        pass

    status, _, _ = connection.head()
    assert status == 431


@limits(120)
def test_heads_that_trickle(t):
    _, daemon = start(t)
    heads = [b"GET /healthz HTTP/1.1\r\nHost: cache\r\nX: ", b"GET /", b"GE", b"\r\n\r\n"]

    def trickle(head):
        connection, began = Raw(daemon.data, timeout=60), time.monotonic()
        connection.send(head)
        connection.socket.settimeout(0.5)
        got = b""
        while True:
            assert time.monotonic() - began < 60 * SLOWDOWN, f"still there: {head}"
            try:
                more = connection.socket.recv(4096)
            except TimeoutError:
                try:
                    connection.send(b"\r\n" if head == b"\r\n\r\n" else b"a")
                except OSError:
                    pass
                continue
            except OSError:
                break
            if not more:
                break
            got += more
        return got

    for head, got in zip(heads, at_once([lambda head=head: trickle(head) for head in heads])):
        check_refusal(f"trickled {head}", 408, got)
    assert t.curl(daemon.url("/healthz")).status == 200


def test_the_absolute_form_counts_and_not_the_host_field(t):
    origin, daemon = start(t)

    for host in ("cache.example", "unlisted.example", "169.254.169.254"):
        got = conversation(daemon.data, f"GET {origin.url('/x')} HTTP/1.1\r\nHost: {host}\r\n"
                           "Connection: close\r\n\r\n".encode())
        assert got.startswith(b"HTTP/1.1 200 "), (host, got[:200])
    got = conversation(daemon.data, f"GET http://unlisted.example/x HTTP/1.1\r\nHost: {origin.name}\r\n"
                       "Connection: close\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 403 "), got[:200]
    assert all(s.headers["host"] == origin.name for s in origin.requests()), origin.requests()
