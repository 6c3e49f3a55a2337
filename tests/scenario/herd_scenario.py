"""200 clients ask at once for an artifact nobody has: one download, at the origin's own speed."""
import time

from harness import MB, Made, at_once, fetch, is_sanitized, limits, scaled

CLIENTS, CURLS = 200, 20
RATE = 1.5 * MB
ALLOWED = 1.1  # of one direct download
ROUNDS = 3     # the time counts in a quiet one; all else in each


def herd(t, url_of):
    origin = t.origin(rate=RATE)
    daemon = t.daemon(origin)
    for number in range(1, ROUNDS + 1):
        took, direct = herd_once(t, daemon, origin, url_of, f"/dist/spark-{number}.tgz", number)
        if is_sanitized() or took <= ALLOWED * direct:
            return
    raise AssertionError(f"{took:.2f} s, one direct download took {direct:.2f} s")


def herd_once(t, daemon, origin, url_of, path, seed):
    """(seconds of the herd, seconds of one direct download)"""
    body = Made(scaled(12 * MB), seed=seed)
    origin.add(path, body)
    direct = t.curl(origin.url(path)).total
    origin.forget()
    url = url_of(daemon, origin, body, path)

    began = time.monotonic()
    runs = [lambda: fetch(url)] * (CLIENTS - CURLS) + [lambda: t.curl(url)] * CURLS
    results = at_once(runs)
    took = time.monotonic() - began

    wrong = [r for r in results if r.sha256 != body.sha256]
    assert not wrong, f"{len(wrong)} of {CLIENTS} clients did not get the right bytes, e.g. {wrong[0]}"
    assert len(origin.gets()) == 1, f"the origin saw {len(origin.gets())} GETs"
    assert origin.sent() == body.size
    return took, direct


@limits(120)
def test_one_get_for_200_clients_of_a_mirror_url(t):
    herd(t, lambda daemon, origin, body, path: daemon.mirror(origin, path))


@limits(120)
def test_one_get_for_200_clients_of_a_sha256_url(t):
    herd(t, lambda daemon, origin, body, path: daemon.sha_mirror(body.sha256, origin, path))


def test_two_spellings_of_one_url_are_one_fill(t):
    body, origin = Made(scaled(8 * MB)), t.origin(rate=4 * MB)
    for path in ("/a%2Bb/x.tgz", "/a+b/x.tgz"):
        origin.add(path, body)
    daemon = t.daemon(origin)

    first, second = at_once([lambda: t.curl(daemon.mirror(origin, "/a%2Bb/x.tgz")),
                             lambda: t.curl(daemon.mirror(origin, "/a+b/x.tgz"))])

    assert first.sha256 == second.sha256 == body.sha256
    assert len(origin.gets()) == 1
