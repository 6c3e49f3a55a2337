"""Nobody is reached through us whom the operator did not list: a table of attempts.

In a network of the scenario's own where every address is this machine and a canary listens
on all of them: had the daemon connected anywhere but to the listed origin, it would have sung.
"""
import re
import socket
import threading

from harness import Answer, Made, Origin, Raw, network
from canary import Canary
from name_server import NameServer, Reply

DATA = "127.0.0.1:8080"
PUBLIC = "93.184.216.34"
BODY = Made(50_000, seed=81)
HEX = "ab" * 32
PORTS = [80, 8080, 8081, 8082, 9000]

# What a client may put where a host belongs.
HOSTS = [
    "127.0.0.1:22", "127.0.0.1:9000", "localhost:9000", "LOCALHOST:22", "0.0.0.0", "0.0.0.0:9000", "0", "127.1",
    "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "017700000001", "0177.1",
    "127.0.0.1.", "127.0.0.1.:9000", "127.000.000.001", "127.0.0.1.5", "169.254.169.254", "169.254.169.254:80",
    "169.254.169.254.", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.254.43518",
    "[::1]:9000", "[::]:9000", "[::ffff:127.0.0.1]:9000", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2001:0:a9fe:a9fe::1]", "[fe80::1]", "[fe80::1%25lo]",
    "[fd00:ec2::254]", "[ff02::1]", "[::1", "[127.0.0.1]", "[v1.x]", "10.0.0.5", "172.16.0.1", "192.168.0.1",
    "100.64.0.1", "100.100.100.200", "224.0.0.1", "255.255.255.255", "168.63.129.16", "8.8.8.8", "unlisted.example",
    "origin.example.evil.example", "evilorigin.example", "names.example", ".names.example", "a..names.example",
    "*.names.example", "origin.example:22", "origin.example:9000", "origin.example:0", "origin.example:65616",
    "origin.example:80:22", "origin.example:+80", "origin.example:http", "user@origin.example", "@origin.example",
    "origin.example@127.0.0.1", "origin.example:80@127.0.0.1:22", "origin.example%40127.0.0.1",
    "origin.example%2f@127.0.0.1", "127.0.0.1%2forigin.example", "%6frigin.example", "origin%2eexample",
    "127.0.0.%31", "%31%32%37.0.0.1", "origin.example\\@127.0.0.1", "127.0.0.1#.names.example", "127.0.0.1%00.names.example",
    "\uff11\uff12\uff17.0.0.1", "127\u30020.0.1", "\u24db\u24de\u24d2alhost", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1",
    "o\u00adrigin.example", "b\u00fccher.names.example", "xn--bcher-kva.example", "a" * 64 + ".names.example",
    ".".join(["a" * 60] * 5) + ".names.example", "http:", "file:", "cache.example", "CACHE.example.", "cache.example:8080",
]

# Targets that are no path of ours.
TARGETS = [
    "http://169.254.169.254/latest/meta-data", "HTTP://169.254.169.254/x", "https://169.254.169.254/x",
    "http://[::ffff:169.254.169.254]/x", "http://10.0.0.5/x", "http://2852039166/x", "http://127.1/mirror/origin.example/ok",
    "http://unlisted.example/x", "http://origin.example:22/x", "http://origin.example:9000/x", "http:///x", "http://",
    "http://@/x", "http://user@origin.example/x", "http://origin.example@169.254.169.254/x", "http://169.254.169.254#@origin.example/",
    "http://169.254.169.254\\@origin.example/x", "http:169.254.169.254/x", "ftp://origin.example/x", "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x", "ws://169.254.169.254/x", "169.254.169.254:80", "/mirror/", "/mirror//169.254.169.254/x",
    "/mirror/http://169.254.169.254/x", f"/sha256/{HEX}/mirror/169.254.169.254/x", f"/sha256/{HEX}/mirror/0x7f.1/x",
    f"/sha256/{HEX}/mirror/origin.example:22/x", f"/sha256/{HEX}/mirror//x",
    "/mirror/origin.example/%zz", "/mirror/cache.example/mirror/cache.example/mirror/origin.example/ok",
]

# Values of the Host field under an innocent path.
HOST_FIELDS = ["169.254.169.254", "169.254.169.254:80", "10.0.0.5", "2852039166", "0xa9fea9fe", "[fd00:ec2::254]",
               "[::ffff:10.0.0.5]", "unlisted.example", "origin.example:22", "origin.example, 10.0.0.5",
               "user@origin.example", "origin.example#", "[fe80::1%25lo]", "127.1", "%31%30.0.0.5"]

# What the name of a listed host may resolve to.
ADDRESSES = [
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.0.0.5", "172.31.255.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1", "2001:db8::1",
    "2606:4700::5efe:127.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "3fff::1", "5f00::1",
]

