"""Where bytes come from: mirrors before and after a URL itself, failover in the middle of a
file, redirects to addresses that live for a moment."""
from harness import MiB, Answer, Made

BODY, OTHER = Made(6 * MiB, seed=50), Made(6 * MiB, seed=51)


def mirrored(t, origin, mirror, **rule):
    """A daemon for which all of `origin` is also found at `mirror`."""
    return t.daemon(origin, mirror, mirror=[{"prefix": f"{origin.name}/", "also": [f"{mirror.name}/"], **rule}])


def test_another_place_goes_on_where_the_first_broke_off_for_good(t):
    origin, mirror = t.origin(), t.origin(host="127.0.0.2")
    at = int(BODY.size * 0.4)
    origin.add("/x.tgz", Answer(BODY, cut_after=at), Answer(b"", status=503))
    mirror.add("/x.tgz", BODY)
    daemon = mirrored(t, origin, mirror)

    result = t.curl(daemon.sha_mirror(BODY.sha256, origin, "/x.tgz"))

    assert result.code == 0 and result.sha256 == BODY.sha256, result
    assert mirror.resumes("/x.tgz")[0].range == f"bytes={at}-" and mirror.gets("/x.tgz") == []
    daemon.wait_stored(BODY.sha256)


def test_a_lie_of_the_other_place_is_caught_by_the_digest(t):
    origin, mirror = t.origin(), t.origin(host="127.0.0.2")
    origin.add("/x.tgz", Answer(BODY, cut_after=int(BODY.size * 0.4)), Answer(b"", status=503))
    mirror.add("/x.tgz", OTHER)
    daemon = mirrored(t, origin, mirror)

    result = t.curl(daemon.sha_mirror(BODY.sha256, origin, "/x.tgz"))
    why = t.curl(daemon.sha_mirror(BODY.sha256, origin, "/x.tgz"), "-H", "Accept: text/html")

    assert result.code != 0 and result.sha256 != BODY.sha256, result
    assert daemon.artifacts() == []
    assert why.status == 502 and BODY.sha256 in why.body.decode(), why


def test_without_a_digest_parts_of_two_places_are_never_put_together(t):
    origin, mirror = t.origin(), t.origin(host="127.0.0.2")
    origin.add("/x", Answer(BODY, cut_after=int(BODY.size * 0.4)), Answer(b"", status=404))
    mirror.add("/x", OTHER)
    daemon = mirrored(t, origin, mirror)

    result = t.curl(daemon.mirror(origin, "/x"))

    assert result.code != 0, result
    assert mirror.requests() == [] and daemon.artifacts() == []


def test_a_fast_mirror_is_asked_first_and_left_alone_once_it_has_it_not(t):
    origin, fast = t.origin(), t.origin(host="127.0.0.2")
    for version, seed in (("3.5.7", 60), ("3.5.8", 61)):
        origin.add(f"/dist/spark-{version}/spark-{version}.tgz", Made(MiB, seed=seed))
    fast.add("/spark-3.5.8/spark-3.5.8.tgz", Made(MiB, seed=61))
    daemon = t.daemon(origin, fast, mirror=[{"prefix": f"{origin.name}/dist/spark-{{version}}/",
                                             "also": [f"{fast.name}/spark-{{version}}/"], "first": True}])
    old, new = (daemon.mirror(origin, f"/dist/spark-{v}/spark-{v}.tgz") for v in ("3.5.7", "3.5.8"))

    assert t.curl(new).sha256 == Made(MiB, seed=61).sha256
    assert t.curl(old).sha256 == Made(MiB, seed=60).sha256
    daemon.wait_stored(Made(MiB, seed=60).sha256)
    assert origin.requests("/dist/spark-3.5.8/spark-3.5.8.tgz") == []
    assert len(fast.requests("/spark-3.5.7/spark-3.5.7.tgz")) == 1
    t.curl(old)
    assert len(fast.requests("/spark-3.5.7/spark-3.5.7.tgz")) == 1, "its 404 is remembered"
    assert [s.status for s in origin.requests("/dist/spark-3.5.7/spark-3.5.7.tgz")] == [200, 304]


