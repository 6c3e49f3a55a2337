#!/usr/bin/env python3
"""The conformance suite: run.py --binary PATH [--only TEXT] [-v]

Plays the tables beside it against the real daemon and a scripted origin, each case through
/mirror/ and as a forward proxy. A line a failure; the last line is "N passed, N failed".
"""
import argparse
import concurrent.futures
import pathlib
import shutil
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import conditionals  # noqa: E402
import freshness  # noqa: E402
import ranges  # noqa: E402
import revalidation  # noqa: E402
import storing  # noqa: E402
from daemon import Daemon  # noqa: E402
from origin import Origin  # noqa: E402
from play import Place, play  # noqa: E402

CASES = ranges.CASES + conditionals.CASES + storing.CASES + freshness.CASES + revalidation.CASES
FORMS = ("mirror", "proxy")
# What a case may name as its `settings`: a daemon is started for each that occurs.
SETTINGS = {"plain": {}, "guess": {"heuristic_lifetime": "10m"}, "default": {"default_lifetime": "1h"}}
# Most cases wait for nothing; those that let a lifetime pass do it side by side.
AT_ONCE = 12


def one(place, case, path):
    """"" or why it failed."""
    try:
        play(place, case, path)
        return ""
    except AssertionError as wrong:
        return str(wrong)
    except Exception:
        return traceback.format_exc(limit=2)


def run(binary, folder, cases, verbose):
    origin, daemons = Origin(), {}
    try:
        for settings in dict.fromkeys(case.settings for case in cases):
            (folder / settings).mkdir()
            daemons[settings] = Daemon(binary, folder / settings, [origin],
                                       {"upstream": {"fills": 32, **SETTINGS[settings]}}).start()
        failed = played(origin, daemons, cases, verbose)
        for daemon in daemons.values():
            failed += daemon.stop() != 0
            daemon.check_output()
    finally:
        for daemon in daemons.values():
            if daemon.alive():
                daemon.kill()
        origin.close()
    return failed


def played(origin, daemons, cases, verbose):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [(case, form, pool.submit(one, Place(daemons[case.settings], origin, form), case, f"/{form}/{number}.bin"))
                for number, case in enumerate(cases) for form in FORMS]
        for case, form, result in runs:
            wrong = result.result()
            if wrong or verbose:
                print(f"{'FAIL' if wrong else 'ok  '}  {case.name} [{form}]" + (f"\n      {wrong}" if wrong else ""), flush=True)
            failed += bool(wrong)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="build/release/src/stagecache")
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.name]
    if not cases:
        sys.exit(f"no case is named like {options.only!r}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stagecache-conformance-"))
    try:
        failed = run(str(pathlib.Path(options.binary).resolve()), folder, cases, options.verbose)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(cases) * len(FORMS) - min(failed, len(cases) * len(FORMS))} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
