#!/usr/bin/env python3
"""What does the packed form save, and what does it cost? Real releases, the real daemon, one table.

    packed_bench.py [--binary PATH] [--archives DIR] [--rows size,exact,serve,pack,hits] [--short]

Neighbouring releases of Spark and of the JRE are fetched by pip once and kept (tests/real/releases.py). Each
family goes into an empty store, release by release, by warm jobs; what it takes is what the daemon says and
what the disk says. `serve` asks for releases that lie packed only; `pack` and `hits` watch the packer at
work. --short: two pairs. The last line is "N passed, N failed": rows within their bar.
"""
import argparse
import pathlib
import shutil
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "real"), str(HERE.parent / "support")]
import fetch_real  # noqa: E402
from packed_cost import hit_rows, pack_rows  # noqa: E402
from packed_lab import Lab, Table, percent  # noqa: E402
from packed_serving import serve_rows  # noqa: E402
from releases import releases  # noqa: E402

# The first of a family, then each later one and how much of its .tgz it may add, in percent.
FAMILIES = [
    ("spark-3.5.5", {"spark-3.5.6": 1.1, "spark-3.5.7": 1.9, "spark-3.5.8": 3.4}),
    ("spark-2.1.2", {"spark-2.1.3": 3.2}),
    ("spark-4.0.4", {"spark-4.0.5": 1.9}),
    ("jre-17.0.7.0", {"jre-17.0.9.2": 22}),
    ("jre-21.0.4.2", {"jre-21.0.8.2": 27}),
    ("jre-21.0.8.0", {"jre-21.0.8.2": 3.2}),
]
SHORT = [("spark-3.5.7", {"spark-3.5.8": 3.4}), ("jre-17.0.7.0", {"jre-17.0.9.2": 22})]
FOUR_IN = 1.08          # times the room of one: Spark 3.5.5 to 3.5.8
ALONE_PERCENT = 102     # of its .tgz may a keyframe, or what has no relative, take
SERVED = {"spark-3.5.8": 300, "jre-17.0.9.2": 120}  # MB/s of .tgz, the daemon on one core


def size_rows(table, lab, first, later):
    """Stores a family; a row for each release."""
    lab.store(first)
    alone = lab.record(first)
    table.add("nothing related yet", first, f"{alone['forms']}: {percent(alone['stored_bytes'], alone['size'])}",
              f"<= {ALONE_PERCENT} % or raw", alone["stored_bytes"] <= alone["size"] * ALONE_PERCENT / 100)
    room_of_one = lab.room()
    for name, bar in later.items():
        added = lab.add(name)
        table.add("a later release adds", f"{first} -> {name}",
                  f"{percent(added.stored, added.size)} stored, {percent(added.disk, added.size)} on disk", f"<= {bar} %",
                  max(added.stored, added.disk) <= added.size * bar / 100)
    base = lab.record(first)
    table.add("the first one as keyframe", first, percent(base["stored_bytes"], base["size"]), f"<= {ALONE_PERCENT} %",
              base["forms"] == ["packed"] and base["stored_bytes"] <= base["size"] * ALONE_PERCENT / 100)
    if len(later) == 3:
        table.add("four releases, du", first, f"{lab.room() / room_of_one:.3f} x one", f"<= {FOUR_IN} x",
                  lab.room() <= FOUR_IN * room_of_one)


def exact_rows(table, lab, names):
    for name in names:
        result = lab.fetch(name)
        right = result.complete and result.sha256 == lab.archives[name].sha256
        form = result.headers.get("x-stagecache")
        table.add("rebuilt", name, f"{'identical' if right else 'WRONG'}, {form}", "identical, packed",
                  right and form == "packed")


def measure(table, options, folder, archives):
    for number, (first, later) in enumerate(SHORT if options.short else FAMILIES):
        names = [first, *later]
        if not all(name in archives for name in names):
            print(f"left out, not to be had: {', '.join(n for n in names if n not in archives)}")
            continue
        if "size" not in options.rows and "exact" not in options.rows and names[-1] not in SERVED:
            continue
        with Lab(options.binary, folder / str(number), options.archives, archives) as lab:
            size_rows(table if "size" in options.rows else Table(), lab, first, later)
            if "exact" in options.rows:
                exact_rows(table, lab, names)
            if "serve" in options.rows and names[-1] in SERVED:
                serve_rows(table, lab, first, names[-1], SERVED[names[-1]])
        shutil.rmtree(folder / str(number))
    pairs = [(first, list(later)[-1]) for first, later in SHORT if first in archives]
    if "pack" in options.rows:
        for first, second in pairs:
            pack_rows(table, options, folder / f"pack-{first}", archives, (first, second))
    if "hits" in options.rows and pairs:
        hit_rows(table, options, folder / "hits", archives, pairs[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=lambda p: pathlib.Path(p).resolve(), default="build/release/src/stagecache")
    parser.add_argument("--archives", type=pathlib.Path, default=fetch_real.folder_for_tests() / "releases")
    parser.add_argument("--rows", type=lambda t: t.split(","), default=["size", "exact", "serve", "pack", "hits"])
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that everything is tidied up
    wanted = {name for first, later in (SHORT if options.short else FAMILIES + SHORT) for name in (first, *later)}
    archives = releases(options.archives, sorted(wanted))
    folder, table = pathlib.Path(tempfile.mkdtemp(prefix="stagecache-packed-")), Table()
    try:
        measure(table, options, folder, archives)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        table.show()
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
