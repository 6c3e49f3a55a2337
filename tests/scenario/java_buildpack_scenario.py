"""The java-buildpack's index.yml, and the manifest.yml of the other buildpacks (CLIENTS: the other buildpacks)."""
import hashlib
import re

from harness import Answer, KiB, Made, MiB, at_once, limits

JDK = Made(2 * MiB, seed=31)
INDEX = "/openjdk/trusty/x86_64/index.yml"
LATER = "Wed, 02 Oct 2024 10:00:00 GMT"


def index_of(origin, *more):
    lines = ["---", "# newest last", f"1.8.0_91: {origin.url('/openjdk/jdk-1.8.0_91.tar.gz')}", *more]
    return ("\n".join(lines) + "\n").encode()


def start(t, *more, headers=None, **sections):
    origin = t.origin()
    origin.add("/openjdk/jdk-1.8.0_91.tar.gz", JDK)
    origin.add(INDEX, index_of(origin, *more), headers=headers or {})
    return origin, t.daemon(origin, **sections)


def urls_of(result):
    return re.findall(r"https?://\S+", result.body.decode())


def tag_of(body):
    return f'"{hashlib.sha256(body).hexdigest()}"'


def test_the_urls_of_an_index_are_ours_and_lead_to_the_bytes(t):
    origin, daemon = start(t, "other: https://stranger.example/x.tgz")

    index = t.curl(daemon.mirror(origin, INDEX))

    assert index.status == 200 and index.body.decode().splitlines() == [
        "---", "# newest last", f"1.8.0_91: {daemon.mirror(origin, '/openjdk/jdk-1.8.0_91.tar.gz')}",
        "other: https://stranger.example/x.tgz"], index
    assert int(index.headers["content-length"]) == len(index.body)
    assert index.headers["etag"] == tag_of(index.body) and index.headers["vary"] == "Host", index.headers
    assert index.headers["x-stagecache"] == "miss" and index.headers["last-modified"], index.headers
    assert "repr-digest" in index.headers
    assert t.curl(urls_of(index)[0]).sha256 == JDK.sha256
    daemon.wait(lambda: any("stranger.example" in line for line in daemon.output), "the line that names the stranger")


def test_the_clients_spelling_of_us_is_kept_and_the_operators_wins(t):
    origin, daemon = start(t, headers={"Cache-Control": "max-age=600"})
    port = daemon.data.rpartition(":")[2]
    resolve = ["--resolve", f"cache.example:{port}:127.0.0.1"]

    by_name = t.curl(f"http://cache.example:{port}/mirror/{origin.name}{INDEX}", *resolve)
    by_address = t.curl(daemon.mirror(origin, INDEX))

    assert urls_of(by_name)[0].startswith(f"http://cache.example:{port}/mirror/{origin.name}/"), by_name.body
    assert urls_of(by_address)[0].startswith(f"http://{daemon.data}/mirror/"), by_address.body
    assert by_name.headers["etag"] != by_address.headers["etag"]
    assert t.curl(urls_of(by_name)[0], *resolve).sha256 == JDK.sha256
    assert len(origin.requests(INDEX)) == 1

    fixed = t.daemon(origin, listen={"public_url": "https://cache.example/"})
    index = t.curl(fixed.mirror(origin, INDEX))
    assert urls_of(index)[0].startswith(f"https://cache.example/mirror/{origin.name}/"), index.body
    assert "vary" not in index.headers


def test_an_aliased_host_and_a_proxys_absolute_form_work_to_the_end(t):
    origin, daemon = start(t)

    by_host = t.curl(daemon.url(INDEX), "-H", f"Host: {origin.name}")
    assert urls_of(by_host)[0] == f"http://{origin.name}/mirror/{origin.name}/openjdk/jdk-1.8.0_91.tar.gz", by_host.body
    # The client resolves that name to us.
    jdk = t.curl(daemon.url(f"/mirror/{origin.name}/openjdk/jdk-1.8.0_91.tar.gz"), "-H", f"Host: {origin.name}")
    assert jdk.sha256 == JDK.sha256, jdk

    proxy = ["-x", f"http://{daemon.data}", "--noproxy", ""]
    absolute = t.curl(origin.url(INDEX), *proxy)
    assert t.curl(urls_of(absolute)[0], *proxy).sha256 == JDK.sha256, absolute.body
    assert len(origin.requests("/openjdk/jdk-1.8.0_91.tar.gz", "GET")) >= 1
    assert not [s for s in origin.requests() if "/mirror/" in s.path]


