"""A fill survives its clients."""
from harness import MB, MiB, Made, scaled


def test_the_fill_completes_after_its_only_client_has_gone(t):
    body, origin = Made(scaled(24 * MiB)), t.origin()
    answer = origin.add("/x.tgz", body, hold_at=body.size // 2)
    daemon = t.daemon(origin)
    client = t.start_curl(daemon.mirror(origin, "/x.tgz"), "-N")
    daemon.wait(lambda: client.received() > 0, "first bytes")

    client.end()
    answer.release()

    daemon.wait_stored(body.sha256)
    assert t.curl(daemon.by_sha(body.sha256)).sha256 == body.sha256
    assert len(origin.requests()) == 1


def test_the_others_get_everything_when_the_first_client_goes(t):
    body, origin = Made(scaled(24 * MiB)), t.origin(rate=16 * MB)
    origin.add("/x.tgz", body)
    daemon = t.daemon(origin)
    first = t.start_curl(daemon.mirror(origin, "/x.tgz"), "-N")
    daemon.wait(lambda: first.received() > 0, "first bytes")

    others = [t.start_curl(daemon.mirror(origin, "/x.tgz")) for _ in range(5)]
    first.end()

    assert all(run.result().sha256 == body.sha256 for run in others)
    assert len(origin.requests()) == 1


def test_a_head_request_starts_a_fill_that_completes(t):
    body, origin = Made(scaled(8 * MiB)), t.origin()
    origin.add("/x.tgz", body)
    daemon = t.daemon(origin)

    head = t.curl(daemon.mirror(origin, "/x.tgz"), "-I")

    assert head.status == 200 and int(head.headers["content-length"]) == body.size
    daemon.wait_stored(body.sha256)
