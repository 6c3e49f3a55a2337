"""Ports 80 and 443 for a service that is not root, and the units that systemd is given."""
import os
import pathlib
import re
import shutil
import socket
import subprocess

from certificates import Authority
from harness import Made, MB, Skipped, network, scaled
from tls import tls_sections

NOBODY = 65534
UNITS = pathlib.Path(__file__).resolve().parents[2] / "systemd"


def as_nobody(*capabilities):
    """The command that runs what follows as nobody, with these capabilities and no other."""
    kept = ",".join(["-all"] + [f"+{c}" for c in capabilities])
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
            f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--bounding-set={kept}"]


def nobody_exists():
    """Not in a user namespace that knows but one user."""
    ranges = [map(int, line.split()) for line in pathlib.Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= NOBODY < first + count for first, _, count in ranges)


def daemon_of_nobody(t, *origins, **sections):
    """Not started: its binary and folder are nobody's."""
    if os.geteuid() != 0 or not nobody_exists() or not shutil.which("setpriv"):
        raise Skipped("needs root and setpriv")
    t.folder.chmod(0o755)
    t.binary = shutil.copy(t.binary, t.folder / "stagecache")
    daemon = t.daemon(*origins, start=False, **sections)
    for path in [daemon.folder, *t.folder.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    return daemon


@network
def test_an_unprivileged_service_with_one_capability_serves_80_and_443(t):
    body, origin = Made(scaled(2 * MB)), t.origin()
    origin.add("/x.tgz", body)
    authority = Authority(t.folder / "ca")
    sections = tls_sections([authority.issue("server", "cache.example")])
    sections["listen"] = {"data": ["127.0.0.1:80"], "data_tls": ["127.0.0.1:443"], "names": ["cache.example"]}
    daemon = daemon_of_nobody(t, origin, **sections)
    daemon.prefix = as_nobody("net_bind_service")
    daemon.start()

    status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text()
    assert re.search(rf"^Uid:\s+{NOBODY}\s", status, re.M), status
    assert re.search(r"^CapEff:\s+0000000000000400$", status, re.M), status  # CAP_NET_BIND_SERVICE alone
    for scheme, port in (("http", 80), ("https", 443)):
        answer = t.curl(f"{scheme}://cache.example/mirror/{origin.name}/x.tgz", "--cacert", str(authority.file),
                        "--resolve", f"cache.example:{port}:127.0.0.1")
        assert answer.sha256 == body.sha256, answer


@network
def test_without_the_capability_the_start_says_what_is_missing(t):
    daemon = daemon_of_nobody(t, listen={"data": ["127.0.0.1:80"]})

    done = subprocess.run([*as_nobody(), daemon.binary, "serve", "--config", daemon.config], capture_output=True,
                          text=True, timeout=30, cwd=daemon.folder)

    assert done.returncode == 1, done
    assert "127.0.0.1:80: permission denied" in done.stderr and "CAP_NET_BIND_SERVICE" in done.stderr, done.stderr


def activated_by(*names, program="systemd-socket-activate"):
    """The command that listens as systemd does for us; the first client starts what follows. And the ports."""
    if not shutil.which(program):
        raise Skipped(f"needs {program}")
    ports = []
    for _ in names:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            ports.append(probe.getsockname()[1])
    listeners = [word for port in ports for word in ("-l", f"127.0.0.1:{port}")]
    return [program, *listeners, "--fdname=" + ":".join(names)], ports


def test_sockets_that_systemd_opened_are_served(t):
    authority = Authority(t.folder / "ca")
    sections = tls_sections([authority.issue("server", "localhost")])
    sections["listen"] = {"data": ["127.0.0.1:1"], "data_tls": ["127.0.0.1:1"]}  # not to be bound
    daemon = t.daemon(start=False, **sections)
    daemon.prefix, (plain, tls) = activated_by("data", "data_tls")
    first = t.start_curl(f"http://127.0.0.1:{plain}/healthz", "--retry", "20", "--retry-connrefused", "--retry-delay", "1")
    daemon.start()

    assert daemon.data == f"127.0.0.1:{plain}" and daemon.data_tls == f"127.0.0.1:{tls}"
    assert first.result().body == b"ok\n"
    again = t.curl(f"https://localhost:{tls}/healthz", "--cacert", str(authority.file))
    assert again.body == b"ok\n", again


def test_a_socket_of_another_name_stops_the_start(t):
    daemon = t.daemon(start=False)
    prefix, (port,) = activated_by("web")
    client = t.start_curl(f"http://127.0.0.1:{port}/", "--retry", "20", "--retry-connrefused", "--retry-delay", "1")

    done = subprocess.run([*prefix, daemon.binary, "serve", "--config", daemon.config], capture_output=True,
                          text=True, timeout=60, cwd=daemon.folder)
    client.end()

    assert done.returncode == 1 and "FileDescriptorName=data" in done.stderr, done


def verify(t, *drop_ins, others=()):
    """What systemd-analyze has to say against the unit with these drop-ins, and other units."""
    if not shutil.which("systemd-analyze"):
        raise Skipped("needs systemd-analyze")
    folder = t.folder / "units"
    (folder / "stagecache.service.d").mkdir(parents=True)
    unit = (UNITS / "stagecache.service").read_text().replace("/usr/bin/stagecache", t.binary)
    (folder / "stagecache.service").write_text(unit)
    for drop_in in drop_ins:
        shutil.copy(UNITS / drop_in, folder / "stagecache.service.d")
    for other in others:
        shutil.copy(UNITS / other, folder)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                           *(folder / unit for unit in ("stagecache.service", *others))],
                          capture_output=True, text=True)
    return done.stdout + done.stderr + (f"exit code {done.returncode}" if done.returncode else "")


def test_the_unit_is_one(t):
    assert verify(t) == ""


def test_the_unit_with_the_shipped_drop_ins_is_one(t):
    assert verify(t, "ports-below-1024.conf", "tls-credentials.conf") == ""


def test_the_socket_units_are_some(t):
    assert verify(t, others=("stagecache-data.socket", "stagecache-data-tls.socket")) == ""
