#!/usr/bin/env python3
"""Gzip files of many makers go through the packed form:  foreign_gzip_test.py --tool pack_check [--made]

Every one comes back identical, or stays raw because it is no gzip; none crashes. --made: only those that
can be made here, without a network (gzip_made.py). The last line is "N passed, N failed".
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gzip_corpus  # noqa: E402
import gzip_made  # noqa: E402

SECONDS = 1200
FEWEST = {True: 60, False: 80}      # Files, made ones only or all; fewer show nothing.
# No whole gzip header at their front.
STAY_RAW = {"cut_at_1", "cut_at_2", "cut_at_9", "cut_at_10", "cut_at_12", "damage_reserved_flag"}


def stays_raw(path):
    return path.stem in STAY_RAW or path.stem.startswith("no_gzip_")


def packed(tool, files):
    """Each file's verdict; a file that is not in the answer was not survived."""
    ran = subprocess.run([tool, *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         timeout=SECONDS)
    verdicts = {}
    for line in ran.stdout.splitlines():
        verdict, size, stored, path = line.split("\t")
        verdicts[pathlib.Path(path)] = (verdict, int(size), int(stored))
    return verdicts, ran


def judge(files, verdicts, ran):
    """The failures, a line each."""
    for file in files:
        verdict = verdicts.get(file, ("not reached",))[0]
        wanted = "raw" if stays_raw(file) else "identical"
        if verdict != wanted:
            yield f"{file.name}: {verdict}, expected {wanted}"
    if ran.returncode not in (0, 1):
        yield f"pack_check ended with {ran.returncode}: {ran.stderr[-500:]}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tool", required=True)
    arguments.add_argument("--made", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = (gzip_made.make(folder, languages=False) if options.made
                 else gzip_corpus.corpus(gzip_corpus.folder_for_tests()))
        verdicts, ran = packed(options.tool, files)
    failures = list(judge(files, verdicts, ran))
    if len(files) < FEWEST[options.made]:
        failures.append(f"only {len(files)} files")
    for failure in failures:
        print(f"FAILED {failure}")
    kinds = collections.Counter(verdict.split(":")[0] for verdict, *_ in verdicts.values())
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    wrong = min(len(failures), len(files))
    print(f"{len(files) - wrong} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
