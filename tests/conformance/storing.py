"""RFC 9111 sections 3 and 5.2.2: what is stored; 4.4: what stays good; 5.1: the fields of an answer."""
from case import ETAG, FRESH, MODIFIED, SIZE, Ask, Case, Now, Says, at_least, between, holds, present


def stored(section, fact, fields, ask=None, **says):
    """The second request is answered without asking the origin."""
    return Case(section, fact, [Says(fields, **says)], [Ask(ask or {}), Ask(ask or {}, asked=1)])


def not_stored(section, fact, fields, ask=None, **says):
    """The second request gets a new answer, and the origin is not asked whether it has changed."""
    return Case(section, fact, [Says(fields, **says)],
                [Ask(ask or {}), Ask(ask or {}, body=None, asked=2, sent={"If-None-Match": None, "If-Modified-Since": None})])


def control(value):
    return {"Cache-Control": value}


def not_kept(section, fact, status):
    """An answer with this status is given and not kept: the next one counts."""
    return Case(section, fact, [Says(FRESH, status=status), Says(FRESH)],
                [Ask(status=status, body=None), Ask(body=1, after=2.2)])


BASIC = {"Authorization": "Basic eDp5"}

CASES = [
    stored("9111-3", "200 with a lifetime is stored", control("max-age=3600")),
    stored("9111-3", "200 without a length is stored", control("max-age=3600"), chunked=True),
    stored("9111-3", "200 without validators is stored", control("max-age=3600"), etag=None, last_modified=None),
    stored("9111-3", "an empty 200 is stored", control("max-age=3600"), size=0),
    stored("9111-5.2.2.9", "public is stored", control("public, max-age=3600")),
    stored("9111-5.2.3", "an unknown directive is ignored", control("max-age=3600, stale-while-busy=7, x")),
    stored("9111-5.2", "names of directives are case-insensitive", control("MAX-AGE=3600")),
    stored("9111-5.2", "a value in quotes is the value", control('max-age="3600"')),
    stored("9111-5.2", "white space around directives does not count", control("  public ,   max-age=3600  ")),
    stored("9111-5.2", "empty elements of the list do not count", control(",, max-age=3600,,")),
    stored("9111-5.2", "directives in two lines are one list", {"Cache-Control": ["public", "max-age=3600"]}),
    stored("9111-5.2.2.6", "no-transform does not matter: nothing is transformed",
           control("no-transform, max-age=3600")),
    not_stored("9111-5.2.2.5", "no-store is not stored", control("no-store")),
    not_stored("9111-5.2.2.5", "no-store beside max-age is not stored", control("max-age=3600, no-store")),
    not_stored("9111-5.2.2.5", "No-Store in other case is not stored", control("No-Store, max-age=3600")),
    not_stored("9111-5.2.2.5", "no-store in the second line is not stored",
               {"Cache-Control": ["max-age=3600", "no-store"]}),
    not_stored("9111-5.2.2.5", "no-store with a value is not stored", control("no-store=1, max-age=3600")),
    not_stored("9111-5.2.2.3", "must-understand with no-store is not stored by who does not understand it",
               control("must-understand, no-store, max-age=3600")),
    not_stored("9111-5.2.2.7", "private is not stored by a shared cache", control("private, max-age=3600")),
    not_stored("9111-5.2.2.7", "private with s-maxage is not stored", control("private, s-maxage=3600")),
    not_stored("9111-5.2.2.7", "private with a list of fields is taken for private",
               control('private="set-cookie", max-age=3600')),
    not_stored("9111-4.1", "Vary: * is not stored", {**FRESH, "Vary": "*"}),
    not_stored("9111-4.1", "a star in a list of Vary is not stored", {**FRESH, "Vary": "X-Kind, *"}),
    not_stored("9111-3.5", "what a request with Authorization got is not stored", FRESH, BASIC),
    not_stored("9110-11.6.2", "... nor with Expires", {"Expires": Now(3600)}, BASIC),
    Case("9111-3.5", "a request with Authorization gets an answer of its own", [Says(FRESH), Says(FRESH)],
         [Ask(), Ask(BASIC, body=1, asked=2, sent={"Authorization": "Basic eDp5"}), Ask(body=0, asked=2)]),
    Case("9111-3.5", "what a request with Authorization got is not given to others", [Says(FRESH), Says(FRESH)],
         [Ask(BASIC), Ask(body=1, sent={"Authorization": None})]),
    Case("9111-5.2.1.5", "what a request with no-store got is not stored", [Says(FRESH), Says(FRESH)],
         [Ask(control("no-store")), Ask(body=1, asked=2)]),
    Case("9111-3", "an answer that breaks off is not stored as the whole", [Says(FRESH, breaks=True), Says(FRESH, same_as=0)],
         [Ask(), Ask(asked=2, head={"Content-Length": str(SIZE)})]),
    not_kept("9111-3", "404 is not kept beyond a moment's memory", 404),
    not_kept("9111-3", "410 is not kept beyond a moment's memory", 410),
    Case("9111-3", "an error does not take away what is stored", [Says(control("max-age=0")), Says(status=500)],
         [Ask(), Ask(body=0), Ask(body=0)]),
    Case("9111-3", "HEAD first stores no empty body", [Says(FRESH)],
         [Ask(method="HEAD", head={"Content-Length": str(SIZE)}), Ask(), Ask(asked=1)]),
    Case("9111-4", "HEAD is answered from what GET stored", [Says(FRESH)],
         [Ask(), Ask(method="HEAD", asked=1, head={"Content-Length": str(SIZE), "ETag": ETAG})]),
    Case("9111-2", "two queries are two resources", [Says(FRESH)], [Ask(), Ask(asked=1)]),

    Case("9111-4.4", "POST is refused, not forwarded, and makes nothing invalid", [Says(FRESH)],
         [Ask(), Ask(method="POST", status=405, body=None, asked=1, head={"Allow": holds("GET", "HEAD")}), Ask(asked=1)]),
    Case("9111-4.4", "PUT is refused and makes nothing invalid", [Says(FRESH)],
         [Ask(), Ask(method="PUT", status=405, body=None, asked=1), Ask(asked=1)]),
    Case("9111-4.4", "DELETE is refused and makes nothing invalid", [Says(FRESH)],
         [Ask(), Ask(method="DELETE", status=405, body=None, asked=1), Ask(asked=1)]),
    Case("9111-4.4", "a method nobody knows is refused and makes nothing invalid", [Says(FRESH)],
         [Ask(), Ask(method="PURGE", status=405, body=None, asked=1), Ask(asked=1)]),
    Case("9110-9.3.7", "OPTIONS is not answered from what is stored", [Says(FRESH)],
         [Ask(), Ask(method="OPTIONS", status=405, body=None, asked=1)]),

    Case("9111-5.1", "what comes from the store carries Age", [Says(FRESH)],
         [Ask(), Ask(asked=1, head={"Age": between(0, 60)})]),
    Case("9111-5.1", "Age grows", [Says(FRESH)],
         [Ask(), Ask(after=1.2, asked=1, head={"Age": between(1, 60)})]),
    Case("9111-4.2.3", "the Age of caches before us is added", [Says({**FRESH, "Age": "100"})],
         [Ask(), Ask(asked=1, head={"Age": between(100, 160)})]),
    Case("9111-4.2.3", "what was old when it came says so at once", [Says({**FRESH, "Age": "100"})],
         [Ask(head={"Age": at_least(100)})]),
    Case("9111-4.2.3", "an old Date counts as Age", [Says({**FRESH, "Date": Now(-100)})],
         [Ask(), Ask(asked=1, head={"Age": between(100, 160)})]),
    Case("9111-4.2.3", "the larger of Age and the age of Date counts", [Says({**FRESH, "Date": Now(-100), "Age": "50"})],
         [Ask(), Ask(asked=1, head={"Age": between(100, 160)})]),
    Case("9111-4.2.3", "a Date in the future makes nothing younger than it is", [Says({**FRESH, "Date": Now(100)})],
         [Ask(), Ask(asked=1, head={"Age": between(0, 60)})]),
    Case("9111-5.1", "an Age that is no number is ignored", [Says({**FRESH, "Age": "old"})],
         [Ask(), Ask(asked=1, head={"Age": between(0, 60)})]),
    Case("9111-5.1", "a 206 from the store carries Age", [Says(FRESH)],
         [Ask(), Ask({"Range": "bytes=0-0"}, status=206, part=(0, 0), head={"Age": between(0, 60)})]),
    Case("9111-5.1", "a 304 from the store carries Age", [Says(FRESH)],
         [Ask(), Ask({"If-None-Match": ETAG}, status=304, head={"Age": between(0, 60)})]),
    Case("9110-6.6.1", "every answer carries a Date", [Says(FRESH)],
         [Ask(head={"Date": present}), Ask(head={"Date": present})]),
    Case("9111-3.1", "validators and type come from the store as the origin gave them",
         [Says({**FRESH, "Content-Type": "application/x-thing"})],
         [Ask(head={"Content-Type": "application/x-thing"}),
          Ask(asked=1, head={"ETag": ETAG, "Last-Modified": MODIFIED, "Content-Type": "application/x-thing"})]),
    Case("9111-3.1", "fields that Connection names are not passed on", [Says({**FRESH, "Connection": "X-Hop", "X-Hop": "1"})],
         [Ask(head={"X-Hop": None}), Ask(asked=1, head={"X-Hop": None})]),
    Case("9111-5.2", "directives of what is passed on unstored are passed on", [Says(control("private, max-age=60"))],
         [Ask(head={"Cache-Control": holds("private")})]),
    Case("9111-5.2", "no-store is passed on", [Says(control("no-store"))], [Ask(head={"Cache-Control": holds("no-store")})]),
    Case("9111-5.2", "a lifetime is passed on, also from the store", [Says(control("max-age=3600"))],
         [Ask(head={"Cache-Control": holds("max-age=3600")}), Ask(asked=1, head={"Cache-Control": holds("max-age=3600")})]),
    Case("9111-5.3", "Expires is passed on, or a lifetime in its place", [Says({"Expires": Now(3600)})],
         [Ask(head={"Cache-Control": holds("max-age=3")}), Ask(asked=1, head={"Cache-Control": holds("max-age=3")})]),
    Case("9111-4.1", "Vary is passed on, also from the store", [Says({**FRESH, "Vary": "X-Kind"})],
         [Ask(head={"Vary": "X-Kind"}), Ask(asked=1, head={"Vary": "X-Kind"})]),
]
