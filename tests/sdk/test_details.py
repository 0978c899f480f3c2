"""The other seven lists and details: members, types, and what the imported files say."""

import pytest

from contract import EIGHT, check_response, endpoint
from test_list import expected_card

POLICY_OF_VERSION = {1: "默认策略", 2: "默认策略无SDK版"}


def pages(plain, target, **query):
    """Every page of a list, as one list of its elements and the count."""
    elements, page = [], 0
    while True:
        page += 1
        body = plain.get(target, limit=500, offset=page, **query).json()
        shown, count = (
            (body, None)
            if isinstance(body, list)
            else (next(v for v in body.values() if isinstance(v, list)), body["count"])
        )
        elements += shown
        if len(shown) < 500:
            return elements, count


@pytest.mark.parametrize("path", [path for path in EIGHT if "{" not in path])
def test_members_and_types(installed, demo, path):
    """Every object of every list has exactly the contract's members, each of its type; absent ones are null."""
    for plain in (installed.plain, demo.plain):
        answer = plain.get(path, limit=500)
        assert answer.status == 200, answer
        assert answer.headers["content-type"].lower().startswith("application/json")
        body = answer.json()
        check_response(path, body)
        assert body if isinstance(body, list) else body["count"] > 0


def test_detail_in_every_way(installed):
    """A card is found by id, by ICCID in the query or in a JSON body, in 19 or 20 digits, with the same 38 members."""
    path = "/v1/sim-cards/{sim_card_id}"
    assert len(endpoint(path)["responses"]["200"]) == 38
    for card in installed.model.cards[::1999]:
        target = "/v1/sim-cards/0"
        by_iccid = installed.plain.get(target, iccid=card.iccid)
        body = by_iccid.json()
        check_response(path, body)
        other_form = card.iccid[:19] if len(card.iccid) == 20 else card.iccid + "7"
        for answer in (
            installed.plain.get(f"/v1/sim-cards/{body['sim_card_id']}"),
            installed.plain.get(f"/v1/sim-cards/{body['sim_card_id']}", iccid="8986000000000000000"),
            installed.plain.get(target, iccid=other_form),
            installed.plain.get(target, body={"iccid": card.iccid}),
            installed.plain.get(target, body={"iccid": other_form, "unknown": [1]}),
        ):
            assert (answer.status, answer.body) == (200, by_iccid.body)
        if card.iccid.isdigit():
            assert (
                installed.plain.get(target, body=b'{"iccid": %s}' % card.iccid[:19].encode()).body
                == by_iccid.body
            )
        body.pop("sim_card_id"), body.pop("sim_price_plan_id")
        assert body == expected_card(installed, card)


def test_detail_of_nothing(installed):
    """An id and an ICCID that no card has, in Chinese and in English; and 0 without an ICCID."""
    for target in ("/v1/sim-cards/1", "/v1/sim-cards/0?iccid=8986999999999999999"):
        for language, text in (("zh-cn", "sim卡不存在"), ("en-us", "The SIM card does not exist")):
            answer = installed.plain.get(target, headers={"X-Language": language})
            assert (answer.status, answer.code) == (400, "GSL.00011001")
            assert answer.message.startswith(text), answer
    answer = installed.plain.get("/v1/sim-cards/0")
    assert (answer.status, answer.code) == (400, "GSL.00010004")


def test_three_network_cards(installed):
    """The list of three-network cards equals the file, under each of its filters, newest first."""
    cards = [card for card in reversed(installed.model.cards) if card.version]
    assert len(cards) > 20

    def check(wanted, **query):
        shown, count = pages(installed.plain, "/v1/sim-cards-multiply", **query)
        assert count == len(wanted) and [card["cid"] for card in shown] == [card.cid for card in wanted], (
            query
        )
        return shown

    for shown, card in zip(check(cards), cards):
        policy = shown["network_switch_policy_id"], shown["policy_name"]
        assert policy == (card.version, POLICY_OF_VERSION[card.version])
        assert (shown["version"], shown["order_id"]) == (card.version, card.order_id)
        assert shown["online_carrier"] == int(card.line["online_carrier"])
        for network in ("iccid_mobile", "iccid_unicom", "iccid_telcom"):
            assert shown[network] == (card.line[network] or None)
    for version in (1, 2):
        check([card for card in cards if card.version == version], version=version)
    for carrier in (1, 2, 3):
        check([card for card in cards if card.line["online_carrier"] == str(carrier)], online_carrier=carrier)
    one = cards[3]
    same_order = [card for card in cards if card.order_id == one.order_id] if one.order_id else []
    if same_order:
        check(same_order, order_id=one.order_id)
    check([one], cid=one.cid)
    for iccid in one.iccids():
        check([one], iccid=iccid)
        check([one], iccid=iccid[:19])
    sim_card_id = check([one], cid=one.cid)[0]["sim_card_id"]
    check([one], sim_card_id=sim_card_id)
    check([], sim_card_id=1)
    check([], cid=next(card.cid for card in installed.model.cards if not card.version))


