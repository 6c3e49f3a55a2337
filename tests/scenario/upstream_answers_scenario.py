"""What the origin answers instead of bytes, and what our clients see of it."""
from harness import MiB, Answer, Made, limits

BODY = Made(2 * MiB, seed=5)


def one_line(result):
    lines = result.body.decode().splitlines()
    return len(lines) == 1 and len(lines[0]) > 10


def test_a_redirect_is_followed_and_answered_with_200(t):
    origin = t.origin()
    for status in (301, 302, 303, 307, 308):
        origin.add(f"/{status}.tgz", status=status, headers={"Location": "/real.tgz"}, etag=None)
        origin.add("/real.tgz", BODY)
    daemon = t.daemon(origin)

    for status in (301, 302, 303, 307, 308):
        result = t.curl(daemon.mirror(origin, f"/{status}.tgz"))
        assert (result.status, result.sha256) == (200, BODY.sha256), (status, result)


def test_a_redirect_to_a_host_that_is_not_listed_is_refused(t):
    origin, stranger = t.origin(), t.origin()
    stranger.add("/x.tgz", BODY)
    origin.add("/x.tgz", status=302, headers={"Location": stranger.url("/x.tgz")}, etag=None)
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.status in (403, 502) and one_line(result), result
    assert str(stranger.port) in result.body.decode(), result
    assert stranger.requests() == []


def test_an_endless_redirect_ends(t):
    origin = t.origin()
    origin.add("/x.tgz", status=302, headers={"Location": "/x.tgz"}, etag=None)
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.status == 502 and one_line(result), result
    assert len(origin.requests()) < 150


def test_404_and_410_are_the_upstreams_own(t):
    origin = t.origin()
    origin.add("/gone.tgz", b"gone", status=410)
    daemon = t.daemon(origin)

    missing, gone = t.curl(daemon.mirror(origin, "/missing.tgz")), t.curl(daemon.mirror(origin, "/gone.tgz"))

    assert missing.status == 404 and one_line(missing), missing
    assert gone.status == 410 and one_line(gone), gone
    assert daemon.artifacts() == []


@limits(120)
def test_503_and_429_are_asked_again_after_retry_after(t):
    origin = t.origin()
    busy = {"Retry-After": "1"}
    origin.add("/503.tgz", Answer(b"", status=503, headers=busy), Answer(BODY))
    origin.add("/429.tgz", Answer(b"", status=429, headers=busy), Answer(BODY))
    daemon = t.daemon(origin)

    for path in ("/503.tgz", "/429.tgz"):
        result = t.curl(daemon.mirror(origin, path))
        assert (result.status, result.sha256) == (200, BODY.sha256), (path, result)
        assert len(origin.requests(path)) == 2


@limits(180)
def test_an_origin_that_is_down_is_502_with_one_line(t):
    origin = t.origin()
    daemon = t.daemon(origin)
    origin.close()

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.status in (502, 504) and one_line(result), result
    assert origin.name in result.body.decode(), result


def test_what_is_sent_upstream(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    daemon = t.daemon(origin)

    t.curl(daemon.mirror(origin, "/x.tgz"), "-H", "Accept-Encoding: gzip", "-H", "Range: bytes=5-9",
           "-H", "If-None-Match: \"nothing\"", "-H", "X-Custom: yes")

    seen = origin.requests()[0]
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["host"] == origin.name
    assert seen.range is None and "if-none-match" not in seen.headers


def test_credentials_are_neither_shared_nor_stored(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"), "-H", "Authorization: Basic eDp5")

    assert result.sha256 == BODY.sha256, result
    assert origin.requests()[0].headers["authorization"] == "Basic eDp5"
    assert daemon.artifacts() == []


def test_mirror_rules_are_tried_when_the_first_place_fails(t):
    dead, alive = t.origin(), t.origin()
    alive.add("/dist/x.tgz", BODY)
    daemon = t.daemon(dead, alive, mirror=[{"prefix": f"{dead.name}/old/", "also": [f"{alive.name}/dist/"]}])

    result = t.curl(daemon.mirror(dead, "/old/x.tgz"))

    assert (result.status, result.sha256) == (200, BODY.sha256), result
