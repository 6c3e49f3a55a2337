"""A miss answers early: its head when the origin's is known, its bytes while the fill runs."""
from harness import MiB, Made, is_sanitized, scaled


def test_headers_within_5_s_when_the_origin_answers_within_4(t):
    body, origin = Made(scaled(MiB)), t.origin()
    origin.add("/slow.tgz", body, delay=4)
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/slow.tgz"))

    assert result.sha256 == body.sha256
    assert is_sanitized() or 4 <= result.first_byte < 5, result.first_byte


def test_head_of_a_miss_comes_as_early(t):
    body, origin = Made(MiB), t.origin()
    origin.add("/slow.tgz", body, delay=1)
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/slow.tgz"), "-I")

    assert result.status == 200 and int(result.headers["content-length"]) == body.size


def bytes_flow(t, url_of):
    body, origin = Made(16 * MiB), t.origin()
    answer = origin.add("/held.tgz", body, hold_at=12 * MiB)
    daemon = t.daemon(origin)

    client = t.start_curl(url_of(daemon, origin, body), "-N")
    daemon.wait(lambda: client.received() >= 8 * MiB, "bytes while the origin holds the rest")
    follower = t.start_curl(url_of(daemon, origin, body), "-N")
    daemon.wait(lambda: follower.received() >= 8 * MiB, "a follower's bytes")
    assert client.received() < body.size
    answer.release()

    assert client.result().sha256 == follower.result().sha256 == body.sha256
    assert len(origin.gets()) == 1


def test_bytes_flow_while_the_fill_runs_on_a_mirror_url(t):
    bytes_flow(t, lambda daemon, origin, body: daemon.mirror(origin, "/held.tgz"))


def test_bytes_flow_while_the_fill_runs_on_a_sha256_url(t):
    bytes_flow(t, lambda daemon, origin, body: daemon.sha_mirror(body.sha256, origin, "/held.tgz"))


def test_a_silent_origin_is_504_after_header_timeout_and_the_fill_goes_on(t):
    body, origin = Made(MiB), t.origin()
    origin.add("/later.tgz", body, delay=4)
    daemon = t.daemon(origin, upstream={"header_timeout": "2s"})

    result = t.curl(daemon.mirror(origin, "/later.tgz"))

    assert result.status in (502, 504), result
    assert len(result.body.decode().strip().splitlines()) == 1
