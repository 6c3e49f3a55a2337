#!/usr/bin/env python3
"""Gets gzip files that others made:  gzip_corpus.py [FOLDER]

Debian's source tarballs by apt-get, packages by npm, source distributions by pip, each from whatever
registry the machine is configured for; and those of gzip_made.py. What is there is kept; what cannot be
had is said, and the rest does.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gzip_made  # noqa: E402
from gzip_made import say  # noqa: E402

# Small ones; by tar and gzip, by automake, by GitHub, some packed again by Debian.
DEBIAN = ["hello", "bzip2", "c-ares", "cli11", "fmtlib", "spdlog", "cjson", "libyaml", "jansson", "lua5.4", "lz4",
          "tomlplusplus", "inih", "uthash", "tree"]
NPM = ["left-pad@1.3.0", "semver@7.5.4", "lodash@4.17.21", "express@4.18.2", "chalk@4.1.2", "ms@2.1.3",
       "debug@4.3.4", "uuid@9.0.0", "react@18.2.0", "async@3.2.4", "underscore@1.13.6", "commander@11.0.0"]
PYPI = ["six==1.16.0", "docopt==0.6.2", "toml==0.10.2", "py4j==0.10.9.7", "pytz==2023.3", "simplejson==3.19.2",
        "ply==3.11", "termcolor==1.1.0", "pycparser==2.21", "chardet==4.0.0"]
SECONDS = 600
DEFAULT_FOLDER = pathlib.Path.home() / ".cache" / "stagecache-real" / "gzip"


def run(command, **more):
    return subprocess.run(command, check=True, timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **more).stdout


def keep(found, group, folder):
    for path in found:
        shutil.move(path, folder / f"{group}_{path.name}")


# ---- Debian ----

def source_lists(target):
    """The machine's package sources once more, as sources of source packages."""
    etc = pathlib.Path("/etc/apt")
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.suffix == ".sources":
            text = path.read_text().replace("Types: deb\n", "Types: deb-src\n")
        elif path.suffix == ".list" and path.exists():
            lines = path.read_text().splitlines()
            text = "".join(f"deb-src{line[3:]}\n" for line in lines if line.startswith("deb "))
        else:
            continue
        if "debian" in text:
            (target / path.name).write_text(text)


def fetch_debian(scratch):
    """apt-get with lists of its own: the machine's are not touched."""
    for name in ("sources", "state/lists/partial", "cache/archives/partial", "files"):
        (scratch / name).mkdir(parents=True)
    source_lists(scratch / "sources")
    apt = ["apt-get", "-q", "-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={scratch}/sources",
           "-o", f"Dir::State::Lists={scratch}/state/lists", "-o", f"Dir::Cache={scratch}/cache",
           "-o", "APT::Sandbox::User=root"]
    run([*apt, "update"])
    for package in DEBIAN:
        try:
            run([*apt, "source", "--download-only", package], cwd=scratch / "files")
        except subprocess.CalledProcessError as error:
            say(f"no source of {package}: {error.stderr.strip().splitlines()[-1:]}")
    return sorted((scratch / "files").glob("*.gz"))


# ---- npm, pip ----

def fetch_npm(scratch):
    for package in NPM:
        run(["npm", "pack", "--silent", package], cwd=scratch)
    return sorted(scratch.glob("*.tgz"))


def fetch_pypi(scratch):
    venv.create(scratch / "venv", with_pip=True)
    pip = [str(scratch / "venv/bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "install", "wheel", "setuptools<81"])
    run([*pip, "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", str(scratch / "files"),
         *PYPI])
    return sorted((scratch / "files").glob("*.gz"))


# ---- all of it ----

FETCHERS = {"debian": fetch_debian, "npm": fetch_npm, "pypi": fetch_pypi}


def fetch(folder):
    """The published ones, each group once; a group that failed is tried again the next time."""
    folder.mkdir(parents=True, exist_ok=True)
    for group, fetcher in FETCHERS.items():
        if any(folder.glob(f"{group}_*")):
            continue
        say(f"fetching {group} packages")
        with tempfile.TemporaryDirectory() as scratch:
            try:
                keep(fetcher(pathlib.Path(scratch)), group, folder)
            except (OSError, subprocess.SubprocessError) as error:
                say(f"no {group} packages: {error} {(getattr(error, 'stderr', None) or '').strip()[-300:]}")
    return sorted(folder.glob("*_*gz"))


def corpus(folder):
    """Every file, published ones first."""
    folder = pathlib.Path(folder)
    return fetch(folder / "published") + gzip_made.make(folder / "made")


def folder_for_tests():
    cache = os.environ.get("STAGECACHE_REAL_CACHE")
    return pathlib.Path(cache) / "gzip" if cache else DEFAULT_FOLDER


if __name__ == "__main__":
    files = corpus(sys.argv[1] if len(sys.argv) > 1 else folder_for_tests())
    for file in files:
        print(f"{file.stat().st_size:>12}  {file}")
    print(f"{len(files)} files")
