#!/usr/bin/env python3
"""The main job on real archives, with assertions:  real_test.py --binary PATH

Cold, warm and restarted: two apps are staged at once by the buildpack's step through a daemon,
and everything they get is what was published. The last line is "N passed, N failed".
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fetch_real  # noqa: E402
from staging import App, stage, stage_at_once, stagings_that_fit  # noqa: E402

from daemon import SLOWDOWN, Daemon  # noqa: E402
from origin import Origin  # noqa: E402

MB = 1_000_000
RATE = 60 * MB


class Bench:
    """What a test is given: a daemon with an empty store, a throttled origin, two apps."""

    def __init__(self, binary, folder):
        where = fetch_real.folder_for_tests()
        found = fetch_real.archives(where)
        self.folder, self.archives = folder, found
        self.origin = Origin(rate=RATE, root=where)
        self.apps = [App(f"app-{n}", found.jre, spark) for n, spark in enumerate(found.sparks)]
        (folder / "daemon").mkdir()
        self.daemon = Daemon(binary, folder / "daemon", [self.origin], {"store": {"quota": "2GiB"}}).start()
        self.all_bytes = found.jre.size + sum(s.size for s in found.sparks)

    def cached(self, app, disabled=True):
        return app.runtime(self.daemon.url(f"/mirror/{self.origin.name}"), disabled)

    def rewritten(self, app):
        """As `rewrite` writes it: the digest in the path."""
        text = self.cached(app)
        for archive in (app.jre, app.spark):
            text = text.replace(f"/mirror/{self.origin.name}/{archive.name}",
                                f"/sha256/{archive.sha256}/mirror/{self.origin.name}/{archive.name}")
        return text

    def warm(self):
        jobs = [self.daemon.warm(app.runtime(self.origin.url(""))) for app in self.apps]
        return [self.daemon.wait_job(job, timeout=300) for job in jobs]

    def close(self):
        code = self.daemon.stop()
        self.origin.close()
        self.daemon.check_output()
        assert code == 0, f"exit code {code}\n{self.daemon.text()}"

    def abandon(self):
        if self.daemon.alive():
            self.daemon.kill()
        self.origin.close()


def check(staged):
    assert staged.code == 0 and staged.spark_runs, staged.log[-1500:]


def test_cold_stagings_at_once_fetch_each_archive_once(b):
    count = stagings_that_fit(b.folder, 6, b.apps)

    results, _ = stage_at_once(b.folder, [b.cached(b.apps[n % 2]) for n in range(count)])

    for staged in results:
        check(staged)
    assert b.origin.sent() == b.all_bytes, (b.origin.sent(), b.all_bytes)
    assert all(len(b.origin.gets(f"/{a.name}")) == 1 for a in (b.archives.jre, *b.archives.sparks))


def test_twenty_stagings_after_a_warm_need_no_origin(b):
    jobs = b.warm()
    assert [j["state"] for j in jobs] == ["ready", "ready"], jobs
    assert b.origin.sent() == b.all_bytes
    b.origin.close()
    count = stagings_that_fit(b.folder, 20 if SLOWDOWN <= 1 else 4, b.apps)

    results, _ = stage_at_once(b.folder, [b.rewritten(b.apps[n % 2]) for n in range(count)])

    for staged in results:
        check(staged)
    assert len(b.daemon.artifacts()) == 3 and all(a["pinned"] for a in b.daemon.artifacts())


def test_a_look_into_the_archives_finds_what_the_buildpack_looks_for(b):
    jobs = b.warm()

    for archive, wanted in ((b.archives.jre, "bin/java"), (b.archives.sparks[0], "bin/spark-submit")):
        record = b.daemon.get(f"/v1/artifacts/{archive.sha256}")
        assert record["size"] == archive.size and wanted in json.dumps(record["archive"]), record
    errors = [f for j in jobs for i in j["items"] for f in i["findings"] if f["severity"] == "error"]
    assert not errors, errors


def test_a_kill_during_the_warm_costs_no_second_download(b):
    job = b.daemon.warm(b.apps[0].runtime(b.origin.url("")))
    b.origin.wait(lambda o: o.sent() > b.apps[0].bytes // 2)

    b.daemon.kill()
    b.daemon.start()

    assert b.daemon.wait_job(job, timeout=300)["state"] == "ready"
    check(stage(b.folder / "after", b.cached(b.apps[0])))
    assert b.origin.sent() < b.apps[0].bytes * 1.25, (b.origin.sent(), b.apps[0].bytes)


def test_disabling_the_build_cache_saves_the_tarballs_room(b):
    b.warm()

    on = stage(b.folder / "on", b.cached(b.apps[0], disabled=False))
    off = stage(b.folder / "off", b.cached(b.apps[0], disabled=True))

    check(on)
    check(off)
    saved = on.peak_bytes - off.peak_bytes
    assert saved > 0.9 * b.apps[0].bytes, (on.peak_bytes, off.peak_bytes)


def run(function, binary):
    folder, bench = pathlib.Path(tempfile.mkdtemp(prefix="stagecache-real-")), None
    try:
        bench = Bench(binary, folder)
        function(bench)
        bench.close()
        return True
    except (Exception, SystemExit):
        traceback.print_exc(file=sys.stdout)
        if bench:
            print("\n".join(bench.daemon.output[-30:]))
            bench.abandon()
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="build/release/src/stagecache")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that everything is tidied up
    binary = pathlib.Path(options.binary).resolve()
    if not os.access(binary, os.X_OK):
        sys.exit(f"{binary}: no such program; build it first (scripts/build)")
    kind = "real" if fetch_real.archives(fetch_real.folder_for_tests()).real else "generated"
    print(f"archives: {kind}")
    passed = failed = 0
    for name, function in list(globals().items()):
        if name.startswith("test_") and options.only in name:
            ok = run(function, binary)
            print(f"{'ok' if ok else 'FAIL':4}  {name.removeprefix('test_')}", flush=True)
            passed, failed = passed + ok, failed + (not ok)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
