"""SIGTERM: no new connections, running transfers end, idle ones close at once, exit code 0."""
import time

from harness import MB, MiB, Made, Raw, fetch, is_sanitized, limits

BODY = Made(20 * MB, seed=13)


def stored(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY, headers={"Cache-Control": "max-age=600"})
    daemon = t.daemon(origin)
    fetch(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(BODY.sha256)
    return origin, daemon


def test_a_running_transfer_ends_whole(t):
    _, daemon = stored(t)
    client = t.start_curl(daemon.by_sha(BODY.sha256), "--limit-rate", "8M")
    daemon.wait(lambda: client.received() > 0, "first bytes")

    code = daemon.stop()

    assert code == 0
    assert client.result().sha256 == BODY.sha256


def test_idle_connections_are_closed_at_once(t):
    _, daemon = stored(t)
    idle = Raw(daemon.data, timeout=15)
    idle.get("/healthz")
    _, _, headers = idle.head()
    idle.text(headers)
    untouched = Raw(daemon.data, timeout=15)

    began = time.monotonic()
    daemon.terminate()
    assert idle.at_end() and untouched.at_end()
    took = time.monotonic() - began
    code = daemon.stop()

    assert code == 0
    assert is_sanitized() or took < 2, f"{took:.1f} s"


def test_new_connections_are_refused_while_a_transfer_ends(t):
    _, daemon = stored(t)
    client = t.start_curl(daemon.by_sha(BODY.sha256), "--limit-rate", "5M")
    daemon.wait(lambda: client.received() > 0, "first bytes")

    daemon.terminate()
    daemon.wait(lambda: t.curl(daemon.url("/healthz"), "--connect-timeout", "1").code in (7, 56, 52),
                "refused connections", timeout=3)
    assert daemon.alive(), "it ended before the transfer did"

    assert client.result().sha256 == BODY.sha256
    assert daemon.stop() == 0


@limits(60)
def test_an_endless_transfer_is_cut_after_the_grace(t):
    _, daemon = stored(t)
    client = t.start_curl(daemon.by_sha(BODY.sha256), "--limit-rate", "200k")
    daemon.wait(lambda: client.received() > 0, "first bytes")

    began = time.monotonic()
    code = daemon.stop(timeout=20)
    took = time.monotonic() - began

    assert code == 0
    assert is_sanitized() or took < 14, f"{took:.1f} s; a BOSH job is killed after 15 s"
    client.end()
    client.result()


def test_a_fill_that_is_stopped_goes_on_after_the_next_start(t):
    body, origin = Made(40 * MiB, seed=14), t.origin()
    answer = origin.add("/big.tgz", body, hold_at=36 * MiB)
    daemon = t.daemon(origin)
    daemon.warm([{"url": origin.url("/big.tgz"), "sha256": body.sha256}])
    daemon.wait(lambda: daemon.disk() > 32 * MiB, "two pieces")

    assert daemon.stop() == 0
    answer.release()
    daemon.start()

    daemon.wait_stored(body.sha256)
    assert origin.resumes() and origin.sent() < 2 * body.size