def test_catalogue(installed):
    """The catalogue equals the plan file in all 16 members, under each of its filters."""
    shown, count = pages(installed.plain, "/v1/price-plans")
    plans = installed.model.plans
    assert count == len(plans) == len(shown)
    for plan in shown:
        line = plans[plan["price_plan_id"]]
        for name, value in plan.items():
            expected = line[name]
            if isinstance(value, bool):
                expected = expected == "true"
            elif isinstance(value, int):
                expected = int(expected)
            assert value == (expected if expected != "" else None), (name, plan)
    filters = {
        "flow_total": ("30", "flow_total"),
        "network_type": ("2", "network_type"),
        "location_type": ("2", "location_type"),
        "carrier_type": ("101", "carrier_type"),
        "country_type": ("4", "country_type"),
    }
    for parameter, (value, column) in filters.items():
        wanted = {name for name, line in plans.items() if line[column] == value}
        found, count = pages(installed.plain, "/v1/price-plans", **{parameter: value})
        assert {plan["price_plan_id"] for plan in found} == wanted and count == len(wanted) > 0, parameter
    for part in ("eSIM", "esim", "每月30M", "%", "_"):
        wanted = {name for name, line in plans.items() if part.lower() in line["price_plan_name"].lower()}
        found, _ = pages(installed.plain, "/v1/price-plans", main_search_key=part)
        assert {plan["price_plan_id"] for plan in found} == wanted, part


def test_plans_of_cards(installed):
    """Each card's plan by id and by ICCID; without a card all of them, newest first, as a bare array."""
    holders = [card for card in reversed(installed.model.cards) if card.plan]
    everything, _ = pages(installed.plain, "/v1/sim-price-plans")
    assert [plan["cid"] for plan in everything] == [card.cid for card in holders]
    for plan, card in zip(everything, holders):
        assert plan["price_plan_id"] == card.plan["price_plan_id"]
        assert plan["order_id"] == (str(card.order_id) if card.order_id else None)
        assert plan["account_id"] == installed.acme.domain_id
    listed = installed.plain.get("/v1/sim-cards", limit=100).json()["sim_cards"]
    for card in listed[::9]:
        mine = [plan for plan in everything if plan["sim_card_id"] == card["sim_card_id"]]
        for query in ({"sim_card_id": card["sim_card_id"]}, {"sim_card_id": 0, "iccid": card["iccid"]}):
            answer = installed.plain.get("/v1/sim-price-plans", **query).json()
            assert answer == mine
        assert [plan["id"] for plan in mine] == (
            [card["sim_price_plan_id"]] if card["sim_price_plan_id"] else []
        )
    answer = installed.plain.get("/v1/sim-price-plans", sim_card_id=0)
    assert (answer.status, answer.code) == (400, "GSL.00010004")
    answer = installed.plain.get("/v1/sim-price-plans", sim_card_id=1)
    assert (answer.status, answer.code) == (400, "GSL.00011001")


def test_tags_and_attributes(installed):
    """Tags and attributes are those that the file brought, with their filters; a part of a name is enough."""
    names = {tag for card in installed.model.cards for tag in card.tags}
    tags, count = pages(installed.plain, "/v1/tags")
    assert {tag["tag_name"] for tag in tags} == names and count == len(names)
    assert {tag["status"] for tag in tags} == {1}
    for part, status in (("test", 1), ("e", 1), ("京", None), ("", 0), ("%", None)):
        query = {"tag_name": part} | ({"status": status} if status is not None else {})
        found, _ = pages(installed.plain, "/v1/tags", **query)
        wanted = {name for name in names if part in name.lower()} if status != 0 else set()
        assert {tag["tag_name"] for tag in found} == wanted, query
    slots = {slot for card in installed.model.cards for slot, value in enumerate(card.attributes, 1) if value}
    attributes, count = pages(installed.plain, "/v1/attributes")
    numerals = "一二三四五六"
    assert {a["default_attr_name_cn"] for a in attributes} == {
        f"自定义属性{numerals[slot - 1]}" for slot in slots
    }
    assert {a["default_attr_name_en"] for a in attributes} == {f"Custom Attribute {slot}" for slot in slots}
    assert count == len(slots) and {a["status"] for a in attributes} == {1}
    found, _ = pages(installed.plain, "/v1/attributes", cust_attr_name="属性二")
    assert len(found) == 1
    assert pages(installed.plain, "/v1/attributes", status=0) == ([], 0)


def test_system_policies(installed):
    """Every account sees the two policies of the system, one of each version."""
    policies, count = pages(installed.plain, "/v1/network-switch-policies")
    assert count == 2 and {(p["version"], p["policy_name"]) for p in policies} == set(
        POLICY_OF_VERSION.items()
    )
    assert {p["type"] for p in policies} == {0} and {p["status"] for p in policies} == {1}
    for query, wanted in (
        ({"version": 1}, 1),
        ({"version": 2}, 1),
        ({"policy_name": "SDK"}, 1),
        ({"policy_name": "x"}, 0),
    ):
        assert pages(installed.plain, "/v1/network-switch-policies", **query)[1] == wanted, query
