"""The shapes of a URL of ours, and what is refused (CLIENTS: URL shapes)."""
import hashlib

from harness import MiB, Made, Raw

BODY = Made(2 * MiB, seed=12)


def start(t, **sections):
    origin = t.origin()
    origin.add("/dist/x.tgz", BODY, headers={"Cache-Control": "max-age=600"})
    return origin, t.daemon(origin, **sections)


def one_line(result):
    lines = result.body.decode().splitlines()
    return len(lines) == 1 and len(lines[0]) > 10


def test_all_shapes_are_one_source(t):
    origin, daemon = start(t)
    proxy = ["-x", f"http://{daemon.data}", "--noproxy", ""]

    shapes = {"mirror": t.curl(daemon.mirror(origin, "/dist/x.tgz")),
              "absolute": t.curl(origin.url("/dist/x.tgz"), *proxy),
              "by host": t.curl(daemon.url("/dist/x.tgz"), "-H", f"Host: {origin.name}"),
              "digest": t.curl(daemon.by_sha(BODY.sha256, "any-name.tgz")),
              "upper case digest": t.curl(daemon.by_sha(BODY.sha256.upper())),
              "digest and mirror": t.curl(daemon.sha_mirror(BODY.sha256, origin, "/dist/x.tgz"))}

    for shape, result in shapes.items():
        assert (result.code, result.status, result.sha256) == (0, 200, BODY.sha256), (shape, result)
    assert len(origin.requests()) == 1


def test_a_host_header_or_an_absolute_form_that_names_us_is_ours(t):
    origin, daemon = start(t, listen={"names": ["cache.example"]})
    port = daemon.data.rpartition(":")[2]

    by_name = t.curl(f"http://cache.example:{port}/mirror/{origin.name}/dist/x.tgz",
                     "--resolve", f"cache.example:{port}:127.0.0.1")
    absolute = t.curl(daemon.mirror(origin, "/dist/x.tgz"), "-x", f"http://{daemon.data}", "--noproxy", "")

    assert by_name.sha256 == absolute.sha256 == BODY.sha256, (by_name, absolute)


def test_a_query_is_part_of_the_source(t):
    origin, daemon = start(t)
    first, second = Made(MiB, seed=1), Made(MiB, seed=2)
    origin.add("/q?v=1", first)
    origin.add("/q?v=2", second)

    assert t.curl(daemon.mirror(origin, "/q?v=1")).sha256 == first.sha256
    assert t.curl(daemon.mirror(origin, "/q?v=2")).sha256 == second.sha256


def test_a_miss_by_digest_alone_is_404_with_the_way_to_warm_it(t):
    _, daemon = start(t)

    result = t.curl(daemon.by_sha("ab" * 32))

    assert result.status == 404 and one_line(result) and "warm" in result.body.decode(), result


def test_an_evicted_artifact_comes_back_by_its_digest_alone(t):
    origin, daemon = start(t)
    t.curl(daemon.mirror(origin, "/dist/x.tgz"))
    daemon.wait_stored(BODY.sha256)
    assert daemon.call("DELETE", f"/v1/artifacts/{BODY.sha256}")[0] in (200, 204)

    result = t.curl(daemon.by_sha(BODY.sha256))

    assert result.sha256 == BODY.sha256 and len(origin.gets()) == 2, result


def test_an_unknown_host_is_403_with_one_line_that_names_it(t):
    _, daemon = start(t)

    for path in ("/mirror/unlisted.example/x.tgz", "/mirror/169.254.169.254/latest/meta-data",
                 "/mirror/127.0.0.1:22/x", f"/sha256/{'ab' * 32}/mirror/unlisted.example/x"):
        url = daemon.url(path)
        result = t.curl(url)
        assert result.status == 403 and one_line(result), (url, result)
        assert url.split("/mirror/")[1].split("/")[0].split(":")[0] in result.body.decode(), result


def test_malformed_urls_and_digests_are_400_with_one_line(t):
    origin, daemon = start(t)
    good = f"mirror/{origin.name}"

    for path in ("/mirror/", f"/{good}/%zz", "/mirror/bad host/x".replace(" ", "%20"), "/mirror/a:99999/x",
                 "/sha256/abc/x.tgz", f"/sha256/{'g' * 64}/x.tgz", f"/sha256/{'a' * 63}/{good}/dist/x.tgz"):
        result = t.curl(daemon.url(path), "--path-as-is")
        assert result.status == 400 and one_line(result), (path, result)


def test_an_unknown_route_is_404(t):
    _, daemon = start(t, listen={"names": ["cache.example"]})

    for path in ("/", "/nothing/here", "/v1/stats"):
        assert t.curl(daemon.url(path), "-H", "Host: cache.example").status == 404, path


def test_connect_is_405_with_the_reason_in_the_reason_phrase(t):
    _, daemon = start(t)
    connection = Raw(daemon.data)

    connection.send("CONNECT archive.apache.org:443 HTTP/1.1\r\nHost: archive.apache.org:443\r\n\r\n")
    status, reason, _ = connection.head()

    assert status == 405 and len(reason) > 20, (status, reason)


def test_dots_in_a_path_do_not_leave_it(t):
    origin, daemon = start(t)

    result = t.curl(daemon.mirror(origin, "/other/../dist/x.tgz"), "--path-as-is")

    assert result.sha256 == BODY.sha256, result


def test_healthz_on_the_data_listener(t):
    _, daemon = start(t)

    assert t.curl(daemon.url("/healthz")).status == 200


def test_a_range_of_a_miss_waits_for_its_bytes(t):
    origin, daemon = start(t)

    result = t.curl(daemon.mirror(origin, "/dist/x.tgz"), "-r", "1000000-1999999")

    assert result.status == 206 and result.size == 1_000_000, result
    assert result.sha256 == hashlib.sha256(BODY.bytes()[1_000_000:2_000_000]).hexdigest()
    assert origin.requests()[0].range is None
