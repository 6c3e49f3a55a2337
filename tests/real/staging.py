"""Stagings: a folder with an app's spark_runtime.txt, the buildpack's step run over it, its disk sampled."""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from sampling import Peak, allocated  # noqa: E402

STEP = HERE / "buildpack_step.sh"
STAGING_SECONDS = 900  # the limit of Cloud Foundry


@dataclasses.dataclass
class Staged:
    seconds: float
    peak_bytes: int     # allocated in build and cache folder together; 0 where not sampled
    code: int
    log: str
    spark_runs: bool    # bin/spark-submit and bin/java lie where the app will look


class App:
    """An app with a JRE and a Spark; `base_url` is put before the archives' names."""

    def __init__(self, name, jre, spark):
        self.name, self.jre, self.spark = name, jre, spark

    @property
    def bytes(self):
        return self.jre.size + self.spark.size

    def runtime(self, base_url, cache_disabled=False):
        lines = []
        for key, archive in (("JDK", self.jre), ("SPARK", self.spark)):
            lines += [f"{key}_URL={base_url}/{archive.name}", f"{key}_FILENAME={archive.name}",
                      f"{key}_SHA256={archive.sha256}"]
        return "\n".join(lines + ["CACHE_DISABLED=true"] * cache_disabled) + "\n"


def plain_environment():
    """Without proxies, which would send loopback away, and without the operator's switches."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    for key in ("CACHE_DISABLED", "TAR_OPTIONS", "CURL_HOME"):
        kept.pop(key, None)
    return kept


def stage(folder, runtime, sampled=True):
    """One staging in `folder`, which is emptied afterwards."""
    build, cache = folder / "build", folder / "cache"
    build.mkdir(parents=True)
    (build / "spark_runtime.txt").write_text(runtime)
    log = folder.with_suffix(".log")
    peak = Peak(lambda: allocated(folder), interval=0.02)
    began = time.monotonic()
    with open(log, "wb") as output:
        if sampled:
            with peak:
                code = run_step(build, cache, output)
        else:
            code = run_step(build, cache, output)
    took = time.monotonic() - began
    runs = all(os.access(build / place, os.X_OK) for place in (".java/bin/java", ".spark/bin/spark-submit"))
    shutil.rmtree(folder)
    return Staged(took, peak.highest, code, log.read_text(errors="replace"), runs)


def run_step(build, cache, output):
    return subprocess.run(["bash", STEP, build, cache], stdout=output, stderr=subprocess.STDOUT,
                          timeout=STAGING_SECONDS, env=plain_environment()).returncode


def stage_at_once(folder, runtimes):
    """All stagings started together: ([Staged...], seconds until the last ended)."""
    results = [None] * len(runtimes)

    def run(index):
        results[index] = stage(folder / f"staging-{index}", runtimes[index], sampled=False)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(runtimes))]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, time.monotonic() - began


def stagings_that_fit(folder, wanted, apps):
    """At most `wanted`, fewer where the disk has no room for that many extracted apps."""
    each = 3 * max(app.bytes for app in apps)
    return max(2, min(wanted, int(shutil.disk_usage(folder).free * 0.8 / each)))
