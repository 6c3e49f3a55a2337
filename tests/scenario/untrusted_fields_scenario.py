"""What one staging writes into its request does not spoil what others get."""
from harness import Answer, Made

PUBLIC, SECRET = Made(100_000, seed=101), Made(100_000, seed=102)
FOR_ALL = {"Cache-Control": "max-age=600"}


def test_fields_that_speak_for_a_proxy_stay_here(t):
    origin = t.origin()
    origin.add("/x.tgz", PUBLIC, headers=FOR_ALL)
    daemon = t.daemon(origin)
    fields = ["Forwarded: host=evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-For: 127.0.0.1",
              "X-Original-URL: /evil", "X-Rewrite-URL: /evil", "X-HTTP-Method-Override: DELETE", "X-Host: evil.example"]

    result = t.curl(daemon.mirror(origin, "/x.tgz"), *[word for field in fields for word in ("-H", field)],
                    "-H", "X-Kind: kept")

    assert result.sha256 == PUBLIC.sha256
    sent = origin.requests()[0].headers
    assert sent["x-kind"] == "kept" and not any(f.partition(":")[0].lower() in sent for f in fields), sent


def test_what_a_token_opens_is_for_its_owner_alone(t):
    for name in ("Authorization", "X-JFrog-Art-Api", "Private-Token"):
        origin = t.origin()
        origin.add("/x.tgz", Answer(SECRET, headers=FOR_ALL), Answer(PUBLIC, headers=FOR_ALL))
        daemon = t.daemon(origin)
        url = daemon.mirror(origin, "/x.tgz")

        own = t.curl(url, "-H", f"{name}: letmein")
        other = t.curl(url)

        assert own.sha256 == SECRET.sha256 and own.headers["x-stagecache"] == "pass", (name, own)
        assert other.sha256 == PUBLIC.sha256, (name, other)
        daemon.wait_stored(PUBLIC.sha256)
        assert not daemon.holds(SECRET.sha256), name


def test_a_token_does_not_follow_a_redirect_to_another_host(t):
    origin, elsewhere = t.origin(), t.origin(host="127.0.0.2")
    elsewhere.add("/x.tgz", PUBLIC)
    origin.add("/x.tgz", Answer(status=302, headers={"Location": elsewhere.url("/x.tgz")}))
    daemon = t.daemon(origin, elsewhere)

    result = t.curl(daemon.mirror(origin, "/x.tgz"), "-H", "Private-Token: letmein", "-H", "X-Kind: a")

    assert result.sha256 == PUBLIC.sha256, result
    assert origin.requests()[0].headers["private-token"] == "letmein"
    assert "private-token" not in elsewhere.requests()[0].headers and elsewhere.requests()[0].headers["x-kind"] == "a"
