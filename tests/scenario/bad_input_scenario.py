"""One clear line that names the thing, the limit and the way out; exit codes as documented."""
import socket

from harness import MiB, Made


def serve(t, daemon):
    """Runs `serve` on the daemon's configuration to its end, which must come by itself."""
    return t.stagecache("serve", "--config", daemon.config)


def last_line(done):
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""


def test_an_unknown_key_is_2_and_names_the_nearest(t):
    daemon = t.daemon(start=False, store={"qouta": "1GiB"})

    done = serve(t, daemon)

    assert done.returncode == 2 and "qouta" in done.stderr and "quota" in done.stderr, done
    assert daemon.config.name + ":" in done.stderr, "no file and line in " + done.stderr


def test_an_unknown_section_a_wrong_type_and_a_wrong_value_are_2(t):
    for sections, word in (({"stor": {"path": "x"}}, "store"), ({"store": {"memory": True}}, "memory"),
                           ({"store": {"memory": "12 apples"}}, "memory"), ({"log": {"level": "loud"}}, "level"),
                           ({"listen": {"data": ["nonsense"]}}, "data"), ({"upstream": {"fills": 0}}, "fills")):
        daemon = t.daemon(start=False, **sections)
        done = serve(t, daemon)
        assert done.returncode == 2 and word in done.stderr, (sections, done)


def test_a_quota_too_small_to_work_with(t):
    done = serve(t, t.daemon(start=False, store={"quota": "1MiB"}))

    assert done.returncode in (1, 2) and "quota" in done.stderr and "least" in last_line(done), done


def test_check_config_says_so_without_serving(t):
    good, bad = t.daemon(start=False), t.daemon(start=False, store={"qouta": "1GiB"})

    assert t.stagecache("serve", "--config", good.config, "--check-config").returncode == 0
    assert t.stagecache("serve", "--config", bad.config, "--check-config").returncode == 2


def test_a_second_daemon_on_the_same_store(t):
    first = t.daemon()
    second = t.daemon(start=False, store={"path": str(first.store)})

    done = serve(t, second)

    assert done.returncode in (1, 2) and str(first.store) in done.stderr, done
    assert first.alive() and t.curl(first.url("/healthz")).status == 200


def test_a_port_in_use(t):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(t, t.daemon(start=False, listen={"data": [f"127.0.0.1:{port}"]}))

    assert done.returncode in (1, 2) and f"127.0.0.1:{port}" in done.stderr, done
    assert "in use" in done.stderr, done


def test_a_store_that_cannot_be_written(t):
    file = t.folder / "a-file"
    file.write_text("not a folder")

    done = serve(t, t.daemon(start=False, store={"path": str(file)}))

    assert done.returncode in (1, 2) and str(file) in done.stderr, done


def test_an_unknown_option_is_2(t):
    done = t.stagecache("serve", "--confg", "x")

    assert done.returncode == 2 and "--confg" in done.stderr, done


def test_a_request_of_many_kinds_of_nonsense_never_ends_the_daemon(t):
    origin = t.origin()
    origin.add("/x", Made(MiB))
    daemon = t.daemon(origin)
    good = daemon.mirror(origin, "/x")

    for url in (good + "%00", good + "/" + "a" * 7000, good + "?" + "b" * 7000, good + "%2e%2e/%2e%2e/etc/passwd",
                daemon.url("/sha256/"), daemon.url("/sha256//mirror//"), daemon.url("/mirror//x"),
                daemon.url("/mirror/[::1/x"), daemon.url("/mirror/%5B::1%5D/x"), daemon.url("//mirror/a/b")):
        result = t.curl(url, "--path-as-is", "--globoff")
        assert 400 <= result.status < 600, (url, result)
    assert daemon.alive() and t.curl(good).status == 200
