"""No app is touched: an operator points publishers' names at us in DNS, or sets http_proxy.

Two networks: the client's, whose name server says that the publishers are here and which has
no way to them; and ours, where `[upstream] resolver` knows better. Real curl, no option but a CA.
"""
import hashlib
import os
import subprocess
from functools import partial

from certificates import Authority
from harness import MB, Made, Origin, Scenario, network, scaled
from name_server import NameServer
from ports_scenario import as_nobody, daemon_of_nobody, nobody_exists

US, CLIENT = "10.77.0.1", "10.77.0.2"
ARCHIVE, CLOUDFRONT, JAVA = "archive.apache.org", "d3kbcqa49mib13.cloudfront.net", "java-buildpack.cloudfoundry.org"
REAL = {ARCHIVE: "93.184.216.34", CLOUDFRONT: "93.184.216.35", JAVA: "93.184.216.36"}
SPARK, JDK = "/dist/spark/spark-3.5.0/spark-3.5.0-bin-hadoop3.tgz", "/openjdk/trusty/x86_64/openjdk-1.8.0_91.tar.gz"
OLD_SPARK = "/spark-2.1.0-bin-hadoop2.7.tgz"


class Client:
    """A network of its own, joined to ours by one cable, with a resolv.conf of its own."""

    def __init__(self, t):
        self._folder, self._count = t.folder, 0
        self._holder = subprocess.Popen(["unshare", "-mn", "sh", "-c", "echo up; exec sleep 1000"], stdout=subprocess.PIPE)
        t.later(self.close)
        assert self._holder.stdout.readline() == b"up\n"
        t.ip("link", "add", "cable", "type", "veth", "peer", "name", "eth0", "netns", str(self._holder.pid))
        t.ip("addr", "add", f"{US}/24", "dev", "cable")
        t.ip("link", "set", "cable", "up")
        resolv_conf = t.folder / "resolv.conf"
        resolv_conf.write_text(f"nameserver {US}\noptions timeout:5 attempts:2\n")
        self.run("sh", "-ec", f"mount --bind {resolv_conf} /etc/resolv.conf; ip link set lo up;"
                 f" ip addr add {CLIENT}/24 dev eth0; ip link set eth0 up")

    def run(self, *command, check=True, environment=None):
        inside = ["nsenter", "-t", str(self._holder.pid), "-m", "-n", *command]
        plain = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        done = subprocess.run(inside, capture_output=True, text=True, timeout=120, env={**plain, **(environment or {})})
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    def curl(self, url, *options, environment=None):
        """(exit code, status, SHA-256 of the body, the body's first bytes, what curl said)"""
        self._count += 1
        file = self._folder / f"fetched{self._count}"
        done = self.run("curl", "-sS", "--max-time", "60", "-o", str(file), "-w", "%{http_code}", *options, url,
                        check=False, environment=environment)
        body = file.read_bytes() if file.exists() else b""
        return done.returncode, int(done.stdout or 0), hashlib.sha256(body).hexdigest(), body[:500], done.stderr

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()


class Foundation:
    """The publishers at their real addresses, both name servers, the client."""

    def __init__(self, t):
        self.spark, self.jdk, self.old = (Made(scaled(4 * MB), seed=n) for n in (91, 92, 93))
        self.client = Client(t)
        for address in REAL.values():
            t.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.origins = {name: Origin(host=address, port=80) for name, address in REAL.items()}
        for name, path, body in ((ARCHIVE, SPARK, self.spark), (JAVA, JDK, self.jdk), (CLOUDFRONT, OLD_SPARK, self.old)):
            self.origins[name].add(path, body, headers={"Cache-Control": "max-age=600"})
        self.aliases, self.internet = NameServer(US, 53), NameServer()
        for name, address in REAL.items():
            self.aliases.add(name, [US])
            self.internet.add(name, [address])
        self.aliases.add("cache.example", [US])
        self.aliases.add("unlisted.example", [US])
        for thing in [*self.origins.values(), self.aliases, self.internet]:
            t.later(thing.close)
        self.authority = Authority(t.folder / "ca")

    def daemon(self, t, resolver):
        pairs = [self.authority.issue("cache", "cache.example"), self.authority.issue("apache", "*.apache.org"),
                 self.authority.issue("java", JAVA, CLOUDFRONT)]
        daemon = (daemon_of_nobody if nobody_exists() else partial(Scenario.daemon, start=False))(
            t, listen={"data": [f"{US}:80"], "data_tls": [f"{US}:443"], "names": ["cache.example"]},
            tls={"certificate": [str(c) for c, _ in pairs], "key": [str(k) for _, k in pairs]},
            upstream={"resolver": resolver, "shipped_mirrors": False},  # no other place knows these bytes
            upstream__host=[{"name": name, "scheme": "http"} for name in REAL])
        daemon.prefix = as_nobody("net_bind_service") if nobody_exists() else []
        return daemon.start()

    def requests(self):
        return sum(len(origin.requests()) for origin in self.origins.values())


@network
def test_aliased_names_are_served_over_http_and_https(t):
    world = Foundation(t)
    world.daemon(t, world.internet.address)
    ca = ["--cacert", str(world.authority.file)]

    for name, path, body in ((CLOUDFRONT, OLD_SPARK, world.old), (ARCHIVE, SPARK, world.spark), (JAVA, JDK, world.jdk)):
        for scheme in ("http", "https"):
            code, status, sha256, text, errors = world.client.curl(f"{scheme}://{name}{path}", *ca)
            assert (code, status, sha256) == (0, 200, body.sha256), (scheme, name, code, status, text, errors)
        seen = world.origins[name].requests()
        assert len(seen) == 1 and seen[0].headers["host"] == name, seen
    assert {q.peer for q in world.aliases.queries()} == {CLIENT}, "we looked up where the alias holds"
    assert {q.name for q in world.internet.queries()} == set(REAL)

    code, status, _, text, _ = world.client.curl("http://unlisted.example/x")
    assert status == 403 and b"allow list" in text and text.count(b"\n") == 1, text
    code, _, _, _, errors = world.client.curl("https://unlisted.example/x", *ca)
    assert code == 60, errors  # No certificate of ours is for that name.


@network
def test_http_proxy_and_https_proxy(t):
    world = Foundation(t)
    world.daemon(t, world.internet.address)
    proxies = {name: "http://cache.example:80" for name in ("http_proxy", "https_proxy")}

    for url in (f"http://{ARCHIVE}{SPARK}", f"http://cache.example/mirror/{ARCHIVE}{SPARK}",
                f"http://{US}/mirror/{ARCHIVE}{SPARK}", f"http://CACHE.example:80/mirror/{ARCHIVE}{SPARK}"):
        code, status, sha256, text, errors = world.client.curl(url, environment=proxies)
        assert (code, status, sha256) == (0, 200, world.spark.sha256), (url, code, status, text, errors)
    assert world.requests() == 1
    assert world.internet.queries("cache.example") == []

    code, status, _, text, errors = world.client.curl(f"https://{ARCHIVE}{SPARK}", "-v", environment=proxies)
    assert code == 56 and "405 CONNECT refused: stagecache is no tunnel" in errors, (code, errors)


@network
def test_an_alias_that_our_own_look_ups_follow_is_told_so_and_asks_nobody(t):
    world = Foundation(t)
    daemon = world.daemon(t, f"{US}:53")

    code, status, _, text, _ = world.client.curl(f"http://{ARCHIVE}{SPARK}")

    assert status == 403 and b"this cache itself listens" in text and b"[upstream] resolver" in text, text
    assert world.requests() == 0 and daemon.alive()
