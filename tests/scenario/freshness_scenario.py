"""How long a stored answer is good, and what is asked when it is not (RFC 9111)."""
from harness import MiB, Answer, Made

OLD, NEW = Made(2 * MiB, seed=1), Made(2 * MiB, seed=2)


def test_a_declared_digest_is_never_asked_again(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD, headers={"Cache-Control": "no-cache"})
    daemon = t.daemon(origin)
    url = daemon.sha_mirror(OLD.sha256, origin, "/x.tgz")

    t.curl(url)
    daemon.wait_stored(OLD.sha256)
    again = t.curl(url)

    assert again.sha256 == OLD.sha256 and again.headers["x-stagecache"] == "hit", again
    assert len(origin.requests()) == 1


def test_within_its_lifetime_nothing_is_asked(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD, headers={"Cache-Control": "max-age=600"})
    daemon = t.daemon(origin)

    first = t.curl(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(OLD.sha256)
    again = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert first.headers["x-stagecache"] == "miss" and again.headers["x-stagecache"] == "hit"
    assert len(origin.requests()) == 1


def test_without_a_lifetime_the_validators_are_asked(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD)
    daemon = t.daemon(origin)

    t.curl(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(OLD.sha256)
    again = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert again.sha256 == OLD.sha256
    assert [s.status for s in origin.requests()] == [200, 304]
    assert origin.sent() == OLD.size


def test_a_changed_body_replaces_the_old_one(t):
    origin = t.origin()
    origin.add("/latest", Answer(OLD), Answer(NEW))
    daemon = t.daemon(origin)

    t.curl(daemon.mirror(origin, "/latest"))
    daemon.wait_stored(OLD.sha256)
    again = t.curl(daemon.mirror(origin, "/latest"))

    assert again.sha256 == NEW.sha256, again


def test_stale_is_served_when_the_upstream_is_gone(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD)
    daemon = t.daemon(origin)
    t.curl(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(OLD.sha256)
    origin.close()

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.status == 200 and result.sha256 == OLD.sha256, result
    assert result.headers["x-stagecache"] == "stale"


def test_no_store_passes_through_and_is_not_kept(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD, headers={"Cache-Control": "no-store"})
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.sha256 == OLD.sha256
    assert daemon.artifacts() == []


def test_a_warm_item_whose_origin_says_no_store_fails_with_that_reason(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD, headers={"Cache-Control": "no-store"})
    daemon = t.daemon(origin)

    job = daemon.wait_job(daemon.warm([{"url": origin.url("/x.tgz")}]))

    assert job["state"] == "failed" and "Cache-Control" in job["items"][0]["error"], job


def test_offline_serves_what_is_here_and_answers_504_for_the_rest(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD)
    daemon = t.daemon(origin)
    t.curl(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(OLD.sha256)
    daemon.stop()
    daemon.config.write_text(daemon.config.read_text() + "[upstream]\noffline = true\n")
    daemon.start()
    asked = len(origin.requests())

    here, missing = t.curl(daemon.mirror(origin, "/x.tgz")), t.curl(daemon.mirror(origin, "/y.tgz"))

    assert here.sha256 == OLD.sha256 and missing.status == 504, (here, missing)
    assert len(origin.requests()) == asked
