"""A disk that fills up, by us and by others: hits go on, nothing aborts, fills come back."""
import os
import threading

from harness import MB, MiB, Made, at_once, fetch, limits, mounts

DISK = 320 * MiB


class Filler:
    """Another user of the disk, who takes all that is left."""

    def __init__(self, folder):
        self._path = folder / "others"

    def take_everything(self):
        with open(self._path, "ab", buffering=0) as file:
            try:
                while file.write(b"x" * MiB) == MiB:
                    pass
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def give_back(self):
        self._path.unlink()


class Hits:
    """Reads a stored artifact over and over; counts what was not right."""

    def __init__(self, url, body):
        self._url, self._body, self._stop = url, body, threading.Event()
        self.right, self.wrong = 0, []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            result = fetch(self._url)
            if result.complete and result.sha256 == self._body.sha256:
                self.right += 1
            else:
                self.wrong.append(result)

    def stop(self):
        self._stop.set()
        self._thread.join()


def start(t, origin, min_free="0B"):
    """A daemon on a small disk that holds one pinned artifact."""
    disk = t.tmpfs("disk", DISK)
    stored = Made(40 * MB, seed=1)
    origin.add("/stored.tgz", stored)
    daemon = t.daemon(origin, store={"path": str(disk / "store"), "quota": "2GiB", "min_free": min_free})
    job = daemon.warm([{"url": origin.url("/stored.tgz"), "sha256": stored.sha256}])
    assert daemon.wait_job(job)["state"] == "ready"
    return disk, stored, daemon


@mounts
@limits(240)
def test_others_fill_the_disk_during_fills(t):
    origin = t.origin(rate=40 * MB)
    disk, stored, daemon = start(t, origin)
    bodies = [Made(50 * MB, seed=10 + i) for i in range(3)]
    for number, body in enumerate(bodies):
        origin.add(f"/{number}.tgz", body)
    filler, hits = Filler(disk), Hits(daemon.by_sha(stored.sha256), stored)

    clients = [t.start_curl(daemon.mirror(origin, f"/{n}.tgz"), "-f", "-N") for n in range(3)]
    daemon.wait(lambda: clients[0].received() > 4 * MB, "the fills to run")
    filler.take_everything()
    daemon.wait(lambda: hits.right > 20, "hits on the full disk")
    filler.give_back()
    results = [c.result() for c in clients]
    before = hits.right
    daemon.wait(lambda: hits.right > before + 5, "hits afterwards")
    hits.stop()

    assert daemon.alive(), daemon.text()
    assert not hits.wrong and hits.right, hits.wrong[:3]
    for result, body in zip(results, bodies):
        assert result.code != 0 or result.sha256 == body.sha256, result
    late = Made(20 * MB, seed=50)
    origin.add("/late.tgz", late)
    assert fetch(daemon.mirror(origin, "/late.tgz")).sha256 == late.sha256
    daemon.wait_stored(late.sha256, timeout=60)


@mounts
@limits(240)
def test_our_own_fills_fill_the_disk(t):
    origin = t.origin()
    _, stored, daemon = start(t, origin)
    bodies = [Made(50 * MB, seed=20 + i) for i in range(10)]
    for number, body in enumerate(bodies):
        origin.add(f"/{number}.tgz", body)
    hits = Hits(daemon.by_sha(stored.sha256), stored)

    results = at_once([lambda n=n: fetch(daemon.mirror(origin, f"/{n}.tgz")) for n in range(10)])
    hits.stop()

    assert daemon.alive(), daemon.text()
    assert not hits.wrong and hits.right, hits.wrong[:3]
    for result, body in zip(results, bodies):
        assert not (result.complete and result.status == 200) or result.sha256 == body.sha256, result
    assert sum(r.complete and r.status == 200 for r in results) >= 5, [r.status for r in results]
    assert daemon.holds(stored.sha256)


@mounts
@limits(120)
def test_a_disk_that_is_full_from_the_start_of_a_fill(t):
    origin = t.origin()
    disk, stored, daemon = start(t, origin)
    filler, body = Filler(disk), Made(30 * MB, seed=30)
    origin.add("/x.tgz", body)
    filler.take_everything()

    full = fetch(daemon.mirror(origin, "/x.tgz"), timeout=90)
    assert fetch(daemon.by_sha(stored.sha256)).sha256 == stored.sha256
    filler.give_back()

    assert not full.complete or full.status >= 500 or full.sha256 == body.sha256, full
    daemon.wait(lambda: fetch(daemon.mirror(origin, "/x.tgz")).sha256 == body.sha256 and daemon.holds(body.sha256),
                "the fill once there is room", timeout=60)


@mounts
@limits(120)
def test_min_free_is_left_to_others(t):
    origin = t.origin()
    disk, _, daemon = start(t, origin, min_free="100MiB")
    for number in range(8):
        origin.add(f"/{number}.tgz", Made(40 * MB, seed=60 + number))

    for number in range(8):
        assert fetch(daemon.mirror(origin, f"/{number}.tgz")).complete

    stat = os.statvfs(disk)
    assert stat.f_bavail * stat.f_frsize >= 100 * MiB
