"""RFC 9110 section 13: conditional requests to an artifact that is stored and fresh."""
from case import AFTER_MODIFIED, BEFORE_MODIFIED, ETAG, FRESH, MODIFIED, Ask, Case, Says, present

RFC850 = "Tuesday, 01-Oct-24 10:00:00 GMT"
ASCTIME = "Tue Oct  1 10:00:00 2024"


def asked(section, fact, fields, status, says=None, **more):
    """A stored artifact answers these fields with this status and asks nobody."""
    return Case(section, fact, [says or Says(FRESH)], [Ask(), Ask(fields, status=status, asked=1, **more)])


NO_DATE, NO_TAG = Says(FRESH, last_modified=None), Says(FRESH, etag=None)
WEAK = Says(FRESH, etag='W/"w"')

CASES = [
    asked("9110-13.1.2", "If-None-Match with the tag is 304", {"If-None-Match": ETAG}, 304),
    asked("9110-13.1.2", "... with another tag is 200", {"If-None-Match": '"v2"'}, 200),
    asked("9110-13.1.2", "... compares weakly", {"If-None-Match": "W/" + ETAG}, 304),
    asked("9110-13.1.2", "... with the tag in a list is 304", {"If-None-Match": f'"a", {ETAG}, "b"'}, 304),
    asked("9110-13.1.2", "... with a list without the tag is 200", {"If-None-Match": '"a", "b"'}, 200),
    asked("9110-13.1.2", "... with a list in two lines is one list", {"If-None-Match": ['"a"', ETAG]}, 304),
    asked("9110-13.1.2", "... with a star is 304", {"If-None-Match": "*"}, 304),
    asked("9110-13.1.2", "... with a comma within a tag is 200", {"If-None-Match": '"v1,v1"'}, 200),
    asked("9110-13.1.2", "... is case-sensitive", {"If-None-Match": '"V1"'}, 200),
    asked("9110-13.1.2", "... with HEAD is 304", {"If-None-Match": ETAG}, 304, method="HEAD"),
    asked("9110-8.8.3", "a comma in the origin's tag is part of it", {"If-None-Match": '"a", "v,1"'}, 304,
          Says(FRESH, etag='"v,1"')),
    asked("9110-13.1.3", "If-Modified-Since with that very date is 304", {"If-Modified-Since": MODIFIED}, 304),
    asked("9110-13.1.3", "... with a later date is 304", {"If-Modified-Since": AFTER_MODIFIED}, 304),
    asked("9110-13.1.3", "... with an earlier date is 200", {"If-Modified-Since": BEFORE_MODIFIED}, 200),
    asked("9110-13.1.3", "... with no date is ignored", {"If-Modified-Since": "soon"}, 200),
    asked("9110-13.1.3", "... is ignored where no change is dated", {"If-Modified-Since": MODIFIED}, 200, NO_DATE),
    asked("9110-13.1.3", "... is ignored beside If-None-Match",
          {"If-None-Match": '"v2"', "If-Modified-Since": AFTER_MODIFIED}, 200),
    asked("9110-13.1.3", "... with HEAD is 304", {"If-Modified-Since": MODIFIED}, 304, method="HEAD"),
    asked("9110-5.6.7", "... in the form of RFC 850 is read", {"If-Modified-Since": RFC850}, 304),
    asked("9110-5.6.7", "... in the form of asctime is read", {"If-Modified-Since": ASCTIME}, 304),
    asked("9110-13.1.3", "the date alone serves where the origin has no tag", {"If-Modified-Since": MODIFIED}, 304, NO_TAG),
    asked("9110-13.1.1", "If-Match with the tag is answered", {"If-Match": ETAG}, 200),
    asked("9110-13.1.1", "... with another tag is 412", {"If-Match": '"v2"'}, 412, body=None),
    asked("9110-13.1.1", "... with a star is answered", {"If-Match": "*"}, 200),
    asked("9110-13.1.1", "... with the tag in a list is answered", {"If-Match": f'"a", {ETAG}'}, 200),
    asked("9110-13.1.1", "... with a list in two lines is one list", {"If-Match": ['"a"', ETAG]}, 200),
    asked("9110-13.1.1", "... compares strongly", {"If-Match": "W/" + ETAG}, 412, body=None),
    asked("9110-13.1.1", "... with HEAD is 412", {"If-Match": '"v2"'}, 412, method="HEAD", body=None),
    asked("9110-13.1.4", "If-Unmodified-Since with that very date is answered", {"If-Unmodified-Since": MODIFIED}, 200),
    asked("9110-13.1.4", "... with a later date is answered", {"If-Unmodified-Since": AFTER_MODIFIED}, 200),
    asked("9110-13.1.4", "... with an earlier date is 412", {"If-Unmodified-Since": BEFORE_MODIFIED}, 412, body=None),
    asked("9110-13.1.4", "... with no date is ignored", {"If-Unmodified-Since": "soon"}, 200),
    asked("9110-13.1.4", "... is ignored where no change is dated", {"If-Unmodified-Since": MODIFIED}, 200, NO_DATE),
    asked("9110-13.1.4", "... is ignored beside If-Match",
          {"If-Match": ETAG, "If-Unmodified-Since": BEFORE_MODIFIED}, 200),
    asked("9110-13.2.2", "If-Match fails before If-None-Match is looked at",
          {"If-Match": '"v2"', "If-None-Match": ETAG}, 412, body=None),
    asked("9110-13.2.2", "If-Unmodified-Since fails before If-None-Match is looked at",
          {"If-Unmodified-Since": BEFORE_MODIFIED, "If-None-Match": ETAG}, 412, body=None),
    asked("9110-13.2.2", "If-None-Match is looked at after If-Match",
          {"If-Match": ETAG, "If-None-Match": ETAG}, 304),
    asked("9110-13.2.2", "If-None-Match is looked at before Range",
          {"If-None-Match": ETAG, "Range": "bytes=0-9"}, 304),
    asked("9110-13.2.2", "If-Match is looked at before Range",
          {"If-Match": '"v2"', "Range": "bytes=0-9"}, 412, body=None),
    asked("9110-13.2.2", "a Range is honoured where the conditions hold",
          {"If-Match": ETAG, "If-None-Match": '"v2"', "Range": "bytes=0-9"}, 206, part=(0, 9)),
    asked("9110-13.2.2", "If-Modified-Since is looked at before If-Range",
          {"If-Modified-Since": MODIFIED, "If-Range": ETAG, "Range": "bytes=0-9"}, 304),
    asked("9110-15.4.5", "304 carries the tag", {"If-None-Match": ETAG}, 304, head={"ETag": ETAG}),
    asked("9110-15.4.5", "304 carries a Date", {"If-None-Match": ETAG}, 304, head={"Date": present}),
    asked("9110-15.4.5", "304 carries no type of a body that it has not", {"If-None-Match": ETAG}, 304,
          head={"Content-Type": None, "Content-Range": None}),
    asked("9110-6.4.1", "304 has no chunks", {"If-None-Match": ETAG}, 304, head={"Transfer-Encoding": None}),
    asked("9110-9.3.2", "HEAD says what GET says", {}, 200, method="HEAD",
          head={"ETag": ETAG, "Last-Modified": MODIFIED, "Content-Length": "200", "Accept-Ranges": "bytes"}),
    asked("9110-9.3.2", "HEAD of a failed precondition has no body", {"If-Match": '"x"'}, 412, method="HEAD",
          body=None),
    asked("9110-8.8.3", "a weak tag of the origin's is not made strong", {"If-Match": '"w"'}, 412, WEAK, body=None),
    Case("9110-13.1.2", "a condition on what nobody has is judged by what came", [Says(FRESH)],
         [Ask({"If-None-Match": ETAG}, status=304, sent={"If-None-Match": None}), Ask(asked=1)]),
    Case("9110-13.1.1", "... and refused by what came", [Says(FRESH)],
         [Ask({"If-Match": '"v2"'}, status=412, body=None), Ask(asked=1)]),
    Case("9110-13.1.3", "a date on what nobody has is judged by what came", [Says(FRESH)],
         [Ask({"If-Modified-Since": AFTER_MODIFIED}, status=304, sent={"If-Modified-Since": None}), Ask(asked=1)]),
    Case("9110-13.1.1", "conditions are not looked at where the answer is an error", [Says(status=404)],
         [Ask({"If-Match": '"v2"'}, status=404, body=None), Ask({"If-None-Match": "*"}, status=404, body=None)]),
    Case("9110-9.3.2", "HEAD of what nobody has says what GET will", [Says(FRESH)],
         [Ask(method="HEAD", head={"ETag": ETAG, "Content-Length": "200"}), Ask(asked=1)]),
]
