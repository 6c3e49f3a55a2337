"""The command line against a running daemon: what it prints, its exit codes."""
import json

from harness import MiB, Made, spark_runtime

JRE, SPARK = Made(2 * MiB, seed=31), Made(3 * MiB, seed=32)


def start(t):
    origin = t.origin()
    origin.add("/jre.tar.gz", JRE)
    origin.add("/spark.tgz", SPARK)
    daemon = t.daemon(origin)
    app = t.folder / "app"
    app.mkdir()
    file = app / "spark_runtime.txt"
    file.write_text(spark_runtime((origin.url("/jre.tar.gz"), "jre.tar.gz", JRE.sha256),
                                  (origin.url("/spark.tgz"), "spark.tgz", SPARK.sha256)))
    return origin, daemon, file


def test_warm_says_ready(t):
    origin, daemon, file = start(t)

    done = daemon.cli("warm", str(file))

    assert done.returncode == 0, done
    assert done.stdout.count("ready") >= 2, done.stdout
    assert daemon.holds(JRE.sha256) and daemon.holds(SPARK.sha256)
    assert daemon.cli("warm", str(file)).returncode == 0
    assert len(origin.requests()) == 2


def test_warm_takes_a_folder_and_urls(t):
    origin, daemon, file = start(t)

    folder = daemon.cli("warm", str(file.parent))
    url = daemon.cli("warm", f"{origin.url('/jre.tar.gz')}#sha256={JRE.sha256}", "--no-pin")

    assert folder.returncode == 0 and url.returncode == 0, (folder, url)


def test_warm_of_something_that_fails_is_1_and_says_why(t):
    origin, daemon, _ = start(t)

    missing = daemon.cli("warm", origin.url("/missing.tgz"))
    wrong = daemon.cli("warm", f"{origin.url('/jre.tar.gz')}#sha256={SPARK.sha256}")
    unlisted = daemon.cli("warm", "http://unlisted.example/x.tgz")

    assert (missing.returncode, wrong.returncode, unlisted.returncode) == (1, 1, 1), (missing, wrong, unlisted)
    assert "unlisted.example" in unlisted.stdout + unlisted.stderr
    assert SPARK.sha256[:12] in wrong.stdout + wrong.stderr, wrong


def test_ls_show_pin_unpin_rm_stats(t):
    _, daemon, file = start(t)
    daemon.cli("warm", str(file))

    listing, shown = daemon.cli("ls"), daemon.cli("show", JRE.sha256)
    assert listing.returncode == shown.returncode == 0
    assert JRE.sha256[:12] in listing.stdout and "jre.tar.gz" in listing.stdout, listing.stdout
    assert JRE.sha256 in shown.stdout and "/jre.tar.gz" in shown.stdout, shown.stdout
    pinned = daemon.cli("rm", JRE.sha256)
    assert pinned.returncode == 1 and "pin" in pinned.stdout + pinned.stderr, pinned
    assert daemon.cli("unpin", JRE.sha256).returncode == 0
    assert daemon.cli("pin", JRE.sha256).returncode == 0
    assert daemon.cli("unpin", JRE.sha256).returncode == 0
    assert daemon.cli("rm", JRE.sha256).returncode == 0 and not daemon.holds(JRE.sha256)
    assert daemon.cli("show", JRE.sha256).returncode == 1
    assert daemon.cli("stats").returncode == 0


def test_json_where_a_machine_reads(t):
    _, daemon, file = start(t)

    warmed = daemon.cli("warm", str(file), "--json")
    listing, stats = daemon.cli("ls", "--json"), daemon.cli("stats", "--json")

    assert json.loads(warmed.stdout)["state"] == "ready", warmed.stdout
    assert len(json.loads(listing.stdout)["artifacts"]) == 2
    assert json.loads(stats.stdout)["artifacts"] == 2


def test_check_needs_no_daemon(t):
    good, bad = t.folder / "good.txt", t.folder / "bad.txt"
    good.write_text(spark_runtime(("https://a.example/j.tar.gz", "j.tar.gz", "ab" * 32),
                                  ("https://a.example/s.tgz", "s.tgz", "cd" * 32)) + "CACHE_DISABLED=true\n")
    bad.write_text(' JDK_URL="https://a.example/j.tar.gz?x=1"\nSPARK_SHA256=12\nCACHE_DISABLED=TRUE\n')

    well, found = t.stagecache("check", good), t.stagecache("check", bad)

    assert well.returncode == 0, well
    assert found.returncode == 1 and "bad.txt:1" in found.stdout and "bad.txt:3" in found.stdout, found


def test_usage_errors_are_2(t):
    for arguments in (["no-such-command"], ["warm"], ["ls", "--no-such-option"], ["show"],
                      ["serve", "--config", t.folder / "missing.toml"]):
        done = t.stagecache(*arguments)
        assert done.returncode == 2 and done.stderr, (arguments, done)


def test_help_and_version(t):
    assert "warm" in t.stagecache("--help").stdout
    assert t.stagecache("--version").returncode == 0


def test_without_a_daemon_it_says_where_it_looked(t):
    done = t.stagecache("ls", "--server", "http://127.0.0.1:1")

    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr, done


def test_a_file_whose_urls_are_ours_is_warmed_from_the_publishers(t):
    origin = t.origin()
    jdk, spark = Made(MiB, seed=71), Made(MiB, seed=72)
    origin.add("/jdk.tar.gz", jdk)
    origin.add("/spark.tgz", spark)
    daemon = t.daemon(origin, listen={"names": ["cache.example"]})
    file = t.folder / "spark_runtime.txt"
    file.write_text(spark_runtime(
        jdk=(f"http://cache.example:8080/mirror/{origin.name}/jdk.tar.gz", "jdk.tar.gz", jdk.sha256),
        spark=(f"http://elsewhere.example/sha256/{spark.sha256}/mirror/{origin.name}/spark.tgz", "spark.tgz",
               spark.sha256)))

    done = daemon.cli("warm", str(file))
    wrong = daemon.cli("warm", f"http://cache.example/sha256/{spark.sha256}/mirror/{origin.name}/spark.tgz"
                               f"#sha256={jdk.sha256}")

    assert done.returncode == 0, done
    assert daemon.holds(jdk.sha256) and daemon.holds(spark.sha256)
    assert wrong.returncode == 1 and spark.sha256 in wrong.stdout + wrong.stderr, wrong
