"""Bodies at the edges of chunks and pieces, of unknown length, and other clients than curl."""
import hashlib
import subprocess
import sys

from harness import KiB, MiB, Made, environment_without_proxies

SIZES = [0, 1, 2, 512 * KiB - 1, 512 * KiB, 512 * KiB + 1, 16 * MiB - 1, 16 * MiB, 16 * MiB + 1]


def test_every_size_by_every_path_cold_and_warm(t):
    origin = t.origin()
    daemon = t.daemon(origin)

    for size in SIZES:
        body, path = Made(size, seed=size), f"/{size}.bin"
        origin.add(path, body, headers={"Cache-Control": "max-age=600"})
        for url in (daemon.mirror(origin, path), daemon.mirror(origin, path), daemon.by_sha(body.sha256),
                    daemon.sha_mirror(body.sha256, origin, path)):
            result = t.curl(url)
            assert (result.code, result.status, result.sha256) == (0, 200, body.sha256), (size, url, result)
            assert result.headers["content-length"] == str(size)
        assert len(origin.gets(path)) == 1


def test_every_size_without_a_length(t):
    origin = t.origin()
    daemon = t.daemon(origin)

    for size in SIZES:
        body, path = Made(size, seed=size + 1), f"/{size}.bin"
        origin.add(path, body, chunked=True)
        cold = t.curl(daemon.mirror(origin, path))
        assert (cold.code, cold.sha256) == (0, body.sha256), (size, cold)
        daemon.wait_stored(body.sha256)
        warm = t.curl(daemon.by_sha(body.sha256))
        assert warm.headers["content-length"] == str(size) and warm.sha256 == body.sha256, (size, warm)


def test_wget_resumes_a_part(t):
    body, origin = Made(4 * MiB), t.origin()
    origin.add("/x.tgz", body)
    daemon = t.daemon(origin)
    file = t.folder / "x.tgz"
    file.write_bytes(body.bytes()[:MiB + 17])

    subprocess.run(["wget", "-q", "-c", "-O", file, daemon.mirror(origin, "/x.tgz")], check=True,
                   env=environment_without_proxies())

    assert hashlib.sha256(file.read_bytes()).hexdigest() == body.sha256


def test_python_urllib_reads_ranges(t):
    body, origin = Made(4 * MiB), t.origin()
    origin.add("/x.tgz", body)
    daemon = t.daemon(origin)
    program = ("import sys, urllib.request as u\n"
               "r = u.urlopen(u.Request(sys.argv[1], headers={'Range': 'bytes=1000000-1999999'}))\n"
               "sys.stdout.buffer.write(b'%d ' % r.status + r.read())")

    out = subprocess.run([sys.executable, "-c", program, daemon.mirror(origin, "/x.tgz")], check=True,
                         capture_output=True, env=environment_without_proxies()).stdout

    assert out == b"206 " + body.bytes()[1_000_000:2_000_000]
