"""[[warm]] items, [watch] folders and the environment."""
from harness import MiB, Made, spark_runtime

JRE, SPARK = Made(2 * MiB, seed=41), Made(3 * MiB, seed=42)


def start(t):
    origin = t.origin()
    origin.add("/jre.tar.gz", JRE)
    origin.add("/spark.tgz", SPARK)
    text = spark_runtime((origin.url("/jre.tar.gz"), "jre.tar.gz", JRE.sha256),
                         (origin.url("/spark.tgz"), "spark.tgz", SPARK.sha256))
    return origin, text


def pinned(daemon):
    return {a["sha256"] for a in daemon.artifacts() if a["pinned"]}


def test_a_file_put_into_a_watched_folder_is_warmed_and_pinned(t):
    origin, text = start(t)
    apps = t.folder / "apps"
    apps.mkdir()
    daemon = t.daemon(origin, watch={"folders": [str(apps)], "interval": "1s"})
    assert daemon.artifacts() == []

    (apps / "one").mkdir()
    (apps / "one" / "spark_runtime.txt").write_text(text)

    daemon.wait(lambda: pinned(daemon) == {JRE.sha256, SPARK.sha256}, "the watched folder's artifacts")


def test_what_lies_in_a_watched_folder_at_start_is_warmed(t):
    origin, text = start(t)
    apps = t.folder / "apps" / "deep" / "down"
    apps.mkdir(parents=True)
    (apps / "spark_runtime.txt").write_text(text)

    daemon = t.daemon(origin, watch={"folders": [str(t.folder / "apps")]})

    daemon.wait(lambda: pinned(daemon) == {JRE.sha256, SPARK.sha256}, "the watched folder's artifacts")


def test_warm_items_of_the_configuration(t):
    origin, _ = start(t)

    daemon = t.daemon(origin, warm=[{"url": origin.url("/jre.tar.gz"), "sha256": JRE.sha256},
                                    {"url": origin.url("/spark.tgz")}])

    daemon.wait(lambda: pinned(daemon) == {JRE.sha256, SPARK.sha256}, "the configured artifacts")


def test_a_spark_runtime_in_the_configuration(t):
    origin, text = start(t)

    daemon = t.daemon(origin, warm=[{"spark_runtime": text}])

    daemon.wait(lambda: pinned(daemon) == {JRE.sha256, SPARK.sha256}, "the configured artifacts")


def test_the_environment_overrides_the_file(t):
    origin, _ = start(t)

    daemon = t.daemon(origin, environment={"STAGECACHE_STORE_QUOTA": "200MiB"})

    assert daemon.stats()["quota_bytes"] == 200 * MiB
