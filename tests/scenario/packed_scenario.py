"""Releases that share most of what is in them are stored as one and small differences, and served as they were."""
from bodies import Given
from harness import MiB, Made, at_once, fetch, limits
from packing import (FRESH, Published, base_of, check_accounts, check_served, fetched, forms, packed_daemon,
                     record, split, wait_packed)

SMALL_SHARE = 0.15  # of a made-up release a difference may take; a twelfth of it is new


def test_of_two_releases_one_is_stored_as_a_difference(t):
    published, daemon = packed_daemon(t)
    first, (second,) = split(daemon, published.bodies)

    base, difference, stats = record(daemon, first), record(daemon, second), daemon.stats()

    assert base_of(daemon, second) == first.sha256, (base, difference)
    assert [d["sha256"] for d in base["dependants"]] == [second.sha256], base
    assert difference["stored_bytes"] < SMALL_SHARE * second.size, difference
    assert base["stored_bytes"] < 1.04 * first.size, base
    assert difference["size"] == second.size and base["size"] == first.size
    assert stats["logical_bytes"] == first.size + second.size, stats
    check_accounts(daemon)


def test_the_room_is_given_back_and_the_commands_say_so(t):
    published, daemon = packed_daemon(t, count=3)
    logical = sum(b.size for b in published.bodies)

    listed, shown, stats = daemon.cli("ls"), daemon.cli("show", split(daemon, published.bodies)[1][0].sha256), daemon.cli("stats")

    assert sum(a["stored_bytes"] for a in daemon.artifacts()) < 0.5 * logical
    assert "packed" in listed.stdout and listed.returncode == 0, listed
    assert split(daemon, published.bodies)[0].sha256[:12] in shown.stdout, shown
    assert "3 artifacts" in stats.stdout and "downloads in" in stats.stdout, stats


def test_a_third_is_a_difference_to_the_same_one_and_a_stranger_stays_raw(t):
    published = Published(t.origin(), count=3)
    stranger = Published(published.origin, count=1, family="other")
    daemon = t.daemon(published.origin)
    fetched(t, daemon, stranger, 0)

    for number in range(3):
        fetched(t, daemon, published, number)
    wait_packed(daemon, *published.bodies)

    base, others = split(daemon, published.bodies)
    assert [base_of(daemon, b) for b in others] == [base.sha256] * 2
    assert forms(daemon, stranger.bodies[0]) == ["raw"]
    check_served(t, daemon, published.bodies + stranger.bodies)


def test_warmed_releases_are_packed_and_stay_pinned(t):
    published = Published(t.origin())
    daemon = t.daemon(published.origin)
    items = [{"url": published.origin.url(published.path(n)), "sha256": b.sha256}
             for n, b in enumerate(published.bodies)]

    assert daemon.wait_job(daemon.warm(items))["state"] == "ready"
    wait_packed(daemon, *published.bodies)

    assert all(a["pinned"] for a in daemon.artifacts())
    check_served(t, daemon, published.bodies)


def test_what_is_served_is_what_was_fetched(t):
    published = Published(t.origin())
    daemon = t.daemon(published.origin)
    for number in (0, 1):
        fetched(t, daemon, published, number)
    raw = [t.curl(published.url(daemon, n), "-I") for n in (0, 1)]
    wait_packed(daemon, *published.bodies)

    for number, body in enumerate(published.bodies):
        by_url, by_digest = t.curl(published.url(daemon, number)), t.curl(daemon.by_sha(body.sha256))
        for result in (by_url, by_digest):
            assert result.status == 200 and result.sha256 == body.sha256, result
            assert result.headers["x-stagecache"] == "packed", result.headers
        for name in ("content-length", "etag", "last-modified", "content-type", "repr-digest", "accept-ranges"):
            assert by_url.headers.get(name) == raw[number].headers.get(name), (name, by_url.headers, raw[number])
    assert len(published.origin.gets()) == 2


