"""Another tenant's things are answered exactly as things that do not exist."""

import pytest

from clients import Plain, sign_in_body, with_query
from contract import EIGHT

MISSING_ID = "9007199254740000"
MISSING_ICCID = "89869999999999999999"


def body_of(answer, *masked):
    """Status and body with the request's id and the asked-for name masked."""
    text = answer.body.decode()
    for word in (answer.headers["x-request-id"], *masked):
        text = text.replace(word, "MASKED")
    return answer.status, text


@pytest.fixture(scope="module")
def theirs(demo):
    """Names of the rival's things."""
    card = demo.rival_plain.get("/v1/sim-cards").json()["sim_cards"][0]
    me = demo.rival_plain.get("/v3/auth/tokens", {"X-Subject-Token": demo.rival_plain.token}).json()["token"][
        "user"
    ]
    tags = demo.rival_plain.get("/v1/tags").json()["tags"]
    return {"card": card, "user": me["id"], "tag": tags[0]["id"] if tags else None}


def test_cards(demo, theirs):
    """By id and by ICCID, in path, query and body, by token and by signature: missing and foreign read the same."""
    own_id, own_iccid = str(theirs["card"]["sim_card_id"]), theirs["card"]["iccid"]
    places = [
        lambda card, _: ("GET", f"/v1/sim-cards/{card}", None),
        lambda _, iccid: ("GET", f"/v1/sim-cards/0?iccid={iccid}", None),
        lambda _, iccid: ("GET", f"/v1/sim-cards/0?iccid={iccid[:19]}", None),
        lambda _, iccid: ("GET", "/v1/sim-cards/0", {"iccid": iccid}),
        lambda card, _: ("GET", f"/v1/sim-price-plans?sim_card_id={card}", None),
        lambda _, iccid: ("GET", f"/v1/sim-price-plans?iccid={iccid}", None),
        lambda _, iccid: ("GET", "/v1/sim-price-plans?sim_card_id=0", {"iccid": iccid}),
    ]
    for plain in (demo.plain, Plain(demo.server, account=demo.demo), Plain(demo.server, account=demo.viewer)):
        for place in places:
            foreign = plain.request(*place_of(place(own_id, own_iccid)))
            missing = plain.request(*place_of(place(MISSING_ID, MISSING_ICCID)))
            assert body_of(foreign) == body_of(missing)
            assert (foreign.status, foreign.code) == (400, "GSL.00011001")
            assert demo.rival_plain.request(*place_of(place(own_id, own_iccid))).status == 200


def place_of(request):
    method, target, body = request
    return method, target, None, body


def test_lists(demo, theirs):
    """Filters that name the rival's things find as little as those that name nothing."""
    card = theirs["card"]
    foreign = [
        (
            "/v1/sim-cards",
            {"main_search_type": 1, "main_search_key": card["iccid"]},
            {"main_search_type": 1, "main_search_key": MISSING_ICCID},
        ),
        ("/v1/sim-cards", {"tag_id": theirs["tag"] or 1}, {"tag_id": MISSING_ID}),
        ("/v1/sim-cards-multiply", {"sim_card_id": card["sim_card_id"]}, {"sim_card_id": MISSING_ID}),
        ("/v1/sim-cards-multiply", {"iccid": card["iccid"]}, {"iccid": MISSING_ICCID}),
    ]
    for target, theirs_query, missing_query in foreign:
        found = demo.plain.request("GET", with_query(target, theirs_query))
        assert body_of(found) == body_of(demo.plain.request("GET", with_query(target, missing_query)))
        assert found.json()["count"] == 0


def test_nothing_of_the_rival_is_listed(demo):
    """No list of one account shows a card, tag or plan instance of the other."""
    for path in (
        "/v1/sim-cards",
        "/v1/sim-cards-multiply",
        "/v1/sim-price-plans",
        "/v1/tags",
        "/v1/attributes",
    ):
        seen = []
        for plain in (demo.plain, demo.rival_plain):
            body = plain.get(path, limit=500).json()
            rows = body if isinstance(body, list) else next(v for v in body.values() if isinstance(v, list))
            seen.append({row.get("sim_card_id") or row["id"] for row in rows})
        assert not seen[0] & seen[1], path
    assert demo.rival_plain.get("/v1/sim-cards").json()["count"] == 100
    assert {
        card["account_id"] for card in demo.rival_plain.get("/v1/sim-cards", limit=100).json()["sim_cards"]
    } == {demo.rival.domain_id}


