"""The TLS side of a daemon under test: its configuration, and clients that trust its CA."""
import socket
import ssl

from certificates import Authority
from daemon import SLOWDOWN

NAMES = ("localhost", "127.0.0.1")


def tls_sections(pairs):
    """The configuration's sections for these (certificate, key) files."""
    return {"listen": {"data_tls": ["127.0.0.1:0"]},
            "tls": {"certificate": [str(c) for c, _ in pairs], "key": [str(k) for _, k in pairs]}}


def served(t, *origins, **sections):
    """(authority, daemon): a daemon with one certificate for localhost."""
    authority = Authority(t.folder / "ca")
    merged = tls_sections([authority.issue("server", *NAMES)])
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
