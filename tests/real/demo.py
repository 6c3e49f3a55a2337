#!/usr/bin/env python3
"""The main job, end to end, on real Spark and JRE archives; prints one table.

    demo.py --binary PATH [--stagings 20] [--rate 20MB]

A throttled origin on loopback plays the Internet. Two apps' spark_runtime.txt are warmed,
then their stagings run at once with a step that does what the PySpark buildpack does.
Everything lies in one temporary folder, which is removed at the end, with the archives too
unless STAGECACHE_REAL_CACHE (or an earlier run of the tests) names a place to keep them.
"""
import argparse
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fetch_real  # noqa: E402
from staging import App, stage, stage_at_once, stagings_that_fit  # noqa: E402

from bodies import parse_size  # noqa: E402
from daemon import Daemon  # noqa: E402
from origin import Origin  # noqa: E402

MB = 1_000_000


def say(text):
    print(f"==> {text}", flush=True)


def archive_folder(temporary):
    kept = fetch_real.folder_for_tests()
    return kept if kept.exists() else temporary / "archives"


class Demo:
    def __init__(self, folder, binary, rate, stagings):
        self.folder = folder
        archives_in = archive_folder(folder)
        self.archives = fetch_real.archives(archives_in)
        self.origin = Origin(rate=rate, root=archives_in)
        self.rate = rate
        self.apps = [App(f"app-{n + 1}", self.archives.jre, spark)
                     for n, spark in enumerate(self.archives.sparks)]
        self.stagings = stagings_that_fit(folder, stagings, self.apps)
        (folder / "daemon").mkdir()
        self.daemon = Daemon(binary, folder / "daemon", [self.origin], {"store": {"quota": "2GiB"}})

    def direct(self, app, disabled=False):
        return app.runtime(self.origin.url(""), disabled)

    def cached(self, app, disabled=False):
        return app.runtime(self.daemon.url(f"/mirror/{self.origin.name}"), disabled)

    def checked(self, staged):
        if staged.code or not staged.spark_runs:
            sys.exit(f"a staging failed with {staged.code}:\n{staged.log[-1500:]}")
        return staged

    def warm(self):
        """Warms both apps' files with the command an operator uses; returns its output."""
        files = []
        for app in self.apps:
            file = self.folder / app.name / "spark_runtime.txt"
            file.parent.mkdir()
            file.write_text(self.direct(app))
            files.append(str(file))
        done = self.daemon.cli("warm", *files, timeout=600)
        if done.returncode:
            sys.exit(f"warm failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def run(self):
        """Plays all; returns the table's numbers."""
        app, rows = self.apps[0], {}
        say(f"{app.name} staged directly from the origin, which gives {self.rate / MB:.0f} MB/s:"
            " build cache on, then CACHE_DISABLED=true")
        rows["direct on"] = self.checked(stage(self.folder / "direct-on", self.direct(app)))
        rows["direct off"] = self.checked(stage(self.folder / "direct-off", self.direct(app, disabled=True)))
        self.origin.forget()
        self.daemon.start()
        say(f"stagecache is ready after {self.daemon.ready_after * 1000:.0f} ms; warming two apps")
        print(self.warm(), end="")
        rows["warm_bytes"] = self.origin.sent()
        say("the same through stagecache")
        rows["cache on"] = self.checked(stage(self.folder / "on", self.cached(app)))
        rows["cache off"] = self.checked(stage(self.folder / "off", self.cached(app, disabled=True)))
        say(f"{self.stagings} stagings at once")
        runtimes = [self.cached(self.apps[n % 2], disabled=True) for n in range(self.stagings)]
        results, rows["all"] = stage_at_once(self.folder, runtimes)
        for staged in results:
            self.checked(staged)
        rows["all_bytes"] = self.origin.sent() - rows["warm_bytes"]
        rows["direct_bytes"] = sum(self.apps[n % 2].bytes for n in range(self.stagings))
        rows["stats"] = self.daemon.stats()
        return rows

    def close(self):
        if self.daemon.process:
            self.daemon.stop()
        self.origin.close()


def print_table(demo, rows):
    direct_all = rows["direct_bytes"] / demo.rate
    lines = [
        ("", "direct", "through stagecache"),
        ("one staging", f"{rows['direct off'].seconds:.1f} s", f"{rows['cache off'].seconds:.1f} s"),
        (f"{demo.stagings} stagings at once", f">= {direct_all:.0f} s (calculated)", f"{rows['all']:.1f} s"),
        (f"upstream bytes of the {demo.stagings}", f"{rows['direct_bytes'] / MB:,.0f} MB (calculated)",
         f"{rows['all_bytes'] / MB:,.0f} MB (warmed before: {rows['warm_bytes'] / MB:,.0f} MB, once)"),
        ("peak staging disk, build cache on", f"{rows['direct on'].peak_bytes / MB:,.0f} MB",
         f"{rows['cache on'].peak_bytes / MB:,.0f} MB"),
        ("peak staging disk, CACHE_DISABLED=true", f"{rows['direct off'].peak_bytes / MB:,.0f} MB",
         f"{rows['cache off'].peak_bytes / MB:,.0f} MB"),
        ("stagecache's own disk", "", f"{rows['stats']['used_bytes'] / MB:,.0f} MB of "
                                      f"{rows['stats']['quota_bytes'] / MB:,.0f} MB"),
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    print()
    for number, line in enumerate(lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    kind = "real Spark 3.5.7 and 3.5.8, JRE 17" if demo.archives.real else "GENERATED archives of the same shape"
    print(f"\nArchives: {kind}; origin throttled to {demo.rate / MB:.0f} MB/s in all.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/src/stagecache")
    parser.add_argument("--stagings", type=int, default=20)
    parser.add_argument("--rate", type=parse_size, default=20 * MB)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that everything is tidied up
    binary = pathlib.Path(options.binary).resolve()
    if subprocess.run([binary, "--version"], capture_output=True).returncode:
        sys.exit(f"{binary} does not run")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stagecache-demo-"))
    demo = None
    try:
        demo = Demo(folder, binary, options.rate, options.stagings)
        print_table(demo, demo.run())
    finally:
        if demo:
            demo.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