# Where a listed origin may send us.
LOCATIONS = [
    "http://169.254.169.254/latest/meta-data", "//169.254.169.254/x", "http://127.0.0.1:9000/x", "http://[::1]:9000/x",
    "http://localhost:9000/x", "https://unlisted.example/x", "http://origin.example:22/x", "ftp://origin.example/x",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "dict://127.0.0.1:6379/x", "http://u:p@origin.example/x",
    "http://2130706433:9000/x", "http://0x7f.1/x", "http://0177.0.0.1/x", "http://origin.example@127.0.0.1/x",
    "http://origin.example\\@127.0.0.1/x", "http://[::ffff:127.0.0.1]:9000/x", "http:\\\\127.0.0.1\\x", "///127.0.0.1/x",
    "http://127.0.0.1%2f@origin.example/x", "http://127.0.0.1 .names.example/x", "javascript:alert(1)", "data:,x",
    "http://metadata.names.example/x", "/second", "http://cache.example/mirror/origin.example/ok", "http://origin.example:99999/",
]

# Names under own.example lead to our own listeners, and their entry allows everything.
OURSELVES = {"four": "127.0.0.1", "zero": "0.0.0.0", "six": "::1", "mapped": "::ffff:127.0.0.1", "unspecified": "::",
             "mapped-zero": "::ffff:0.0.0.0"}


