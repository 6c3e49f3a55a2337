"""What a scenario is given: a folder of its own, origins, the real daemon, clients.

A scenario is a function test_*(t) in a *_scenario.py file, `t` a Scenario. It states facts
with `assert`. Whatever it started is ended and looked over afterwards: a daemon must have
ended with 0 on SIGTERM and must not have reported a bug.
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from bodies import MB, GiB, KiB, Made, MiB  # noqa: E402, F401
from clients import CurlRun, Raw, SlowReaders, at_once, fetch  # noqa: E402, F401
from daemon import SLOWDOWN, Daemon  # noqa: E402
from origin import Answer, Origin  # noqa: E402, F401
from sampling import Peak, allocated, mount_used  # noqa: E402, F401

DEFAULT_SECONDS = 90


class Skipped(Exception):
    """The scenario cannot be played here; says why."""


def limits(seconds):
    """Gives a scenario this many seconds (times the slowdown)."""
    def mark(function):
        function.seconds = seconds
        return function
    return mark


def mounts(function):
    """The scenario mounts file systems: it runs in a mount namespace of its own."""
    function.mounts = True
    return function


def network(function):
    """The scenario has a network of its own: a namespace with nothing but loopback, which is up."""
    function.network = True
    return function


def scaled(size):
    """A size that shrinks on slow (sanitizer) builds, never below 1 MiB of what was asked."""
    return size if SLOWDOWN <= 1 else max(min(size, MiB), int(size / SLOWDOWN))


def is_sanitized():
    return SLOWDOWN > 1


class Scenario:
    def __init__(self, binary, folder):
        self.binary, self.folder = str(pathlib.Path(binary).resolve()), pathlib.Path(folder)
        self._origins, self._daemons, self._later = [], [], []

    def origin(self, **options):
        origin = Origin(**options)
        self._origins.append(origin)
        return origin

    def daemon(self, *origins, start=True, environment=None, **sections):
        """daemon(origin, store={"quota": "1GiB"}): a daemon that may reach these origins, started."""
        folder = self.folder / f"daemon{len(self._daemons)}"
        folder.mkdir()
        overrides = {name.replace("__", "."): keys for name, keys in sections.items()}
        daemon = Daemon(self.binary, folder, origins, overrides, environment)
        self._daemons.append(daemon)
        return daemon.start() if start else daemon

    def curl(self, url, *arguments):
        return self.start_curl(url, *arguments).result()

    def start_curl(self, url, *arguments):
        return CurlRun(self.folder, url, *arguments)

    def stagecache(self, *arguments, timeout=30, **options):
        """Runs the binary with these arguments; the completed process."""
        return subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout * SLOWDOWN, cwd=self.folder, **options)

    def tmpfs(self, name, size):
        """A file system of its own of `size` bytes. REQUIRES: the scenario is marked @mounts."""
        point = self.folder / name
        point.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", point],
                              capture_output=True, text=True)
        if done.returncode:
            raise Skipped(f"no tmpfs can be mounted: {done.stderr.strip()}")
        self.later(lambda: subprocess.run(["umount", "-l", point], capture_output=True))
        return point

    def ip(self, *arguments):
        """`ip ...` in the scenario's own network. REQUIRES: the scenario is marked @network."""
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
        if done.returncode:
            raise Skipped(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

    def every_address_is_here(self):
        """Whatever address is connected to, it is this machine: nothing leaves it unseen."""
        self.ip("route", "add", "local", "default", "dev", "lo")
        self.ip("-6", "route", "add", "local", "default", "dev", "lo")

    def later(self, undo):
        self._later.append(undo)

    def finish(self):
        """Ends what is left; fails when a daemon ended badly."""
        try:
            for daemon in self._daemons:
                code = daemon.stop() if daemon.alive() else 0
                daemon.check_output()
                assert code == 0, f"exit code {code} after SIGTERM:\n{daemon.text()}"
        finally:
            for origin in self._origins:
                origin.close()
            for undo in reversed(self._later):
                undo()

    def abandon(self):
        """After a failure: end everything; return what the daemons said."""
        said = []
        for number, daemon in enumerate(self._daemons):
            if daemon.alive():
                daemon.kill()
            said += [f"--- daemon{number} said (last lines):"] + daemon.output[-40:]
        for origin in self._origins:
            origin.close()
        for undo in reversed(self._later):
            undo()
        return "\n".join(said)


def spark_runtime(jdk=None, spark=None, extra=""):
    """The text of a spark_runtime.txt; jdk and spark are (url, file name, sha256)."""
    lines = []
    for key, values in (("JDK", jdk), ("SPARK", spark)):
        if values:
            lines += [f"{key}_{part}={value}" for part, value in zip(("URL", "FILENAME", "SHA256"), values)]
    return "\n".join(lines) + "\n" + extra


def environment_without_proxies():
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
