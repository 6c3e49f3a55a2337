"""The TLS data listener: versions and protocols, bodies, how connections end."""
import re
import socket
import ssl
import threading

from certificates import Authority
from harness import MB, KiB, Made, MiB, at_once, limits, scaled
from tls import connect, plain_connection, served, tls_sections, trusted


def mirror(daemon, origin, path):
    return daemon.tls_url(f"/mirror/{origin.name}{path}")


# ---- versions and protocols ----

def test_1_2_and_1_3_are_spoken_and_nothing_older(t):
    authority, daemon = served(t)
    curl = lambda *options: t.curl(daemon.tls_url("/healthz"), "--cacert", str(authority.file), *options)

    assert curl("--tlsv1.2", "--tls-max", "1.2").body == b"ok\n"
    assert curl("--tlsv1.3").body == b"ok\n"
    old = curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")
    assert old.code == 35, old
    assert "alert protocol version" in old.errors, old.errors


def test_a_client_that_offers_h2_gets_http_1_1(t):
    authority, daemon = served(t)
    context = trusted(authority)
    context.set_alpn_protocols(["h2", "http/1.1"])

    with context.wrap_socket(plain_connection(daemon), server_hostname="localhost") as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
    with ssl.create_default_context(cafile=str(authority.file)).wrap_socket(
            plain_connection(daemon), server_hostname="localhost") as connection:
        assert connection.selected_alpn_protocol() is None


def test_weak_ciphers_are_refused(t):
    authority, daemon = served(t)

    done = t.curl(daemon.tls_url("/healthz"), "--cacert", str(authority.file), "--tls-max", "1.2",
                  "--ciphers", "AES128-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA")

    assert done.code == 35, done


def test_plain_http_on_the_tls_port_is_told_so(t):
    _, daemon = served(t)

    answer = t.curl(f"http://{daemon.data_tls}/healthz")

    assert answer.status == 400 and b"https://" in answer.body, answer
    assert answer.body.count(b"\n") == 1


def test_what_is_no_tls_is_closed(t):
    _, daemon = served(t)

    for bytes_sent in (b"SSH-2.0-x\r\n" * 3, b"\x00" * 64, b"\x16\x03\x01\xff\xff" + b"x" * 4096):
        with plain_connection(daemon) as connection:
            connection.sendall(bytes_sent)
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
            assert len(answer) < 64, answer


# ---- bodies ----

def test_a_cold_miss_and_a_hit_come_whole(t):
    body, origin = Made(scaled(60 * MB), seed=1), t.origin()
    origin.add("/x.tgz", body)
    authority, daemon = served(t, origin)
    url = mirror(daemon, origin, "/x.tgz")

    first = t.curl(url, "--cacert", str(authority.file))
    daemon.wait_stored(body.sha256)
    again = t.curl(url, "--cacert", str(authority.file))
    part = t.curl(url, "--cacert", str(authority.file), "-r", "1000000-1999999")

    assert first.code == again.code == 0 and first.sha256 == again.sha256 == body.sha256
    assert again.headers["x-stagecache"] == "hit"
    assert part.status == 206 and part.size == 1_000_000


@limits(120)
def test_a_herd_is_one_download(t):
    body, origin = Made(scaled(12 * MB), seed=2), t.origin(rate=6 * MB)
    origin.add("/x.tgz", body, headers={"Cache-Control": "max-age=600"})
    authority, daemon = served(t, origin)
    url = mirror(daemon, origin, "/x.tgz")

    results = at_once([lambda: t.curl(url, "--cacert", str(authority.file))] * 40)

    assert all(r.sha256 == body.sha256 for r in results)
    assert len(origin.gets()) == 1


def test_a_body_that_goes_wrong_is_cut(t):
    body, origin = Made(scaled(3 * MB), seed=3), t.origin()
    origin.add("/x.tgz", body)
    origin.add("/chunked.tgz", body, chunked=True)
    authority, daemon = served(t, origin)

    for path in ("/x.tgz", "/chunked.tgz"):
        for digit, version in (("0", "--http1.1"), ("1", "--http1.0")):  # A failure is remembered by digest.
            url = daemon.tls_url(f"/sha256/{digit * 64}/mirror/{origin.name}{path}")
            answer = t.curl(url, "--cacert", str(authority.file), version)
            assert answer.code not in (0, 22) and answer.sha256 != body.sha256, f"{path} {version}: {answer}"
            assert answer.size < body.size


