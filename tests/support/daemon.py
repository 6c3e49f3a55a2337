"""Starts the real daemon for a test and talks to its admin listener."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

from sampling import allocated, resident

READY = re.compile(r"ready: data (\S+) admin (\S+)(?: data_tls (\S+))?")
BAD_OUTPUT = re.compile(r"Sanitizer|runtime error|CHECK\(|Assertion|terminate called")
SLOWDOWN = float(os.environ.get("STAGECACHE_TEST_SLOWDOWN", "1"))


def toml(sections):
    """{'store': {'quota': '1GiB'}, 'upstream.host': [{...}]} as TOML; a list of dicts is [[...]]."""
    lines = []
    for section, keys in sections.items():
        for table in keys if isinstance(keys, list) else [keys]:
            lines.append(f"[[{section}]]" if isinstance(keys, list) else f"[{section}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def host_entries(origins):
    """The [[upstream.host]] tables that let a daemon reach origins on loopback."""
    hosts = {}
    for origin in origins:
        hosts.setdefault(origin.host, []).append(origin.port)
    return [{"name": name, "scheme": "http", "ports": ports, "allow_private": True, "connections": 64}
            for name, ports in hosts.items()]


def config_text(store, origins, overrides):
    """A configuration on free ports; `overrides` is {'section': {...}} laid over it."""
    sections = {"listen": {"data": ["127.0.0.1:0"], "admin": ["127.0.0.1:0"]},
                "store": {"path": str(store), "quota": "4GiB", "min_free": "16MiB"},
                "upstream.host": host_entries(origins)}
    for section, keys in overrides.items():
        kept = sections.get(section, {})
        sections[section] = kept + keys if isinstance(keys, list) and isinstance(kept, list) else (
            keys if isinstance(keys, list) else {**kept, **keys})
    return toml({name: keys for name, keys in sections.items() if keys})


class Daemon:
    """One `stagecache serve`. `start` returns once it accepts; it can be started again after an end."""

    def __init__(self, binary, folder, origins=(), overrides=None, environment=None):
        self.binary, self.folder = str(binary), pathlib.Path(folder)
        self.store = pathlib.Path((overrides or {}).get("store", {}).get("path", self.folder / "store"))
        self.config = self.folder / "stagecache.toml"
        self.config.write_text(config_text(self.store, origins, overrides or {}))
        self._environment = {**os.environ, **(environment or {})}
        self.process, self.output, self.data, self.admin, self.ready_after = None, [], None, None, None
        self.data_tls, self.arguments, self.prefix = None, [], []
        self.token = None

    def start(self, timeout=30):
        began = time.monotonic()
        self._ready = threading.Event()
        self.process = subprocess.Popen([*self.prefix, self.binary, "serve", "--config", str(self.config), *self.arguments],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder,
                                        env=self._environment)
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr, began), daemon=True)
        self._reader.start()
        assert self._ready.wait(timeout * SLOWDOWN) and self.data, \
            "the daemon did not get ready:\n" + self.text()
        return self

    def _read(self, stream, began):
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            self.output.append(line)
            match = READY.search(line)
            if match:
                self.ready_after = time.monotonic() - began
                self.data, self.admin = match.group(1).strip('",'), match.group(2).strip('",')
                self.data_tls = match.group(3) and match.group(3).strip('",')
                self._ready.set()
        self._ready.set()

    def text(self):
        return "\n".join(self.output[-60:])

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9, as a crash or a power cut does."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self, timeout=20):
        """SIGTERM, wait; returns the exit code."""
        if self.process is None:
            return 0
        if self.alive():
            self.terminate()
        try:
            code = self.process.wait(timeout * SLOWDOWN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the daemon did not end after SIGTERM:\n" + self.text()) from None
        self._reader.join()
        return code

    def check_output(self):
        bad = [line for line in self.output if BAD_OUTPUT.search(line)]
        assert not bad, "the daemon reported a bug:\n" + "\n".join(self.output[-200:])

    # ---- addresses ----

    def url(self, path):
        return f"http://{self.data}{path}"

    def tls_url(self, path, name=None):
        """Of the TLS data listener, under `name` where the client resolves it to the listener."""
        return f"https://{self.data_tls if name is None else name + ':' + self.data_tls.rpartition(':')[2]}{path}"

    def mirror(self, origin, path):
        return self.url(f"/mirror/{origin.name}{path}")

    def by_sha(self, sha256, name="file.tgz"):
        return self.url(f"/sha256/{sha256}/{name}")

    def sha_mirror(self, sha256, origin, path):
        return self.url(f"/sha256/{sha256}/mirror/{origin.name}{path}")

    # ---- the admin listener ----

    def call(self, method, path, body=None, content_type="application/json", headers=None):
        """(status, text) of an admin request."""
        connection = http.client.HTTPConnection(self.admin, timeout=60 * SLOWDOWN)
        fields = {"Content-Type": content_type} if body is not None else {}
        if self.token:
            fields["Authorization"] = f"Bearer {self.token}"
        connection.request(method, path, body, {**fields, **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def get(self, path):
        status, text = self.call("GET", path)
        assert status == 200, f"GET {path}: {status} {text}"
        return json.loads(text)

    def stats(self):
        return self.get("/v1/stats")

    def artifacts(self):
        return self.get("/v1/artifacts")["artifacts"]

    def holds(self, sha256):
        return any(a["sha256"] == sha256 for a in self.artifacts())

    def warm(self, what):
        """Submits a spark_runtime.txt (str) or items (list of dicts); returns the job's id."""
        body, kind = (what, "text/plain") if isinstance(what, str) else (
            json.dumps({"items": what}), "application/json")
        status, text = self.call("POST", "/v1/warm", body, kind)
        assert status == 202, f"warm: {status} {text}"
        return json.loads(text)["job"]

    def job(self, identifier):
        return self.get(f"/v1/jobs/{identifier}")

    def wait_job(self, identifier, timeout=60):
        """The job once it is no longer running."""
        end = time.monotonic() + timeout * SLOWDOWN
        while True:
            job = self.job(identifier)
            if job["state"] != "running":
                return job
            assert time.monotonic() < end, f"the job did not end: {job}"
            time.sleep(0.05)

    def wait(self, condition, what, timeout=30):
        """Asks the daemon until `condition()` holds."""
        end = time.monotonic() + timeout * SLOWDOWN
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}\n" + self.text()
            time.sleep(0.05)

    def wait_stored(self, sha256, timeout=30):
        self.wait(lambda: self.holds(sha256), f"{sha256[:12]} in the store", timeout)

    # ---- what the system says ----

    def disk(self):
        return allocated(self.store)

    def memory(self):
        return resident(self.pid)

    def cli(self, *arguments, timeout=120, server=True):
        """Runs a client command against this daemon; the completed process."""
        command = [self.binary, *arguments]
        if server:
            command += ["--server", f"http://{self.admin}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout * SLOWDOWN,
                              cwd=self.folder, env=self._environment)
