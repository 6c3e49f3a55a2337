"""Offline, switched while it runs; and the question whether a push would work offline."""
import json

from harness import MiB, Answer, Made, spark_runtime

JRE, SPARK, OTHER = (Made(2 * MiB, seed=s) for s in (41, 42, 43))
BIG = Made(60 * MiB, seed=44)


def offline(daemon):
    return daemon.get("/v1/offline")["offline"]


def test_what_is_stored_is_served_and_the_rest_is_named(t):
    origin = t.origin()
    origin.add("/x.tgz", JRE, headers={"Cache-Control": "max-age=0, must-revalidate"})
    daemon = t.daemon(origin)
    t.curl(daemon.mirror(origin, "/x.tgz"))
    daemon.wait_stored(JRE.sha256)
    asked = len(origin.requests())

    assert daemon.call("PUT", "/v1/offline") == (204, "") and daemon.call("PUT", "/v1/offline")[0] == 204
    here, by_digest = t.curl(daemon.mirror(origin, "/x.tgz")), t.curl(daemon.by_sha(JRE.sha256))
    missing = t.curl(daemon.mirror(origin, "/y.tgz?token=secret"))

    assert here.sha256 == by_digest.sha256 == JRE.sha256, (here, by_digest)
    assert here.headers["x-stagecache"] == "stale"
    assert missing.status == 504 and missing.body.startswith(b"stagecache: "), missing
    assert b"/y.tgz" in missing.body and b"secret" not in missing.body and b"stagecache warm" in missing.body
    assert len(origin.requests()) == asked and offline(daemon) and daemon.stats()["offline"] is True
    assert "offline" in daemon.cli("stats").stdout

    assert daemon.call("DELETE", "/v1/offline")[0] == 204 and daemon.call("DELETE", "/v1/offline")[0] == 204
    assert not offline(daemon)
    assert t.curl(daemon.mirror(origin, "/x.tgz")).headers["x-stagecache"] == "hit"
    assert len(origin.requests()) == asked + 1


def test_a_download_is_stopped_and_goes_on_by_itself(t):
    origin = t.origin()
    first = origin.add("/big.tgz", Answer(BIG, hold_at=20 * MiB), Answer(BIG))
    daemon = t.daemon(origin)
    curl = t.start_curl(daemon.mirror(origin, "/big.tgz"))
    daemon.wait(lambda: curl.received() >= 17 * MiB, "17 MiB of the body")

    assert daemon.cli("offline", "on").returncode == 0
    cut = curl.result()
    daemon.wait(lambda: daemon.stats()["fills_running"] == 0, "the download's end")
    asked = len(origin.requests())

    assert cut.code != 0 and cut.size < BIG.size, cut
    assert t.curl(daemon.mirror(origin, "/big.tgz")).status == 504
    assert len(origin.requests()) == asked == 1

    assert daemon.cli("offline", "off").returncode == 0
    daemon.wait_stored(BIG.sha256)
    assert len(origin.resumes("/big.tgz")) == 1
    first.release()


def test_a_warm_job_fails_with_the_line(t):
    origin = t.origin()
    origin.add("/x.tgz", JRE)
    daemon = t.daemon(origin)
    daemon.cli("offline", "on")

    done = daemon.cli("warm", origin.url("/x.tgz"))

    assert done.returncode == 1 and "offline" in done.stdout and origin.requests() == [], done


def test_after_a_restart_the_configuration_says_what_holds(t):
    origin = t.origin()
    origin.add("/x.tgz", JRE)
    daemon = t.daemon(origin)
    daemon.cli("offline", "on")
    daemon.kill()
    daemon.start()
    assert not offline(daemon)
    daemon.stop()
    daemon.config.write_text(daemon.config.read_text() + "[upstream]\noffline = true\n")
    daemon.start()
    assert offline(daemon) and t.curl(daemon.mirror(origin, "/x.tgz")).status == 504

    daemon.cli("offline", "off")

    assert t.curl(daemon.mirror(origin, "/x.tgz")).sha256 == JRE.sha256


def apps(t, daemon, origin):
    """One app whose URLs are ours, one that asks the publisher and misses one."""
    ours, direct = t.folder / "apps" / "ours", t.folder / "apps" / "direct"
    for folder in (ours, direct):
        folder.mkdir(parents=True)
    (ours / "spark_runtime.txt").write_text(spark_runtime(
        (daemon.sha_mirror(JRE.sha256, origin, "/jre.tar.gz"), "jre.tar.gz", JRE.sha256),
        (daemon.mirror(origin, "/spark.tgz"), "spark.tgz", SPARK.sha256)))
    (direct / "spark_runtime.txt").write_text(spark_runtime(
        (origin.url("/jre.tar.gz"), "jre.tar.gz", JRE.sha256),
        (origin.url("/other.tgz"), "other.tgz", OTHER.sha256)))
    return ours, direct


def test_offline_check_says_per_app_whether_a_push_would_work(t):
    origin = t.origin()
    for path, body in (("/jre.tar.gz", JRE), ("/spark.tgz", SPARK), ("/other.tgz", OTHER)):
        origin.add(path, body)
    daemon = t.daemon(origin)
    ours, direct = apps(t, daemon, origin)
    daemon.cli("warm", f"{origin.url('/jre.tar.gz')}#sha256={JRE.sha256}")
    t.curl(daemon.mirror(origin, "/spark.tgz"))
    daemon.wait_stored(SPARK.sha256)
    asked, before = len(origin.requests()), daemon.artifacts()

    good = daemon.cli("warm", "--offline-check", str(ours))
    both = daemon.cli("warm", "--offline-check", "--json", str(ours.parent))

    assert good.returncode == 0 and "a push would work" in good.stdout, good
    assert "pinned" in good.stdout and "not pinned" in good.stdout
    assert both.returncode == 1, both
    by_app = {pathless(app["app"]): app for app in json.loads(both.stdout)["apps"]}
    assert by_app["ours"]["ok"] and not by_app["direct"]["ok"], by_app
    jre, other = by_app["direct"]["downloads"]
    assert jre["ok"] and jre["pinned"] and "publisher" in jre["note"], jre
    assert not other["ok"] and "stagecache warm" in other["problem"], other
    assert len(origin.requests()) == asked and daemon.artifacts() == before, "a check changes nothing"

    daemon.cli("offline", "on")
    for url, sha256 in ((daemon.sha_mirror(JRE.sha256, origin, "/jre.tar.gz"), JRE.sha256),
                        (daemon.mirror(origin, "/spark.tgz"), SPARK.sha256)):
        assert t.curl(url).sha256 == sha256, "what the check promised"


def pathless(path):
    return path.rstrip("/").split("/")[-2]


def test_offline_check_sees_a_stored_file_of_another_digest(t):
    origin = t.origin()
    origin.add("/x.tgz", JRE)
    daemon = t.daemon(origin)
    daemon.cli("warm", origin.url("/x.tgz"))

    right = daemon.cli("warm", "--offline-check", f"{daemon.mirror(origin, '/x.tgz')}#sha256={JRE.sha256}")
    wrong = daemon.cli("warm", "--offline-check", f"{daemon.mirror(origin, '/x.tgz')}#sha256={SPARK.sha256}")

    assert right.returncode == 0 and wrong.returncode == 1, (right, wrong)
    assert JRE.sha256 in wrong.stdout and SPARK.sha256 in wrong.stdout, wrong.stdout
