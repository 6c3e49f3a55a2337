"""For scenarios about the packed form: releases at an origin, and what the daemon says of their forms."""
import json

from harness import SLOWDOWN, MiB, limits  # noqa: F401
from tarballs import release

FRESH = {"Cache-Control": "max-age=3600"}
PACKED_WITHIN = 60   # seconds: the packer is in no hurry
# Three whole hits in ten minutes are often: from then on a raw form lies beside the packed one, so scenarios
# that are about packed forms ask for a whole body twice at most, or by ranges.


class Published:
    """Releases of one family, each at its path of an origin."""

    def __init__(self, origin, count=2, size=6 * MiB, family="spark"):
        self.origin, self.family = origin, family
        self.bodies = [release(n, size, family) for n in range(count)]
        for number, body in enumerate(self.bodies):
            origin.add(self.path(number), body, headers=FRESH)

    def path(self, number):
        return f"/{self.family}-{number}.tgz"

    def url(self, daemon, number):
        return daemon.mirror(self.origin, self.path(number))


def record(daemon, body):
    """What GET /v1/artifacts/<sha256> says; None where it is not stored."""
    status, text = daemon.call("GET", f"/v1/artifacts/{body.sha256}")
    return json.loads(text) if status == 200 else None


def forms(daemon, body):
    said = record(daemon, body)
    return said["forms"] if said else []


def base_of(daemon, body):
    """The digest of what it is stored as a difference to; None."""
    base = record(daemon, body)["base"]
    return base and base["sha256"]


def split(daemon, bodies):
    """(the one that the others are stored as differences to, the others): of two that came at once either may be it."""
    keyframes = [b for b in bodies if base_of(daemon, b) is None]
    assert len(keyframes) == 1, daemon.artifacts()
    return keyframes[0], [b for b in bodies if b is not keyframes[0]]


def fetched(t, daemon, published, number):
    """One client's GET of a release, which must be right; it is stored and looked into afterwards."""
    body = published.bodies[number]
    result = t.curl(published.url(daemon, number), "-f")
    assert result.code == 0 and result.sha256 == body.sha256, result
    daemon.wait_stored(body.sha256)
    daemon.wait(lambda: record(daemon, body)["archive"], "the look into the archive")
    return result


def wait_packed(daemon, *bodies):
    for body in bodies:
        daemon.wait(lambda body=body: forms(daemon, body) == ["packed"], f"{body.sha256[:12]} to lie packed only",
                    PACKED_WITHIN)


def packed_daemon(t, count=2, size=6 * MiB, **sections):
    """A daemon in which `count` releases lie packed only, fetched by a client each: (published, daemon)."""
    published = Published(t.origin(), count, size)
    daemon = t.daemon(published.origin, **sections)
    for number in range(count):
        fetched(t, daemon, published, number)
    wait_packed(daemon, *published.bodies)
    return published, daemon


def check_served(t, daemon, bodies):
    """Every body by its digest, whole and right."""
    for body in bodies:
        result = t.curl(daemon.by_sha(body.sha256), "-f")
        assert result.code == 0 and result.sha256 == body.sha256, (result, daemon.text())


def check_accounts(daemon, slack=MiB):
    """What is on the disk is what the ledger says, and what the ledger says is what the artifacts have."""
    stats, on_disk = daemon.stats(), daemon.disk()
    assert on_disk <= stats["used_bytes"] + slack, f"{on_disk} bytes on disk, {stats['used_bytes']} accounted for"


def delete_all(daemon):
    """Differences first: what others need is not given."""
    for _ in range(2):
        for artifact in daemon.artifacts():
            daemon.call("DELETE", f"/v1/artifacts/{artifact['sha256']}/pin")
            daemon.call("DELETE", f"/v1/artifacts/{artifact['sha256']}")
    assert daemon.artifacts() == []


def check_nothing_leaks(daemon, empty_bytes):
    """Deletes all; `empty_bytes`: what the store took on the disk before anything was in it."""
    check_accounts(daemon)
    delete_all(daemon)
    daemon.wait(lambda: daemon.disk() <= empty_bytes + 2 * MiB, f"the disk to be given back: {daemon.disk()} bytes"
                f" of which {empty_bytes} are an empty store's")