def test_a_revalidation_of_ours_is_304_and_a_new_index_is_not(t):
    origin, daemon = start(t)
    origin.add(INDEX, Answer(index_of(origin)), Answer(index_of(origin)), Answer(index_of(origin)),
               Answer(index_of(origin, f"17: {origin.url('/openjdk/jdk-17.tar.gz')}"), last_modified=LATER))
    url = daemon.mirror(origin, INDEX)
    first = t.curl(url)
    both = ["-H", f"If-None-Match: {first.headers['etag']}",
            "-H", f"If-Modified-Since: {first.headers['last-modified']}"]

    same = t.curl(url, *both)
    assert (same.status, same.size, same.headers["etag"]) == (304, 0, first.headers["etag"]), same
    origins_tag = t.curl(url, "-H", f"If-None-Match: {origin.requests(INDEX)[-1].headers['if-none-match']}")
    assert origins_tag.status == 200 and origins_tag.body == first.body, origins_tag
    assert [s.status for s in origin.requests(INDEX)] == [200, 304, 304]

    newer = t.curl(url, *both)
    assert newer.status == 200 and b"/mirror/" in newer.body.splitlines()[-1] and b"jdk-17" in newer.body, newer
    assert newer.headers["etag"] == tag_of(newer.body) != first.headers["etag"]


def test_head_has_the_head_of_get(t):
    origin, daemon = start(t, headers={"Cache-Control": "max-age=600"})
    url = daemon.mirror(origin, INDEX)
    get = t.curl(url)

    head = t.curl(url, "-I")

    for name in ("content-length", "etag", "last-modified", "vary", "content-type"):
        assert head.headers[name] == get.headers[name], (name, head.headers, get.headers)


def test_a_range_is_one_of_the_rewritten_bytes(t):
    origin, daemon = start(t, headers={"Cache-Control": "max-age=600"})
    url = daemon.mirror(origin, INDEX)
    whole = t.curl(url).body

    part = t.curl(url, "-r", "10-29")

    assert part.status in (200, 206) and part.body == (whole[10:30] if part.status == 206 else whole), part


def test_what_is_no_index_goes_out_untouched(t):
    origin, daemon = start(t)
    page, binary = b"<html><body>https://x.example/</body></html>", bytes(range(256)) * 40
    large = b"a: " + origin.url("/x").encode() + b"\n#" + b"x" * (5 * MiB)
    for path, body in (("/page", page), ("/binary", binary), ("/large", large)):
        origin.add(path + "/index.yml", body)
        origin.add(path + "/chunked/index.yml", body, chunked=True)
        for where in (path, path + "/chunked"):
            result = t.curl(daemon.mirror(origin, where + "/index.yml"))
            assert (result.status, result.sha256) == (200, hashlib.sha256(body).hexdigest()), (where, result)
    assert daemon.alive()


def test_by_digest_the_bytes_are_those_that_the_digest_names(t):
    origin, daemon = start(t)
    body = index_of(origin)

    result = t.curl(daemon.sha_mirror(hashlib.sha256(body).hexdigest(), origin, INDEX))

    assert result.body == body, result


def test_an_index_that_breaks_off_is_an_error_and_never_half(t):
    origin, daemon = start(t)
    origin.add(INDEX, index_of(origin) * 2000, cut_after=40 * KiB, etag=None, last_modified=None)

    result = t.curl(daemon.mirror(origin, INDEX))

    assert result.status >= 500 and len(result.body.decode().splitlines()) == 1, result


@limits(120)
def test_a_herd_waits_for_one_slow_index(t):
    origin, daemon = start(t)
    body = index_of(origin) + b"#" * (200 * KiB) + b"\n"
    gate = origin.add(INDEX, body, hold_at=100 * KiB, headers={"Cache-Control": "max-age=600"})
    runs = [t.start_curl(daemon.mirror(origin, INDEX)) for _ in range(40)]
    origin.wait(lambda o: o.requests(INDEX) and o.requests(INDEX)[0].sent >= 100 * KiB)
    other = t.curl(daemon.url("/healthz"))
    gate.release()
    results = [run.result() for run in runs]

    assert other.status == 200
    assert {(r.code, r.status, r.sha256) for r in results} == {(0, 200, results[0].sha256)}, results[0]
    assert len(origin.requests(INDEX)) == 1


