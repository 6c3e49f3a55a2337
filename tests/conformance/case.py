"""A case of the conformance suite as data: what the origin answers, what a client asks, what must come.

    Case("9111-5.2.2.5", "no-store is not stored",
         [Says(cache_control="no-store")],
         [Ask(), Ask(body=1, asked=2)])

The id begins with the RFC and the section that demands it. `origin` is a script: one answer a
request, the last for all that follow; answer k has a body of its own, so that `body=k` in an
Ask says which of them came. Every case has a path of its own and is played twice: through
/mirror/ and as an absolute-form request to a forward proxy.
"""
import dataclasses
import email.utils
import time

ETAG = '"v1"'
MODIFIED = "Tue, 01 Oct 2024 10:00:00 GMT"
BEFORE_MODIFIED = "Mon, 30 Sep 2024 10:00:00 GMT"
AFTER_MODIFIED = "Wed, 02 Oct 2024 10:00:00 GMT"
SIZE = 200


@dataclasses.dataclass(frozen=True)
class Now:
    """An HTTP date `seconds` from the moment the case begins."""

    seconds: int = 0

    def text(self, began):
        return email.utils.formatdate(began + self.seconds, usegmt=True)


FRESH = {"Cache-Control": "max-age=3600"}


@dataclasses.dataclass
class Says:
    """One answer of the origin. A value may be a text, a Now, or a list of them: a line each."""

    fields: dict = dataclasses.field(default_factory=dict)
    status: int = 200
    etag: str | None = ETAG
    last_modified: object = MODIFIED
    size: int = SIZE
    same_as: int | None = None        # the body of that earlier answer instead of an own one
    chunked: bool = False
    breaks: bool = False              # the connection is reset in the middle of the body
    conditionals: bool = True         # False: 304 is never said


@dataclasses.dataclass
class Ask:
    """One request and what must come of it. What is None is not looked at."""

    fields: dict = dataclasses.field(default_factory=dict)
    method: str = "GET"
    after: float = 0                  # seconds to let pass first
    down: bool = False                # from here on the origin refuses connections
    status: int = 200
    body: object = 0                  # number of the answer whose body comes; bytes; None
    part: tuple | None = None         # (first, last) byte of that body
    head: dict = dataclasses.field(default_factory=dict)   # field -> text, or None: absent, or a test of its value
    asked: int | None = None          # requests that the origin has seen of this case by now
    sent: dict | None = None          # fields of the last of them; None: absent, or a test


@dataclasses.dataclass
class Case:
    section: str                      # "9111-4.2.1"
    fact: str
    origin: list
    asks: list
    settings: str = "plain"           # which daemon plays it: see run.py

    @property
    def name(self):
        return f"{self.section} {self.fact}"


def lines_of(fields, began):
    """[(name, text)] with every date filled in."""
    lines = []
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            lines.append((name, value.text(began) if isinstance(value, Now) else str(value)))
    return lines


def at_least(number):
    return lambda text: text is not None and text.isdigit() and int(text) >= number


def between(low, high):
    return lambda text: text is not None and text.isdigit() and low <= int(text) <= high


def holds(*words):
    """The value has all of these words in it."""
    return lambda text: text is not None and all(word in text for word in words)


def present(text):
    return text is not None


def now():
    return time.time()
