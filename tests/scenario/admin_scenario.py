"""The admin listener: warm jobs, artifacts, pins, stats, health, and who may ask."""
import json

from harness import MiB, Made, spark_runtime

BODY, OTHER = Made(2 * MiB, seed=21), Made(3 * MiB, seed=22)
STATS = {"quota_bytes", "used_bytes", "reserved_bytes", "logical_bytes", "artifacts", "pinned", "hits", "misses",
         "follows", "fills", "fill_failures", "evictions", "upstream_bytes", "served_bytes"}


def start(t, **sections):
    origin = t.origin()
    origin.add("/jre.tar.gz", BODY)
    origin.add("/spark.tgz", OTHER)
    return origin, t.daemon(origin, **sections)


def runtime(origin):
    return spark_runtime((origin.url("/jre.tar.gz"), "jre.tar.gz", BODY.sha256),
                         (origin.url("/spark.tgz"), "spark.tgz", OTHER.sha256))


def test_a_spark_runtime_txt_is_warmed_and_pinned(t):
    origin, daemon = start(t)

    job = daemon.wait_job(daemon.warm(runtime(origin)))

    assert job["state"] == "ready" and [i["state"] for i in job["items"]] == ["ready"] * 2, job
    assert [(i["sha256"], i["size"], i["received"]) for i in job["items"]] == [
        (BODY.sha256, BODY.size, BODY.size), (OTHER.sha256, OTHER.size, OTHER.size)]
    assert {a["sha256"]: a["pinned"] for a in daemon.artifacts()} == {BODY.sha256: True, OTHER.sha256: True}
    assert all("findings" in item and item["error"] in ("", None) for item in job["items"])


def test_items_and_texts_as_json(t):
    origin, daemon = start(t)
    body = json.dumps({"items": [{"url": origin.url("/jre.tar.gz"), "pin": False}],
                       "spark_runtime": [spark_runtime(spark=(origin.url("/spark.tgz"), "s.tgz", OTHER.sha256),
                                                       jdk=(origin.url("/jre.tar.gz"), "j", BODY.sha256))]})

    status, text = daemon.call("POST", "/v1/warm", body)
    answer = json.loads(text)
    job = daemon.wait_job(answer["job"])

    assert status == 202 and isinstance(answer["job"], str) and answer["href"].endswith(answer["job"])
    assert job["state"] == "ready" and len(job["items"]) == 3, job


def test_after_a_warm_stagings_need_no_origin(t):
    origin, daemon = start(t)
    daemon.wait_job(daemon.warm(runtime(origin)))
    asked = len(origin.requests())
    origin.close()

    result = t.curl(daemon.mirror(origin, "/spark.tgz"))

    assert result.sha256 == OTHER.sha256 and result.headers["x-stagecache"] == "hit", result
    assert len(origin.requests()) == asked


def test_a_job_tells_which_item_failed_and_why(t):
    origin, daemon = start(t)

    job = daemon.wait_job(daemon.warm([{"url": origin.url("/jre.tar.gz")}, {"url": origin.url("/nothing.tgz")},
                                       {"url": "http://unlisted.example/x.tgz"}, {"url": "no url at all"}]))

    assert job["state"] == "failed" and [i["state"] for i in job["items"]] == ["ready"] + ["failed"] * 3, job
    assert "404" in job["items"][1]["error"] or "not found" in job["items"][1]["error"].lower(), job
    assert "unlisted.example" in job["items"][2]["error"], job
    assert job["id"] in [j["id"] for j in daemon.get("/v1/jobs")["jobs"]]


def test_artifacts_are_listed_shown_and_found(t):
    origin, daemon = start(t)
    daemon.wait_job(daemon.warm(runtime(origin)))

    one = daemon.get(f"/v1/artifacts/{OTHER.sha256}")
    found = daemon.get("/v1/artifacts?q=spark")["artifacts"]

    assert one["size"] == OTHER.size and one["forms"] == ["raw"] and one["stored_bytes"] >= OTHER.size, one
    assert "/spark.tgz" in json.dumps(one["sources"]) and "archive" in one
    assert [a["sha256"] for a in found] == [OTHER.sha256]
    assert daemon.call("GET", f"/v1/artifacts/{'0' * 64}")[0] == 404


