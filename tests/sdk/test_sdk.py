"""The official SDK, unmodified: every way of signing in, and a walk over the whole fleet."""

import pytest
import requests
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.signer.algorithm import SigningAlgorithm
from huaweicloudsdkgsl.v3 import (
    ListAttributesRequest,
    ListNetworkSwitchPoliciesRequest,
    ListProPricePlansRequest,
    ListSimCardsRequest,
    ListSimDeviceMultiplyRequest,
    ListSimPricePlansRequest,
    ListTagsRequest,
    ShowSimCardRequest,
)

from clients import sdk, sign_in, sign_in_body
from contract import check_response

LIMIT = 500


def walk_all_eight(client):
    """Calls the eight operations and returns how many things each showed."""
    cards = client.list_sim_cards(ListSimCardsRequest(limit=LIMIT))
    card = client.show_sim_card(ShowSimCardRequest(sim_card_id=cards.sim_cards[0].sim_card_id))
    assert card.iccid == cards.sim_cards[0].iccid
    return {
        "cards": cards.count,
        "multi": client.list_sim_device_multiply(ListSimDeviceMultiplyRequest()).count,
        "plans": client.list_pro_price_plans(ListProPricePlansRequest()).count,
        "card_plans": len(
            client.list_sim_price_plans(ListSimPricePlansRequest(sim_card_id=card.sim_card_id)).body
        ),
        "tags": client.list_tags(ListTagsRequest()).count,
        "attributes": client.list_attributes(ListAttributesRequest()).count,
        "policies": client.list_network_switch_policies(ListNetworkSwitchPoliciesRequest()).count,
    }


@pytest.mark.parametrize(
    "how",
    [
        {"with_project": True},
        {"with_project": False},
        {"with_project": True, "algorithm": SigningAlgorithm.HMAC_SM3},
        {"with_project": False, "algorithm": SigningAlgorithm.HMAC_SM3},
    ],
    ids=["project id", "project id asked for", "SM3", "SM3, project id asked for"],
)
def test_every_way_to_sign(demo, how):
    """The SDK calls the eight operations with an explicit project id and without one (it then asks /v3/projects
    itself), signing with SHA-256 and with SM3."""
    client = sdk(demo.server, demo.demo, **how)
    seen = walk_all_eight(client)
    assert seen["cards"] == 10_000
    assert all(count > 0 for count in seen.values()), seen
    assert seen["policies"] == 2


def test_token_by_plain_http(demo):
    """A token from POST /v3/auth/tokens opens all eight endpoints to a plain HTTP client."""
    issued = requests.post(demo.server.url + "/v3/auth/tokens", json=sign_in_body(demo.viewer), timeout=10)
    assert issued.status_code == 201
    body = issued.json()["token"]
    assert body["user"]["name"] == demo.viewer.user and body["project"]["id"] == demo.viewer.project_id
    with requests.Session() as session:
        session.headers["X-Auth-Token"] = issued.headers["X-Subject-Token"]
        card = session.get(demo.server.url + "/v1/sim-cards", timeout=10).json()["sim_cards"][0][
            "sim_card_id"
        ]
        targets = [
            "sim-cards",
            f"sim-cards/{card}",
            "sim-cards-multiply",
            "price-plans",
            "sim-price-plans",
            "tags",
        ]
        for target in [*targets, "attributes", "network-switch-policies"]:
            answer = session.get(f"{demo.server.url}/v1/{target}", timeout=10)
            assert answer.status_code == 200, (target, answer.text)
            assert len(answer.headers["X-Request-Id"]) == 32
            check_response("/v1/" + target.replace(f"/{card}", "/{sim_card_id}"), answer.json())


def test_the_whole_fleet_page_by_page(demo):
    """All 10,000 cards come page by page, newest first, none twice, and the count is exact on every page."""
    client, ids = sdk(demo.server, demo.demo), []
    for page in range(1, 10_000 // LIMIT + 2):
        answer = client.list_sim_cards(ListSimCardsRequest(limit=LIMIT, offset=page))
        assert (answer.count, answer.limit, answer.offset) == (10_000, LIMIT, page)
        ids += [card.sim_card_id for card in answer.sim_cards]
    assert len(ids) == len(set(ids)) == 10_000
    assert ids == sorted(ids, reverse=True)


def test_signed_lists(demo):
    """Lists that the SDK signs in its own order of values are accepted: [9, 10], and the account's own tags."""
    client = sdk(demo.server, demo.demo)
    assert client.list_sim_cards(ListSimCardsRequest(tag_id=[9, 10])).count == 0
    tags = [tag.id for tag in client.list_tags(ListTagsRequest()).tags]
    both = client.list_sim_cards(ListSimCardsRequest(tag_id=tags[:2])).count
    single = [client.list_sim_cards(ListSimCardsRequest(tag_id=[tag])).count for tag in tags[:2]]
    assert max(single) <= both <= sum(single) and both > 0
    plans = client.list_pro_price_plans(ListProPricePlansRequest()).price_plans
    found = client.list_sim_cards(
        ListSimCardsRequest(price_plan_id=[plan.price_plan_id for plan in plans], order_ids=[9, 10, 100])
    )
    assert found.count == 0


def test_errors_reach_the_caller(demo):
    """The SDK shows code, message and request id of an error, and the status it came with."""
    client = sdk(demo.server, demo.demo)
    with pytest.raises(ClientRequestException) as refused:
        client.show_sim_card(ShowSimCardRequest(sim_card_id=1))
    error = refused.value
    assert (error.status_code, error.error_code) == (400, "GSL.00011001")
    assert len(error.request_id) == 32 and error.error_msg


def test_tokens_take_every_scope(demo, anonymous):
    """A token may be scoped to a project by name or id, to the domain, or to nothing; each opens the API."""
    account = demo.viewer
    project = {"id": account.project_id, "name": account.project}
    domain = {"id": account.domain_id, "name": account.domain}
    scopes = [{"project": {key: value}} for key, value in project.items()]
    scopes += [{"domain": {key: value}} for key, value in domain.items()] + [{}]
    for scope in scopes:
        answer = anonymous.request("POST", "/v3/auth/tokens", body=sign_in_body(account, scope=scope))
        assert answer.status == 201, answer
        token = answer.json()["token"]
        assert ("project" in token) == ("project" in scope) and ("domain" in token) == ("domain" in scope)
        headers = {"X-Auth-Token": answer.headers["x-subject-token"]}
        assert anonymous.get("/v1/tags", headers).status == 200
    assert sign_in(demo.server, account)