def test_tokens_and_keys(demo, theirs):
    """The rival's token, access key and user, named by an administrator of ours, read like ones that do not exist,
    and stay as they were."""
    path = "/v3.0/OS-CREDENTIAL/credentials"
    for method in ("GET", "HEAD", "DELETE"):
        foreign = demo.plain.request(method, "/v3/auth/tokens", {"X-Subject-Token": demo.rival_plain.token})
        missing = demo.plain.request(method, "/v3/auth/tokens", {"X-Subject-Token": "no-such-token"})
        assert body_of(foreign) == body_of(missing) and foreign.status in (401, 403, 404), (method, foreign)
    changes = {"PUT": {"credential": {"status": "inactive"}}}
    for method in ("GET", "PUT", "DELETE"):
        foreign = demo.plain.request(method, f"{path}/{demo.rival.ak}", body=changes.get(method))
        missing = demo.plain.request(method, f"{path}/NOSUCHKEY00000000000", body=changes.get(method))
        assert body_of(foreign, demo.rival.ak) == body_of(missing, "NOSUCHKEY00000000000"), (
            method,
            foreign,
            missing,
        )
        assert 400 <= foreign.status < 500, (method, foreign)
    for query in ("?user_id=", None):
        answers = []
        for user in (theirs["user"], "0" * 32):
            body = {"credential": {"user_id": user, "description": "x"}}
            answer = (
                demo.plain.get(path + query + user) if query else demo.plain.request("POST", path, body=body)
            )
            answers.append(body_of(answer, user))
        assert answers[0] == answers[1] and demo.rival.ak not in answers[0][1]
    assert Plain(demo.server, account=demo.rival).get("/v1/tags").status == 200
    assert demo.rival_plain.get("/v1/tags").status == 200


def test_projects_and_domains(demo):
    """Projects and domains listed are one's own; the rival's project opens nothing."""
    projects = demo.plain.get("/v3/projects").json()["projects"]
    assert [project["id"] for project in projects] == [demo.demo.project_id]
    assert [domain["id"] for domain in demo.plain.get("/v3/auth/domains").json()["domains"]] == [
        demo.demo.domain_id
    ]
    assert demo.plain.get("/v3/projects", domain_id=demo.rival.domain_id).json()["projects"] == []
    for scope in ({"project": {"id": demo.rival.project_id}}, {"domain": {"name": "rival"}}):
        answer = Plain(demo.server).request(
            "POST", "/v3/auth/tokens", body=sign_in_body(demo.viewer, scope=scope)
        )
        assert answer.status == 401, answer


def test_access_keys_live_and_die(demo):
    """An administrator makes a key, signs with it, switches it off and on, and deletes it; its secret is shown once."""
    path = "/v3.0/OS-CREDENTIAL/credentials"
    user = demo.plain.get("/v3/auth/tokens", {"X-Subject-Token": demo.plain.token}).json()["token"]["user"][
        "id"
    ]
    made = demo.plain.request("POST", path, body={"credential": {"user_id": user, "description": "test"}})
    assert made.status == 201, made
    key = made.json()["credential"]
    account = type(demo.demo)(**vars(demo.demo) | {"ak": key["access"], "sk": key["secret"]})
    plain = Plain(demo.server, account=account)
    assert all(plain.get(target).status == 200 for target in EIGHT if "{" not in target)
    listed = demo.plain.get(path, user_id=user)
    assert key["access"] in listed.body.decode() and key["secret"] not in listed.body.decode()
    for status, expected in (("inactive", 401), ("active", 200)):
        changed = demo.plain.request(
            "PUT", f"{path}/{key['access']}", body={"credential": {"status": status}}
        )
        assert changed.status == 200, changed
        assert plain.get("/v1/tags").status == expected
    assert demo.plain.request("DELETE", f"{path}/{key['access']}").status == 204
    assert plain.get("/v1/tags").status == 401
