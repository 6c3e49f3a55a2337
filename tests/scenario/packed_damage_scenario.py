"""Damage under a packed form: no client gets a complete wrong body, and what is damaged is fetched again."""
from harness import KiB, at_once, fetch, limits
from packing import check_accounts, forms, packed_daemon, split


def tables(daemon):
    """The files with artifacts' bytes, the largest first: the first release's, then the differences'."""
    found = [f for f in (daemon.store / "db").glob("*.sst") if f.stat().st_size > 200 * KiB]
    return sorted(found, key=lambda f: -f.stat().st_size)


def flip(file, share):
    """Inverts one byte at that share of the file."""
    with open(file, "r+b") as opened:
        at = int(file.stat().st_size * share)
        opened.seek(at)
        byte = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([byte ^ 0xFF]))


def damaged_daemon(t, number, share=0.5, count=2):
    """A restarted daemon with a byte flipped in its largest (0) or next (1) file."""
    published, daemon = packed_daemon(t, count)
    daemon.stop()
    flip(tables(daemon)[number], share)
    daemon.start()
    published.origin.forget()
    return published, daemon


def ask(t, daemon, published, number):
    """A GET that is either not complete or right; true when it was right."""
    result = t.curl(published.url(daemon, number), "-f")
    assert result.code != 0 or result.sha256 == published.bodies[number].sha256, result
    return result.code == 0


def until_right(t, daemon, published, number):
    daemon.wait(lambda: ask(t, daemon, published, number), f"release {number} to be right again")


def test_a_flipped_byte_of_what_others_need(t):
    published, daemon = damaged_daemon(t, 0)

    for number in (1, 0):
        until_right(t, daemon, published, number)

    assert [len(published.origin.gets(published.path(n))) for n in (0, 1)] == [1, 1]
    for body in published.bodies:
        daemon.wait_stored(body.sha256)
    check_accounts(daemon)


def test_wherever_the_byte_is(t):
    published, daemon = packed_daemon(t)

    for share in (0.01, 0.3, 0.97):
        daemon.stop()
        flip(tables(daemon)[0], share)
        daemon.start()
        for number in (0, 1):
            until_right(t, daemon, published, number)
        daemon.wait(lambda: all("packed" in forms(daemon, b) for b in published.bodies), "both to be packed again", 60)


def test_a_flipped_byte_of_a_difference_costs_that_one_alone(t):
    published, daemon = damaged_daemon(t, 1)
    base, (difference,) = split(daemon, published.bodies)

    for number in (0, 1):
        until_right(t, daemon, published, number)

    fetched = {b: len(published.origin.gets(published.path(n))) for n, b in enumerate(published.bodies)}
    assert fetched == {base: 0, difference: 1}, fetched


def test_a_herd_on_a_damaged_one_gets_no_wrong_body(t):
    published, daemon = damaged_daemon(t, 0)
    _, (body,) = split(daemon, published.bodies)
    number = published.bodies.index(body)

    results = at_once([lambda: fetch(published.url(daemon, number)) for _ in range(20)])

    assert all(r.sha256 == body.sha256 for r in results if r.complete and r.status == 200), results
    until_right(t, daemon, published, number)
    assert len(published.origin.gets(published.path(number))) == 1


@limits(240)
def test_without_the_origin_there_is_an_error_and_no_wrong_body(t):
    published, daemon = damaged_daemon(t, 0)
    published.origin.close()

    for _ in range(3):
        for number in (0, 1):
            ask(t, daemon, published, number)

    result = t.curl(published.url(daemon, 1))
    assert result.code != 0 or result.status >= 500, result


def test_pins_outlive_the_damage(t):
    published, daemon = packed_daemon(t)
    for body in published.bodies:
        assert daemon.call("PUT", f"/v1/artifacts/{body.sha256}/pin")[0] in (200, 204)
    daemon.stop()
    flip(tables(daemon)[0], 0.5)
    daemon.start()

    for number in (0, 1):
        until_right(t, daemon, published, number)

    for body in published.bodies:
        daemon.wait_stored(body.sha256)
    assert all(a["pinned"] for a in daemon.artifacts())


@limits(120)
def test_scrub_finds_it_and_everything_that_needs_it_and_fetches_them_again(t):
    published, daemon = damaged_daemon(t, 0, count=3)
    base, _ = split(daemon, published.bodies)

    done = daemon.cli("scrub")

    assert base.sha256[:12] in done.stdout + done.stderr, done
    daemon.wait(lambda: all(len(published.origin.gets(published.path(n))) == 1 for n in range(3)), "three downloads")
    for number in range(3):
        until_right(t, daemon, published, number)
    clean = daemon.cli("scrub")
    assert clean.returncode == 0, clean
