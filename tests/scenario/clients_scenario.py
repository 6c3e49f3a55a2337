"""The buildpacks' own download code: libpak, packit, libbuildpack, and Diego's cacheddownloader.

The real libraries at exact versions (tests/clients/go). Without Go, or without the modules,
these are reported as not run.
"""
import json

import programs
from harness import MiB, Made, Skipped, limits

BODY = Made(3 * MiB + 5, seed=43)
WRONG = "ab" * 32
FRESH = {"Cache-Control": "max-age=600"}
FIRST_BUILD = 600  # Seconds: downloads and compiles the modules once a machine.


def client(t, name, sha256=BODY.sha256, environment=None):
    try:
        return programs.go(t.folder, name, sha256, environment)
    except programs.NotHere as why:
        raise Skipped(str(why)) from None


def start(t):
    origin = t.origin()
    for path in ("/cold.bin", "/herd.bin"):
        origin.add(path, BODY, headers=FRESH)
    return origin, t.daemon(origin)


def told(ran):
    """The JSON that the client prints last."""
    return json.loads(ran.text.strip().splitlines()[-1])


def gets_whole_files(getter, origin, daemon):
    for _ in range(2):
        ran = getter.run(daemon.mirror(origin, "/cold.bin"))
        assert ran.code == 0 and told(ran)["sha256"] == BODY.sha256, ran
    assert len(origin.requests("/cold.bin")) == 1


def many_get_one_download(getter, origin, daemon):
    held = origin.add("/herd.bin", BODY, headers=FRESH, hold_at=MiB)
    downloads = [getter.start(daemon.mirror(origin, "/herd.bin")) for _ in range(5)]
    origin.wait(lambda o: o.sent("/herd.bin") >= MiB)
    held.release()
    for download in downloads:
        assert told(download.result())["sha256"] == BODY.sha256
    assert len(origin.requests("/herd.bin")) == 1


def refuses_another_digest(getter, origin, daemon):
    """The client's own check of the whole body."""
    ran = getter.run(daemon.mirror(origin, "/cold.bin"), sha256=WRONG)
    assert ran.code == 1 and told(ran)["error"], ran


def wait_shown(daemon, download, text):
    """Until the client, which retries for a minute, has printed it."""
    daemon.wait(lambda: text in download.shown(), f"{text!r} from the client")
    download.end()


def common_facts(t, name):
    getter = client(t, name)
    origin, daemon = start(t)
    gets_whole_files(getter, origin, daemon)
    many_get_one_download(getter, origin, daemon)
    refuses_another_digest(getter, origin, daemon)
    return getter, origin, daemon


@limits(FIRST_BUILD)
def test_libpak(t):
    getter, origin, daemon = common_facts(t, "libpak")

    cut = getter.run(daemon.sha_mirror(WRONG, origin, "/cold.bin"))
    refused = getter.run(daemon.url("/mirror/unlisted.example/x.bin"))

    assert cut.code == 1 and "EOF" in told(cut)["error"], cut
    assert "403" in told(refused)["error"] and daemon.data in told(refused)["error"], refused


@limits(FIRST_BUILD)
def test_packit(t):
    getter, origin, daemon = common_facts(t, "packit")

    cut = getter.run(daemon.sha_mirror(WRONG, origin, "/cold.bin"))
    refused = getter.run(daemon.url("/mirror/unlisted.example/x.bin"))

    assert cut.code == 1 and "EOF" in told(cut)["error"], cut
    assert "403" in told(refused)["error"] and daemon.data in told(refused)["error"], refused


@limits(FIRST_BUILD)
def test_libbuildpack_shows_why_while_it_tries_for_a_minute(t):
    getter, origin, daemon = common_facts(t, "libbuildpack")

    wait_shown(daemon, getter.start(daemon.url("/mirror/unlisted.example/x.bin")),
               "403 Forbidden; stagecache: host unlisted.example is not on this cache's allow list")
    wait_shown(daemon, getter.start(daemon.sha_mirror(WRONG, origin, "/cold.bin")), "unexpected EOF, retrying")


@limits(FIRST_BUILD)
def test_cacheddownloader_asks_with_what_it_knows_and_four_times(t):
    getter, origin, daemon = common_facts(t, "cacheddownloader")
    url, cache = daemon.mirror(origin, "/cold.bin"), t.folder / "cell"
    cache.mkdir()

    first = getter.run(url, cache=cache)
    served = daemon.stats()["served_bytes"]
    second = getter.run(url, cache=cache)

    assert told(first)["sha256"] == told(second)["sha256"] == BODY.sha256, (first, second)
    assert daemon.stats()["served_bytes"] == served, "the second was answered with 304"

    refused = getter.start(daemon.url("/mirror/unlisted.example/x.bin"))
    cut = getter.start(daemon.sha_mirror(WRONG, origin, "/cold.bin"))

    assert told(refused.result())["error"] == "Download failed: Status code 403"
    assert "EOF" in told(cut.result())["error"]


@limits(FIRST_BUILD)
def test_a_go_client_behind_https_proxy_reads_why_connect_is_refused(t):
    daemon = t.daemon()
    getter = client(t, "libbuildpack", environment={"https_proxy": f"http://{daemon.data}"})

    wait_shown(daemon, getter.start("https://archive.apache.org/x.tgz"), "CONNECT refused: stagecache is no tunnel")
