"""Wrong bytes: no client gets a complete body, nothing is stored, the job says what differed."""
from harness import MiB, Answer, Made, limits, scaled

CLIENTS = 4
EMPTY_STORE = 40 * MiB  # catalog, WAL and ballast, no artifact
GOOD, OTHER = Made(scaled(20 * MiB), seed=1), Made(scaled(20 * MiB), seed=2)
HALF = GOOD.size // 2


def play(t, script, url_of, declared=True):
    """Clients and a warm job on one origin that misbehaves; returns the job's one item."""
    origin = t.origin()
    origin.add("/x.tgz", *script)
    daemon = t.daemon(origin)
    item = {"url": origin.url("/x.tgz")} | ({"sha256": GOOD.sha256} if declared else {})

    job = daemon.warm([item])
    runs = [t.start_curl(url_of(daemon, origin), "-f") for _ in range(CLIENTS)]
    results = [run.result() for run in runs]
    item = daemon.wait_job(job)["items"][0]

    whole = [r for r in results if r.code == 0]
    assert not whole, f"{len(whole)} clients were told that all is well: {whole[0]}"
    assert daemon.artifacts() == []
    assert daemon.disk() < EMPTY_STORE, f"{daemon.disk()} bytes were left on the disk"
    assert item["state"] == "failed" and item["error"], item
    return item


def by_sha(daemon, origin):
    return daemon.sha_mirror(GOOD.sha256, origin, "/x.tgz")


def by_mirror(daemon, origin):
    return daemon.mirror(origin, "/x.tgz")


def test_another_digest_than_declared(t):
    item = play(t, [Answer(OTHER)], by_sha)

    assert GOOD.sha256[:12] in item["error"] and OTHER.sha256[:12] in item["error"], item


def test_another_digest_than_a_warm_job_declared_cuts_its_followers_on_the_mirror_url(t):
    origin = t.origin()
    answer = origin.add("/x.tgz", OTHER, hold_at=HALF)
    daemon = t.daemon(origin)

    job = daemon.warm([{"url": origin.url("/x.tgz"), "sha256": GOOD.sha256}])
    origin.wait(lambda o: o.sent() >= HALF)
    runs = [t.start_curl(daemon.mirror(origin, "/x.tgz"), "-f", "-N") for _ in range(CLIENTS)]
    daemon.wait(lambda: all(r.received() > 0 for r in runs), "every follower's first bytes")
    answer.release()

    assert all(run.result().code != 0 for run in runs)
    assert daemon.wait_job(job)["state"] == "failed"
    assert daemon.artifacts() == []


@limits(180)
def test_an_origin_that_cuts_for_good_on_a_sha256_url(t):
    play(t, [Answer(GOOD, cut_after=HALF), Answer(GOOD, cut_after=0)], by_sha)


@limits(180)
def test_an_origin_that_cuts_for_good_on_a_mirror_url(t):
    play(t, [Answer(GOOD, cut_after=HALF), Answer(GOOD, cut_after=0)], by_mirror, declared=False)


def test_a_longer_body_than_declared(t):
    longer = Answer(GOOD.bytes() + b"x")

    play(t, [longer], by_sha)


def test_a_shorter_body_than_declared(t):
    shorter = Answer(GOOD.bytes()[:-1])

    play(t, [shorter], by_sha)


@limits(180)
def test_a_content_length_larger_than_the_body_on_a_mirror_url(t):
    play(t, [Answer(GOOD, length=GOOD.size + 1000)], by_mirror, declared=False)


@limits(180)
def test_a_content_length_larger_than_the_body_on_a_sha256_url(t):
    play(t, [Answer(GOOD, length=GOOD.size + 1000)], by_sha)


def test_a_content_length_smaller_than_the_body(t):
    play(t, [Answer(GOOD, length=GOOD.size - 1000)], by_sha)


@limits(180)
def test_content_that_changes_between_resume_parts_with_another_etag(t):
    play(t, [Answer(GOOD, cut_after=HALF), Answer(OTHER)], by_sha)


@limits(180)
def test_content_that_changes_between_resume_parts_behind_the_same_etag(t):
    play(t, [Answer(GOOD, etag='"same"', cut_after=HALF), Answer(OTHER, etag='"same"')], by_sha)


@limits(180)
def test_content_that_changes_in_mid_transfer_never_reaches_a_mirror_client_as_a_mixture(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(GOOD, cut_after=HALF), Answer(OTHER))
    daemon = t.daemon(origin)

    runs = [t.start_curl(daemon.mirror(origin, "/x.tgz"), "-f") for _ in range(CLIENTS)]

    for run in runs:
        result = run.result()
        assert result.code != 0 or result.sha256 == OTHER.sha256, result
    assert all(a["sha256"] == OTHER.sha256 for a in daemon.artifacts())


def test_a_chunked_body_that_is_wrong_never_gets_its_last_chunk(t):
    origin = t.origin()
    origin.add("/x.tgz", OTHER, chunked=True)
    daemon = t.daemon(origin)

    result = t.curl(by_sha(daemon, origin), "-f")
    old = t.curl(by_sha(daemon, origin), "-f", "--http1.0")

    assert result.code != 0 and old.code != 0, (result, old)
    assert daemon.artifacts() == []


def test_a_right_body_after_a_wrong_one_is_stored(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(OTHER), Answer(GOOD))
    daemon = t.daemon(origin)

    first = t.curl(by_sha(daemon, origin), "-f")
    # The failure is the answer for a second; curl waits for its Retry-After.
    second = t.curl(by_sha(daemon, origin), "-f", "--retry", "3", "--retry-all-errors")

    assert first.code != 0 and second.sha256 == GOOD.sha256
    assert daemon.holds(GOOD.sha256)
