"""The TLS data listener: versions, certificates by name, bodies, and what does not speak TLS."""
import hashlib
import signal
import socket
import ssl
import threading

from certificates import Authority, replace
from harness import MB, SLOWDOWN, KiB, Made, MiB, at_once, limits, scaled

NAMES = ("localhost", "127.0.0.1")


def tls(pairs):
    """The configuration's sections for these (certificate, key) files."""
    return {"listen": {"data_tls": ["127.0.0.1:0"]},
            "tls": {"certificate": [str(c) for c, _ in pairs], "key": [str(k) for _, k in pairs]}}


def served(t, *origins, **sections):
    """(authority, daemon): a daemon with one certificate for localhost."""
    authority = Authority(t.folder / "ca")
    merged = tls([authority.issue("server", *NAMES)])
    for name, keys in sections.items():
        merged[name] = {**merged.get(name, {}), **keys}
    return authority, t.daemon(*origins, **merged)


def trusted(authority):
    context = ssl.create_default_context(cafile=str(authority.file))
    context.set_alpn_protocols(["http/1.1"])
    return context


def connect(daemon, authority, name="localhost", **options):
    host, _, port = daemon.data_tls.rpartition(":")
    plain = socket.create_connection((host, int(port)), timeout=30 * SLOWDOWN)
    return trusted(authority).wrap_socket(plain, server_hostname=name, **options)


def plain_connection(daemon):
    host, _, port = daemon.data_tls.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30 * SLOWDOWN)


def certificate_shown(daemon, authority, name):
    """The host names of the certificate that a client gets who asks for `name`."""
    context = trusted(authority)
    context.check_hostname = False
    with socket.create_connection(daemon.data_tls.rsplit(":", 1), timeout=30 * SLOWDOWN) as plain:
        with context.wrap_socket(plain, server_hostname=name) as connection:
            return [value for _, value in connection.getpeercert()["subjectAltName"]]


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


# ---- certificates ----

def test_the_certificate_is_chosen_by_the_name_that_is_asked_for(t):
    authority = Authority(t.folder / "ca")
    pairs = [authority.issue("first", "cache.example"), authority.issue("wild", "*.apache.org"),
             authority.issue("exact", "archive.apache.org", "other.example")]
    daemon = t.daemon(**tls(pairs))

    for asked, shown in [("cache.example", "cache.example"), ("archive.apache.org", "archive.apache.org"),
                         ("dlcdn.apache.org", "*.apache.org"), ("DLCDN.Apache.ORG", "*.apache.org"),
                         ("other.example", "archive.apache.org"),
                         ("a.b.apache.org", "cache.example"),  # a wildcard is one label
                         ("nobody.knows", "cache.example"), (None, "cache.example")]:
        names = certificate_shown(daemon, authority, asked)
        assert shown in names, f"{asked} got {names}"


def test_real_curl_trusts_each_of_two_names(t):
    authority = Authority(t.folder / "ca")
    daemon = t.daemon(**tls([authority.issue("one", "one.example"), authority.issue("two", "two.example")]))
    port = daemon.data_tls.rpartition(":")[2]

    for name in ("one.example", "two.example"):
        answer = t.curl(f"https://{name}:{port}/healthz", "--cacert", str(authority.file),
                        "--resolve", f"{name}:{port}:127.0.0.1")
        assert answer.code == 0 and answer.body == b"ok\n", answer


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
        url = daemon.tls_url(f"/sha256/{'0' * 64}/mirror/{origin.name}{path}")
        for version in ("--http1.1", "--http1.0"):
            answer = t.curl(url, "--cacert", str(authority.file), version)
            assert answer.code not in (0, 22) and answer.sha256 != body.sha256, f"{path} {version}: {answer}"
            assert answer.size < body.size
