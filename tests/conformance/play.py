"""Plays one case: puts its script on the origin, asks, compares. A failure is an AssertionError."""
import http.client
import time

from bodies import Given
from case import Now, lines_of, now
from daemon import SLOWDOWN
from origin import Answer


class Place:
    """A daemon, the origin behind it, and the way clients take: "mirror" or "proxy"."""

    def __init__(self, daemon, origin, form):
        self.daemon, self.origin, self.form = daemon, origin, form

    def target(self, path):
        if self.form == "proxy":
            return f"http://{self.origin.name}{path}", self.origin.name
        return f"/mirror/{self.origin.name}{path}", self.daemon.data


def body_of(path, number, size):
    """Bytes that no other answer of any case has."""
    text = f"{path} answer {number} ".encode()
    return (text * (size // len(text) + 1))[:size]


def script_of(case, path, began):
    answers, bodies = [], []
    for number, says in enumerate(case.origin):
        bodies.append(bodies[says.same_as] if says.same_as is not None else body_of(path, number, says.size))
        fields = {}
        for name, value in lines_of(says.fields, began):
            fields.setdefault(name, []).append(value)
        modified = says.last_modified.text(began) if isinstance(says.last_modified, Now) else says.last_modified
        answers.append(Answer(Given(bodies[-1]), status=says.status, etag=says.etag, last_modified=modified,
                              headers=fields, chunked=says.chunked, conditionals=says.conditionals,
                              cut_after=says.size // 2 if says.breaks else None, reset=says.breaks))
    return answers, bodies


class Reply:
    def __init__(self, address, target, host, ask, began):
        connection = http.client.HTTPConnection(address, timeout=30 * SLOWDOWN)
        connection.putrequest(ask.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", host)] + lines_of(ask.fields, began):
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        self.status, self.head = response.status, {n.lower(): v for n, v in response.getheaders()}
        self.body = response.read()
        connection.close()

    def __str__(self):
        fields = ", ".join(f"{n}: {v}" for n, v in self.head.items() if n not in ("server", "repr-digest"))
        return f"{self.status} ({fields}) {self.body[:90]!r}"


def fits(wanted, value):
    return wanted(value) if callable(wanted) else value == wanted


def check(ask, reply, bodies, seen):
    """Says what is not as it must be; "" when all is."""
    if reply.status != ask.status:
        return f"status {reply.status} instead of {ask.status}"
    if ask.body is not None:
        body = bodies[ask.body] if isinstance(ask.body, int) else ask.body
        if ask.part:
            body = body[ask.part[0]:ask.part[1] + 1]
        if ask.method == "HEAD" or reply.status == 304:
            body = b""
        if reply.status < 400 and reply.body != body:
            return f"the body is not that of answer {ask.body}"
    for name, wanted in ask.head.items():
        if not fits(wanted, reply.head.get(name.lower())):
            return f"the answer's {name} is {reply.head.get(name.lower())!r}"
    if ask.asked is not None and len(seen) != ask.asked:
        return f"the origin was asked {len(seen)} times instead of {ask.asked}: {[s.status for s in seen]}"
    for name, wanted in (ask.sent or {}).items():
        if not fits(wanted, seen[-1].headers.get(name.lower())):
            return f"the origin's {name} was {seen[-1].headers.get(name.lower())!r}"
    return ""


def play(place, case, path):
    began = now()
    answers, bodies = script_of(case, path, began)
    place.origin.add(path, *answers)
    target, host = place.target(path)
    for number, ask in enumerate(case.asks, 1):
        time.sleep(ask.after)
        if ask.down:
            place.origin.add(path, Answer(silent=True))
        reply = Reply(place.daemon.data, target, host, ask, began)
        wrong = check(ask, reply, bodies, place.origin.requests(path))
        assert not wrong, f"request {number}: {wrong}\n      got {reply}"
