"""A daemon with an empty store beside an origin of real releases, and the table that is filled."""
import dataclasses
import json
import time

from clients import fetch
from daemon import Daemon
from origin import Origin

MB = 1_000_000
PACKED_WITHIN = 900     # seconds
SETTLE_BYTES = 64 << 10
SPARE_BYTES = 24 << 20


def percent(part, whole):
    return f"{100 * part / whole:.2f} %"


class Table:
    def __init__(self):
        self._rows, self.passed, self.failed = [], 0, 0

    def add(self, what, case, measured, bar, ok):
        self._rows.append((what, case, measured, bar, "ok" if ok else "NOT"))
        self.passed, self.failed = self.passed + bool(ok), self.failed + (not ok)
        print(f"{'ok' if ok else 'NOT':4} {what}: {case}: {measured} ({bar})", flush=True)

    def show(self):
        rows = [("property", "case", "measured", "bar", "")] + self._rows
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        print()
        for number, row in enumerate(rows):
            print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
            if not number:
                print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        print(f"{self.passed} passed, {self.failed} failed")


@dataclasses.dataclass
class Added:
    size: int       # of the .tgz
    stored: int     # as the daemon says of it
    disk: int       # by which the store's folder grew, what the others' forms grew by taken off


class Lab:
    """Everything in `folder`, which must not exist; `archives` of {name: Archive} lie in `root`."""

    def __init__(self, binary, folder, root, archives, **store):
        folder.mkdir()
        self.archives, self.origin = archives, Origin(root=root)
        self.daemon = Daemon(binary, folder, [self.origin], {"store": {"quota": "8GiB", **store}})

    def __enter__(self):
        self.daemon.start()
        return self

    def __exit__(self, *_):
        if self.daemon.alive():
            self.daemon.stop()
        self.origin.close()

    def restart(self, *prefix):
        """Ends the daemon and starts it with `prefix` before its command, caches cold."""
        self.daemon.stop()
        self.daemon.prefix = list(prefix)
        self.daemon.start()

    def leave_no_room(self):
        """From the next start on there is none for a raw form beside a packed one, however often it is asked for."""
        used, config = self.daemon.stats()["used_bytes"], self.daemon.config
        config.write_text(config.read_text().replace('"8GiB"', f'"{used + SPARE_BYTES}B"'))

    def switch_packing_on(self):
        config = self.daemon.config
        config.write_text(config.read_text().replace("pack = false", "pack = true"))

    def warm(self, *names):
        items = [{"url": self.origin.url(f"/{self.archives[n].name}"), "sha256": self.archives[n].sha256} for n in names]
        job = self.daemon.wait_job(self.daemon.warm(items), timeout=600)
        assert job["state"] == "ready", job

    def record(self, name):
        status, text = self.daemon.call("GET", f"/v1/artifacts/{self.archives[name].sha256}")
        assert status == 200, (name, status, text)
        return json.loads(text)

    def packed(self, *names):
        return all(self.record(name)["forms"] == ["packed"] for name in names)

    def wait_packed(self, *names):
        self.daemon.wait(lambda: self.packed(*names), f"{names} to lie packed only", PACKED_WITHIN)

    def room(self):
        """Bytes on the disk once nothing changes any more."""
        last = -1
        while True:
            now = self.daemon.disk()
            if abs(now - last) <= SETTLE_BYTES:
                return now
            last = now
            time.sleep(0.5)

    def store(self, name):
        self.warm(name)
        return self.room()

    def add(self, name):
        """Warms one more release and waits until it lies packed."""
        def others():
            return sum(a["stored_bytes"] for a in self.daemon.artifacts()
                       if a["sha256"] != self.archives[name].sha256)

        room, taken = self.room(), others()
        self.warm(name)
        self.daemon.wait(lambda: self.packed(name), f"{name} to lie packed only", PACKED_WITHIN)
        now = self.room()
        record = self.record(name)
        return Added(record["size"], record["stored_bytes"], now - room - (others() - taken))

    def target(self, name):
        return f"/sha256/{self.archives[name].sha256}/{self.archives[name].name}"

    def fetch(self, name):
        return fetch(self.daemon.url(self.target(name)), timeout=600)
