"""`stagecache why` and the ledger: what is known of a URL, what happened, what to do."""
import json

from harness import MiB, Answer, Made

BODY, OTHER = Made(2 * MiB, seed=61), Made(2 * MiB, seed=62)
BIG = Made(40 * MiB, seed=63)


def why(daemon, url):
    done = daemon.cli("why", "--json", url)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_it_understands_every_shape_of_a_url(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    daemon = t.daemon(origin)
    daemon.cli("warm", f"{origin.url('/x.tgz')}#sha256={BODY.sha256}")

    shapes = [origin.url("/x.tgz"), daemon.mirror(origin, "/x.tgz"), f"/mirror/{origin.name}/x.tgz",
              daemon.sha_mirror(BODY.sha256, origin, "/x.tgz"), f"{origin.name}/x.tgz",
              f"http://cache.example.org:8080/mirror/{origin.name}/x.tgz", origin.url("/./a/../x.tgz")]
    for shape in shapes:
        known = why(daemon, shape)
        assert known["source"] == f"{origin.name}/x.tgz" and known["state"] == "stored", (shape, known)
        assert known["sha256"] == BODY.sha256 and known["strength"] == "declared" and known["pinned"], known
        assert known["served_offline"] and known["allowed"] and known["advice"] == [], known
    assert why(daemon, daemon.by_sha(BODY.sha256))["state"] == "stored"


def test_it_says_what_failed_when_the_next_try_is_due_and_what_to_do(t):
    origin = t.origin()
    origin.add("/x.tgz", status=429, headers={"Retry-After": "3000"})
    origin.add("/y.tgz", status=404)
    daemon = t.daemon(origin)
    t.curl(daemon.mirror(origin, "/y.tgz"))

    known = why(daemon, daemon.mirror(origin, "/y.tgz"))
    text = daemon.cli("why", daemon.mirror(origin, "/y.tgz")).stdout

    assert known["state"] == "not stored" and not known["served_offline"], known
    assert "404" in known["failure"]["message"] and known["failure"]["next_try_s"] <= 1, known
    assert [e["event"] for e in known["ledger"]] == ["failed"], known
    assert any("stagecache warm" in line for line in known["advice"]), known
    assert "404" in text and "to do" in text and "ledger" in text, text


def test_it_says_why_not_and_what_nobody_has_asked_for(t):
    origin = t.origin()
    daemon = t.daemon(origin)

    denied, unknown = why(daemon, "https://unlisted.example/x.tgz"), why(daemon, origin.url("/new.tgz"))
    nonsense = daemon.cli("why", "http://user@unlisted.example/")

    assert not denied["allowed"] and "[upstream] allow" in denied["denied"], denied
    assert "[upstream] allow" in denied["advice"][0]
    assert unknown["state"] == "not stored" and "stagecache warm" in unknown["advice"][0], unknown
    assert nonsense.returncode == 2, nonsense
    assert origin.requests() == [], "asking why asks nobody else"


def test_it_shows_a_download_that_runs(t):
    origin = t.origin()
    answer = origin.add("/big.tgz", BIG, hold_at=20 * MiB)
    daemon = t.daemon(origin)
    curl = t.start_curl(daemon.mirror(origin, "/big.tgz"))
    daemon.wait(lambda: curl.received() >= 18 * MiB, "18 MiB of the body")

    known = why(daemon, origin.url("/big.tgz"))

    assert known["state"] == "filling" and known["filling"]["size"] == BIG.size, known
    assert 18 * MiB <= known["filling"]["received"] <= 20 * MiB, known
    answer.release()
    curl.result()


def test_the_ledger_tells_which_source_gave_what_by_whose_word_and_survives_kill_9(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    origin.add("/y.tgz", OTHER)
    origin.add("/z.tgz", Answer(b"", status=404))
    daemon = t.daemon(origin)
    t.curl(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(BODY.sha256)
    t.curl(daemon.mirror(origin, "/z.tgz"))
    daemon.cli("warm", f"{origin.url('/y.tgz')}#sha256={OTHER.sha256}")  # Its synced batch carries the failure.
    daemon.kill()
    daemon.start()

    lines = [json.loads(line) for line in daemon.cli("ledger", "--json").stdout.splitlines()]
    x, z, y = lines[:3]

    assert (x["event"], x["sha256"], x["strength"]) == ("stored", BODY.sha256, "first seen"), x
    assert z["event"] == "failed" and "404" in z["detail"] and z["sha256"] is None, z
    assert (y["event"], y["sha256"], y["strength"]) == ("stored", OTHER.sha256, "declared"), y
    one = daemon.cli("ledger", "--url", daemon.mirror(origin, "/y.tgz")).stdout
    assert OTHER.sha256 in one and BODY.sha256 not in one, one
    newest = daemon.get("/v1/ledger?limit=1")["entries"]
    assert newest == lines[-1:], newest
