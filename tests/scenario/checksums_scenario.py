"""Checksum files beside an archive that nobody declared a digest for (CLIENTS: where the bytes come from)."""
import hashlib
import json
import time

from harness import Answer, KiB, Made, MiB, at_once, fetch, limits

BODY, OTHER = Made(3 * MiB, seed=51), Made(3 * MiB, seed=52)
PATH = "/dist/spark-3.5.0-bin-hadoop3.tgz"
NAME = PATH.rpartition("/")[2]


def digest(kind, body):
    return hashlib.new(kind, body.bytes()).hexdigest()


def groups(text, width=8, line=8):
    """As gpg --print-md prints it."""
    parts = [text[i:i + width].upper() for i in range(0, len(text), width)]
    return "\n".join("   " + " ".join(parts[i:i + line]) for i in range(0, len(parts), line))


FORMATS = {
    "coreutils": (".sha512", "sha512", lambda d: f"{d}  {NAME}\n"),
    "binary": (".sha512", "sha512", lambda d: f"{d} *{NAME}\n"),
    "bare": (".sha256", "sha256", lambda d: d),
    "upper case": (".sha256", "sha256", lambda d: d.upper() + "\r\n"),
    "txt": (".sha256.txt", "sha256", lambda d: f"{d}  {NAME}\n"),
    "bsd": (".sha512", "sha512", lambda d: f"SHA512 ({NAME}) = {d}\n"),
    "gpg": (".sha512", "sha512", lambda d: f"{NAME}:\n{groups(d)}\n"),
    "gpg in sha": (".sha", "sha512", lambda d: f"{NAME}:\n{groups(d)}\n"),
    "sha1 in sha": (".sha", "sha1", lambda d: f"{d}  {NAME}\n"),
    "md5 of gpg": (".md5", "md5", lambda d: f"{NAME}: {groups(d, 2, 16).strip()}\n"),
    "several files": (".sha512", "sha512", lambda d: f"{'ab' * 64}  other.tgz\n{d}  {NAME}\n"),
}


def start(t, files=None, body=BODY, headers=None, **sections):
    """An origin that serves PATH and, beside it, `files` (suffix: text)."""
    origin = t.origin()
    origin.add(PATH, body, headers={"Cache-Control": "max-age=600", **(headers or {})})
    for suffix, text in (files or {}).items():
        origin.add(PATH + suffix, text.encode() if isinstance(text, str) else text)
    return origin, t.daemon(origin, **sections)


def source_of(daemon, body=BODY):
    sources = daemon.get(f"/v1/artifacts/{body.sha256}")["sources"]
    return sources[0]["strength"], sources[0]["published"]


@limits(180)
def test_a_right_sum_of_every_format_is_found_and_shown(t):
    origin = t.origin()
    daemon = t.daemon(origin)
    for number, (name, (suffix, kind, text)) in enumerate(FORMATS.items()):
        body, path = Made(MiB, seed=600 + number), f"/{number}/{NAME}"
        origin.add(path, body)
        origin.add(path + suffix, text(digest(kind, body)).encode())

        result = t.curl(daemon.mirror(origin, path))

        assert (result.code, result.sha256) == (0, body.sha256), (name, result)
        assert source_of(daemon, body) == ("published", kind), name


@limits(180)
def test_a_wrong_sum_of_every_format_cuts_the_body_and_stores_nothing(t):
    origin = t.origin()
    daemon = t.daemon(origin)
    for number, (name, (suffix, kind, text)) in enumerate(FORMATS.items()):
        body, path = Made(MiB, seed=600 + number), f"/{number}/{NAME}"
        origin.add(path, body)
        wrong = digest(kind, OTHER)
        origin.add(path + suffix, text(wrong).encode())

        result = t.curl(daemon.mirror(origin, path))

        assert result.code == 18 and result.size < body.size, (name, result)
        line = next(x for x in daemon.output if path in x and wrong in x)
        assert digest(kind, body) in line and path + suffix in line, line
        assert not daemon.holds(body.sha256)