def test_a_stop_in_the_middle_of_an_index_is_clean(t):
    origin, daemon = start(t)
    origin.add(INDEX, index_of(origin) + b"#" * (200 * KiB) + b"\n", hold_at=100 * KiB)
    runs = [t.start_curl(daemon.mirror(origin, INDEX)) for _ in range(5)]
    origin.wait(lambda o: o.requests(INDEX) and o.requests(INDEX)[0].sent >= 100 * KiB)

    assert daemon.stop(timeout=30) == 0
    assert all(run.result().status in (0, 500, 502, 503) for run in runs)


def test_a_buildpacks_manifest_is_warmed_with_its_digests(t):
    origin = t.origin()
    python, pip, wrong = Made(3 * MiB, seed=41), Made(MiB, seed=42), Made(MiB, seed=43)
    for path, body in (("/python.tgz", python), ("/pip.tgz", pip), ("/wrong.tgz", wrong)):
        origin.add(path, body)
    daemon = t.daemon(origin)
    folder = t.folder / "buildpack"
    folder.mkdir()

    def entry(path, sha256, stack="cflinuxfs4"):
        return (f"- name: x\n  version: 1.0\n  uri: {origin.url(path)}\n  sha256: {sha256}\n"
                f"  cf_stacks:\n  - {stack}\n")

    head = "language: python\ninclude_files:\n- bin/supply\ndependencies:\n"
    good = entry("/python.tgz", python.sha256) + entry("/python.tgz", python.sha256, "cflinuxfs3")
    (folder / "manifest.yml").write_text(head + good + entry("/pip.tgz", pip.sha256.upper()))
    (t.folder / "app").mkdir()
    (t.folder / "app" / "manifest.yml").write_text("applications:\n- name: app\n")

    done = t.stagecache("warm", t.folder, "--server", f"http://{daemon.admin}")
    assert done.returncode == 0, done
    assert len(origin.gets("/python.tgz")) == len(origin.gets("/pip.tgz")) == 1
    for body in (python, pip):
        artifact = daemon.get(f"/v1/artifacts/{body.sha256}")
        assert artifact["pinned"] and artifact["sources"][0]["strength"] == "declared", artifact

    (folder / "manifest.yml").write_text(
        head + entry("/wrong.tgz", "ab" * 32) + entry("/nowhere.tgz", "cd" * 32) + entry("/pip.tgz", "12")
        + "- name: y\n  version: 2\n" + entry("/python.tgz", python.sha256))
    failed = t.stagecache("warm", folder / "manifest.yml", "--server", f"http://{daemon.admin}")
    assert failed.returncode == 1 and "no SHA-256" in failed.stdout and "no uri" in failed.stdout, failed
    states = [item["state"] for item in daemon.get("/v1/jobs")["jobs"][0]["items"]]
    assert states == ["failed", "failed", "failed", "failed", "ready"], states
    assert not daemon.holds(wrong.sha256)


def test_a_watched_folder_warms_a_buildpacks_manifest(t):
    origin = t.origin()
    origin.add("/d.tgz", JDK)
    folder = t.folder / "watched"
    folder.mkdir()
    (folder / "manifest.yml").write_text(
        f"dependencies:\n- uri: {origin.url('/d.tgz')}\n  sha256: {JDK.sha256}\n")

    daemon = t.daemon(origin, watch={"folders": [str(folder)]})

    daemon.wait_stored(JDK.sha256)


def test_indexes_asked_for_at_once_differ_only_in_who_asks(t):
    origin, daemon = start(t, headers={"Cache-Control": "max-age=600"})
    jobs = [lambda n=n: t.curl(daemon.mirror(origin, INDEX), "-H", f"Host: name{n}.example:8080") for n in range(8)]

    results = at_once(jobs)

    for number, result in enumerate(results):
        assert urls_of(result)[0].startswith(f"http://name{number}.example:8080/mirror/"), result.body
    assert len(origin.requests(INDEX)) == 1
