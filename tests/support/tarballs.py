"""Made-up releases: .tar.gz files that are to each other what a program's releases are.

A release has jars (bytes that no compressor likes), a run time's library and texts. The next one has the
same members but for a few, so that the files share most of what is in them and their gzip streams share
nothing. The same arguments give the same bytes at every run.
"""
import gzip
import io
import random
import tarfile

from bodies import Given, KiB, MiB

JAR = 256 * KiB
WORDS = [bytes(random.Random(n).choices(b"abcdefghijklmnopqrstuvwxyz", k=n % 9 + 2)) for n in range(900)]


def text(seed, size):
    """Compresses to about a third, as programs do."""
    dice = random.Random(seed)
    lines = [b" ".join(dice.choices(WORDS, k=9)) for _ in range(size // 60 + 1)]
    return b"\n".join(lines)[:size]


def release(version, size=6 * MiB, family="spark", changed_every=12):
    """Release `version` (0, 1, 2, ...) of about `size` bytes: of its jars one in `changed_every` is its own."""
    name, out = f"{family}-{version}", io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        def add(path, data):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mtime, entry.mode = len(data), 1_700_000_000 + version, 0o755
            tar.addfile(entry, io.BytesIO(data))

        add("bin/spark-submit", f"#!/bin/sh\necho {name}\n".encode())
        for number in range(max(1, size // JAR)):
            own = version and number % changed_every == changed_every // 2
            seed = f"{family} {number} {version if own else 0}"
            jar = random.Random(seed).randbytes(JAR - 48 * KiB)
            add(f"jars/part-{number:03}.jar", jar + text(seed, 144 * KiB))
        add("RELEASE", f"{name}\n".encode() + text(f"{family} {version}", 2 * KiB))
    return Given(gzip.compress(out.getvalue(), 6, mtime=0))