class Table:
    """The daemon, the one listed origin, the name server and the canary; and the attempts made."""

    def __init__(self, t, more_hosts=(), **sections):
        t.every_address_is_here()
        self.canary, self.dns = Canary(), NameServer()
        self.origin = Origin(host=PUBLIC, port=80, reuse_port=True)
        for thing in (self.canary, self.dns, self.origin):
            t.later(thing.close)
        self.origin.add("/ok", BODY, headers={"Cache-Control": "max-age=600"})
        self.dns.add("origin.example", [PUBLIC])
        entry = {"scheme": "http", "connections": 64}
        hosts = [{"name": name, **entry} for name in ("origin.example", "*.names.example")]
        hosts += [{"name": name, **entry, "allow_private": True, "ports": PORTS}
                  for name in ("*.own.example", "cache.example")]
        self.daemon = t.daemon(
            listen={"data": [DATA, "[::1]:8080", "0.0.0.0:8082"], "admin": ["127.0.0.1:8081"], "names": ["cache.example"]},
            upstream={"resolver": self.dns.address, "shipped_allow": False}, upstream__host=[*hosts, *more_hosts],
            **sections)
        self.count = 0

    def ask(self, target, host="cache.example:8080", version="1.1"):
        """(status, text) of one request on a connection of its own."""
        connection = Raw(DATA, timeout=30)
        connection.send(f"GET {target} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status, _, headers = connection.head()
        text = connection.text(headers) if status >= 400 else ""
        connection.close()
        return status, text

    def refused(self, name, target, statuses=(400, 403, 502), **more):
        before = len(self.origin.requests())
        status, text = self.ask(target, **more)
        assert status in statuses, (name, status, text)
        assert re.fullmatch(r"stagecache: [^\r\n]{10,}\n", text), (name, text)
        assert self.canary.visits == [], (name, self.canary.visits)
        self.count += 1
        return text, self.origin.requests()[before:]

    def served(self, target, **more):
        status, text = self.ask(target, **more)
        assert status == 200 and self.canary.visits == [], (target, status, text, self.canary.visits)


@network
def test_hosts_that_are_not_listed(t):
    table = Table(t)
    assert len(HOSTS + TARGETS + HOST_FIELDS) >= 80

    for host in HOSTS:
        _, asked = table.refused(host, f"/mirror/{host}/x")
        assert asked == [], host
    for target in TARGETS:
        _, asked = table.refused(target, target)
        assert asked == [], target
    for host in HOST_FIELDS:
        _, asked = table.refused(host, "/latest/meta-data", host=host)
        assert asked == [], host
    assert table.dns.queries() == [], "somebody was looked up for a refused request"
    table.served("/mirror/ORIGIN.example.:80/ok")
    table.served("http://origin.example/ok", host="169.254.169.254")


@network
def test_listed_names_that_lead_to_private_addresses(t):
    table = Table(t)

    for number, address in enumerate(ADDRESSES):
        table.dns.add(f"n{number}.names.example", [address])
        table.refused(address, f"/mirror/n{number}.names.example/x")
    table.dns.add("cname.names.example", Reply(cname="inside.example"))
    table.dns.add("inside.example", ["10.0.0.5"])
    table.refused("cname", "/mirror/cname.names.example/x")
    table.dns.add("tcp.names.example", Reply(["10.0.0.5"], truncated=True))
    table.refused("over TCP", "/mirror/tcp.names.example/x")
    table.dns.add("both.names.example", ["10.0.0.5", "::1", "fd00::1"])
    table.refused("both families", "/mirror/both.names.example/x")
    table.dns.add("cname-self.names.example", Reply(cname="four.own.example"))
    table.dns.add("four.own.example", ["127.0.0.1"])
    table.refused("CNAME to a name that may", "/mirror/cname-self.names.example/x")
    assert table.origin.requests() == []


@network
def test_names_that_change_between_look_up_and_connection(t):
    table = Table(t)
    table.dns.add("rebind.names.example", [PUBLIC], ["127.0.0.1"])

    table.served("/mirror/rebind.names.example/ok")
    assert len([q for q in table.dns.queries("rebind.names.example") if q.kind == 1]) == 1
    table.refused("at the next request", "/mirror/rebind.names.example/other")

    table.dns.add("mixed.names.example", ["10.0.0.5", PUBLIC, "::1", "127.0.0.1"])
    table.served("/mirror/mixed.names.example/ok")
    table.dns.add("hop.names.example", [PUBLIC], ["169.254.169.254"])
    table.origin.add("/hop", Answer(status=302, headers={"Location": "http://hop.names.example/again"}))
    table.origin.add("/again", Answer(status=302, headers={"Location": "/hop"}))
    _, asked = table.refused("between two hops", "/mirror/hop.names.example/hop")
    assert len(asked) == 1, asked


@network
def test_redirects_and_mirrors(t):
    table = Table(t, mirror=[{"prefix": "origin.example/gone/",
                              "also": ["169.254.169.254/", "127.0.0.1:9000/x/", "cache.example/mirror/origin.example/",
                                       "origin.example:22/", "four.own.example:8081/v1/"]}])
    table.dns.add("metadata.names.example", ["169.254.169.254"])
    table.dns.add("four.own.example", ["127.0.0.1"])
    table.origin.add("/second", Answer(status=307, headers={"Location": "http://169.254.169.254/x"}))

    for number, place in enumerate(LOCATIONS):
        for status in (301, 302, 303, 307, 308):
            path = f"/to/{number}/{status}"
            table.origin.add(path, Answer(status=status, headers={"Location": place}))
            _, asked = table.refused((place, status), f"/mirror/origin.example{path}")
            assert len(asked) == 1 + (place == "/second"), (place, asked)
    _, asked = table.refused("mirrors", "/mirror/origin.example/gone/x", statuses=(403, 404, 502))
    assert [s.path for s in asked] == ["/gone/x"]


@network
def test_our_own_listeners(t):
    table = Table(t)
    for name, address in OURSELVES.items():
        table.dns.add(f"{name}.own.example", [address])
    table.dns.add("wide.own.example", ["10.8.8.8"])
    table.dns.add("cache.example", [PUBLIC])

    places = [f"{name}.own.example:{port}" for name in OURSELVES for port in (8080, 8081)
              if not (port == 8081 and name in ("six", "unspecified"))]
    for place in places + ["wide.own.example:8082", "four.own.example:8082"]:
        text, _ = table.refused(place, f"/mirror/{place}/v1/stats")
        assert "itself listens" in text, (place, text)
        path = f"/to/{place}"
        table.origin.add(path, Answer(status=302, headers={"Location": f"http://{place}/v1/stats"}))
        text, _ = table.refused(f"redirect to {place}", f"/mirror/origin.example{path}")
        assert "itself listens" in text, (place, text)
        table.refused(f"absolute {place}", f"http://{place}/v1/stats")
    assert not any("/v1/stats" in line and "origin" not in line and "own.example" not in line
                   for line in table.daemon.output), "our own listener was asked"


@network
def test_absolute_forms_that_name_us_are_answered_and_never_fetched(t):
    table = Table(t)
    own = ["cache.example", "CACHE.example:8080", "cache.example.:80", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080",
           "[0:0:0:0:0:0:0:1]:8080", "[::ffff:127.0.0.1]:8080", "localhost:8080", "LocalHost:8080", "10.1.2.3:8082",
           "127.0.0.1:8081"]

    for authority in own:
        table.served(f"http://{authority}/mirror/origin.example/ok", host=authority.lower())
        table.served(f"http://{authority}/healthz", host="origin.example")
        table.refused(authority, f"http://{authority}/v1/stats", statuses=(404,), host="origin.example")
    assert len(table.origin.requests()) == 1 and table.dns.queries("cache.example") == []


@network
def test_a_circle_through_others_ends_at_once(t):
    front = Forwarder(9100, 8080)
    t.later(front.close)
    table = Table(t, [{"name": "front.example", "scheme": "http", "allow_private": True, "ports": [9100]}])
    table.dns.add("front.example", ["127.0.0.1"])

    for path in ("/x", "/mirror/front.example:9100/x", "/mirror/origin.example/ok"):
        before = front.connections
        table.refused(path, f"/mirror/front.example:9100{path}")
        assert front.connections == before + 1, "it went round more than once"
    assert any("circle" in line for line in table.daemon.output), table.daemon.text()
    assert table.origin.requests() == []


class Forwarder:
    """A balancer: what comes to its port goes to another."""

    def __init__(self, port, to):
        self.connections, self._to = 0, to
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            there = socket.create_connection(("127.0.0.1", self._to))
            for source, sink in ((here, there), (there, here)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()

    def close(self):
        self._listener.close()


def _pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
