"""What an app developer, who sees nothing but the staging log, can find out about a failure."""
import socket
import subprocess
import time

from harness import MiB, Answer, Made, Raw, environment_without_proxies

BODY, OTHER = Made(3 * MiB, seed=51), Made(3 * MiB, seed=52)
BROWSER = ["-H", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]
SECRET = "s3cr3t"


def line_of(result):
    """The one line of an error answer, checked for all that every line must be."""
    body = result.body if hasattr(result, "body") else result
    text = body.decode("ascii")
    assert text.startswith("stagecache: ") and text.endswith("\n") and text.count("\n") == 1, text
    assert len(text) < 300 and text[:-1].isprintable() and SECRET not in text, (len(text), text)
    return text


def stage(t, url):
    """The PySpark buildpack's own step: the error's body becomes the tarball."""
    file = t.folder / "tarball.tgz"
    done = subprocess.run(f"curl '{url}' > '{file}'", shell=True, capture_output=True, text=True,
                          env=environment_without_proxies(), timeout=60)
    return done.returncode, file.read_bytes()


def refused_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_every_error_names_the_thing_says_why_and_what_to_do(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    origin.add("/gone.tgz", status=410)
    origin.add("/broken.tgz", status=500)
    origin.add("/forbidden.tgz", status=403)
    origin.add("/encoded.tgz", BODY, headers={"Content-Encoding": "gzip"})
    origin.add("/loop.tgz", status=302, headers={"Location": "/loop.tgz"})
    origin.add("/elsewhere.tgz", status=302, headers={"Location": f"http://evil.example/?{SECRET}"})
    origin.add("/no_location.tgz", status=302)
    origin.add("/small.tgz", b"small")
    daemon = t.daemon(origin, upstream={"header_timeout": "2s"})
    t.curl(daemon.sha_mirror(OTHER.sha256, origin, "/small.tgz"))  # Cut; asked again it says why.
    mirror = lambda path: daemon.mirror(origin, path)  # noqa: E731
    long = "/" + "long/" * 1000 + f"file.tgz?{SECRET}"
    cases = [
        # url, further arguments of curl, status, what the line names, what it advises
        (daemon.url("/mirror/unlisted.example/x.tgz"), [], 403, "unlisted.example", "ask your operator"),
        (daemon.url(f"/mirror/{origin.host}:1/x.tgz"), [], 403, "port 1 of host 127.0.0.1", "ask your operator"),
        (mirror(f"/missing.tgz?{SECRET}"), [], 404, "/missing.tgz", "check the URL"),
        (mirror(long), [], 404, "file.tgz", "check the URL"),
        (mirror("/gone.tgz"), [], 410, "/gone.tgz", "use another URL"),
        (mirror("/broken.tgz"), ["--max-time", "60"], 504, "/broken.tgz", "ask again"),
        (mirror("/forbidden.tgz"), [], 502, "/forbidden.tgz", "try again later"),
        (mirror("/encoded.tgz"), [], 502, "/encoded.tgz", "try again later"),
        (mirror("/loop.tgz"), [], 502, "/loop.tgz", "try again later"),
        (mirror("/elsewhere.tgz"), [], 403, "evil.example", "ask your operator"),
        (mirror("/no_location.tgz"), [], 502, "/no_location.tgz", "try again later"),
        (daemon.sha_mirror(OTHER.sha256, origin, "/small.tgz"), BROWSER, 502, "/small.tgz", "check the declared"),
        (daemon.by_sha(BODY.sha256), [], 404, BODY.sha256, "stagecache warm"),
        (daemon.url("/sha256/abc/x.tgz"), [], 400, "/sha256/abc/x.tgz", "correct"),
        (daemon.url("/mirror//x.tgz"), ["--path-as-is"], 400, "/mirror//x.tgz", "use /mirror/<host>"),
        (daemon.url(f"/mirror/user@unlisted.example/?{SECRET}"), [], 400, "user@unlisted", "correct"),
        (daemon.url(f"/nonsense?{SECRET}"), [], 404, "/nonsense", "use /mirror/<host>"),
        (mirror("/small.tgz"), ["-X", "DELETE"], 405, "/small.tgz", "GET and HEAD"),
        (mirror("/x.tgz"), ["-H", "Expect: magic"], 417, "", "ask again without Expect"),
        (mirror("/x.tgz"), ["-d", "body", "-X", "GET"], 413, "", "use GET"),
        (mirror("/x.tgz"), ["-H", "Big: " + "x" * 20_000], 431, "", "shorter URL"),
        (mirror("/x.tgz"), ["-H", "Cache-Control: only-if-cached"], 504, "/x.tgz", "ask again without"),
    ]
    for url, arguments, status, name, advice in cases:
        result = t.curl(url, *arguments)
        assert result.status == status, (url[:200], status, str(result)[:1000])
        line = line_of(result)
        assert name in line and advice in line, (url[:200], name, advice, line)

    t.curl(mirror("/x.tgz"))
    daemon.wait_stored(BODY.sha256)
    beyond = t.curl(mirror("/x.tgz"), "-r", "99999999-")
    other = t.curl(mirror("/x.tgz"), "-H", 'If-Match: "other"')
    assert (beyond.status, other.status) == (416, 412), (beyond, other)
    assert "/x.tgz" in line_of(beyond) and "/x.tgz" in line_of(other)


def test_what_is_no_request_is_answered_with_a_line_too(t):
    origin = t.origin()
    daemon = t.daemon(origin)
    for request, status in (("nonsense\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
                            ("GET / HTTP/7.0\r\nHost: a\r\n\r\n", 505),
                            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: odd\r\n\r\n", 501),
                            (f"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", 405)):
        raw = Raw(daemon.data)
        raw.send(request)
        got, reason, headers = raw.head()
        body = bytearray()
        raw.body(int(headers["content-length"]), Into(body))
        line = line_of(bytes(body))
        assert got == status, (request, got, line)
        assert status != 405 or ("example.org:443" in line and "https_proxy" in line and "https_proxy" in reason)


class Into:
    def __init__(self, buffer):
        self.update = buffer.extend


def test_the_line_that_curl_hid_is_read_when_the_url_is_opened_in_a_browser(t):
    origin = t.origin()
    origin.add("/spark.tgz", status=404)
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/spark.tgz")

    code, tarball = stage(t, url)
    assert code == 0 and tarball.startswith(b"stagecache: "), (code, tarball)
    time.sleep(1.2)  # Past the first pause: a program would be a new try.
    asked = len(origin.requests())
    opened = t.curl(url, *BROWSER)

    assert opened.status == 404 and opened.body == tarball, opened
    assert len(origin.requests()) == asked, "a person reads; nothing is fetched"
    assert any("/spark.tgz" in line and "404" in line for line in daemon.output), daemon.text()


def test_a_body_that_was_cut_explains_itself_afterwards(t):
    origin = t.origin()
    origin.add("/spark.tgz", BODY)
    daemon = t.daemon(origin)
    url = daemon.sha_mirror(OTHER.sha256, origin, "/spark.tgz")

    code, tarball = stage(t, url)
    assert code != 0 and len(tarball) < BODY.size, (code, len(tarball))
    opened = t.curl(url, *BROWSER)

    assert opened.status == 502, opened
    line = line_of(opened)
    assert BODY.sha256 in line and OTHER.sha256[:12] in line and "/spark.tgz" in line, line
    assert len(origin.gets("/spark.tgz")) == 1
    right = t.curl(daemon.mirror(origin, "/spark.tgz"))
    assert right.sha256 == BODY.sha256, "a wrong declaration is its owner's trouble alone"


def test_a_herd_after_a_failure_does_not_go_upstream(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(b"", status=404), Answer(BODY))
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")

    first = t.curl(url)
    herd = [t.start_curl(url) for _ in range(20)]
    answers = [curl.result() for curl in herd]

    same = [a for a in answers if a.body == first.body and a.status == 404]
    assert len(same) >= 15 and all(a.headers["retry-after"] == "1" for a in same), answers
    assert len(origin.requests()) <= 2
    daemon.wait(lambda: t.curl(url).status == 200, "the next try")
    assert t.curl(url, *BROWSER).sha256 == BODY.sha256, "success forgets"


def test_a_warm_job_does_not_wait_for_the_next_try(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(b"", status=404), Answer(BODY))
    daemon = t.daemon(origin)
    assert t.curl(daemon.mirror(origin, "/x.tgz")).status == 404

    assert daemon.cli("warm", origin.url("/x.tgz")).returncode == 0


def test_what_is_a_clients_own_is_not_remembered(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(b"", status=404), Answer(BODY))
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")
    assert t.curl(url, "-H", "Authorization: Basic x").status == 404

    assert t.curl(url).sha256 == BODY.sha256
    assert daemon.get("/v1/ledger")["entries"][0]["event"] == "stored"
