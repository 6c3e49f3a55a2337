"""How the cache goes out: certificates, credentials, proxies, IPv6."""
import os
import socket

from certificates import Authority, openssl
from harness import MiB, Answer, Made, Skipped
from name_server import NameServer
from proxies import HttpProxy, SocksProxy

BODY = Made(2 * MiB, seed=40)
FRESH = {"Cache-Control": "max-age=600"}


def host(name, *ports, **more):
    return {"name": name, "scheme": "http", "ports": list(ports), "allow_private": True, **more}


def failed_line(result):
    text = result.body.decode()
    assert result.status == 502 and text.count("\n") == 1, result
    return text


# ---- certificates ----

def tls_origin(t, *names, authority=None):
    authority = authority or Authority(t.folder / "ca")
    origin = t.origin(certificate=authority.issue("origin", *names))
    origin.add("/x.tgz", BODY, headers=FRESH)
    return authority, origin


def https_daemon(t, origin, **upstream):
    return t.daemon(upstream=upstream, upstream__host=[host("127.0.0.1", origin.port, scheme="https")])


def test_a_certificate_of_our_own_ca_is_accepted(t):
    authority, origin = tls_origin(t, "127.0.0.1")
    daemon = https_daemon(t, origin, ca_file=str(authority.file))

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.sha256 == BODY.sha256, result


def test_a_certificate_of_an_unknown_ca_is_refused_with_a_line_that_says_so(t):
    _, origin = tls_origin(t, "127.0.0.1")
    daemon = https_daemon(t, origin)

    assert "certificate" in failed_line(t.curl(daemon.mirror(origin, "/x.tgz")))
    assert origin.requests() == []


def test_a_certificate_for_another_host_is_refused(t):
    authority, origin = tls_origin(t, "other.example", "127.0.0.2")
    daemon = https_daemon(t, origin, ca_file=str(authority.file))

    line = failed_line(t.curl(daemon.mirror(origin, "/x.tgz")))

    assert "127.0.0.1" in line and ("certificate" in line or "SSL" in line), line
    assert origin.requests() == []


def test_a_certificate_that_has_ended_is_refused(t):
    authority = Authority(t.folder / "ca")
    _, key = authority.issue("ended", "127.0.0.1")
    ended, folder = t.folder / "ca" / "ended-past.pem", t.folder / "ca"
    openssl("x509", "-req", "-in", folder / "ended.csr", "-CA", authority.file, "-CAkey", folder / "ca.key",
            "-days", "-1", "-extfile", folder / "ended.ext", "-out", ended)
    origin = t.origin(certificate=(ended, key))
    daemon = https_daemon(t, origin, ca_file=str(authority.file))

    line = failed_line(t.curl(daemon.mirror(origin, "/x.tgz")))

    assert "expired" in line, line


# ---- credentials ----

def secret_file(t, text, mode=0o600):
    file = t.folder / "secret"
    file.write_text(text)
    os.chmod(file, mode)
    return file


def test_credentials_of_a_file_open_a_host_and_what_they_open_is_shared(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY, headers=FRESH)
    file = secret_file(t, "# of the artifact server\nbob:s3cret\n")
    daemon = t.daemon(upstream__host=[host("127.0.0.1", origin.port, credentials_file=str(file))])
    url = daemon.mirror(origin, "/x.tgz")

    first = t.curl(url)
    daemon.wait_stored(BODY.sha256)
    second = t.curl(url)

    assert first.sha256 == second.sha256 == BODY.sha256 and second.headers["x-stagecache"] == "hit"
    assert [s.headers["authorization"] for s in origin.requests("/x.tgz")] == ["Basic Ym9iOnMzY3JldA=="]
    file.write_text("bearer t0ken\n")
    origin.add("/y.tgz", Made(MiB, seed=41))
    t.curl(daemon.mirror(origin, "/y.tgz"))
    assert origin.requests("/y.tgz")[0].headers["authorization"] == "Bearer t0ken", "read anew"
    daemon.stop()
    assert not any(secret in line for line in daemon.output for secret in ("s3cret", "t0ken", "Ym9iO"))
    stored = b"".join(f.read_bytes() for f in daemon.store.rglob("*") if f.is_file())
    assert b"s3cret" not in stored and b"Ym9iOnMzY3JldA" not in stored and b"t0ken" not in stored


def test_credentials_go_to_no_other_host(t):
    origin, other = t.origin(), t.origin(host="127.0.0.2")
    origin.add("/x.tgz", Answer(b"", status=302, headers={"Location": other.url("/signed")}))
    other.add("/signed", BODY)
    file = secret_file(t, "bob:s3cret")
    daemon = t.daemon(upstream__host=[host("127.0.0.1", origin.port, credentials_file=str(file)),
                                      host("127.0.0.2", other.port)])

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.sha256 == BODY.sha256, result
    assert "authorization" in origin.requests("/x.tgz")[0].headers
    assert all("authorization" not in s.headers for s in other.requests())


