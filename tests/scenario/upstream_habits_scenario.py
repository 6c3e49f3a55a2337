"""What an upstream asks of its users is kept: a budget a week, being left alone after "too many", one rate for all."""
import threading
import time

from harness import MiB, Answer, Made

BODY, OTHER, SMALL = Made(2 * MiB, seed=1), Made(2 * MiB, seed=2), Made(64 * 1024, seed=3)


def polite(t, origin, **limits):
    host = {"name": origin.host, "scheme": "http", "ports": [origin.port], "allow_private": True, **limits}
    return t.daemon(**{"upstream__host": [host]})


def use(daemon):
    return daemon.stats()["hosts"][0]


def test_the_weekly_budget_outlives_a_kill_and_ends_only_what_is_new(t):
    origin = t.origin()
    origin.add("/a.tgz", BODY)
    origin.add("/b.tgz", OTHER)
    daemon = polite(t, origin, weekly_bytes="1MiB")
    url = daemon.sha_mirror(BODY.sha256, origin, "/a.tgz")
    assert t.curl(url).sha256 == BODY.sha256  # It began within the budget and goes on to its end.
    daemon.wait_stored(BODY.sha256)

    daemon.kill()
    daemon.start()
    refused = t.curl(daemon.mirror(origin, "/b.tgz"))
    hit = t.curl(daemon.sha_mirror(BODY.sha256, origin, "/a.tgz"))

    assert refused.status >= 500, refused
    for part in (origin.host, "weekly_bytes", "1 MiB", "free again at"):
        assert part in str(refused.body), refused.body
    assert hit.status == 200 and hit.headers["x-stagecache"] == "hit", hit
    assert not origin.requests("/b.tgz")
    assert use(daemon)["weekly_bytes"] == MiB and use(daemon)["used_bytes"] >= BODY.size
    assert use(daemon)["resets_at"] and use(daemon)["connections"] == 0
    assert "of the 1 MiB a week" in daemon.cli("stats").stdout


def test_after_too_many_requests_nobody_asks_that_host_until_it_may(t):
    origin = t.origin()
    origin.add("/a.tgz", Answer(b"slow down", status=429, headers={"Retry-After": "2"}), Answer(SMALL))
    origin.add("/b.tgz", SMALL)
    daemon = polite(t, origin)
    times = {}

    def fetch(path):
        assert t.curl(daemon.mirror(origin, path)).sha256 == SMALL.sha256
        times[path] = time.monotonic()

    first = threading.Thread(target=fetch, args=("/a.tgz",))
    first.start()
    origin.wait(lambda o: o.requests("/a.tgz"))
    asked = time.monotonic()
    daemon.wait(lambda: "nothing more is asked there" in daemon.text(), "the hold")
    fetch("/b.tgz")
    first.join(30)

    assert times["/b.tgz"] - asked > 1.5, times
    assert len(origin.requests("/a.tgz")) == 2 and len(origin.requests("/b.tgz")) == 1


def test_two_downloads_share_the_rate_of_their_host(t):
    origin = t.origin()
    origin.add("/a.tgz", BODY)
    origin.add("/b.tgz", OTHER)
    daemon = polite(t, origin, rate="2MiB")
    began = time.monotonic()

    clients = [t.start_curl(daemon.mirror(origin, path)) for path in ("/a.tgz", "/b.tgz")]
    results = [client.result() for client in clients]

    assert [r.sha256 for r in results] == [BODY.sha256, OTHER.sha256]
    assert time.monotonic() - began > 1.5  # One alone takes a second.
