"""BP_DEPENDENCY_MIRROR as libpak and packit read it: https only, {originalHost}, a variable a host.

They drop the port from {originalHost}, so the origin listens on port 80 of a loopback address of
its own. libpak checks no certificate and keeps no time limit towards 127.0.0.1; towards
[::ffff:127.0.0.1], the same place, it does both.
"""
import json
import os

import programs
from certificates import Authority
from harness import MiB, Made, Skipped, limits

BODY = Made(3 * MiB + 5, seed=44)
FRESH = {"Cache-Control": "max-age=600"}
FIRST_BUILD = 600
PAKETO = ("libpak", "packit")


class Site:
    """A daemon with TLS, an origin on port 80, and clients that are told of the one."""

    def __init__(self, t):
        self._t, pid = t, os.getpid()
        try:
            self.origin = t.origin(host=f"127.{64 + (pid >> 16) % 64}.{(pid >> 8) % 256}.{pid % 254 + 1}", port=80)
        except OSError as why:
            raise Skipped(f"no origin can listen on port 80: {why}") from None
        authority = Authority(t.folder / "ca")
        certificate, key = authority.issue("server", "127.0.0.1")
        self.ca = authority.file
        self.daemon = t.daemon(self.origin, listen={"data_tls": ["127.0.0.1:0"]},
                               tls={"certificate": [str(certificate)], "key": [str(key)]})
        self.base = f"https://[::ffff:127.0.0.1]:{self.daemon.data_tls.rpartition(':')[2]}"

    def client(self, name, variables=None, trusts=True):
        """Told by BP_DEPENDENCY_MIRROR, unless `variables` say it otherwise."""
        variables = variables or {"BP_DEPENDENCY_MIRROR": f"{self.base}/mirror/{{originalHost}}"}
        trust = {"SSL_CERT_FILE": str(self.ca)} if trusts else {}
        try:
            return programs.go(self._t.folder, name, BODY.sha256, {**variables, **trust})
        except programs.NotHere as why:
            raise Skipped(str(why)) from None

    def publisher(self, path):
        """As the publisher's URL stands in a buildpack.toml."""
        return f"https://{self.origin.host}{path}"


def told(ran):
    return json.loads(ran.text.strip().splitlines()[-1])


def expect_body(ran):
    assert ran.code == 0 and told(ran)["sha256"] == BODY.sha256, ran


@limits(FIRST_BUILD)
def test_original_host_cold_warm_and_in_a_herd(t):
    site = Site(t)
    for name in PAKETO:
        site.origin.add(f"/{name}/x.bin", BODY, headers=FRESH)
        held = site.origin.add(f"/{name}/herd.bin", BODY, headers=FRESH, hold_at=MiB)
        getter = site.client(name)

        for _ in range(2):
            expect_body(getter.run(site.publisher(f"/{name}/x.bin")))
        herd = [getter.start(site.publisher(f"/{name}/herd.bin")) for _ in range(4)]
        site.origin.wait(lambda o, name=name: o.sent(f"/{name}/herd.bin") >= MiB)
        held.release()
        for download in herd:
            expect_body(download.result())

        assert len(site.origin.requests(f"/{name}/x.bin")) == len(site.origin.requests(f"/{name}/herd.bin")) == 1


@limits(FIRST_BUILD)
def test_a_variable_of_one_host_goes_before_the_default(t):
    site = Site(t)
    site.origin.add("/x.bin", BODY, headers=FRESH)
    own = "BP_DEPENDENCY_MIRROR_DOWNLOADS__SITE_EXAMPLE"
    variables = {"BP_DEPENDENCY_MIRROR": f"{site.base}/mirror/unlisted.example",
                 own: f"{site.base}/mirror/{site.origin.host}"}

    for name in PAKETO:
        expect_body(site.client(name, variables).run("https://downloads-site.example/x.bin"))


@limits(FIRST_BUILD)
def test_a_plus_and_its_escape_are_one_artifact_whichever_comes_first(t):
    """Both clients turn the %2B of a URL into a plus; the publisher here knows only %2B."""
    site = Site(t)
    site.origin.add("/a%2Bb.bin", BODY, headers=FRESH)
    site.origin.add("/c%2Bd.bin", BODY, headers=FRESH)

    for name in PAKETO:
        expect_body(site.client(name).run(site.publisher("/a%2Bb.bin")))
    assert [s.path for s in site.origin.requests()] == ["/a+b.bin", "/a%2Bb.bin"]

    assert t.curl(site.daemon.url(f"/mirror/{site.origin.host}/c%2Bd.bin")).sha256 == BODY.sha256
    expect_body(site.client("libpak").run(site.publisher("/c%2Bd.bin")))
    assert [s.path for s in site.origin.requests()][2:] == ["/c%2Bd.bin"]


@limits(FIRST_BUILD)
def test_libpak_keeps_a_query_and_packit_drops_it(t):
    site = Site(t)
    for path in ("/x.bin?v=1", "/x.bin"):
        site.origin.add(path, BODY, headers=FRESH)

    for name in PAKETO:
        expect_body(site.client(name).run(site.publisher("/x.bin?v=1")))

    assert [s.path for s in site.origin.requests()] == ["/x.bin?v=1", "/x.bin"]


@limits(FIRST_BUILD)
def test_the_certificate_is_checked_and_a_wrong_body_refused(t):
    site = Site(t)
    site.origin.add("/x.bin", Made(MiB, seed=45), headers=FRESH)

    for name in PAKETO:
        untrusted = site.client(name, trusts=False).run(site.publisher("/x.bin"))
        wrong = site.client(name).run(site.publisher("/x.bin"))
        unlisted = site.client(name).run("https://unlisted.example/x.bin")

        assert untrusted.code == 1 and "certificate" in told(untrusted)["error"], untrusted
        assert wrong.code == 1 and told(wrong)["error"], wrong
        assert unlisted.code == 1 and "403" in told(unlisted)["error"], unlisted


@limits(FIRST_BUILD)
def test_headers_come_within_libpaks_five_seconds_though_the_publisher_is_slow(t):
    site = Site(t)
    site.origin.add("/x.bin", BODY, headers=FRESH, rate=450_000)  # Seven seconds.

    expect_body(site.client("libpak").run(site.publisher("/x.bin")))