def test_credentials_that_cannot_be_read_fail_with_a_line_that_names_the_file(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    file = secret_file(t, "only-a-word\n")
    daemon = t.daemon(upstream__host=[host("127.0.0.1", origin.port, credentials_file=str(file))])

    line = failed_line(t.curl(daemon.mirror(origin, "/x.tgz")))

    assert "credentials" in line and "only-a-word" not in line, line
    assert origin.requests() == []


def test_a_credentials_file_that_everybody_can_read_is_warned_of(t):
    origin = t.origin()
    origin.add("/x.tgz", BODY)
    file = secret_file(t, "bob:s3cret", mode=0o644)
    daemon = t.daemon(upstream__host=[host("127.0.0.1", origin.port, credentials_file=str(file))])

    t.curl(daemon.mirror(origin, "/x.tgz"))

    assert any("0600" in line and str(file) in line for line in daemon.output)


# ---- proxies ----

def proxied(t, proxy, url, *hosts, **upstream):
    return t.daemon(upstream={"proxy": url, **upstream}, upstream__host=list(hosts))


def test_an_http_proxy_finds_the_host_for_us(t):
    origin, proxy = t.origin(), HttpProxy({"files.example": "127.0.0.1"}, user="me:pass")
    t.later(proxy.close)
    origin.add("/x.tgz", BODY)
    daemon = proxied(t, proxy, f"http://me:pass@{proxy.name}", host("files.example", origin.port))

    result = t.curl(daemon.url(f"/mirror/files.example:{origin.port}/x.tgz"))

    assert result.sha256 == BODY.sha256, result
    assert set(proxy.asked) == {f"files.example:{origin.port}"}
    assert not any("pass@" in line for line in daemon.output)


def test_https_goes_through_the_proxy_in_a_tunnel(t):
    authority, origin = tls_origin(t, "files.example")
    proxy = HttpProxy({"files.example": "127.0.0.1"})
    t.later(proxy.close)
    daemon = proxied(t, proxy, f"http://{proxy.name}", host("files.example", origin.port, scheme="https"),
                     ca_file=str(authority.file))

    result = t.curl(daemon.url(f"/mirror/files.example:{origin.port}/x.tgz"))

    assert result.sha256 == BODY.sha256, result
    assert set(proxy.asked) == {f"files.example:{origin.port}"}


def test_a_socks_proxy_is_asked_by_name(t):
    origin, proxy = t.origin(), SocksProxy({"files.example": "127.0.0.1"}, user="me:pass")
    t.later(proxy.close)
    origin.add("/x.tgz", BODY)
    daemon = proxied(t, proxy, f"socks5h://me:pass@{proxy.name}", host("files.example", origin.port))

    result = t.curl(daemon.url(f"/mirror/files.example:{origin.port}/x.tgz"))

    assert result.sha256 == BODY.sha256, result
    assert set(proxy.asked) == {f"files.example:{origin.port}"}


def test_hosts_of_no_proxy_are_asked_directly(t):
    origin, proxy = t.origin(), HttpProxy()
    t.later(proxy.close)
    origin.add("/x.tgz", BODY)
    names = NameServer()
    names.add("in.files.example", ["127.0.0.1"])
    daemon = proxied(t, proxy, f"http://{proxy.name}", host("in.files.example", origin.port),
                     no_proxy=["files.example"], resolver=f"127.0.0.1:{names.port}")

    result = t.curl(daemon.url(f"/mirror/in.files.example:{origin.port}/x.tgz"))

    assert result.sha256 == BODY.sha256 and proxy.asked == [], (result, proxy.asked)


def test_a_proxy_that_is_down_gives_one_line(t):
    origin = t.origin()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    daemon = proxied(t, None, f"http://me:pass@127.0.0.1:{port}", host("files.example", origin.port))
    item = daemon.warm([{"url": f"http://files.example:{origin.port}/x.tgz"}])

    job = daemon.wait_job(item)

    error = job["items"][0]["error"]
    assert job["state"] == "failed" and "files.example" in error and "pass" not in error, job


# ---- IPv6 ----

def needs_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as why:
        raise Skipped(f"no IPv6 on loopback: {why}") from None


def test_an_ipv6_literal_is_reached(t):
    needs_ipv6()
    origin = t.origin(host="::1")
    origin.add("/x.tgz", BODY)
    daemon = t.daemon(upstream__host=[host("[::1]", origin.port)])

    result = t.curl(daemon.mirror(origin, "/x.tgz"), "--globoff")

    assert result.sha256 == BODY.sha256, result


def test_a_host_with_a_dead_address_is_reached_at_its_other_one(t):
    needs_ipv6()
    origin = t.origin(host="::1")
    origin.add("/x.tgz", BODY)
    names = NameServer()
    names.add("both.example", ["127.0.0.1", "::1"])  # nobody listens on that port of 127.0.0.1
    names.add("six.example", ["::1"])
    daemon = t.daemon(upstream={"resolver": f"127.0.0.1:{names.port}"},
                      upstream__host=[host("both.example", origin.port), host("six.example", origin.port)])

    both = t.curl(daemon.url(f"/mirror/both.example:{origin.port}/x.tgz"))
    six = t.curl(daemon.url(f"/mirror/six.example:{origin.port}/x.tgz"))

    assert both.sha256 == six.sha256 == BODY.sha256, (both, six)
