#!/usr/bin/env python3
"""Runs the scenarios: run.py --binary PATH [--only PATTERN] [-v]

One after another, each in a process, a folder and (where it mounts) a mount namespace of
its own, with a time limit. A line a scenario; the last line is "N passed, N failed".
STAGECACHE_TEST_SLOWDOWN=4 stretches time limits and shrinks sizes for sanitizer builds.
"""
import argparse
import fnmatch
import importlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import harness  # noqa: E402

SKIPPED = 77  # exit code of a child that cannot play its scenario here


def collect(pattern):
    """[(name, function)] of all scenarios whose 'file.test_name' holds the pattern."""
    found = []
    for file in sorted(HERE.glob("*_scenario.py")):
        module = importlib.import_module(file.stem)
        names = [n for n, f in vars(module).items()
                 if n.startswith("test_") and getattr(f, "__module__", "") == module.__name__]
        found += [(f"{file.stem.removesuffix('_scenario')}.{n.removeprefix('test_')}", getattr(module, n))
                  for n in names]
    wanted = pattern if any(c in pattern for c in "*?[") else f"*{pattern}*"
    return [(name, function) for name, function in found if fnmatch.fnmatch(name, wanted)]


def play(function, binary, folder):
    """The child: plays one scenario; returns its exit code."""
    scenario = harness.Scenario(binary, folder)
    try:
        function(scenario)
        scenario.finish()
        return 0
    except harness.Skipped as why:
        scenario.abandon()
        print(why)
        return SKIPPED
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        print(scenario.abandon())
        return 1


def command_for(name, function, binary, folder):
    command = [sys.executable, str(HERE / "run.py"), "--binary", binary, "--one", name, "--folder", folder]
    return namespaces(function) + command


def namespaces(function):
    """`unshare ...` with the namespaces that the scenario asks for; its network has loopback up."""
    flags = "m" * getattr(function, "mounts", False) + "mn" * getattr(function, "network", False)
    if not flags:
        return []
    prefix = ["unshare", "-" + "r" * (os.geteuid() != 0) + "".join(sorted(set(flags)))]
    return prefix + ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"] if "n" in flags else prefix


def run_one(name, function, binary, folder):
    """('ok' | 'FAIL' | 'skip', output) of one scenario in a child process."""
    alone = namespaces(function)
    if alone and subprocess.run([*alone, "true"], capture_output=True).returncode:
        return "skip", f"not permitted here: {' '.join(alone[:2])}"
    seconds = getattr(function, "seconds", harness.DEFAULT_SECONDS) * harness.SLOWDOWN
    log = pathlib.Path(folder) / "output.txt"
    with open(log, "wb") as output:
        child = subprocess.Popen(command_for(name, function, binary, folder), stdout=output,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            code = f"took longer than {seconds:.0f} s"
        finally:
            end_group(child)
    text = log.read_text(errors="replace")
    if code == 0:
        return "ok", text
    return ("skip", text) if code == SKIPPED else ("FAIL", f"{text}\n({name}: {code})")


def end_group(child):
    """Ends what the scenario left: its session holds nothing but what it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def main():
    parser = argparse.ArgumentParser(description="Runs the scenarios against a real daemon.")
    parser.add_argument("--binary", default="build/release/src/stagecache")
    parser.add_argument("--only", default="", help="part of a name, or a pattern")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every scenario's output")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed scenarios")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that everything is tidied up
    if options.one:
        sys.exit(play(dict(collect(""))[options.one], options.binary, options.folder))
    scenarios = collect(options.only)
    if options.list:
        print("\n".join(name for name, _ in scenarios))
        return 0
    if not scenarios:
        sys.exit(f"no scenario is named like {options.only!r}")
    binary = str(pathlib.Path(options.binary).resolve())
    if not os.access(binary, os.X_OK):
        sys.exit(f"{binary}: no such program; build it first (scripts/build)")
    return run_all(scenarios, binary, options)


def run_all(scenarios, binary, options):
    passed = failed = 0
    for name, function in scenarios:
        folder = tempfile.mkdtemp(prefix="stagecache-scenario-")
        began = time.monotonic()
        try:
            result, text = run_one(name, function, binary, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        print(f"{result:4}  {time.monotonic() - began:6.1f} s  {name}", flush=True)
        if result == "skip":
            print("      " + text.strip().replace("\n", "\n      "), flush=True)
        if result == "FAIL" or (options.verbose and text.strip()):
            print("      " + text.strip().replace("\n", "\n      "), flush=True)
        passed += result == "ok"
        failed += result == "FAIL"
        if result != "FAIL" or not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
