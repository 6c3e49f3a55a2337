"""The scrub reads what is stored, finds what rotted on the disk, and fetches it again."""
import gzip
import json
import random
import string

from bodies import as_body
from harness import MiB, Made

JRE, SPARK = Made(2 * MiB, seed=51), Made(20 * MiB, seed=52)
LETTERS = string.ascii_letters + string.digits + "+/"


def start(t, **store):
    origin = t.origin()
    origin.add("/jre.tar.gz", JRE)
    origin.add("/spark.tgz", SPARK)
    daemon = t.daemon(origin, store={"scrub_rate": "0", **store})
    job = daemon.wait_job(daemon.warm([{"url": origin.url("/jre.tar.gz"), "sha256": JRE.sha256},
                                       {"url": origin.url("/spark.tgz"), "sha256": SPARK.sha256}]))
    assert job["state"] == "ready", job
    return origin, daemon


def flip(daemon, size, offset=1000):
    """Flips a bit in the largest piece of at most `size` bytes and a bit of overhead."""
    pieces = [p for p in (daemon.store / "db").glob("*.sst") if p.stat().st_size <= size * 1.01]
    with max(pieces, key=lambda p: p.stat().st_size).open("r+b") as piece:
        piece.seek(offset)
        byte = piece.read(1)[0]
        piece.seek(offset)
        piece.write(bytes([byte ^ 0x10]))


def scrub(daemon):
    """The status after a scrub that the command began and waited for, and its exit code."""
    done = daemon.cli("scrub", "--json")
    assert done.stdout, done
    return json.loads(done.stdout), done.returncode


def test_all_is_well(t):
    origin, daemon = start(t)

    done = daemon.cli("scrub")
    status = daemon.get("/v1/scrub")

    assert done.returncode == 0 and "2 forms read, 22 MiB: all as they were stored" in done.stdout, done
    assert status["state"] == "idle" and status["bytes_read"] == JRE.size + SPARK.size, status
    assert status["findings"] == [] and status["next_at"] > status["last_end"], status
    assert len(origin.gets()) == 2


def test_damage_while_the_daemon_runs_is_found_and_fetched_again(t):
    origin, daemon = start(t)
    flip(daemon, 16 * MiB)

    done = daemon.cli("scrub")

    assert done.returncode == 1, done
    assert f"damaged spark.tgz sha256 {SPARK.sha256} (raw)" in done.stdout and "fetched again" in done.stdout, done
    assert len(origin.gets("/spark.tgz")) == 2 and len(origin.gets("/jre.tar.gz")) == 1
    assert daemon.get(f"/v1/artifacts/{SPARK.sha256}")["pinned"]
    assert t.curl(daemon.by_sha(SPARK.sha256)).sha256 == SPARK.sha256
    assert scrub(daemon)[1] == 0


def test_damage_under_what_memory_still_has_is_found_too(t):
    origin, daemon = start(t)
    assert t.curl(daemon.by_sha(SPARK.sha256)).sha256 == SPARK.sha256  # Now it is in the block cache.
    flip(daemon, 16 * MiB)

    status, code = scrub(daemon)

    assert code == 1 and [f["state"] for f in status["findings"]] == ["fetched"], status
    assert len(origin.gets("/spark.tgz")) == 2


def test_damage_while_the_daemon_is_down(t):
    origin, daemon = start(t)
    daemon.stop()
    flip(daemon, 16 * MiB, offset=5 * MiB)
    daemon.start()

    status, code = scrub(daemon)

    assert code == 1 and status["damaged"] == 1, status
    finding = status["findings"][0]
    assert (finding["sha256"], finding["name"], finding["form"]) == (SPARK.sha256, "spark.tgz", "raw"), finding
    assert finding["state"] == "fetched" and finding["error"] is None, finding
    assert t.curl(daemon.by_sha(SPARK.sha256)).sha256 == SPARK.sha256


def test_a_piece_that_is_gone(t):
    origin, daemon = start(t)
    daemon.stop()
    max((daemon.store / "db").glob("*.sst"), key=lambda p: p.stat().st_size).unlink()
    daemon.start()

    status, code = scrub(daemon)

    assert code == 1 and [f["state"] for f in status["findings"]] == ["fetched"], status
    assert t.curl(daemon.by_sha(SPARK.sha256)).sha256 == SPARK.sha256


def test_offline_it_says_what_is_lost(t):
    origin, daemon = start(t)
    assert daemon.cli("offline", "on").returncode == 0
    flip(daemon, 2 * MiB)

    done = daemon.cli("scrub")

    assert done.returncode == 1 and f"damaged jre.tar.gz sha256 {JRE.sha256} (raw)" in done.stdout, done
    assert "LOST" in done.stdout and "offline" in done.stdout, done
    assert not daemon.holds(JRE.sha256) and daemon.holds(SPARK.sha256)
    assert len(origin.gets()) == 2
    daemon.cli("offline", "off")
    assert t.curl(daemon.by_sha(JRE.sha256)).sha256 == JRE.sha256
    assert daemon.get(f"/v1/artifacts/{JRE.sha256}")["pinned"]


