"""A broken transfer is resumed by Range where it broke, unseen by the clients."""
from harness import MiB, Answer, Made, limits, scaled

BODY = Made(scaled(24 * MiB), seed=4)
HALF = BODY.size // 2


def test_cut_once_on_a_mirror_url(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(BODY, cut_after=HALF), Answer(BODY))
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.code == 0 and result.sha256 == BODY.sha256
    assert [r.range for r in origin.resumes()] == [f"bytes={HALF}-"]
    assert origin.resumes()[0].headers["if-range"]
    assert len(origin.gets()) == 1 and origin.sent() == BODY.size


def test_cut_once_on_a_sha256_url(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(BODY, cut_after=HALF, reset=True), Answer(BODY))
    daemon = t.daemon(origin)

    result = t.curl(daemon.sha_mirror(BODY.sha256, origin, "/x.tgz"))

    assert result.code == 0 and result.sha256 == BODY.sha256
    assert len(origin.resumes()) == 1 and len(origin.gets()) == 1


@limits(180)
def test_an_origin_that_cuts_every_time_but_moves_on(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(BODY, cut_after=BODY.size // 4 + 1))
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.sha256 == BODY.sha256 and len(origin.resumes()) == 3


@limits(180)
def test_without_ranges_a_declared_artifact_is_read_again_from_the_start(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(BODY, cut_after=HALF, ranges=False), Answer(BODY, ranges=False))
    daemon = t.daemon(origin)

    result = t.curl(daemon.sha_mirror(BODY.sha256, origin, "/x.tgz"))

    assert result.sha256 == BODY.sha256, result


def test_a_resume_resolves_a_redirect_again(t):
    origin = t.origin()
    origin.add("/x.tgz", Answer(status=302, headers={"Location": "/signed-1"}),
               Answer(status=302, headers={"Location": "/signed-2"}))
    origin.add("/signed-1", Answer(BODY, cut_after=HALF), Answer(status=403))
    origin.add("/signed-2", BODY)
    daemon = t.daemon(origin)

    result = t.curl(daemon.mirror(origin, "/x.tgz"))

    assert result.status == 200 and result.sha256 == BODY.sha256
    assert origin.resumes("/signed-2")[0].range == f"bytes={HALF}-"
