"""The programs people download with: curl, wget, aria2, requests, Java's HttpClient, the java-buildpack's Ruby.

The same facts of each: a miss, a hit, many at once, a file taken up where it ended, a wrong
body that must not pass for a whole one, and an error of which they show what they can.
"""
import hashlib
import json

import programs
from harness import MiB, Answer, Made, Skipped, limits

BODY = Made(5 * MiB + 3, seed=41)
WRONG = "ab" * 32
FRESH = {"Cache-Control": "max-age=600"}


def program(make, t, *arguments):
    try:
        return make(t.folder, *arguments)
    except programs.NotHere as why:
        raise Skipped(str(why)) from None


def start(t):
    origin = t.origin()
    for path in ("/cold.bin", "/herd.bin", "/begun.bin"):
        origin.add(path, BODY, headers=FRESH)
    return origin, t.daemon(origin)


def gets_whole_files(client, origin, daemon):
    """Cold, then warm: the origin is asked for the whole, once."""
    url = daemon.mirror(origin, "/cold.bin")
    for _ in range(2):
        ran = client.run(url)
        assert (ran.code, ran.sha256) == (0, BODY.sha256), ran
    assert len(origin.gets("/cold.bin")) == 1 and not origin.resumes("/cold.bin"), origin.requests("/cold.bin")


def many_get_one_download(client, origin, daemon):
    held = origin.add("/herd.bin", BODY, headers=FRESH, hold_at=2 * MiB)
    downloads = [client.start(daemon.mirror(origin, "/herd.bin")) for _ in range(5)]
    origin.wait(lambda o: o.sent("/herd.bin") >= 2 * MiB)
    held.release()
    for download in downloads:
        ran = download.result()
        assert (ran.code, ran.sha256) == (0, BODY.sha256), ran
    assert len(origin.requests("/herd.bin")) == 1


def takes_up_what_is_there(client, origin, daemon):
    """Only the rest goes out; where several connections share the work, one may have got too much."""
    url = daemon.mirror(origin, "/begun.bin")
    for begun in (1 * MiB, 2 * MiB + 1):  # Of what nobody has, then of what is stored.
        before = daemon.stats()["served_bytes"]
        ran = client.run(url, begun=BODY.bytes()[:begun])
        assert (ran.code, ran.sha256) == (0, BODY.sha256), ran
        assert client.connections > 1 or daemon.stats()["served_bytes"] - before <= BODY.size - begun
    assert len(origin.requests("/begun.bin")) == 1 and not origin.resumes("/begun.bin")


def is_not_fooled(client, origin, daemon):
    """The digest in the URL is another than that of the bytes: no whole file without an error."""
    ran = client.run(daemon.sha_mirror(WRONG, origin, "/cold.bin"))
    assert ran.code != 0, ran


def shows_what_is_wrong(client, origin, daemon):
    ran = client.run(daemon.url("/mirror/unlisted.example/x.bin"))
    assert ran.code != 0 and "403" in ran.text, ran
    assert not client.shows_why or "unlisted.example is not on" in ran.text.replace("'", ""), ran


def all_facts(t, make, resumes=True):
    client = program(make, t)
    origin, daemon = start(t)
    gets_whole_files(client, origin, daemon)
    many_get_one_download(client, origin, daemon)
    if resumes:
        takes_up_what_is_there(client, origin, daemon)
    shows_what_is_wrong(client, origin, daemon)
    is_not_fooled(client, origin, daemon)


def test_curl_continues_and_sees_errors(t):
    all_facts(t, programs.curl)


def test_curl_takes_ranges_and_retries_in_vain(t):
    origin, daemon = start(t)
    url = daemon.mirror(origin, "/cold.bin")

    part = t.curl(url, "--range", "1000-1999")
    retried = t.curl(daemon.sha_mirror(WRONG, origin, "/cold.bin"), "--fail", "--retry", "2",
                     "--retry-all-errors", "--retry-delay", "1")

    assert part.sha256 == hashlib.sha256(BODY.bytes()[1000:2000]).hexdigest()
    # Cut, or, within the pause after it, refused with the reason.
    assert retried.code != 0 or retried.status == 502, retried