def test_head_ranges_and_conditions_of_a_difference(t):
    published, daemon = packed_daemon(t)
    _, (body,) = split(daemon, published.bodies)
    url = published.url(daemon, published.bodies.index(body))
    data, size = body.data, body.size
    etag = t.curl(url, "-I").headers["etag"]

    head = t.curl(url, "-I")
    assert head.status == 200 and head.headers["content-length"] == str(size), head
    spans = {"0-0": (0, 1), "-1": (size - 1, size), "-70000": (size - 70000, size), f"{size - 1}-": (size - 1, size),
             "0-99999": (0, 100000), f"{size // 2}-{size // 2 + 4095}": (size // 2, size // 2 + 4096),
             f"1000-{size - 2}": (1000, size - 1), f"{size // 3}-": (size // 3, size)}
    for text, (begin, end) in spans.items():
        part = t.curl(url, "-r", text)
        wanted = Given(data[begin:end])
        assert part.status == 206 and part.sha256 == wanted.sha256, (text, part)
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}", part.headers
        assert part.headers["x-stagecache"] in ("packed", "hit"), part.headers
    assert t.curl(url, "-r", f"{size}-").status == 416
    assert t.curl(url, "-H", f"If-None-Match: {etag}").status == 304
    fits, differs = (t.curl(url, "-r", "5-14", "-H", f"If-Range: {tag}") for tag in (etag, '"another"'))
    assert fits.status == 206 and fits.body == data[5:15], fits
    assert differs.status == 200 and differs.sha256 == body.sha256, differs


def test_every_boundary_of_a_segment_is_right(t):
    published, daemon = packed_daemon(t)
    _, (body,) = split(daemon, published.bodies)
    step = 150_001  # no multiple of anything

    parts = [t.curl(daemon.by_sha(body.sha256), "-r", f"{at}-{min(at + step, body.size) - 1}").body
             for at in range(0, body.size, step)]

    assert b"".join(parts) == body.data


def test_twenty_at_once_on_a_packed_one(t):
    published, daemon = packed_daemon(t)
    _, (body,) = split(daemon, published.bodies)

    results = at_once([lambda: fetch(daemon.by_sha(body.sha256)) for _ in range(20)])

    assert all(r.complete and r.sha256 == body.sha256 for r in results), results
    assert any(r.headers["x-stagecache"] == "packed" for r in results)
    assert len(published.origin.gets()) == 2


def test_clients_that_go_in_the_middle_harm_nobody(t):
    published, daemon = packed_daemon(t)
    _, (body,) = split(daemon, published.bodies)
    gone = [t.start_curl(daemon.by_sha(body.sha256), "--limit-rate", "1M") for _ in range(4)]
    daemon.wait(lambda: all(c.received() > 0 for c in gone), "four clients' first bytes")

    for client in gone:
        client.end()

    check_served(t, daemon, published.bodies)


def test_what_others_need_is_not_deleted_and_they_are_named(t):
    published, daemon = packed_daemon(t, count=3)
    base, others = split(daemon, published.bodies)

    status, text = daemon.call("DELETE", f"/v1/artifacts/{base.sha256}")
    assert status == 409 and any(b.sha256[:12] in text for b in others), (status, text)
    for body in others:
        assert daemon.call("DELETE", f"/v1/artifacts/{body.sha256}")[0] in (200, 204)

    assert daemon.call("DELETE", f"/v1/artifacts/{base.sha256}")[0] in (200, 204)
    assert daemon.artifacts() == []


def test_what_is_asked_for_often_gets_its_raw_form_back(t):
    published, daemon = packed_daemon(t)
    body = published.bodies[1]

    def raw_again():
        check_served(t, daemon, [body])
        return "raw" in forms(daemon, body)

    daemon.wait(raw_again, "the raw form of what is asked for often")

    result = t.curl(daemon.by_sha(body.sha256))
    assert result.sha256 == body.sha256 and result.headers["x-stagecache"] == "hit", result
    assert len(published.origin.gets()) == 2, "its bytes came from the origin again"
    check_accounts(daemon)


def test_raw_forms_of_what_lies_packed_go_first(t):
    published, daemon = packed_daemon(t, store={"quota": "96MiB"})
    body = published.bodies[1]
    daemon.wait(lambda: check_served(t, daemon, [body]) or "raw" in forms(daemon, body), "a raw form beside the packed")

    old = Made(10 * MiB, seed=1)
    published.origin.add("/old.bin", old, headers=FRESH)
    t.curl(daemon.mirror(published.origin, "/old.bin"))
    check_served(t, daemon, [body])
    for number in range(12):
        published.origin.add(f"/{number}.bin", Made(4 * MiB, seed=2 + number), headers=FRESH)
        t.curl(daemon.mirror(published.origin, f"/{number}.bin"))
        if forms(daemon, body) == ["packed"] or not daemon.holds(old.sha256):
            break

    assert forms(daemon, body) == ["packed"] and daemon.holds(old.sha256), daemon.artifacts()
    check_served(t, daemon, published.bodies)


def test_a_pinned_difference_keeps_what_it_needs(t):
    published, daemon = packed_daemon(t, store={"quota": "64MiB"})
    base, (pinned,) = split(daemon, published.bodies)
    assert daemon.call("PUT", f"/v1/artifacts/{pinned.sha256}/pin")[0] in (200, 204)

    for number in range(30):
        published.origin.add(f"/{number}.bin", Made(6 * MiB, seed=number), headers=FRESH)
        assert t.curl(daemon.mirror(published.origin, f"/{number}.bin")).code == 0

    assert daemon.stats()["evictions"] > 0
    assert daemon.holds(base.sha256) and daemon.holds(pinned.sha256)
    published.origin.close()
    check_served(t, daemon, published.bodies)


@limits(180)
def test_the_quota_holds_while_packing_has_no_room(t):
    published = Published(t.origin(), size=24 * MiB)
    daemon = t.daemon(published.origin, store={"quota": "88MiB"})

    for _ in range(3):
        for number in (0, 1):
            assert t.curl(published.url(daemon, number), "-f").sha256 == published.bodies[number].sha256
            assert daemon.disk() <= 88 * MiB, daemon.disk()

    assert daemon.stats()["used_bytes"] <= 88 * MiB


def test_pack_false_leaves_everything_raw_and_serves_what_lies_packed(t):
    published = Published(t.origin())
    packing, plain = t.daemon(published.origin), t.daemon(published.origin, store={"pack": False})
    for daemon in (plain, packing):
        for number in (0, 1):
            fetched(t, daemon, published, number)

    wait_packed(packing, *published.bodies)
    assert [forms(plain, b) for b in published.bodies] == [["raw"], ["raw"]]

    assert packing.stop() == 0
    packing.config.write_text(packing.config.read_text().replace("[store]", "[store]\npack = false", 1))
    packing.start()
    assert [forms(packing, b) for b in published.bodies] == [["packed"], ["packed"]]
    check_served(t, packing, published.bodies)


def test_what_lay_raw_is_packed_once_it_is_switched_on(t):
    published = Published(t.origin())
    daemon = t.daemon(published.origin, store={"pack": False})
    for number in (0, 1):
        fetched(t, daemon, published, number)
    daemon.stop()

    daemon.config.write_text(daemon.config.read_text().replace("pack = false", "pack = true"))
    daemon.start()

    wait_packed(daemon, *published.bodies)
    check_served(t, daemon, published.bodies)


def test_offline_with_packed_forms_alone(t):
    published, daemon = packed_daemon(t)
    assert daemon.call("PUT", "/v1/offline")[0] == 204
    published.origin.close()
    daemon.kill()
    daemon.start()
    daemon.call("PUT", "/v1/offline")

    for number, body in enumerate(published.bodies):
        assert t.curl(published.url(daemon, number), "-f").sha256 == body.sha256
    check_served(t, daemon, published.bodies)


def test_what_is_no_gzip_stays_raw(t):
    published = Published(t.origin())
    plain = Made(6 * MiB, seed=5)
    published.origin.add("/plain.bin", plain, headers=FRESH)
    cut = Given(published.bodies[1].data[:3 * MiB])
    published.origin.add("/cut.tgz", cut, headers=FRESH)
    daemon = t.daemon(published.origin)

    for path in ("/plain.bin", "/cut.tgz"):
        t.curl(daemon.mirror(published.origin, path))
    for number in (0, 1):
        fetched(t, daemon, published, number)
    wait_packed(daemon, *published.bodies)

    assert forms(daemon, plain) == ["raw"]
    check_served(t, daemon, [plain, cut, *published.bodies])
