"""The quota is real bytes on disk and is never passed, not for a moment."""
from harness import GiB, MB, Answer, MiB, Made, Peak, fetch, is_sanitized, limits, mount_used, mounts, scaled

QUOTA = GiB if not is_sanitized() else 256 * MiB
EACH = 100 * MB if not is_sanitized() else 20 * MB
TRAFFIC = 5 * QUOTA


def traffic(origin, daemon):
    """Fetches distinct artifacts until TRAFFIC bytes went through; each must be right."""
    for number in range(TRAFFIC // EACH + 1):
        body = Made(EACH, seed=1000 + number)
        origin.add(f"/{number}.tgz", body)
        result = fetch(daemon.mirror(origin, f"/{number}.tgz"))
        assert result.complete and result.sha256 == body.sha256, (number, result)


def pin_one(origin, daemon):
    pinned = Made(EACH, seed=1)
    origin.add("/pinned.tgz", pinned)
    job = daemon.warm([{"url": origin.url("/pinned.tgz"), "sha256": pinned.sha256, "pin": True}])
    assert daemon.wait_job(job)["state"] == "ready"
    return pinned


def check_after(daemon, pinned):
    stats = daemon.stats()
    assert stats["evictions"] > 0 and stats["used_bytes"] <= QUOTA, stats
    assert fetch(daemon.by_sha(pinned.sha256)).sha256 == pinned.sha256
    kept = len(daemon.artifacts())
    assert kept >= 0.7 * QUOTA / EACH, f"only {kept} artifacts are kept of what would fit"


@mounts
@limits(300)
def test_five_times_the_quota_on_a_file_system_of_its_own(t):
    origin, disk = t.origin(), t.tmpfs("disk", 2 * QUOTA)
    daemon = t.daemon(origin, store={"path": str(disk / "store"), "quota": f"{QUOTA}B"})
    pinned = pin_one(origin, daemon)

    with Peak(lambda: mount_used(disk), interval=0.001) as peak:
        traffic(origin, daemon)

    assert peak.highest <= QUOTA, f"{peak.highest} of {QUOTA} bytes, {peak.samples} samples"
    check_after(daemon, pinned)


@limits(300)
def test_five_times_the_quota_by_du(t):
    origin = t.origin()
    daemon = t.daemon(origin, store={"quota": f"{QUOTA}B"})
    pinned = pin_one(origin, daemon)

    with Peak(daemon.disk, interval=0.01) as peak:
        traffic(origin, daemon)

    # A walk is not atomic: what is deleted after it was counted may count beside its successor.
    assert peak.highest <= QUOTA + 32 * MiB, f"{peak.highest} of {QUOTA} bytes, {peak.samples} samples"
    assert daemon.disk() <= QUOTA
    check_after(daemon, pinned)


def small_store(t, origin):
    return t.daemon(origin, store={"quota": "96MiB"})


def test_an_artifact_larger_than_the_quota_passes_through(t):
    body, origin = Made(scaled(200 * MiB), seed=3), t.origin()
    origin.add("/x.tgz", body)
    daemon = t.daemon(origin, store={"quota": f"{max(72 * MiB, body.size // 2)}B"})

    with Peak(daemon.disk) as peak:
        mirror = fetch(daemon.mirror(origin, "/x.tgz"))
        by_sha = fetch(daemon.sha_mirror(body.sha256, origin, "/x.tgz"))

    assert mirror.complete and mirror.sha256 == by_sha.sha256 == body.sha256
    assert peak.highest <= max(72 * MiB, body.size // 2)
    assert daemon.artifacts() == []


def test_a_wrong_artifact_larger_than_the_quota_is_cut(t):
    body, other, origin = Made(200 * MiB, seed=3), Made(200 * MiB, seed=4), t.origin()
    origin.add("/x.tgz", other)
    daemon = small_store(t, origin)

    result = fetch(daemon.sha_mirror(body.sha256, origin, "/x.tgz"))

    assert not result.complete, result


def test_an_artifact_larger_than_the_quota_that_is_cut_once_is_resumed(t):
    body, origin = Made(200 * MiB, seed=3), t.origin()
    origin.add("/x.tgz", Answer(body, cut_after=90 * MiB), Answer(body))
    daemon = small_store(t, origin)

    result = fetch(daemon.sha_mirror(body.sha256, origin, "/x.tgz"))

    assert result.complete and result.sha256 == body.sha256, result


def test_warming_more_pins_than_fit_fails_and_names_the_sizes(t):
    origin = t.origin()
    bodies = [Made(40 * MiB, seed=20 + i) for i in range(3)]
    for number, body in enumerate(bodies):
        origin.add(f"/{number}.tgz", body)
    daemon = small_store(t, origin)

    jobs = [daemon.wait_job(daemon.warm([{"url": origin.url(f"/{n}.tgz")}])) for n in range(3)]

    failed = [j["items"][0] for j in jobs if j["state"] == "failed"]
    assert failed and any(c.isdigit() for c in failed[0]["error"]), jobs
    assert daemon.disk() <= 96 * MiB


def test_least_recently_used_goes_first(t):
    origin = t.origin()
    bodies = [Made(20 * MiB, seed=30 + i) for i in range(8)]
    for number, body in enumerate(bodies):
        origin.add(f"/{number}.tgz", body)
    daemon = t.daemon(origin, store={"quota": "160MiB"})

    for number in range(8):
        fetch(daemon.mirror(origin, f"/{number}.tgz"))
        daemon.wait_stored(bodies[number].sha256)
        fetch(daemon.by_sha(bodies[0].sha256))

    held = [daemon.holds(b.sha256) for b in bodies]
    assert held[0] and held[7] and not held[1], held


def test_a_smaller_quota_at_start_evicts_to_it(t):
    origin = t.origin()
    for number in range(6):
        origin.add(f"/{number}.tgz", Made(20 * MiB, seed=40 + number))
    daemon = t.daemon(origin, store={"quota": "256MiB"})
    for number in range(6):
        fetch(daemon.mirror(origin, f"/{number}.tgz"))
    daemon.wait(lambda: len(daemon.artifacts()) == 6, "six artifacts")
    daemon.stop()

    daemon.config.write_text(daemon.config.read_text().replace("256MiB", "128MiB"))
    daemon.start()

    daemon.wait(lambda: daemon.disk() <= 128 * MiB, "eviction to the new quota")
    assert 1 <= len(daemon.artifacts()) < 6
