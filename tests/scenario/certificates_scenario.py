"""Which certificate a client is shown: by name, after a replacement, made by --self-signed."""
import hashlib
import signal
import socket
import threading

from certificates import Authority, replace
from harness import MB, Made, limits, scaled
from tls import certificate_shown, served, tls_sections


# ---- certificates ----

def test_the_certificate_is_chosen_by_the_name_that_is_asked_for(t):
    authority = Authority(t.folder / "ca")
    pairs = [authority.issue("first", "cache.example"), authority.issue("wild", "*.apache.org"),
             authority.issue("exact", "archive.apache.org", "other.example")]
    daemon = t.daemon(**tls_sections(pairs))

    for asked, shown in [("cache.example", "cache.example"), ("archive.apache.org", "archive.apache.org"),
                         ("dlcdn.apache.org", "*.apache.org"), ("DLCDN.Apache.ORG", "*.apache.org"),
                         ("other.example", "archive.apache.org"),
                         ("a.b.apache.org", "cache.example"),  # a wildcard is one label
                         ("nobody.knows", "cache.example"), (None, "cache.example")]:
        names = certificate_shown(daemon, authority, asked)
        assert shown in names, f"{asked} got {names}"


def test_real_curl_trusts_each_of_two_names(t):
    authority = Authority(t.folder / "ca")
    daemon = t.daemon(**tls_sections([authority.issue("one", "one.example"), authority.issue("two", "two.example")]))
    port = daemon.data_tls.rpartition(":")[2]

    for name in ("one.example", "two.example"):
        answer = t.curl(f"https://{name}:{port}/healthz", "--cacert", str(authority.file),
                        "--resolve", f"{name}:{port}:127.0.0.1")
        assert answer.code == 0 and answer.body == b"ok\n", answer


# ---- replaced files ----

def serving(daemon, authority, name, wanted):
    return lambda: wanted in certificate_shown(daemon, authority, name)


def test_sighup_reads_the_certificates_again(t):
    authority, daemon = served(t)
    certificate, key = authority.issue("later", "localhost", "later.example")
    for old, new in ((authority.folder / "server.pem", certificate), (authority.folder / "server.key", key)):
        old.write_bytes(new.read_bytes())

    daemon.process.send_signal(signal.SIGHUP)

    daemon.wait(serving(daemon, authority, "localhost", "later.example"), "the new certificate", timeout=10)
    assert any("SIGHUP: [tls] certificates reloaded" in line for line in daemon.output), daemon.text()
    assert any("the configuration is read at start only" in line for line in daemon.output), daemon.text()


@limits(120)
def test_replaced_files_are_noticed_under_load_and_transfers_go_on(t):
    body, origin = Made(scaled(30 * MB), seed=6), t.origin()
    origin.add("/x.tgz", body)
    authority, daemon = served(t, origin)
    daemon.wait_job(daemon.warm([{"url": origin.url("/x.tgz"), "sha256": body.sha256}]))
    url = daemon.tls_url(f"/sha256/{body.sha256}/x")
    running = t.start_curl(url, "--cacert", str(authority.file), "--limit-rate", "4M")
    daemon.wait(lambda: running.received() > 0, "first bytes")
    stop, failed = threading.Event(), []

    def load():
        while not stop.is_set():
            answer = t.curl(daemon.tls_url("/healthz"), "--cacert", str(authority.file))
            if answer.code:
                failed.append(answer)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for round_number in range(2):
        certificate, key = authority.issue("later", "localhost", "127.0.0.1", f"r{round_number}.example")
        replace(authority.folder / "server.pem", certificate)
        replace(authority.folder / "server.key", key)
        daemon.wait(serving(daemon, authority, "localhost", f"r{round_number}.example"), "the new certificate")
    stop.set()
    for thread in threads:
        thread.join()

    assert not failed, failed[0]
    assert running.result().sha256 == body.sha256


def test_a_symlink_that_leads_elsewhere_is_noticed(t):
    authority = Authority(t.folder / "ca")
    for label in ("old", "new"):
        folder = t.folder / label
        folder.mkdir()
        for source, name in zip(authority.issue(label, "localhost", f"{label}.example"), ("tls.crt", "tls.key")):
            (folder / name).write_bytes(source.read_bytes())
    (t.folder / "live").symlink_to("old")  # as Kubernetes mounts a secret
    daemon = t.daemon(**tls_sections([(t.folder / "live" / "tls.crt", t.folder / "live" / "tls.key")]))
    assert serving(daemon, authority, "localhost", "old.example")()

    (t.folder / "live.new").symlink_to("new")
    (t.folder / "live.new").rename(t.folder / "live")

    daemon.wait(serving(daemon, authority, "localhost", "new.example"), "the new certificate", timeout=15)


