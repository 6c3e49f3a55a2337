"""RFC 9111 sections 4.3 (validation) and 4.1 (Vary)."""
from case import ETAG, FRESH, MODIFIED, Ask, Case, Now, Says, between

STALE = {"Cache-Control": "max-age=0"}
NEW_TAG = '"v2"'
A, B = {"X-Kind": "a"}, {"X-Kind": "b"}
VARIES = {**FRESH, "Vary": "X-Kind"}


def varies(section, fact, vary, first, second, is_same):
    """What `first` got is given to `second` without asking, or is not."""
    origin = [Says({**FRESH, "Vary": vary}), Says({**FRESH, "Vary": vary}, etag=NEW_TAG)]
    then = Ask(second, body=0, asked=1) if is_same else Ask(second, body=1, asked=2)
    return Case(section, fact, origin, [Ask(first), then])


CASES = [
    Case("9111-4.3.1", "the tag is asked for", [Says(STALE, last_modified=None)],
         [Ask(), Ask(asked=2, sent={"If-None-Match": ETAG, "If-Modified-Since": None})]),
    Case("9111-4.3.1", "the date is asked for where there is no tag", [Says(STALE, etag=None)],
         [Ask(), Ask(asked=2, sent={"If-None-Match": None, "If-Modified-Since": MODIFIED})]),
    Case("9111-4.3.1", "the tag is asked for where there are both", [Says(STALE)],
         [Ask(), Ask(asked=2, sent={"If-None-Match": ETAG})]),
    Case("9111-4.3.1", "a weak tag is asked for as it is", [Says(STALE, etag='W/"w"', last_modified=None)],
         [Ask(), Ask(asked=2, sent={"If-None-Match": 'W/"w"'})]),
    Case("9111-4.3.1", "without validators the whole is asked for", [Says(STALE, etag=None, last_modified=None)],
         [Ask(), Ask(body=1, asked=2, sent={"If-None-Match": None, "If-Modified-Since": None})][:1]
         + [Ask(body=None, asked=2, sent={"If-None-Match": None, "If-Modified-Since": None})]),
    Case("9111-4.3.1", "no Range is sent with a validation", [Says(STALE)],
         [Ask(), Ask({"Range": "bytes=0-9"}, status=206, part=(0, 9), asked=2, sent={"Range": None})]),
    Case("9111-4.3.1", "a client's own condition is not what is asked", [Says(STALE)],
         [Ask(), Ask({"If-None-Match": '"other"'}, asked=2, sent={"If-None-Match": lambda text: ETAG in text})]),
    Case("9111-4.3.2", "a client's condition is judged after the validation", [Says(STALE)],
         [Ask(), Ask({"If-None-Match": ETAG}, status=304, asked=2, head={"ETag": ETAG})]),
    Case("9111-4.3.2", "... by the new answer where there is one", [Says(STALE), Says(STALE, etag=NEW_TAG)],
         [Ask(), Ask({"If-None-Match": ETAG}, body=1, asked=2, head={"ETag": NEW_TAG})]),
    Case("9111-4.3.2", "... and 304 where it has the new one already", [Says(STALE), Says(STALE, etag=NEW_TAG)],
         [Ask(), Ask({"If-None-Match": NEW_TAG}, status=304, asked=2, head={"ETag": NEW_TAG})]),
    Case("9111-4.3.3", "304 gives what is stored", [Says(STALE)], [Ask(), Ask(body=0, asked=2), Ask(body=0, asked=3)]),
    Case("9111-4.3.3", "a new answer replaces what is stored", [Says(STALE), Says(FRESH, etag=NEW_TAG)],
         [Ask(), Ask(body=1, asked=2, head={"ETag": NEW_TAG}), Ask(body=1, asked=2)]),
    Case("9111-4.3.3", "a new answer that must not be stored is given, and what was stored is not given again",
         [Says(STALE), Says({"Cache-Control": "no-store"}, etag=NEW_TAG), Says(FRESH, etag='"v3"')],
         [Ask(), Ask(body=1), Ask(body=2)]),
    Case("9111-4.3.3", "500 gives what is stored, as stale", [Says(STALE), Says(status=500)],
         [Ask(), Ask(body=0, head={"X-Stagecache": "stale"})]),
    Case("9111-4.3.3", "503 gives what is stored, as stale", [Says(STALE), Says(status=503)],
         [Ask(), Ask(body=0, head={"X-Stagecache": "stale"})]),
    Case("9111-4.3.3", "404 is the answer, what is stored is not given in its place", [Says(STALE), Says(status=404)],
         [Ask(), Ask(status=404, body=None)]),
    Case("9111-4.3.3", "410 is the answer", [Says(STALE), Says(status=410)], [Ask(), Ask(status=410, body=None)]),
    Case("9111-4.3.3", "200 with the same bytes and a new tag gives the new tag",
         [Says(STALE), Says(FRESH, etag=NEW_TAG, same_as=0)],
         [Ask(), Ask(body=0, asked=2), Ask(body=0, asked=2, head={"ETag": NEW_TAG})]),
    Case("9111-4.3.4", "304 with a lifetime makes it fresh for that long", [Says(STALE), Says(FRESH)],
         [Ask(), Ask(asked=2), Ask(asked=2, head={"X-Stagecache": "hit"})]),
    Case("9111-4.3.4", "304 with Expires likewise", [Says({"Expires": "0"}), Says({"Expires": Now(3600)})],
         [Ask(), Ask(asked=2), Ask(asked=2)]),
    Case("9111-4.3.4", "304 with no-cache has it asked from then on",
         [Says({"Cache-Control": "max-age=100", "Age": "101"}), Says({"Cache-Control": "no-cache"})],
         [Ask(), Ask(asked=2), Ask(asked=3)]),
    Case("9111-4.3.4", "304 without a lifetime begins the old one anew",
         [Says({"Cache-Control": "max-age=100", "Age": "101"}), Says({})], [Ask(), Ask(asked=2), Ask(asked=2)]),
    Case("9111-4.3.4", "the age counts from the 304", [Says({"Cache-Control": "max-age=100", "Age": "101"}), Says(FRESH)],
         [Ask(), Ask(), Ask(asked=2, head={"Age": between(0, 60)})]),
    Case("9111-4.3.4", "a 304 with a new tag changes the tag", [Says(STALE, etag=None), Says(FRESH, etag=ETAG)],
         [Ask(), Ask(), Ask(asked=2, head={"ETag": ETAG})]),
    Case("9111-4.3.4", "a 304 does not change the length", [Says(STALE), Says(FRESH, size=7)],
         [Ask(), Ask(body=0, head={"Content-Length": "200"}), Ask(body=0, head={"Content-Length": "200"})]),
    Case("9111-4.3.5", "HEAD of what is stale validates it", [Says(STALE)],
         [Ask(), Ask(method="HEAD", asked=2, sent={"If-None-Match": ETAG})]),
    Case("9111-4.3.5", "HEAD sees a new answer, and GET after it", [Says(STALE), Says(FRESH, etag=NEW_TAG)],
         [Ask(), Ask(method="HEAD", body=1, head={"ETag": NEW_TAG}), Ask(body=1)]),

    varies("9111-4.1", "the same field selects what is stored", "X-Kind", A, A, True),
    varies("9111-4.1", "another value of it does not", "X-Kind", A, B, False),
    varies("9111-4.1", "its absence does not", "X-Kind", A, {}, False),
    varies("9111-4.1", "its presence does not, where it was absent", "X-Kind", {}, A, False),
    varies("9111-4.1", "absent in both is the same", "X-Kind", {}, {}, True),
    varies("9111-4.1", "names in Vary are case-insensitive", "x-KIND", A, A, True),
    varies("9111-4.1", "... also where they differ", "x-KIND", A, B, False),
    varies("9111-4.1", "white space within a value does not count", "X-Kind", {"X-Kind": "a, b"}, {"X-Kind": "a,b"}, True),
    varies("9111-4.1", "two lines are one list", "X-Kind", {"X-Kind": ["a", "b"]}, {"X-Kind": "a, b"}, True),
    varies("9111-4.1", "all fields of Vary must be the same", "X-Kind, X-Size", {**A, "X-Size": "1"}, {**A, "X-Size": "2"}, False),
    varies("9111-4.1", "... in two lines of Vary, too", ["X-Kind", "X-Size"], {**A, "X-Size": "1"}, {**A, "X-Size": "2"}, False),
    varies("9111-4.1", "a field that Vary does not name does not matter", "X-Kind", {**A, "X-Size": "1"}, {**A, "X-Size": "2"}, True),
    varies("9111-4.1", "Vary: Accept-Encoding is one answer: identity is always asked for", "Accept-Encoding",
           {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "br"}, True),
    varies("9111-4.1", "Vary: User-Agent is obeyed, or one agent is always shown", "User-Agent",
           {"User-Agent": "a"}, {"User-Agent": "a"}, True),
    Case("9111-4.1", "the later answer of several that fit is given", [Says(VARIES), Says(VARIES, etag=NEW_TAG)],
         [Ask(A), Ask(B, body=1), Ask(B, body=1)]),
    Case("9111-4.1", "the selecting field is sent upstream", [Says(VARIES)], [Ask(A, sent={"X-Kind": "a"})]),
    Case("9111-4.1", "a HEAD is selected the same way", [Says(VARIES), Says(VARIES, etag=NEW_TAG)],
         [Ask(A), Ask(A, "HEAD", asked=1, head={"ETag": ETAG}), Ask(B, "HEAD", body=1, head={"ETag": NEW_TAG})]),
    Case("9111-4.1", "an answer that does not vary fits every request", [Says(FRESH)], [Ask(A), Ask(B, asked=1)]),
]