def test_none_is_first_seen_and_looked_for_once_in_the_order_of_strength(t):
    origin, daemon = start(t)

    for _ in range(2):
        assert t.curl(daemon.mirror(origin, PATH)).sha256 == BODY.sha256

    assert source_of(daemon) == ("first seen", None)
    assert [s.path.removeprefix(PATH) for s in origin.checksum_requests()] == [
        ".sha512", ".sha256", ".sha256.txt", ".sha", ".md5"]


def test_a_declared_digest_needs_no_checksum_file(t):
    origin, daemon = start(t, {".sha512": digest("sha512", OTHER)})

    assert t.curl(daemon.sha_mirror(BODY.sha256, origin, PATH)).sha256 == BODY.sha256

    assert origin.checksum_requests() == [] and source_of(daemon) == ("declared", None)


def test_only_archives_have_checksum_files(t):
    origin, daemon = start(t)
    origin.add("/notes.txt", BODY)

    t.curl(daemon.mirror(origin, "/notes.txt"))

    assert [s.path for s in origin.requests()] == ["/notes.txt"]


def test_a_page_that_says_200_and_a_huge_file_are_no_checksum_files(t):
    page = f"<html><pre>{digest('sha512', OTHER)}  {NAME}</pre></html>"
    origin, daemon = start(t, {".sha512": page, ".sha256": b"a" * (5 * MiB), ".md5": digest("md5", BODY)})

    assert t.curl(daemon.mirror(origin, PATH)).sha256 == BODY.sha256

    assert source_of(daemon) == ("published", "md5")
    assert sum(s.sent for s in origin.checksum_requests()) < 4 * MiB


def test_a_checksum_server_that_fails_or_hangs_does_not_fail_the_archive(t):
    origin, daemon = start(t)
    for suffix in (".sha512", ".sha256", ".sha256.txt", ".sha", ".md5"):
        origin.add(PATH + suffix, Answer(b"", status=503))
        origin.add("/hangs" + PATH + suffix, digest("sha512", OTHER).encode(), delay=60)
    origin.add("/hangs" + PATH, BODY)

    began = time.monotonic()
    assert t.curl(daemon.mirror(origin, PATH)).sha256 == BODY.sha256
    assert time.monotonic() - began < 4
    assert [s.path for s in origin.checksum_requests()].count(PATH + ".sha512") == 1
    began = time.monotonic()
    assert t.curl(daemon.mirror(origin, "/hangs" + PATH)).sha256 == BODY.sha256
    assert time.monotonic() - began < 20
    assert source_of(daemon)[0] == "first seen"


def test_a_slow_checksum_server_costs_no_time_beside_a_slow_archive(t):
    origin, daemon = start(t)
    origin.add(PATH, BODY, rate=2 * MiB)
    origin.add(PATH + ".sha512", digest("sha512", BODY).encode(), delay=1)

    began = time.monotonic()
    result = t.curl(daemon.mirror(origin, PATH))

    assert result.sha256 == BODY.sha256 and time.monotonic() - began < 4, result
    assert source_of(daemon) == ("published", "sha512")


def test_a_checksum_file_that_changes_counts_with_the_next_body(t):
    origin, daemon = start(t, {".sha512": digest("sha512", BODY)}, headers={"Cache-Control": "max-age=0"})
    url = daemon.mirror(origin, PATH)
    assert t.curl(url).sha256 == BODY.sha256

    # Another sum for the same body: the body was right when it came.
    origin.add(PATH + ".sha512", digest("sha512", OTHER).encode())
    assert t.curl(url).sha256 == BODY.sha256
    assert source_of(daemon) == ("published", "sha512")

    origin.add(PATH, OTHER, headers={"Cache-Control": "max-age=0"})
    assert t.curl(url).sha256 == OTHER.sha256
    assert source_of(daemon, OTHER) == ("published", "sha512")

    third = Made(3 * MiB, seed=53)
    origin.add(PATH, third, headers={"Cache-Control": "max-age=0"})
    assert t.curl(url).code == 18
    assert not daemon.holds(third.sha256)