def test_validators_go_to_the_place_that_gave_them(t):
    origin, mirror = t.origin(), t.origin(host="127.0.0.2")
    origin.add("/x.tgz", Answer(b"", status=404))
    mirror.add("/x.tgz", BODY)
    daemon = mirrored(t, origin, mirror)
    url = daemon.mirror(origin, "/x.tgz")
    t.curl(url)
    daemon.wait_stored(BODY.sha256)

    again = t.curl(url)

    assert again.sha256 == BODY.sha256
    assert [s.status for s in mirror.requests("/x.tgz")] == [200, 304]
    assert all("if-none-match" not in s.headers for s in origin.requests("/x.tgz"))


def test_a_host_that_is_gone_is_replaced_by_its_mirror(t):
    origin, mirror = t.origin(), t.origin(host="127.0.0.2")
    mirror.add("/x.tgz", BODY)
    daemon = mirrored(t, origin, mirror)
    origin.close()

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.sha256 == BODY.sha256, result


def test_a_resume_asks_the_first_url_again_for_a_signed_address(t):
    front, store = t.origin(), t.origin(host="127.0.0.2")
    front.add("/x.tgz", Answer(b"", status=302, headers={"Location": store.url("/blob?sig=1")}),
              Answer(b"", status=307, headers={"Location": store.url("/blob?sig=2")}))
    at = 2 * MiB
    store.add("/blob?sig=1", Answer(BODY, cut_after=at), Answer(b"", status=403))
    store.add("/blob?sig=2", BODY)
    daemon = t.daemon(front, store)
    url = daemon.sha_mirror(BODY.sha256, front, "/x.tgz")

    result = t.curl(url)

    assert result.code == 0 and result.sha256 == BODY.sha256, result
    assert [s.range for s in store.requests("/blob?sig=1")] == [None]
    assert [s.range for s in store.requests("/blob?sig=2")] == [f"bytes={at}-"]
    daemon.wait_stored(BODY.sha256)
    assert daemon.artifacts()[0]["sources"][0]["url"] == front.url("/x.tgz")
    assert t.curl(url).headers["x-stagecache"] == "hit"
    assert not any("sig=" in line for line in daemon.output), "signatures are no business of the log"


def test_relative_places_loops_and_unlisted_hosts(t):
    front = t.origin()
    front.add("/a/x.tgz", Answer(b"", status=301, headers={"Location": "../b/x.tgz"}))
    front.add("/b/x.tgz", Answer(b"", status=308, headers={"Location": f"//{front.name}/c/x.tgz"}))
    front.add("/c/x.tgz", BODY)
    front.add("/loop", Answer(b"", status=302, headers={"Location": "/loop"}))
    front.add("/away", Answer(b"", status=302, headers={"Location": "https://unlisted.example/x"}))
    daemon = t.daemon(front)

    relative = t.curl(daemon.mirror(front, "/a/x.tgz"))
    loop = t.curl(daemon.mirror(front, "/loop"))
    away = t.curl(daemon.mirror(front, "/away"))

    assert relative.sha256 == BODY.sha256, relative
    assert loop.status == 502 and "redirected more than" in loop.body.decode(), loop
    assert away.status == 403 and "unlisted.example" in away.body.decode(), away


def fast_with_etag(t, *later):
    """A fast mirror whose answer is good for no time, the origin behind it, a daemon, the URL."""
    origin, fast = t.origin(), t.origin(host="127.0.0.2")
    origin.add("/x.tgz", Answer(BODY, etag='"of-origin"'))
    fast.add("/x.tgz", Answer(BODY, etag='"of-fast"', headers={"Cache-Control": "max-age=0"}), *later)
    daemon = mirrored(t, origin, fast, first=True)
    url = daemon.mirror(origin, "/x.tgz")
    assert t.curl(url).sha256 == BODY.sha256
    daemon.wait_stored(BODY.sha256)
    return origin, fast, daemon


def test_whose_the_validators_are_outlives_a_restart(t):
    origin, fast, daemon = fast_with_etag(t)
    daemon.stop()
    daemon.start()

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.sha256 == BODY.sha256
    assert [s.status for s in fast.requests("/x.tgz")] == [200, 304] and origin.requests() == []


def test_a_release_that_leaves_the_fast_mirror_is_no_404(t):
    origin, fast, daemon = fast_with_etag(t, Answer(b"", status=404, etag=None))

    result = t.curl(daemon.mirror(origin, "/x.tgz"), "-f")

    assert result.code == 0 and result.sha256 == BODY.sha256, result
    assert [s.headers.get("if-none-match") for s in fast.requests("/x.tgz")] == [None, '"of-fast"']
    assert [s.headers.get("if-none-match") for s in origin.requests("/x.tgz")] == [None]
