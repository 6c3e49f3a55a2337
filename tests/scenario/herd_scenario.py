"""200 clients ask at once for an artifact nobody has: one download, at the origin's own speed."""
import time

from harness import MB, Made, at_once, fetch, is_sanitized, limits, scaled

CLIENTS, CURLS = 200, 20
RATE = 1.5 * MB
ALLOWED = 1.1  # of one direct download


def herd(t, url_of):
    body, origin = Made(scaled(12 * MB), seed=1), t.origin(rate=RATE)
    origin.add("/dist/spark.tgz", body)
    daemon = t.daemon(origin)
    direct = t.curl(origin.url("/dist/spark.tgz")).total
    origin.forget()
    url = url_of(daemon, origin, body)

    began = time.monotonic()
    runs = [lambda: fetch(url)] * (CLIENTS - CURLS) + [lambda: t.curl(url)] * CURLS
    results = at_once(runs)
    took = time.monotonic() - began

    wrong = [r for r in results if r.sha256 != body.sha256]
    assert not wrong, f"{len(wrong)} of {CLIENTS} clients did not get the right bytes, e.g. {wrong[0]}"
    assert len(origin.gets()) == 1, f"the origin saw {len(origin.gets())} GETs"
    assert origin.sent() == body.size
    if not is_sanitized():
        assert took <= ALLOWED * direct, f"{took:.2f} s, one direct download took {direct:.2f} s"


@limits(120)
def test_one_get_for_200_clients_of_a_mirror_url(t):
    herd(t, lambda daemon, origin, body: daemon.mirror(origin, "/dist/spark.tgz"))


@limits(120)
def test_one_get_for_200_clients_of_a_sha256_url(t):
    herd(t, lambda daemon, origin, body: daemon.sha_mirror(body.sha256, origin, "/dist/spark.tgz"))


def test_two_spellings_of_one_url_are_one_fill(t):
    body, origin = Made(scaled(8 * MB)), t.origin(rate=4 * MB)
    for path in ("/a%2Bb/x.tgz", "/a+b/x.tgz"):
        origin.add(path, body)
    daemon = t.daemon(origin)

    first, second = at_once([lambda: t.curl(daemon.mirror(origin, "/a%2Bb/x.tgz")),
                             lambda: t.curl(daemon.mirror(origin, "/a+b/x.tgz"))])

    assert first.sha256 == second.sha256 == body.sha256
    assert len(origin.gets()) == 1
