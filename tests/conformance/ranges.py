"""RFC 9110 section 14: ranges. One artifact of 200 bytes, stored and fresh unless a case says otherwise."""
from case import AFTER_MODIFIED, BEFORE_MODIFIED, ETAG, FRESH, MODIFIED, SIZE, Ask, Case, Now, Says

LAST = SIZE - 1


def ranged(section, fact, value, first, last):
    """A stored artifact answers this Range with 206 and bytes first-last."""
    return Case(section, fact, [Says(FRESH)],
                [Ask(), Ask({"Range": value}, status=206, part=(first, last), asked=1,
                            head={"Content-Range": f"bytes {first}-{last}/{SIZE}",
                                  "Content-Length": str(last - first + 1)})])


def ignored(section, fact, value):
    """... with the whole, as if Range were not there."""
    return Case(section, fact, [Says(FRESH)],
                [Ask(), Ask({"Range": value}, asked=1, head={"Content-Range": None, "Content-Length": str(SIZE)})])


def unsatisfiable(section, fact, value):
    return Case(section, fact, [Says(FRESH)],
                [Ask(), Ask({"Range": value}, status=416, body=None, asked=1,
                            head={"Content-Range": f"bytes */{SIZE}"})])


def if_range(section, fact, value, holds, says=None):
    """... with 206 where If-Range holds, with the whole where it does not."""
    part = {"status": 206, "part": (10, 19)} if holds else {}
    return Case(section, fact, [says or Says(FRESH)],
                [Ask(), Ask({"Range": "bytes=10-19", "If-Range": value}, **part)])