@limits(180)
def test_after_kill_9_in_the_middle_the_resumed_body_is_checked_all_the_same(t):
    origin = t.origin()
    big = Made(40 * MiB, seed=54)
    daemon = t.daemon(origin)
    for path, right in (("/right" + PATH, True), ("/wrong" + PATH, False)):
        first = Answer(big, hold_at=36 * MiB)
        origin.add(path, first, Answer(big))
        origin.add(path + ".sha512", digest("sha512", big if right else OTHER).encode())
        run = t.start_curl(daemon.mirror(origin, path))
        origin.wait(lambda o, path=path: o.requests(path) and o.requests(path)[0].sent >= 36 * MiB)
        daemon.wait(lambda run=run: run.received() > 30 * MiB, "the first bytes")
        daemon.kill()
        first.release()
        run.result()
        daemon.start()

        result = t.curl(daemon.mirror(origin, path))

        if right:
            assert result.sha256 == big.sha256, result
            daemon.wait_stored(big.sha256)
            assert source_of(daemon, big) == ("published", "sha512")
            assert daemon.call("DELETE", f"/v1/artifacts/{big.sha256}")[0] in (200, 204)
        else:
            assert result.code != 0 or result.status >= 500, result
            assert result.size < big.size and not daemon.holds(big.sha256)


@limits(120)
def test_a_herd_with_a_wrong_sum_is_cut_to_the_last(t):
    origin, daemon = start(t, {".sha512": digest("sha512", OTHER)})
    gate = origin.add(PATH, Answer(BODY, hold_at=100 * KiB), Answer(BODY, hold_at=0))
    # Whoever comes after the first fill has ended begins another; so all come before.
    answers = []

    def one():
        answers.append(fetch(daemon.mirror(origin, PATH)))

    def release():
        daemon.wait(lambda: daemon.stats()["follows"] >= 49, "the herd")
        gate.release()

    at_once([one] * 50 + [release])

    assert len(answers) == 50 and not any(a.complete for a in answers), answers
    assert all(a.size < BODY.size for a in answers)
    assert len(origin.requests(PATH)) == 1 and len(origin.requests(PATH + ".sha512")) == 1
    assert not daemon.holds(BODY.sha256)


def test_the_command_line_says_by_whose_word(t):
    origin, daemon = start(t, {".sha512": f"{digest('sha512', BODY)}  {NAME}\n"})
    server = ("--server", f"http://{daemon.admin}")
    origin.add("/plain.tgz", OTHER)
    origin.add("/declared.tgz", Made(MiB, seed=55))

    done = t.stagecache("warm", origin.url(PATH), origin.url("/plain.tgz"),
                        f"{origin.url('/declared.tgz')}#sha256={Made(MiB, seed=55).sha256}", *server)

    assert done.returncode == 0, done
    for words in ("(published sha512)", "(first seen)", "(declared)"):
        assert words in done.stdout, done.stdout
    job = daemon.get("/v1/jobs")["jobs"][0]
    assert [i["strength"] for i in job["items"]] == ["published sha512", "first seen", "declared"], job
    assert "published" in t.stagecache("ls", *server).stdout
    shown = t.stagecache("show", BODY.sha256, *server).stdout
    assert "strength: published" in shown and "published: sha512" in shown, shown
    listed = json.loads(t.stagecache("ls", "--json", *server).stdout)
    assert any(s["published"] == "sha512" for a in listed["artifacts"] for s in a["sources"]), listed


def test_looking_for_checksum_files_can_be_switched_off(t):
    origin, daemon = start(t, {".sha512": digest("sha512", OTHER)}, upstream={"checksum_files": False})

    assert t.curl(daemon.mirror(origin, PATH)).sha256 == BODY.sha256

    assert origin.checksum_requests() == []
