"""kill -9 at any moment of packing, promotion or eviction: everything is served, nothing leaks."""
import random
import time

from harness import MiB, Made, limits
from packing import (FRESH, Published, base_of, check_accounts, check_nothing_leaks, check_served, fetched, forms,
                     packed_daemon, wait_packed)

SIZE = 24 * MiB


def restart(daemon):
    daemon.kill()
    daemon.start()


def raw_daemon(t, **store):
    """(published, daemon, bytes of its store while it was empty) with two releases that nobody has packed yet."""
    published = Published(t.origin(), size=SIZE)
    daemon = t.daemon(published.origin, store={"pack": False, **store})
    empty = daemon.disk()
    for number in (0, 1):
        fetched(t, daemon, published, number)
    daemon.stop()
    daemon.config.write_text(daemon.config.read_text().replace("pack = false", "pack = true"))
    return published, daemon, empty


def watch(daemon, condition, seconds=30):
    """Looks as fast as it can until condition(stats) holds."""
    end = time.monotonic() + seconds
    while not condition(daemon.stats()):
        assert time.monotonic() < end, daemon.stats()


def wait_given_back(daemon):
    """Until what was packed away has left the disk: else that room, and not what is written, is what is watched."""
    watch(daemon, lambda s: s["used_bytes"] - s["metadata_bytes"]
          <= s["raw_bytes"] + s["packed_bytes"] + s["shared_bytes"])


def kill_when_written(t, more):
    """Kills when packing has written `more` bytes beside the raw forms (or has gone on to give some back)."""
    published, daemon, empty = raw_daemon(t)
    daemon.start()
    raw = daemon.stats()["used_bytes"]
    watch(daemon, lambda s: s["used_bytes"] > raw + more or s["used_bytes"] < raw - MiB)

    restart(daemon)

    check_served(t, daemon, published.bodies)
    wait_packed(daemon, *published.bodies)
    check_served(t, daemon, published.bodies)
    assert len(published.origin.gets()) == 2, "something was fetched again"
    check_nothing_leaks(daemon, empty)


@limits(120)
def test_kill_at_the_first_bytes_of_packing(t):
    kill_when_written(t, 0)


@limits(120)
def test_kill_in_the_middle_of_packing(t):
    kill_when_written(t, SIZE // 2)


@limits(120)
def test_kill_when_the_first_packed_form_is_whole(t):
    kill_when_written(t, SIZE - MiB)


@limits(120)
def test_kill_when_the_first_raw_form_has_gone(t):
    kill_when_written(t, 2 * SIZE)


@limits(240)
def test_kill_at_random_moments_of_packing_again_and_again(t):
    published, daemon, empty = raw_daemon(t)
    daemon.start()
    dice = random.Random(11)

    for _ in range(10):
        time.sleep(dice.uniform(0, 0.8))  # the moment is what is tried
        restart(daemon)
        assert all(forms(daemon, b) for b in published.bodies), daemon.artifacts()

    wait_packed(daemon, *published.bodies)
    check_served(t, daemon, published.bodies)
    assert len(published.origin.gets()) == 2
    check_nothing_leaks(daemon, empty)


@limits(240)
def test_kill_during_the_promotion_of_what_is_asked_for_often(t):
    published, daemon = packed_daemon(t, size=SIZE)
    body = published.bodies[1]

    for more in (0, SIZE // 4, SIZE // 2, SIZE - MiB):
        wait_given_back(daemon)
        before = daemon.stats()["used_bytes"]
        for _ in range(3):
            check_served(t, daemon, [body])
        watch(daemon, lambda s, least=before + more: s["used_bytes"] > least)
        restart(daemon)
        check_accounts(daemon)
        check_served(t, daemon, published.bodies)
        if "raw" in forms(daemon, body):
            break

    assert len(published.origin.gets()) == 2, "something was fetched again"


@limits(240)
def test_kill_during_evictions(t):
    published = Published(t.origin(), size=8 * MiB)
    daemon = t.daemon(published.origin, store={"quota": "80MiB"})
    empty, dice = daemon.disk(), random.Random(3)
    for number in (0, 1):
        fetched(t, daemon, published, number)
    wait_packed(daemon, *published.bodies)

    for number in range(24):
        origin, path = published.origin, f"/{number}.bin"
        origin.add(path, Made(8 * MiB, seed=number), headers=FRESH)
        client = t.start_curl(daemon.mirror(origin, path))
        if number % 3 == 2:
            time.sleep(dice.uniform(0, 0.1))  # the moment is what is tried
            restart(daemon)
        client.result()
        assert daemon.disk() <= 80 * MiB
        kept = [b for b in published.bodies if daemon.holds(b.sha256)]
        for body in kept:
            base = base_of(daemon, body)
            assert base is None or daemon.holds(base), "a difference without its base"
        check_served(t, daemon, [b for b in kept if number % 6 == 5])

    daemon.wait(lambda: not daemon.stats()["fills_running"], "the fills' end")
    check_nothing_leaks(daemon, empty)
