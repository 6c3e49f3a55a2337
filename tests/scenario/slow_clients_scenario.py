"""Slow readers cost little memory, slow nobody down, and are not starved themselves."""
import subprocess
import time

from harness import (KiB, MB, Made, MiB, Peak, SlowReaders, fetch, is_sanitized, limits, scaled)

MEMORY = 256 * MiB
ALLOWANCE = 200 * MiB
SLOW = 1000 if not is_sanitized() else 200


def best_rate(url, times=3):
    """Bytes a second of the best of some downloads by curl into nothing."""
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{speed_download}", url]
    return max(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
               for _ in range(times))


@limits(300)
def test_1000_slow_connections_over_four_300_mb_artifacts(t):
    origin = t.origin()
    bodies = [Made(scaled(300 * MB), seed=i) for i in range(4)]
    for number, body in enumerate(bodies):
        origin.add(f"/{number}.tgz", body)
    daemon = t.daemon(origin, store={"memory": f"{MEMORY}B", "quota": "2GiB"})
    items = [{"url": origin.url(f"/{n}.tgz"), "sha256": b.sha256} for n, b in enumerate(bodies)]
    assert daemon.wait_job(daemon.warm(items), timeout=120)["state"] == "ready"
    fast_url = daemon.by_sha(bodies[0].sha256)
    alone = best_rate(fast_url)

    with Peak(daemon.memory, interval=0.05) as memory:
        readers = SlowReaders(daemon.data, [f"/sha256/{b.sha256}/x.tgz" for b in bodies], SLOW)
        daemon.wait(lambda: min(readers.received) > 0, "every slow connection's first bytes", timeout=60)
        beside = best_rate(fast_url, times=5)
        assert fetch(fast_url).sha256 == bodies[0].sha256
        at_half = list(readers.received)
        time.sleep(6)  # the slow ones go on meanwhile; nobody may stand still
        stuck = sum(now <= then for now, then in zip(readers.received, at_half))
        readers.close()

    assert readers.failed == 0 and stuck == 0, f"{readers.failed} cut, {stuck} of {SLOW} stood still"
    if not is_sanitized():
        assert memory.highest <= MEMORY + ALLOWANCE, f"{memory.highest / MiB:.0f} MiB resident"
        assert beside >= alone / 2, f"a fast client got {beside / 1e6:.0f} MB/s beside them, {alone / 1e6:.0f} alone"
    assert daemon.get("/v1/stats") and daemon.alive()


@limits(180)
def test_slow_followers_of_a_fill_slow_nobody(t):
    body, origin = Made(scaled(200 * MB), seed=7), t.origin(rate=100 * MB)
    origin.add("/x.tgz", body)
    origin.add("/y.tgz", body)
    daemon = t.daemon(origin)
    direct = fetch(origin.url("/y.tgz"))
    began = time.monotonic()

    readers = SlowReaders(daemon.data, [f"/mirror/{origin.name}/x.tgz"], 20, sip=4 * KiB)
    fast = fetch(daemon.mirror(origin, "/x.tgz"))
    took = time.monotonic() - began
    readers.close()

    assert fast.sha256 == direct.sha256 == body.sha256
    assert len(origin.gets("/x.tgz")) == 1
    assert is_sanitized() or took < 2 * body.size / (100 * MB) + 1, f"{took:.1f} s"


@limits(120)
def test_a_stored_artifact_stays_readable_for_a_slow_reader_while_others_are_filled(t):
    origin = t.origin()
    for number in range(4):
        origin.add(f"/{number}.tgz", Made(60 * MB, seed=number))
    daemon = t.daemon(origin, store={"quota": "1GiB"})
    first = Made(60 * MB, seed=0)
    fetch(daemon.mirror(origin, "/0.tgz"))

    slow = t.start_curl(daemon.by_sha(first.sha256), "--limit-rate", "15M")
    for number in range(1, 4):
        assert fetch(daemon.mirror(origin, f"/{number}.tgz")).complete

    assert slow.result().sha256 == first.sha256
