"""The programs that people download with, each run as they run it, against a URL of ours.

A Program says how to start one download and what it shows of a failure. `run` waits, `start`
does not. Where a program is not installed its scenarios are reported as not run.
"""
import dataclasses
import hashlib
import itertools
import os
import pathlib
import shutil
import subprocess
import sys

CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
SLOWDOWN = float(os.environ.get("STAGECACHE_TEST_SLOWDOWN", "1"))


class NotHere(Exception):
    """The program, or what it is built from, cannot be had on this machine."""


@dataclasses.dataclass
class Ran:
    code: int
    text: str                 # all that it printed
    sha256: str               # of the file that it left; "" for none


class Download:
    """One run of a program in a folder of its own; `result` waits for it."""

    def __init__(self, command, file, environment, log):
        self._file, self._log = file, log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=file.parent,
                                            env=environment)

    def shown(self):
        return self._log.read_text(errors="replace")

    def end(self):
        self.process.kill()
        self.process.wait()

    def result(self, timeout=90):
        try:
            code = self.process.wait(timeout * SLOWDOWN)
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"{self.process.args} did not end:\n{self.shown()}") from None
        whole = self._file.read_bytes() if self._file.is_file() else b""
        return Ran(code, self.shown(), hashlib.sha256(whole).hexdigest() if whole else "")


class Program:
    """`command(url, file)` downloads `url` into `file`; `shows_why` when a failure's reason is printed."""

    _numbers = itertools.count()

    def __init__(self, folder, command, shows_why=True, connections=1, environment=None):
        self._folder, self.command, self.shows_why = pathlib.Path(folder), command, shows_why
        self.connections = connections
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self._environment = {**kept, **(environment or {})}

    def start(self, url, begun=b"", **more):
        """`begun`: bytes that an earlier run has left of the file."""
        folder = self._folder / f"download{next(self._numbers)}"
        folder.mkdir()
        file = folder / "got.bin"
        if begun:
            file.write_bytes(begun)
        return Download(self.command(url, file, **more), file, self._environment, folder / "printed.txt")

    def run(self, url, begun=b"", **more):
        return self.start(url, begun, **more).result()


def installed(name):
    if not shutil.which(name):
        raise NotHere(f"{name} is not installed")
    return name


def curl(folder):
    installed("curl")
    return Program(folder, lambda url, file: ["curl", "-sS", "--fail", "-v", "-C", "-", "-o", str(file), url])


def wget(folder):
    installed("wget")
    return Program(folder, lambda url, file: ["wget", "-nv", "--tries=2", "--waitretry=1", "-c", "-O", str(file), url])


def aria2(folder):
    """Four connections, ranges of 1 MiB: it shows the status alone."""
    installed("aria2c")
    return Program(folder, lambda url, file: [
        "aria2c", "--no-conf", "--console-log-level=warn", "-x", "4", "-s", "4", "-k", "1M", "-c", "--max-tries=2",
        "--auto-file-renaming=false", "--allow-overwrite=true", "-d", str(file.parent), "-o", file.name, url],
        shows_why=False, connections=4)


def requests(folder):
    """The library of the Python that runs us, or Debian's."""
    python = next((p for p in (sys.executable, "/usr/bin/python3")
                   if not subprocess.run([p, "-c", "import requests"], capture_output=True).returncode), None)
    if not python:
        raise NotHere("Python's requests is not installed")
    return Program(folder, lambda url, file: [python, str(CLIENTS / "python/client.py"), url, str(file)])


def ruby(folder):
    """The download cache of the java-buildpack; it keeps its state in the folder of `file`, or in `cache`."""
    installed("ruby")
    return Program(folder, lambda url, file, cache=None: [
        "ruby", str(CLIENTS / "ruby/download_cache.rb"), url, str(cache or file.parent)])


def java(folder):
    """Compiled once; `count` downloads at once, `fields` a flat list of names and values."""
    installed("java")
    if not shutil.which("javac"):
        raise NotHere("javac is not installed (a Java 17 development kit)")
    classes = pathlib.Path(folder) / "classes"
    built = subprocess.run(["javac", "-d", classes, CLIENTS / "java/Client.java"], capture_output=True, text=True)
    if built.returncode:
        raise NotHere(f"javac: {built.stderr.strip()}")
    return Program(folder, lambda url, file, count=1, fields=(): [
        "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", str(classes), "Client", url, str(count), *fields])


def go(folder, client, sha256="", environment=None):
    """libpak, packit, libbuildpack or cacheddownloader: see tests/clients/go."""
    binary = build_go()
    return Program(folder, lambda url, file, sha256=sha256, cache=None: [
        str(binary), client, url, sha256, str(cache or file.parent)],
        shows_why=client == "libbuildpack", environment=environment)


def build_go():
    """The Go clients as a program, built once and again only where something changed."""
    installed("go")
    target = CLIENTS.parent.parent / "build" / "clients" / "go-clients"
    built = subprocess.run(["go", "build", "-o", target, "."], cwd=CLIENTS / "go", capture_output=True, text=True,
                           env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"})
    if built.returncode:
        raise NotHere(f"the Go clients cannot be built here: {built.stderr.strip().splitlines()[-1]}")
    return target
