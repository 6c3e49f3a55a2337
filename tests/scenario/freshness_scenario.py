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


def test_what_was_old_when_it_came_is_good_for_less_and_says_its_age(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD, headers={"Cache-Control": "max-age=600", "Age": "590"})
    origin.add("/y.tgz", OLD, headers={"Cache-Control": "max-age=600", "Age": "601"})
    daemon = t.daemon(origin)
    for path in ("/x.tgz", "/y.tgz"):
        t.curl(daemon.mirror(origin, path))
        daemon.wait_stored(OLD.sha256)

    x, y = t.curl(daemon.mirror(origin, "/x.tgz")), t.curl(daemon.mirror(origin, "/y.tgz"))

    assert x.headers["x-stagecache"] == "hit" and 590 <= int(x.headers["age"]) < 600, x
    assert len(origin.requests("/x.tgz")) == 1 and len(origin.requests("/y.tgz")) == 2
    assert y.sha256 == OLD.sha256


def test_what_must_be_revalidated_is_not_served_stale(t):
    origin = t.origin()
    paths = {"must-revalidate": "/a.tgz", "no-cache": "/b.tgz", "s-maxage=0": "/c.tgz"}
    for directive, path in paths.items():
        origin.add(path, Made(MiB, seed=len(path) + ord(path[1])), headers={"Cache-Control": directive})
    daemon = t.daemon(origin)
    for path in paths.values():
        daemon.wait_stored(t.curl(daemon.mirror(origin, path)).sha256)
    origin.close()

    for directive, path in paths.items():
        result = t.curl(daemon.mirror(origin, path))
        assert result.status == 502 and "x-stagecache" not in result.headers, (directive, result)


def test_stale_comes_within_five_seconds_though_the_upstream_is_silent(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(OLD), Answer(OLD, delay=600))
    daemon = t.daemon(origin)
    daemon.wait_stored(t.curl(daemon.mirror(origin, "/x.tgz")).sha256)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.headers["x-stagecache"] == "stale" and result.sha256 == OLD.sha256, result
    assert result.first_byte < 5, result


def test_an_answer_that_varies_is_only_for_requests_like_the_one_that_got_it(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(OLD, headers={"Vary": "X-Kind", "Cache-Control": "max-age=600"}),
               Answer(NEW, headers={"Vary": "X-Kind", "Cache-Control": "max-age=600"}))
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")

    first = t.curl(url, "-H", "X-Kind: a")
    daemon.wait_stored(OLD.sha256)
    same = t.curl(url, "-H", "x-kind:  a ")
    other = t.curl(url, "-H", "X-Kind: b")

    assert first.sha256 == same.sha256 == OLD.sha256 and same.headers["x-stagecache"] == "hit", same
    assert other.sha256 == NEW.sha256 and len(origin.requests()) == 2, other


def test_who_follows_a_fill_whose_answer_turns_out_to_vary_gets_his_own(t):
    origin = t.origin()
    vary = {"Vary": "X-Kind", "Cache-Control": "max-age=600"}
    origin.add("/x.tgz", Answer(OLD, headers=vary, delay=1), Answer(NEW, headers=vary))
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")

    one = t.start_curl(url, "-H", "X-Kind: a")
    origin.wait(lambda o: o.requests())
    two = t.start_curl(url, "-H", "X-Kind: b")

    assert one.result().sha256 == OLD.sha256 and two.result().sha256 == NEW.sha256
    assert len(origin.requests()) == 2


def test_a_private_answer_that_several_wait_for_is_given_to_one(t):
    origin = t.origin()
    private = {"Cache-Control": "private"}
    origin.add("/x.tgz", Answer(OLD, headers=private, delay=1), Answer(NEW, headers=private))
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")

    one = t.start_curl(url)
    origin.wait(lambda o: o.requests())
    two = t.start_curl(url)

    assert {one.result().sha256, two.result().sha256} == {OLD.sha256, NEW.sha256}
    assert daemon.artifacts() == []


def test_a_304_makes_it_fresh_again(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(OLD, headers={"Cache-Control": "max-age=0"}),
               Answer(OLD, headers={"Cache-Control": "max-age=600"}))
    daemon = t.daemon(origin)
    for _ in range(3):
        result = t.curl(daemon.mirror(origin, "/x.tgz"))
        daemon.wait_stored(OLD.sha256)

    assert result.headers["x-stagecache"] == "hit"
    assert [s.status for s in origin.requests()] == [200, 304]


def test_pinned_bytes_go_on_being_served_when_a_versioned_url_changes(t):
    origin = t.origin()
    origin.add("/spark-3.5.7.tgz", Answer(OLD), Answer(NEW))
    daemon = t.daemon(origin)
    daemon.wait_job(daemon.warm([{"url": origin.url("/spark-3.5.7.tgz")}]))
    url = daemon.mirror(origin, "/spark-3.5.7.tgz")

    first = t.curl(url)
    daemon.wait(lambda: daemon.stats()["changed"] == 1, "the change to be noticed")
    asked = len(origin.requests())
    later = t.curl(url)

    assert first.sha256 == later.sha256 == OLD.sha256, (first, later)
    assert len(origin.requests()) == asked == 2
    assert any("has changed" in line and NEW.sha256 in line for line in daemon.output)
    assert daemon.call("DELETE", f"/v1/artifacts/{OLD.sha256}/pin")[0] == 204
    assert t.curl(url).sha256 == NEW.sha256, "once unpinned the new bytes are taken"


def test_the_same_bytes_under_new_validators_are_no_change(t):
    origin = t.origin()
    origin.add("/spark-3.5.7.tgz", Answer(OLD, etag='"a"'), Answer(OLD, etag='"b"'))
    daemon = t.daemon(origin)
    daemon.wait_job(daemon.warm([{"url": origin.url("/spark-3.5.7.tgz")}]))
    url = daemon.mirror(origin, "/spark-3.5.7.tgz")

    t.curl(url)
    origin.wait(lambda o: len(o.requests()) == 2 and o.requests()[-1].done)
    daemon.wait(lambda: t.curl(url).headers["etag"] == '"b"', "the new ETag")

    assert daemon.stats()["changed"] == 0
    assert origin.requests()[-1].status == 304


def test_only_if_cached_is_504_where_nothing_is_stored(t):
    origin = t.origin()
    origin.add("/x.tgz", OLD, headers={"Cache-Control": "max-age=600"})
    daemon = t.daemon(origin)
    url = daemon.mirror(origin, "/x.tgz")

    missing = t.curl(url, "-H", "Cache-Control: only-if-cached")
    t.curl(url)
    daemon.wait_stored(OLD.sha256)
    here = t.curl(url, "-H", "Cache-Control: only-if-cached")

    assert missing.status == 504 and here.sha256 == OLD.sha256, (missing, here)
    assert len(origin.requests()) == 1