def test_wget_continues_and_shows_why(t):
    all_facts(t, programs.wget)


def test_aria2_takes_four_pieces_at_once_of_one_download(t):
    all_facts(t, programs.aria2)


def test_requests_heads_streams_and_takes_up(t):
    all_facts(t, programs.requests)


def test_the_java_buildpacks_download_cache(t):
    client = program(programs.ruby, t)
    origin, daemon = start(t)
    url, cache = daemon.mirror(origin, "/cold.bin"), t.folder / "cache"
    cache.mkdir()

    first, second = (json.loads(client.run(url, cache=cache).text) for _ in range(2))
    asked = len(origin.requests("/cold.bin"))
    refused = client.run(daemon.url("/mirror/unlisted.example/x.bin"))
    cut = client.run(daemon.sha_mirror(WRONG, origin, "/cold.bin"))

    assert (first["status"], first["sha256"]) == (200, BODY.sha256), first
    assert (second["status"], second["sha256"]) == (304, BODY.sha256), second
    assert asked == 1
    assert refused.code != 0 and "unlisted.example is not on" in refused.text.replace("'", ""), refused
    assert cut.code != 0, cut


def test_the_java_buildpack_finds_its_way_by_the_index(t):
    client = program(programs.ruby, t)
    origin, daemon = start(t)
    origin.add("/openjdk/index.yml", f"---\n1.8.0_91: {origin.url('/cold.bin')}\n")  # Asked for again each time.
    index, cache = daemon.mirror(origin, "/openjdk/index.yml"), t.folder / "index"
    cache.mkdir()

    first, second = (json.loads(client.run(index, cache=cache).text) for _ in range(2))
    version, _, url = (cache / "cached").read_text().splitlines()[1].partition(": ")
    archive = json.loads(client.run(url).text)

    assert (first["status"], second["status"]) == (200, 304), (first, second)
    assert (version, url) == ("1.8.0_91", daemon.mirror(origin, "/cold.bin"))
    assert (archive["status"], archive["sha256"]) == (200, BODY.sha256), archive
    assert [s.status for s in origin.requests("/openjdk/index.yml")] == [200, 304]


def java_lines(ran):
    return [line.split(" ", 2) for line in ran.text.strip().splitlines()]


@limits(150)
def test_javas_http_client(t):
    client = program(programs.java, t)
    origin, daemon = start(t)
    held = origin.add("/herd.bin", Answer(BODY, etag='"v1"', headers=FRESH, hold_at=2 * MiB))
    url = daemon.mirror(origin, "/herd.bin")

    herd = client.start(url, count=8)
    origin.wait(lambda o: o.sent("/herd.bin") >= 2 * MiB)
    held.release()
    answers = java_lines(herd.result())
    part = java_lines(client.run(url, fields=["Range", "bytes=-100", "If-Range", '"v1"']))
    unchanged = java_lines(client.run(url, fields=["If-None-Match", '"v1"']))
    refused = client.run(daemon.url("/mirror/unlisted.example/x.bin"))
    cut = client.run(daemon.sha_mirror(WRONG, origin, "/cold.bin"))

    assert [line[:2] for line in answers] == [["200", BODY.sha256]] * 8, answers
    assert len(origin.requests("/herd.bin")) == 1
    assert part[0][:2] == ["206", hashlib.sha256(BODY.bytes()[-100:]).hexdigest()], part
    assert unchanged[0][0] == "304", unchanged
    assert refused.code == 1 and "unlisted.example is not on" in refused.text.replace("'", ""), refused
    assert cut.code == 1 and cut.text.startswith(("failed", "5")), cut
