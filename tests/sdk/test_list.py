"""GET /v1/sim-cards against an independent recount of the imported file."""

import itertools
import random

import pytest
from huaweicloudsdkgsl.v3 import ListSimCardsRequest

from clients import sdk
from fleet_model import FILTERS, IN_USE, SORT_KEYS, STOPPED

TELECOM = (2, 102)
ORDERS = ["asc", "desc"]


def wire_filters(served, filters):
    """The model's filters as query parameters: the pair of the main search, and ids for the names of tags."""
    query = dict(filters)
    if "main_search" in query:
        query["main_search_type"], query["main_search_key"] = query.pop("main_search")
    if "tag_id" in query:
        query["tag_id"] = [served.tags.get(name, 1) for name in query["tag_id"]]
    return query


def expected_card(served, card):
    """All members of a card but the two ids that the server makes up."""
    return card.wire(served.acme.domain_id) | {
        "tag_names": served.tag_names(card),
        "cut_net_flag": False,
        "exceed_cut_net_flag": False,
        "exceed_cut_net_quota": None,
        "imei_bind_remain_times": 2 if card.carrier in TELECOM else None,
        "speed_value": None,
    }


def check_list(served, filters, key=None, order=None, limit=500):
    """The first page, one in the middle, the last and one beyond the end: order, count and members."""
    expected = served.model.select(filters, key, order or "asc")
    query = wire_filters(served, filters) | {"limit": limit}
    query |= {name: value for name, value in (("sort", key), ("order", order)) if value}
    last = max(1, -(-len(expected) // limit))
    for page in sorted({1, (last + 1) // 2, last, last + 1}):
        answer = served.plain.get("/v1/sim-cards", offset=page, **query)
        assert answer.status == 200, (query, answer)
        body, wanted = answer.json(), expected[(page - 1) * limit : page * limit]
        assert body["count"] == len(expected), (query, body["count"], len(expected))
        assert [card["iccid"] for card in body["sim_cards"]] == [card.iccid for card in wanted], (query, page)
        if page == 1:
            for shown, card in zip(body["sim_cards"][:10], wanted):
                shown = dict(shown)
                assert type(shown.pop("sim_card_id")) is int
                assert (shown.pop("sim_price_plan_id") is None) == (card.plan is None)
                assert shown == expected_card(served, card)
    return len(expected)


def values_of(card):
    """What each filter would be asked for, so that it finds this card."""
    values = {
        "main_search": (1, card.cid),
        "sim_status": card.sim_status,
        "device_status": card.device_status,
        "sim_type": card.sim_type,
        "tag_id": card.tags[:2] or None,
        "msisdn": card.msisdn,
        "real_named": card.real_named,
        "order_id": card.order_id,
        "order_ids": [card.order_id, 1, card.order_id + 1] if card.order_id else None,
        "filter_downtime_period": not (card.sim_status == STOPPED and card.operator_status == 5),
        "price_plan_id": [card.plan["price_plan_id"], "plan-3-1-30"] if card.plan else None,
        "pool_flag": card.pool_flag,
    }
    for name in ("used", "left"):
        amount = getattr(card, f"flow_{name}")
        if amount is not None and amount >= 0:
            values |= {f"min_{name}_flow": amount // 2**20, f"max_{name}_flow": -(-amount // 2**20)}
    values |= {f"customer_attribute{slot}": value for slot, value in enumerate(card.attributes, 1)}
    return {name: value for name, value in values.items() if value is not None}


def first(model, condition):
    return next(card for card in model.cards if condition(card))


def single_filters(model):
    """Each filter at several values: common ones, rare ones, and some that nothing carries."""
    esim = first(model, lambda card: card.sim_type == 2 and card.imei)
    multi = first(model, lambda card: card.version and len(card.iccids()) > 1)
    long = first(model, lambda card: len(card.iccid) == 20)
    short = first(model, lambda card: len(card.iccid) == 19)
    network = next(iter(multi.iccids() - {multi.iccid}))
    imeis = [card.imei for card in model.cards if card.imei]
    twice = next(imei for imei in imeis if imeis.count(imei) > 1)
    busy = first(model, lambda card: card.order_id)
    numbers = [
        esim.cid,
        esim.iccid,
        long.iccid,
        long.iccid[:19],
        short.iccid,
        short.iccid + "0",
        network,
        "nothing",
    ]
    yield from ({"main_search": (1, number)} for number in numbers)
    yield from ({"main_search": (2, key)} for key in (str(busy.order_id), "999999"))
    yield from ({"main_search": (3, key)} for key in (esim.imei, twice, esim.imei[:14], long.iccid))
    yield {"main_search": (7, esim.iccid)}
    plain = {
        "sim_status": [10, 11, 13, 14, 20, 30, 0, 12, 99],
        "device_status": [1, 2, 3, 4, 0, 5],
        "sim_type": [1, 2, 3, 0, 4, 99],
        "tag_id": [["北京"], ["vip", "POS"], ["A", "no such tag"], ["no such tag"]],
        "msisdn": [busy.msisdn or "1064000000001", "1064000000005", "106"],
        "min_used_flow": [0, 1, 12, 500, 5000, 2_147_483_647],
        "max_used_flow": [0, 1, 12, 500, 2_147_483_647],
        "min_left_flow": [0, 1, 30, 2048, 2_147_483_647],
        "max_left_flow": [0, 1, 30, 2_147_483_647],
        "real_named": [True, False],
        "order_id": [busy.order_id, busy.order_id + 5, 0, 9_223_372_036_854_774_784],
        "order_ids": [[busy.order_id, busy.order_id + 7, 9, 10], [1]],
        "filter_downtime_period": [True, False],
        "price_plan_id": [["plan-3-2-100"], ["plan-3-1-30", "plan-2-101-500", "none"], ["none"]],
        "pool_flag": [0, 1, 2, 11, 12, 3, -1],
        "customer_attribute1": ["车间一", "Depot A", "depot a", "车间"],
        "customer_attribute2": ["SN-000100", "SN-"],
        "customer_attribute3": ["x,y", 'say "hi"', "50%"],
        "customer_attribute4": ["anything"],
        "customer_attribute5": ["anything"],
        "customer_attribute6": ["red", "Red", "RED"],
    }
    for name, values in plain.items():
        yield from ({name: value} for value in values)


def test_the_model_is_worth_comparing_with(served):
    """The imported fleet has every type, carrier, state, flag, kind of network and overrun, so that no comparison
    below is an empty one."""
    cards = served.model.cards
    assert len(cards) == 10_000
    assert {card.sim_type for card in cards} == {1, 2, 3}
    assert {card.carrier for card in cards} == {1, 2, 3, 4, 101, 201, 501}
    assert {card.sim_status for card in cards} == {10, 11, 13, 14, 20, 30}
    assert {card.operator_status for card in cards} == {-1, 1, 2, 3, 4, 5, 6, 7}
    assert {card.pool_flag for card in cards} == {0, 1, 2, 11, 12}
    assert {card.version for card in cards} == {None, 1, 2}
    assert {card.device_status for card in cards} == {None, 1, 2, 3, 4}
    assert any(card.flow_left is not None and card.flow_left < 0 for card in cards)
    assert any(card.sim_status == IN_USE and card.plan is None for card in cards)


def test_every_card_with_all_its_members(installed):
    """All cards of the default list, newest (last line) first, equal their lines in every member; ids are unique."""
    ids, expected = [], installed.model.select({})
    for page in range(20):
        shown = installed.plain.get("/v1/sim-cards", limit=500, offset=page + 1).json()["sim_cards"]
        for body, card in zip(shown, expected[page * 500 : (page + 1) * 500], strict=True):
            ids.append(body.pop("sim_card_id"))
            assert (body.pop("sim_price_plan_id") is None) == (card.plan is None)
            assert body == expected_card(installed, card)
    assert len(set(ids)) == 10_000 and ids == sorted(ids, reverse=True)


def test_every_filter_alone(served):
    """Each filter at several values, with the default order and with a changing sort, on pages of changing size."""
    sorts, found = itertools.cycle(itertools.product(SORT_KEYS, ORDERS)), []
    for filters in single_filters(served.model):
        check_list(served, filters)
        found.append(
            check_list(served, filters, *next(sorts), limit=random.Random(len(found)).choice([10, 37, 500]))
        )
    assert sum(count > 0 for count in found) > 60 and sum(count == 0 for count in found) > 20


@pytest.mark.parametrize("order", [None, *ORDERS])
@pytest.mark.parametrize("key", SORT_KEYS)
def test_every_sort(served, key, order):
    """Each sort key in each direction, with and without filters: nulls last, ties by age, deep pages, exact counts."""
    assert check_list(served, {}, key, order) == 10_000
    assert check_list(served, {}, key, order, limit=10) == 10_000
    for filters in (
        {"sim_status": 20},
        {"sim_type": 1, "min_used_flow": 3},
        {"tag_id": ["vip"]},
        {"real_named": False},
    ):
        assert check_list(served, filters, key, order, limit=100) > 50


def test_every_pair_of_filters(served):
    """Each pair of filters together, at values that some card carries, with a changing sort. Nothing is found only
    where nothing can be: the fifth attribute is empty everywhere."""
    dice, empty, pairs = random.Random(11), set(), list(itertools.combinations(FILTERS, 2))
    carried = [values_of(card) for card in dice.sample(served.model.cards, 4000)]
    sorts = itertools.cycle([(None, None), *itertools.product(SORT_KEYS, ORDERS)])
    for pair in pairs:
        wanted = set(pair) - {"customer_attribute5"}
        values = dice.choice([values for values in carried if wanted <= set(values)])
        filters = {name: values.get(name, "nobody's") for name in pair}
        if check_list(served, filters, *next(sorts), limit=dice.choice([10, 100, 500])) == 0:
            empty.add(pair)
    assert empty == {pair for pair in pairs if "customer_attribute5" in pair}


def test_many_filters_together(served):
    """Everything that a card carries asked for at once finds that card; a range turned round finds nothing."""
    dice = random.Random(5)
    for card in dice.sample(served.model.cards, 40):
        filters = values_of(card)
        for name in dice.sample(list(filters), k=len(filters) // 3):
            del filters[name]
        assert check_list(served, filters, dice.choice(SORT_KEYS), dice.choice(ORDERS), limit=10) >= 1
    assert check_list(served, {"min_used_flow": 20, "max_used_flow": 10}) == 0


def test_filters_through_the_sdk(served):
    """The SDK's own requests count the same as the model, for each of its filters."""
    client, tried = sdk(served.server, served.acme), set()
    for filters in single_filters(served.model):
        if "pool_flag" in filters:  # The SDK does not know it.
            continue
        tried |= set(filters)
        answer = client.list_sim_cards(ListSimCardsRequest(**wire_filters(served, filters)))
        expected = served.model.select(filters)
        assert answer.count == len(expected), filters
        assert [card.iccid for card in answer.sim_cards] == [card.iccid for card in expected[:10]], filters
    assert tried == set(FILTERS) - {"pool_flag"}


def test_far_pages(served):
    """Pages beyond the end are empty with the exact count, up to the last page number there is."""
    for page in (1_001, 50_000, 1_000_000):
        body = served.plain.get("/v1/sim-cards", offset=page, sort="flow_used").json()
        assert (body["count"], body["offset"], body["sim_cards"]) == (10_000, page, [])


def test_lists_in_both_forms(served):
    """A list parameter may repeat its key or be separated by commas."""
    ids = [served.tags["vip"], served.tags["POS"]]
    repeated = served.plain.get("/v1/sim-cards", tag_id=ids).json()
    assert repeated == served.plain.get("/v1/sim-cards", tag_id=",".join(map(str, ids))).json()
    assert repeated["count"] == len(served.model.select({"tag_id": ["vip", "POS"]}))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"main_search_key": "8986"}, "main_search_type"),
        ({"sort": "name"}, "sort"),
        ({"sort": "flow_used,cid"}, "sort"),
        ({"sort": "cid", "order": "down"}, "order"),
        ({"order": "up"}, "order"),
    ],
)
def test_queries_that_mean_nothing(served, query, field):
    """A key without its type, and unknown words for sort and order, are errors rather than another list."""
    answer = served.plain.get("/v1/sim-cards", **query)
    assert (answer.status, answer.code) == (400, "GSL.00010004"), answer
    assert answer.message.startswith(field + ":"), answer


def test_empty_filters_filter_nothing(served):
    """An empty text, an empty list and a direction without a sort leave the default list."""
    default = served.plain.get("/v1/sim-cards").json()
    for query in (
        "msisdn=",
        "main_search_key=",
        "tag_id=",
        "price_plan_id=",
        "customer_attribute1=",
        "order=desc",
    ):
        assert served.plain.get(f"/v1/sim-cards?{query}").json() == default, query
