"""What an HTTP client may rely on: HEAD, ranges, conditionals, keep-alive, pipelining, limits."""
import hashlib

from harness import MiB, Made, Raw

BODY = Made(3 * MiB + 7, seed=11)
BYTES = BODY.bytes()
ETAG, MODIFIED = '"v1"', "Tue, 01 Oct 2024 10:00:00 GMT"


def stored(t):
    """(daemon, mirror URL, sha256 URL) of a stored artifact."""
    origin = t.origin()
    origin.add("/x.tgz", BODY, etag=ETAG, headers={"Cache-Control": "max-age=600"})
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")
    assert t.curl(url).sha256 == BODY.sha256
    daemon.wait_stored(BODY.sha256)
    return daemon, url, daemon.by_sha(BODY.sha256)


def test_the_fields_of_an_answer(t):
    _, mirror, by_sha = stored(t)

    for url, etag in ((mirror, ETAG), (by_sha, f'"{BODY.sha256}"')):
        headers = t.curl(url).headers
        assert headers["content-length"] == str(BODY.size)
        assert headers["accept-ranges"] == "bytes" and headers["etag"] == etag
        assert headers["repr-digest"].startswith("sha-256=:")
        assert headers["x-stagecache"] == "hit"
        assert "content-encoding" not in headers and "transfer-encoding" not in headers
    assert t.curl(mirror).headers["last-modified"] == MODIFIED


def test_head_says_what_get_says(t):
    _, mirror, by_sha = stored(t)

    for url in (mirror, by_sha):
        get, head = t.curl(url), t.curl(url, "-I")
        for name in ("content-length", "etag", "accept-ranges", "repr-digest"):
            assert head.headers[name] == get.headers[name], name
        assert head.status == 200 and head.code == 0


def test_ranges(t):
    _, mirror, by_sha = stored(t)
    last = BODY.size - 1
    table = [("0-0", 0, 0), ("5-99", 5, 99), ("524287-524288", 524287, 524288), ("-1", last, last),
             (f"-{BODY.size + 5}", 0, last), (f"{last}-", last, last), (f"100-{BODY.size + 100}", 100, last)]

    for url in (mirror, by_sha):
        for text, first, end in table:
            result = t.curl(url, "-H", f"Range: bytes={text}")
            assert result.status == 206, (text, result)
            assert result.headers["content-range"] == f"bytes {first}-{end}/{BODY.size}", text
            assert result.sha256 == hashlib.sha256(BYTES[first:end + 1]).hexdigest(), text


def test_ranges_that_are_not_satisfied_or_not_understood(t):
    _, url, _ = stored(t)

    past = t.curl(url, "-H", f"Range: bytes={BODY.size}-")
    assert past.status == 416 and past.headers["content-range"] == f"bytes */{BODY.size}", past
    for text in ("lines=1-2", "bytes=x-y", "bytes=9-5", "bytes=0-1,5-6"):
        result = t.curl(url, "-H", f"Range: {text}")
        assert result.status == 200 and result.sha256 == BODY.sha256, (text, result)


def test_if_range(t):
    _, url, _ = stored(t)

    for value, status in ((ETAG, 206), ('"other"', 200), ('W/"v1"', 200), (MODIFIED, 206),
                          ("Wed, 02 Oct 2024 10:00:00 GMT", 200)):
        result = t.curl(url, "-H", "Range: bytes=0-9", "-H", f"If-Range: {value}")
        assert result.status == status, (value, result)


def test_conditionals(t):
    _, url, by_sha = stored(t)
    table = [(url, ["If-None-Match: " + ETAG], 304), (url, ['If-None-Match: "a", W/"v1"'], 304),
             (url, ["If-None-Match: *"], 304), (url, ['If-None-Match: "other"'], 200),
             (by_sha, [f'If-None-Match: "{BODY.sha256}"'], 304),
             (url, [f"If-Modified-Since: {MODIFIED}"], 304),
             (url, ["If-Modified-Since: Mon, 30 Sep 2024 10:00:00 GMT"], 200),
             (url, ['If-None-Match: "other"', f"If-Modified-Since: {MODIFIED}"], 200),
             (url, ["If-None-Match: " + ETAG, "If-Modified-Since: Mon, 30 Sep 2024 10:00:00 GMT"], 304)]

    for target, fields, status in table:
        result = t.curl(target, *[word for field in fields for word in ("-H", field)])
        assert result.status == status, (fields, result)
        assert status != 304 or (result.size == 0 and result.code == 0 and "etag" in result.headers)


def test_keep_alive(t):
    daemon, url, _ = stored(t)
    target, connection = url.removeprefix(f"http://{daemon.data}"), Raw(daemon.data)

    for _ in range(5):
        connection.get(target)
        status, _, headers = connection.head()
        digest = hashlib.sha256()
        assert status == 200 and connection.body(int(headers["content-length"]), digest) == BODY.size
        assert digest.hexdigest() == BODY.sha256


def test_pipelined_requests_are_answered_in_order(t):
    daemon, url, _ = stored(t)
    target, connection = url.removeprefix(f"http://{daemon.data}"), Raw(daemon.data)
    request = "GET {} HTTP/1.1\r\nHost: cache\r\nRange: bytes={}-{}\r\n\r\n"

    connection.send("".join(request.format(target, n * 10, n * 10 + 9) for n in range(20)))

    for number in range(20):
        status, _, headers = connection.head()
        digest = hashlib.sha256()
        connection.body(int(headers["content-length"]), digest)
        assert status == 206 and digest.hexdigest() == hashlib.sha256(BYTES[number * 10:number * 10 + 10]).hexdigest()


def test_connection_close_and_http_1_0(t):
    daemon, url, _ = stored(t)
    target = url.removeprefix(f"http://{daemon.data}")

    for request in (f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                    f"GET {target} HTTP/1.0\r\n\r\n"):
        connection = Raw(daemon.data)
        connection.send(request)
        status, _, headers = connection.head()
        assert status == 200 and connection.body(int(headers["content-length"])) == BODY.size
        assert connection.at_end()


def test_a_head_that_is_too_large_is_431(t):
    daemon, url, _ = stored(t)

    result = t.curl(url, "-H", "X-Long: " + "x" * 40_000)

    assert result.status == 431, result
    assert t.curl(daemon.url("/healthz")).status == 200


def test_methods_that_are_not_allowed_are_405(t):
    daemon, url, _ = stored(t)

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        result = t.curl(url, "-X", method)
        assert result.status == 405 and "GET" in result.headers["allow"], (method, result)


def test_garbage_is_400_and_the_daemon_lives(t):
    daemon, _, _ = stored(t)

    for garbage in ("\x00\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                    "GET /x HTTP/1.1\r\nHost: a\r\n broken: fold\r\nX Y: z\r\n\r\n"):
        connection = Raw(daemon.data, timeout=10)
        connection.send(garbage)
        try:
            status, _, _ = connection.head()
            assert status in (400, 404, 505), (garbage, status)
        except ConnectionError:
            pass  # cutting it off is as good
    assert t.curl(daemon.url("/healthz")).status == 200