def test_one_runs_at_a_time_and_stops_at_the_daemons_end(t):
    origin, daemon = start(t, scrub_rate="1KB")  # For hours.
    began, again = daemon.cli("scrub", "--no-wait"), daemon.cli("scrub", "--no-wait")
    status, text = daemon.call("POST", "/v1/scrub")
    running = daemon.get("/v1/scrub")

    assert began.returncode == 0 and again.returncode == 1 and "runs already" in again.stderr, (began, again)
    assert status == 409 and json.loads(text)["error"]["code"] == "conflict", text
    assert running["state"] == "running" and running["reading"] in ("jre.tar.gz", "spark.tgz"), running
    assert t.curl(daemon.by_sha(SPARK.sha256)).sha256 == SPARK.sha256
    assert daemon.stop(timeout=5) == 0
    daemon.start()
    assert daemon.get("/v1/scrub")["last_end"] is None


def test_it_begins_by_itself(t):
    origin, daemon = start(t, scrub_interval="1s")

    daemon.wait(lambda: daemon.get("/v1/scrub")["last_end"], "a scrub that nobody asked for", timeout=60)


def alike(count=2):
    """Releases of one program, as a packer likes them: each differs from the first in a few of its files."""
    letters = random.Random(7)
    files = ["".join(letters.choices(LETTERS, k=80_000)).encode() for _ in range(40)]
    bodies = []
    for number in range(count):
        files[number] = "".join(letters.choices(LETTERS, k=80_000)).encode()
        bodies.append(as_body(gzip.compress(b"".join(files), 6, mtime=0)))
    return bodies


def packed(t):
    """A daemon in which the second of two releases lies as a difference to the first, and neither raw."""
    origin, bodies = t.origin(), alike()
    daemon = t.daemon(origin, store={"scrub_rate": "0"})
    for number, body in enumerate(bodies):
        origin.add(f"/release-{number}.tgz", body, headers={"Cache-Control": "max-age=3600"})
        assert t.curl(daemon.mirror(origin, f"/release-{number}.tgz")).sha256 == body.sha256
    daemon.wait(lambda: all(a["forms"] == ["packed"] for a in daemon.artifacts()), "both to lie packed", 60)
    return origin, daemon, bodies


def test_a_damaged_keyframe_and_what_needs_it_are_found_while_the_daemon_runs(t):
    origin, daemon, (first, second) = packed(t)
    assert t.curl(daemon.by_sha(second.sha256)).sha256 == second.sha256  # Memory has it right.
    flip(daemon, 16 * MiB)

    status, code = scrub(daemon)

    assert code == 1 and {f["sha256"]: (f["form"], f["state"]) for f in status["findings"]} == {
        first.sha256: ("packed", "fetched"), second.sha256: ("packed", "fetched")}, status
    assert [len(origin.gets(f"/release-{n}.tgz")) for n in (0, 1)] == [2, 2]
    assert t.curl(daemon.by_sha(second.sha256)).sha256 == second.sha256


def test_offline_a_damaged_keyframe_is_lost_with_what_needs_it(t):
    origin, daemon, (first, second) = packed(t)
    daemon.stop()
    flip(daemon, 16 * MiB, offset=MiB)
    daemon.start()
    daemon.cli("offline", "on")

    done = daemon.cli("scrub")

    assert done.returncode == 1 and done.stdout.count("LOST") == 2, done
    assert f"damaged release-0.tgz sha256 {first.sha256} (packed)" in done.stdout, done
    assert f"damaged release-1.tgz sha256 {second.sha256} (packed): it was stored as a difference to release-0.tgz" \
        in done.stdout, done


def test_what_is_shown_of_forms(t):
    _, daemon, (first, second) = packed(t)

    keyframe, difference = (daemon.get(f"/v1/artifacts/{b.sha256}") for b in (first, second))
    status, refusal = daemon.call("DELETE", f"/v1/artifacts/{first.sha256}")
    stats, listing, shown = daemon.stats(), daemon.cli("ls").stdout, daemon.cli("show", second.sha256).stdout

    assert keyframe["base"] is None and keyframe["dependants"] == [
        {"sha256": second.sha256, "name": "release-1.tgz"}], keyframe
    assert difference["base"] == {"sha256": first.sha256, "name": "release-0.tgz"}, difference
    assert difference["stored_bytes"] == difference["packed_bytes"] < difference["size"] / 5, difference
    assert difference["raw_bytes"] == 0 and stats["raw_bytes"] == 0 and stats["packed_artifacts"] == 2, stats
    assert stats["packed_bytes"] == difference["packed_bytes"], stats
    assert stats["shared_bytes"] == keyframe["packed_bytes"], stats
    assert stats["packs"] == 2 and stats["pack_failures"] == 0 and stats["packing"] is None, stats
    assert status == 409 and "release-1.tgz" in refusal, refusal
    assert "  packed against release-0.tgz\n" in listing and max(map(len, listing.splitlines())) <= 100, listing
    assert f"base: release-0.tgz {first.sha256}\n" in shown, shown
    assert daemon.cli("stats").stdout.startswith("2 artifacts, "), daemon.cli("stats")