def test_what_is_pinned_is_not_deleted(t):
    origin, daemon = start(t)
    daemon.wait_job(daemon.warm(runtime(origin)))
    path = f"/v1/artifacts/{BODY.sha256}"

    status, text = daemon.call("DELETE", path)
    assert status == 409 and json.loads(text)["error"]["message"], text
    assert daemon.call("DELETE", path + "/pin")[0] in (200, 204)
    assert not daemon.get(path)["pinned"]
    assert daemon.call("PUT", path + "/pin")[0] in (200, 204)
    assert daemon.call("DELETE", path)[0] == 409
    daemon.call("DELETE", path + "/pin")
    assert daemon.call("DELETE", path)[0] in (200, 204)
    assert daemon.call("GET", path)[0] == 404 and not daemon.holds(BODY.sha256)


def test_stats_count_what_happens(t):
    origin, daemon = start(t)
    before = daemon.stats()
    assert STATS <= set(before), STATS - set(before)

    t.curl(daemon.mirror(origin, "/jre.tar.gz"))
    daemon.wait_stored(BODY.sha256)
    t.curl(daemon.by_sha(BODY.sha256))
    after = daemon.stats()

    assert (after["misses"], after["hits"], after["fills"], after["artifacts"]) == (1, 1, 1, 1), after
    assert after["upstream_bytes"] == BODY.size and after["served_bytes"] == 2 * BODY.size
    assert after["logical_bytes"] == BODY.size and after["used_bytes"] >= before["used_bytes"] + BODY.size
    assert after["reserved_bytes"] == 0


def test_health(t):
    _, daemon = start(t)

    assert [daemon.call("GET", path)[0] for path in ("/healthz", "/readyz")] == [200, 200]


def test_errors_are_json(t):
    _, daemon = start(t)

    for method, path, body, status in (("GET", "/v1/jobs/nothing", None, 404), ("POST", "/v1/warm", "{", 400),
                                       ("POST", "/v1/warm", '{"items":[]}', 400), ("PUT", "/v1/warm", "", 405),
                                       ("GET", "/v1/artifacts/xyz", None, 400), ("GET", "/v1/nothing", None, 404)):
        got, text = daemon.call(method, path, body)
        assert got == status, (method, path, got, text)
        assert json.loads(text)["error"]["code"] and json.loads(text)["error"]["message"], text


def test_off_loopback_a_token_is_demanded_at_start(t):
    daemon = t.daemon(start=False, listen={"admin": ["0.0.0.0:0"]})

    done = t.stagecache("serve", "--config", daemon.config)

    assert done.returncode not in (0, -6, -11), done
    assert "token_file" in done.stderr and "0.0.0.0" in done.stderr, done.stderr


def test_with_a_token_every_admin_request_must_carry_it(t):
    token = t.folder / "token"
    token.write_text("secret-of-the-operator\n")
    origin, daemon = start(t, admin={"token_file": str(token)})
    routes = [("GET", "/v1/stats"), ("GET", "/v1/artifacts"), ("POST", "/v1/warm"), ("GET", "/v1/jobs")]

    for method, path in routes:
        assert daemon.call(method, path, "{}" if method == "POST" else None)[0] == 401, path
    assert daemon.call("GET", "/v1/stats", headers={"Authorization": "Bearer wrong"})[0] == 401
    daemon.token = "secret-of-the-operator"
    assert daemon.wait_job(daemon.warm(runtime(origin)))["state"] == "ready"
    assert daemon.cli("ls", "--token-file", str(token)).returncode == 0
    assert daemon.cli("ls").returncode != 0
