"""Lock-outs after wrong signatures and passwords, and flow control."""

import time

import pytest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkgsl.v3 import ListTagsRequest

from clients import Plain, by_token, sdk, sign_in, sign_in_body
from simlink import start_demo

STRANGER, OWNER = "127.0.0.2", "127.0.0.1"
WRONG_MAX = 5


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A demo of its own: what is locked in it disturbs nobody."""
    server, accounts = start_demo(tmp_path_factory.mktemp("small"), "--sims", "200")
    yield server, accounts
    server.stop()


def test_wrong_signatures_lock_one_address(small):
    """The sixth wrong signature in a row locks the key for the address it came from, and for no other."""
    server, accounts = small
    right = accounts["demo"]
    wrong = type(right)(**vars(right) | {"sk": "wrong"})
    stranger = Plain(server, account=wrong, source=STRANGER)
    for _ in range(WRONG_MAX):
        assert "canonicalRequest" in stranger.get("/v1/tags").message
    assert Plain(server, account=right, source=STRANGER).get("/v1/tags").status == 200
    for _ in range(WRONG_MAX + 1):
        assert stranger.get("/v1/tags").status == 401
    locked = Plain(server, account=right, source=STRANGER).get("/v1/tags")
    assert (locked.status, locked.code) == (401, "APIGW.0301")
    assert locked.message.endswith("AK access failed to reach the limit,forbidden")
    assert Plain(server, account=right, source=OWNER).get("/v1/tags").status == 200
    assert sdk(server, right).list_tags(ListTagsRequest()).count > 0


def test_wrong_passwords_lock_one_address(small):
    """The sixth wrong password in a row locks the user for the address it came from: even the right one is refused
    there, in the same words, while the owner signs in from elsewhere."""
    server, accounts = small
    account = accounts["rival"]
    stranger = Plain(server, source=STRANGER)
    wrong = sign_in_body(account, password="wrong")
    answers = [stranger.request("POST", "/v3/auth/tokens", body=wrong) for _ in range(WRONG_MAX + 1)]
    answers.append(stranger.request("POST", "/v3/auth/tokens", body=sign_in_body(account)))
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert sign_in(server, account)


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A demo with the flow control of the cloud service: 5 requests a second, 1 for the two costly lists."""
    server, accounts = start_demo(tmp_path_factory.mktemp("limited"), "--sims", "200", "--flow-control")
    yield server, accounts
    server.stop()


def burst(plain, target, most):
    """Asks until refused: (requests that passed, seconds they took, the refusal)."""
    started = time.monotonic()
    for passed in range(most):
        answer = plain.get(target)
        if answer.status != 200:
            return passed, time.monotonic() - started, answer
        assert int(answer.headers["ratelimit-limit"]) >= 1
        assert int(answer.headers["ratelimit-remaining"]) >= 0 and int(answer.headers["ratelimit-reset"]) >= 0
    raise AssertionError(f"{most} requests passed")


@pytest.mark.parametrize(
    ("target", "per_second"),
    [("/v1/tags", 5), ("/v1/sim-cards", 1), ("/v1/sim-price-plans", 1)],
)
def test_a_burst_passes_and_then_the_rate(limited, target, per_second):
    """A second's allowance passes at once; then 429 APIGW.0308, and whoever waits Retry-After passes again."""
    server, accounts = limited
    plain = by_token(server, accounts["viewer" if per_second == 5 else "demo"])
    time.sleep(1.1)  # Whatever was asked before this test is forgotten: the bucket is full.
    passed, seconds, refused = burst(plain, target, 60)
    assert per_second <= passed <= per_second * (1 + seconds) + 1, (passed, seconds)
    assert (refused.status, refused.code) == (429, "APIGW.0308"), refused
    assert refused.message == (
        "The throttling threshold has been reached: "
        f"policy user over ratelimit,limit:{per_second},time:1 second"
    )
    assert refused.headers["ratelimit-limit"] == str(per_second)
    assert refused.headers["ratelimit-remaining"] == "0" and int(refused.headers["ratelimit-reset"]) >= 1
    time.sleep(int(refused.headers["retry-after"]))
    assert plain.get(target).status == 200


def test_users_do_not_share_an_allowance(limited):
    """One user over its limit leaves another alone; the SDK reports the refusal as 429."""
    server, accounts = limited
    greedy = sdk(server, accounts["demo"])
    with pytest.raises(ClientRequestException) as refused:
        for _ in range(60):
            greedy.list_tags(ListTagsRequest())
    assert refused.value.status_code == 429
    assert Plain(server, account=accounts["rival"]).get("/v1/tags").status == 200