@limits(120)
def test_slow_readers_keep_getting_bytes_and_cost_little_memory(t):
    body, origin = Made(scaled(100 * MB), seed=4), t.origin()
    origin.add("/x.tgz", body)
    authority, daemon = served(t, origin, store={"memory": "64MiB"})
    daemon.wait_job(daemon.warm([{"url": origin.url("/x.tgz"), "sha256": body.sha256}]))
    readers = [connect(daemon, authority) for _ in range(60)]
    before = daemon.memory()
    for reader in readers:
        reader.sendall(f"GET /sha256/{body.sha256}/x HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    for _ in range(3):
        for reader in readers:
            assert reader.recv(16 * KiB), "a slow reader was cut"
    grown = daemon.memory() - before
    fast = t.curl(daemon.tls_url(f"/sha256/{body.sha256}/x"), "--cacert", str(authority.file))

    assert fast.sha256 == body.sha256
    assert grown < 120 * MiB, f"{grown / MiB:.0f} MiB for 60 slow readers"  # 60 x 300 KiB, and the block cache
    for reader in readers:
        reader.close()


def test_pipelined_requests_are_answered_in_order(t):
    authority, daemon = served(t)

    with connect(daemon, authority) as connection:
        head = "GET /{} HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall("".join(head.format(n) + "\r\n" for n in ("healthz", "nothing", "healthz")).encode()
                           + (head.format("healthz") + "Connection: close\r\n\r\n").encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"404", b"200", b"200"], answer


# ---- how connections end ----

def test_a_good_end_says_close_notify(t):
    authority, daemon = served(t)

    with connect(daemon, authority, suppress_ragged_eofs=False) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))  # a missing close_notify raises

    assert answer.endswith(b"ok\n")


def test_an_idle_connection_is_told_when_the_daemon_stops(t):
    authority, daemon = served(t)

    with connect(daemon, authority, suppress_ragged_eofs=False) as idle:
        # Answered once: with TLS 1.3 our handshake ends before the daemon's does.
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(64 * KiB).startswith(b"HTTP/1.1 200")
        daemon.terminate()
        while idle.recv(64 * KiB):  # what is left of the answer; a missing close_notify raises
            pass
    assert daemon.stop() == 0


def test_a_cut_says_no_close_notify(t):
    body, origin = Made(scaled(2 * MB), seed=5), t.origin()
    origin.add("/x.tgz", body)
    authority, daemon = served(t, origin)

    with connect(daemon, authority, suppress_ragged_eofs=False) as connection:
        connection.sendall(f"GET /sha256/{'0' * 64}/mirror/{origin.name}/x.tgz HTTP/1.0\r\n\r\n".encode())
        try:
            while connection.recv(65536):
                pass
            raise AssertionError("the end was said, though the body was wrong")
        except (ssl.SSLEOFError, ConnectionResetError):
            pass


@limits(60)
def test_who_never_finishes_the_handshake_is_closed(t):
    authority, daemon = served(t)
    silent, trickling, half = (plain_connection(daemon) for _ in range(3))
    half.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    stop = threading.Event()

    def trickle():
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500
        for number in range(len(hello)):
            if stop.wait(0.5):
                return
            try:
                trickling.sendall(hello[number:number + 1])
            except OSError:
                return

    threading.Thread(target=trickle, daemon=True).start()
    for connection in (silent, half, trickling):
        try:
            assert len(connection.recv(4096)) == 0
        except ConnectionResetError:
            pass
    stop.set()

    assert t.curl(daemon.tls_url("/healthz"), "--cacert", str(authority.file)).code == 0


def test_the_cache_is_not_reached_through_its_own_tls_listener(t):
    port = None
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    authority = Authority(t.folder / "ca")
    sections = tls_sections([authority.issue("server", "localhost", "127.0.0.1")])
    sections["listen"]["data_tls"] = [f"127.0.0.1:{port}"]
    daemon = t.daemon(**sections, upstream__host=[{"name": "127.0.0.1", "ports": [port], "allow_private": True}])

    answer = t.curl(daemon.url(f"/mirror/127.0.0.1:{port}/healthz"))

    assert answer.status == 403 and b"this cache itself" in answer.body, answer