def test_a_broken_pair_is_logged_and_the_old_one_served(t):
    authority, daemon = served(t)
    file = authority.folder / "server.pem"
    good = file.read_bytes()
    others, _ = authority.issue("other", "localhost")

    replace(file, others)  # not the certificate of that key
    daemon.wait(lambda: "the old certificates go on being served" in daemon.text(), "the warning", timeout=15)
    assert t.curl(daemon.tls_url("/healthz"), "--cacert", str(authority.file)).code == 0
    file.unlink()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait(lambda: "SIGHUP: [tls] certificates not reloaded" in daemon.text(), "the answer", timeout=15)
    assert t.curl(daemon.tls_url("/healthz"), "--cacert", str(authority.file)).code == 0

    file.write_bytes(good)
    daemon.wait(lambda: "the files changed; serving" in daemon.text(), "the recovery", timeout=15)
    assert "is not the key of" in daemon.text() and "No such file" in daemon.text()


# ---- starting ----

def refused_start(t, **sections):
    """What the binary says when it is started with these sections; it must end at once."""
    daemon = t.daemon(start=False, **sections)
    done = t.stagecache("serve", "--config", daemon.config)
    assert done.returncode in (1, 2), done
    lines = [line for line in done.stderr.splitlines() if line.startswith("stagecache:")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_start_without_usable_files_names_the_file(t):
    authority = Authority(t.folder / "ca")
    certificate, key = authority.issue("server", "localhost")
    other = authority.issue("other", "localhost")[1]
    missing, empty = t.folder / "missing.pem", t.folder / "empty.pem"
    empty.write_text("nothing\n")

    for pair, told in [((missing, key), "missing.pem: No such file"), ((certificate, missing), "missing.pem"),
                       ((certificate, other), "other.key: is not the key of"),
                       ((empty, key), "empty.pem: holds no certificate"),
                       ((certificate, empty), "empty.pem: holds no private key")]:
        line = refused_start(t, **tls_sections([pair]))
        assert told in line, f"{pair}: {line}"
    assert "needs [tls] certificate and key" in refused_start(t, listen={"data_tls": ["127.0.0.1:0"]})


def test_a_key_that_everybody_can_read_is_warned_of(t):
    authority = Authority(t.folder / "ca")
    certificate, key = authority.issue("server", "localhost")
    key.chmod(0o644)

    daemon = t.daemon(**tls_sections([(certificate, key)]))

    assert any("can read the key" in line for line in daemon.output), daemon.text()


# ---- --self-signed ----

def test_self_signed_starts_with_nothing_and_says_what_to_trust(t):
    daemon = t.daemon(start=False, listen={"names": ["Cache.Example"], "data_tls": ["127.0.0.1:0"]})
    daemon.arguments = ["--self-signed"]
    daemon.start()
    daemon.wait(lambda: any("curl --cacert " in line for line in daemon.output), "the line to use")
    trust = next(line for line in daemon.output if "curl --cacert " in line).split("--cacert ")[1].split()[0]
    folder, port = daemon.store.parent / "store-tls", daemon.data_tls.rpartition(":")[2]

    for name in ("localhost", "127.0.0.1", socket.gethostname().lower(), "cache.example"):
        answer = t.curl(f"https://{name}:{port}/healthz", "--cacert", trust, "--resolve", f"{name}:{port}:127.0.0.1")
        assert answer.code == 0 and answer.body == b"ok\n", f"{name}: {answer}"
    assert {f.name for f in folder.iterdir()} == {"ca.pem", "ca-key.pem", "server.pem", "server-key.pem"}
    assert all(f.stat().st_mode & 0o777 == 0o600 for f in folder.glob("*-key.pem"))
    kept = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}

    assert daemon.stop() == 0
    daemon.start()

    assert kept == {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}


def test_self_signed_takes_other_names_and_keeps_its_ca(t):
    for names in (["one.example"], ["two.example"]):
        daemon = t.daemon(start=False, listen={"names": names, "data_tls": ["127.0.0.1:0"]},
                          store={"path": str(t.folder / "store")})
        daemon.arguments = ["--self-signed"]
        daemon.start()
        ca = t.folder / "store-tls" / "ca.pem"
        if names == ["one.example"]:
            first_ca = ca.read_bytes()
        port = daemon.data_tls.rpartition(":")[2]
        answer = t.curl(f"https://{names[0]}:{port}/healthz", "--cacert", str(ca),
                        "--resolve", f"{names[0]}:{port}:127.0.0.1")
        assert answer.code == 0, answer
        assert daemon.stop() == 0
    assert ca.read_bytes() == first_ca
