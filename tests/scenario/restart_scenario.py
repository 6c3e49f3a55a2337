"""kill -9 at any moment of a fill: ready within a second, the fill goes on, nothing leaks."""
import random
import time

from harness import MB, MiB, Answer, Made, allocated, is_sanitized, limits, scaled

PIECE = 16 * MiB           # what a restart can keep: whole pieces
BODY = Made(48 * MiB, seed=9)
SMALL = [Made(scaled(4 * MiB), seed=100 + i) for i in range(20)]
READY_S = 1.0


def filled_daemon(t, *script):
    """A daemon whose store holds 20 artifacts; the origin's /big.tgz follows the script."""
    origin = t.origin()
    for number, body in enumerate(SMALL):
        origin.add(f"/{number}.tgz", body, headers={"Cache-Control": "max-age=3600"})
    origin.add("/big.tgz", *script)
    daemon = t.daemon(origin)
    items = [{"url": origin.url(f"/{n}.tgz"), "sha256": b.sha256} for n, b in enumerate(SMALL)]
    assert daemon.wait_job(daemon.warm(items))["state"] == "ready"
    return origin, daemon


def pieces_on_disk(daemon):
    return daemon.disk() - allocated(daemon.store / "incoming")


def restart(daemon):
    daemon.kill()
    daemon.start()
    assert is_sanitized() or daemon.ready_after < READY_S, f"ready after {daemon.ready_after:.2f} s"


def check_whole(t, origin, daemon):
    for number, body in enumerate(SMALL):
        assert t.curl(daemon.mirror(origin, f"/{number}.tgz")).sha256 == body.sha256
    assert t.curl(daemon.sha_mirror(BODY.sha256, origin, "/big.tgz")).sha256 == BODY.sha256


def check_nothing_leaks(daemon):
    stats, on_disk = daemon.stats(), daemon.disk()
    assert on_disk <= stats["used_bytes"] + MiB, f"{on_disk} bytes on disk, {stats['used_bytes']} accounted for"
    for artifact in daemon.artifacts():
        daemon.call("DELETE", f"/v1/artifacts/{artifact['sha256']}/pin")
        assert daemon.call("DELETE", f"/v1/artifacts/{artifact['sha256']}")[0] in (200, 204)
    daemon.wait(lambda: daemon.disk() < 40 * MiB, "the disk to be given back")


def kill_after(t, received):
    origin, daemon = filled_daemon(t, Answer(BODY, hold_at=received), Answer(BODY))
    before = pieces_on_disk(daemon)
    job = daemon.warm([{"url": origin.url("/big.tgz"), "sha256": BODY.sha256}])
    origin.wait(lambda o: o.requests("/big.tgz") and o.sent("/big.tgz") >= received)
    whole = received // PIECE * PIECE
    daemon.wait(lambda: pieces_on_disk(daemon) - before >= whole, f"{whole} bytes in pieces")

    restart(daemon)
    daemon.wait_stored(BODY.sha256)

    asked = origin.requests("/big.tgz")
    assert len(asked) == 2, [(s.status, s.range) for s in asked]
    began = int(asked[1].range.removeprefix("bytes=").removesuffix("-")) if asked[1].range else 0
    assert max(0, whole - PIECE) <= began <= received, f"went on at {began} of {received}"
    assert whole < 2 * PIECE or began >= PIECE, "began again from the start"
    assert daemon.wait_job(job)["state"] == "ready"
    check_whole(t, origin, daemon)
    check_nothing_leaks(daemon)


def test_kill_before_the_first_byte(t):
    kill_after(t, 0)


def test_kill_within_the_first_piece(t):
    kill_after(t, MiB)


def test_kill_in_the_middle(t):
    kill_after(t, 20 * MiB)


def test_kill_late(t):
    kill_after(t, 40 * MiB)


def test_kill_before_the_last_byte(t):
    kill_after(t, BODY.size - 1)


@limits(180)
def test_kill_at_random_moments_again_and_again(t):
    origin, daemon = filled_daemon(t, Answer(BODY, rate=30 * MB))
    dice = random.Random(7)
    daemon.warm([{"url": origin.url("/big.tgz"), "sha256": BODY.sha256}])

    for _ in range(8):
        time.sleep(dice.uniform(0, 0.9))  # the moment is what is tried
        restart(daemon)

    daemon.wait_stored(BODY.sha256, timeout=60)
    check_whole(t, origin, daemon)
    check_nothing_leaks(daemon)


def test_artifacts_are_served_at_once_after_a_kill(t):
    origin, daemon = filled_daemon(t, Answer(BODY))
    origin.close()

    restart(daemon)

    for number, body in enumerate(SMALL):
        result = t.curl(daemon.by_sha(body.sha256, f"{number}.tgz"))
        assert result.sha256 == body.sha256 and result.headers["x-stagecache"] == "hit", result


def test_pins_survive_a_kill(t):
    _, daemon = filled_daemon(t, Answer(BODY))

    restart(daemon)

    assert all(a["pinned"] for a in daemon.artifacts()) and len(daemon.artifacts()) == len(SMALL)


def test_a_client_after_the_restart_follows_the_fill_that_goes_on(t):
    origin, daemon = filled_daemon(t, Answer(BODY, hold_at=40 * MiB), Answer(BODY, rate=20 * MB))
    before = pieces_on_disk(daemon)
    client = t.start_curl(daemon.mirror(origin, "/big.tgz"))
    daemon.wait(lambda: pieces_on_disk(daemon) - before >= 2 * PIECE, "two pieces")

    restart(daemon)
    cut, again = client.result(), t.curl(daemon.mirror(origin, "/big.tgz"))

    assert cut.code != 0
    assert again.sha256 == BODY.sha256
    assert origin.sent("/big.tgz") < 2 * BODY.size