CASES = [
    ranged("9110-14.1.2", "first and last byte are both in the part", "bytes=0-9", 0, 9),
    ranged("9110-14.1.2", "one byte", "bytes=0-0", 0, 0),
    ranged("9110-14.1.2", "the last byte by its number", f"bytes={LAST}-{LAST}", LAST, LAST),
    ranged("9110-14.1.2", "an open end means to the last byte", "bytes=50-", 50, LAST),
    ranged("9110-14.1.2", "an end past the last byte means the last byte", "bytes=50-99999", 50, LAST),
    ranged("9110-14.1.2", "an end beyond all 64-bit numbers means the last byte",
           "bytes=50-99999999999999999999999", 50, LAST),
    ranged("9110-14.1.2", "a suffix counts from the end", "bytes=-10", SIZE - 10, LAST),
    ranged("9110-14.1.2", "a suffix longer than the whole is the whole", "bytes=-99999", 0, LAST),
    ranged("9110-14.1.2", "a suffix beyond all 64-bit numbers is the whole",
           "bytes=-99999999999999999999999", 0, LAST),
    ranged("9110-14.1.2", "all of it is 206 all the same", f"bytes=0-{LAST}", 0, LAST),
    ranged("9110-14.1.2", "leading zeros are digits", "bytes=005-009", 5, 9),
    ranged("9110-14.1", "the unit is case-insensitive", "BYTES=5-9", 5, 9),
    ranged("9110-5.6.1", "a list of one with empty elements is a list of one", "bytes=,5-9,", 5, 9),
    ranged("9110-5.6.3", "white space around the range does not count", "bytes= 5-9 ", 5, 9),
    ignored("9110-14.2", "an unknown unit is ignored", "lines=1-2"),
    ignored("9110-14.1.1", "a last byte before the first makes the field invalid", "bytes=9-5"),
    ignored("9110-14.1.1", "a field without numbers is invalid", "bytes=-"),
    ignored("9110-14.1.1", "letters are no numbers", "bytes=a-b"),
    ignored("9110-14.1.1", "a sign is no digit", "bytes=+5-9"),
    ignored("9110-14.1.1", "a field without a unit is invalid", "5-9"),
    ignored("9110-14.1.1", "an empty set is invalid", "bytes="),
    ignored("9110-14.1.1", "blanks within a range make it invalid", "bytes=5 - 9"),
    ignored("9110-14.1.1", "one invalid range spoils the set", "bytes=0-1,x-y"),
    ignored("9110-14.2", "several ranges may be ignored, and are", "bytes=0-1,5-6"),
    ignored("9110-14.2", "very many ranges are ignored", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 200, 2))),
    ignored("9110-14.2", "overlapping ranges are ignored", "bytes=0-,0-,0-,0-"),
    unsatisfiable("9110-15.5.17", "a first byte at the end is 416 with the size", f"bytes={SIZE}-"),
    unsatisfiable("9110-15.5.17", "a first byte far past the end is 416", "bytes=99999-100000"),
    unsatisfiable("9110-15.5.17", "a first byte beyond all 64-bit numbers is 416", "bytes=99999999999999999999999-"),
    unsatisfiable("9110-14.1.2", "a suffix of nothing is 416", "bytes=-0"),
    Case("9110-14.2", "Range means nothing with HEAD", [Says(FRESH)],
         [Ask(), Ask({"Range": "bytes=5-9"}, "HEAD", head={"Content-Range": None, "Content-Length": str(SIZE)})]),
    Case("9110-14.3", "a whole answer says that ranges are accepted", [Says(FRESH)],
         [Ask(head={"Accept-Ranges": "bytes"}), Ask(head={"Accept-Ranges": "bytes"})]),
    Case("9110-15.3.7", "a part carries the fields that the whole would have", [Says(FRESH)],
         [Ask(), Ask({"Range": "bytes=5-9"}, status=206, part=(5, 9), head={"ETag": ETAG, "Last-Modified": MODIFIED})]),
    Case("9110-14.2", "a range of what nobody has waits for its bytes", [Says(FRESH)],
         [Ask({"Range": "bytes=5-9"}, status=206, part=(5, 9), sent={"Range": None}), Ask(asked=1)]),
    Case("9110-14.2", "a suffix of what nobody has waits for its bytes", [Says(FRESH)],
         [Ask({"Range": "bytes=-5"}, status=206, part=(SIZE - 5, LAST)), Ask(asked=1)]),
    Case("9110-15.5.17", "a range outside of what nobody has is 416, and the whole is stored", [Says(FRESH)],
         [Ask({"Range": "bytes=999-"}, status=416, body=None), Ask(asked=1)]),
    Case("9110-14.2", "of what has no length yet the whole comes", [Says(FRESH, chunked=True)],
         [Ask({"Range": "bytes=5-9"}, body=None, status=200),
          Ask({"Range": "bytes=5-9"}, status=206, part=(5, 9), asked=1)]),
    Case("9110-14.2", "a range of what is not ours to give is the upstream's 404", [Says(status=404)],
         [Ask({"Range": "bytes=5-9"}, status=404, body=None)]),
    Case("9111-3.3", "a range is cut from what is stored", [Says(FRESH)],
         [Ask(), *[Ask({"Range": f"bytes={n}-{n}"}, status=206, part=(n, n), asked=1) for n in (0, 99, LAST)]]),
    Case("9111-3.3", "a part that a client got is never stored as the whole", [Says(FRESH)],
         [Ask({"Range": "bytes=5-9"}, status=206, part=(5, 9)), Ask({"Range": "bytes=0-3"}, status=206, part=(0, 3)),
          Ask(asked=1, head={"Content-Length": str(SIZE)})]),
    Case("9110-14.2", "a Range in two lines is not a range", [Says(FRESH)],
         [Ask(), Ask({"Range": ["bytes=0-1", "bytes=5-6"]})]),
    if_range("9110-13.1.5", "the strong tag as it is holds", ETAG, True),
    if_range("9110-13.1.5", "another tag does not", '"v2"', False),
    if_range("9110-13.1.5", "a weak form of the tag does not", "W/" + ETAG, False),
    if_range("9110-13.1.5", "the tag in other case does not", ETAG.upper(), False),
    if_range("9110-13.1.5", "the tag without quotes does not", "v1", False),
    if_range("9110-13.1.5", "a list of tags is no If-Range", f'"v0", {ETAG}', False),
    if_range("9110-13.1.5", "a star is no If-Range", "*", False),
    if_range("9110-13.1.5", "the date of the last change holds", MODIFIED, True),
    if_range("9110-13.1.5", "a later date does not: it must be that very one", AFTER_MODIFIED, False),
    if_range("9110-13.1.5", "an earlier date does not", BEFORE_MODIFIED, False),
    if_range("9110-13.1.5", "what is no date does not", "yesterday", False),
    if_range("9110-13.1.5", "the origin's weak tag never holds", 'W/"v1"', False, Says(FRESH, etag='W/"v1"')),
    if_range("9110-13.1.5", "a date never holds where no change is dated", MODIFIED, False,
             Says(FRESH, last_modified=None)),
    if_range("9110-8.8.2.2", "a date never holds that is as old as the answer: it may name two bodies", Now(0), False,
             Says({**FRESH, "Date": Now(0)}, last_modified=Now(0))),
    if_range("9110-8.8.2.2", "... and holds where the answer is younger", Now(-60), True,
             Says({**FRESH, "Date": Now(0)}, last_modified=Now(-60))),
    Case("9110-13.1.5", "If-Range without Range means nothing", [Says(FRESH)],
         [Ask(), Ask({"If-Range": '"v2"'}, head={"Content-Range": None})]),
    Case("9110-13.1.5", "an unsatisfiable Range whose If-Range fails is the whole", [Says(FRESH)],
         [Ask(), Ask({"Range": "bytes=999-", "If-Range": '"v2"'}),
          Ask({"Range": "bytes=999-", "If-Range": ETAG}, status=416, body=None)]),
    Case("9110-13.1.5", "If-Range is not sent upstream on behalf of a client", [Says(FRESH)],
         [Ask({"Range": "bytes=5-9", "If-Range": '"v0"'}, sent={"If-Range": None, "Range": None})]),
]
