"""Work orders by the official SDK against a demo: every operation on every kind of card, and how orders end."""

from collections import defaultdict

import pytest
from huaweicloudsdkgsl.v3 import WorkOrderDetailVo, WorkOrderVo

from clients import by_token, sdk
from operations import OPERATIONS, Card, call, expected, outcome
from simlink import start_demo

CARDS = 2_500
# So many cards of a kind: an operation of a kind may be tried on a card once.
CARDS_OF_A_KIND_MAX = 2


class Sandbox:
    """A demo of these tests' own, with its tenant's SDK client and the operator's hands."""

    def __init__(self, directory, database=None):
        self.server, accounts = start_demo(directory, "--sims", str(CARDS), database=database)
        self.client = sdk(self.server, accounts["demo"])
        self.plain = by_token(self.server, accounts["demo"])
        self.operator = by_token(self.server, accounts["operator"])
        self.all_knobs(latency_ms=0, latency_jitter_ms=0)

    def settle(self):
        answer = self.operator.request("POST", "/ops/v1/sandbox/settle", body={})
        assert answer.status == 200, answer

    def advance(self, seconds):
        answer = self.operator.request("POST", "/ops/v1/sandbox/clock", body={"advance_seconds": seconds})
        assert answer.status == 200, answer

    def knobs(self, carrier, **knobs):
        answer = self.operator.request("PUT", f"/ops/v1/sandbox/carriers/{carrier}", body=knobs)
        assert answer.status == 200, answer

    def all_knobs(self, **knobs):
        for carrier in ("china-mobile", "china-telecom", "china-unicom", "overseas"):
            self.knobs(carrier, **knobs)

    def cards(self):
        """Every card of the tenant, as the rules look at it."""
        multis, cards = {}, []
        for page in self.pages("ListSimDeviceMultiply"):
            multis |= {card.sim_card_id: card for card in page.sim_cards}
        # The SDK has no such filter.
        lists = [self.plain.get("/v1/sim-cards", limit=500, pool_flag=flag).json() for flag in (1, 2, 11, 12)]
        assert all(len(page["sim_cards"]) == page["count"] for page in lists)
        pooled = {card["sim_card_id"] for page in lists for card in page["sim_cards"]}
        plans = [plan for page in self.pages("ListProPricePlans") for plan in page.price_plans]
        # A card shows neither its carrier nor its pool; its plan and a filter do.
        for plan in plans:
            for page in self.pages("ListSimCards", price_plan_id=[plan.price_plan_id]):
                cards += [
                    Card(card, plan.carrier_type, card.sim_card_id in pooled, multis.get(card.sim_card_id))
                    for card in page.sim_cards
                ]
        return cards

    def pages(self, name, **filters):
        number = 0
        while True:
            number += 1
            page = call(self.client, name, limit=500, offset=number, **filters)
            yield page
            if number * 500 >= page.count:
                return

    def order(self, order_id):
        found = call(self.client, "ListWorkOrders", main_search_key=str(order_id)).work_orders
        assert len(found) == 1 and isinstance(found[0], WorkOrderVo)
        return found[0]

    def card(self, card_id):
        return call(self.client, "ShowSimCard", sim_card_id=card_id)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sandbox(request, tmp_path_factory):
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")("orders")
    sandbox = Sandbox(tmp_path_factory.mktemp(f"orders-{request.param}"), database)
    yield sandbox
    sandbox.server.stop()


def counts(order):
    return order.total_count, order.success_count, order.fail_count, order.process_count


def test_every_operation_on_every_kind_of_card(sandbox):
    """The 11 operations on cards: each on every kind of card (carrier, type, state, pool, registration, cause of a
    stop) that the demo has comes to what the rules say; what is accepted ends, well unless the card is disassembled;
    and the two lists show it."""
    kinds = defaultdict(list)
    for card in sandbox.cards():
        if len(kinds[card.kind]) < CARDS_OF_A_KIND_MAX:
            kinds[card.kind].append(card)
    cards = [card for some in kinds.values() for card in some]
    assert {card.carrier for card in cards} >= {1, 2, 3, 4, 101}
    assert {card.status for card in cards} == {10, 11, 13, 14, 20, 30}
    accepted, seen = {}, set()
    # The carriers take every order and carry none out yet: no card changes while the others are tried.
    sandbox.all_knobs(accept_rate=1.0, push_delay_ms=10 * 60 * 1000)
    for card in cards:
        for name, body in OPERATIONS:
            how = {} if body is None else {"body": body}
            got = outcome(sandbox.client, name, sim_card_id=card.id, **how)
            wanted = expected(name, body, card)
            where = f"{name} {body} on {vars(card)}"
            if wanted is None and name == "ShowRealNamed":
                assert (got.iccid, got.real_named) == (card.iccid, card.real_named), where
            elif wanted is None:
                # Of the two of a kind on one card the second finds the first still open.
                repeated = got == (403, "GSL.00016016")
                assert repeated or isinstance(got.work_order_id, int), f"{where}: {got}"
                if not repeated:
                    accepted[got.work_order_id] = (name, card)
            else:
                assert got == wanted, f"{where}: {got}"
            seen.add((name, wanted))
    sandbox.all_knobs(accept_rate=0.0)
    sandbox.advance(11 * 60)
    assert len(accepted) > 100
    assert {name for name, wanted in seen if wanted is None} == {name for name, _ in OPERATIONS}
    sandbox.settle()
    ended = {}
    for page in sandbox.pages("ListWorkOrders"):
        ended |= {order.id: order for order in page.work_orders}
    assert ended.keys() >= accepted.keys()
    for order_id, (name, card) in accepted.items():
        order = ended[order_id]
        good = card.status != 30
        assert order.status == (4 if good else 6), f"{name} on {vars(card)}: {order}"
        assert counts(order) == ((1, 1, 0, 0) if good else (1, 0, 1, 0))
        assert order.create_time and order.finish_time and bool(order.fail_reason) == (not good)
        assert (order.work_order_source, order.work_order_source_desc) == (8, "用户操作生成(api)")
        assert order.req_detail.startswith("容器ID:")


def test_a_stop_and_a_resumption(sandbox):
    """A stop: 20 → 14/5, its order 4 with counts 1/1/0/0 and both times; a resumption likewise, on the sandbox clock; a
    second stop with an open order, within five minutes, and after 30 minutes without an answer."""
    client = sandbox.client
    card = next(c for c in sandbox.cards() if c.carrier == 1 and c.status == 20 and c.multi is None)
    stop = {"name": "StopSimCard", "sim_card_id": card.id, "body": {"down_up_switch": 1}}
    reset = {"name": "ResetSimCard", "sim_card_id": card.id, "body": {"down_up_switch": 2}}
    sandbox.advance(600)
    # Slow enough for the second request to find the first order open.
    sandbox.knobs("china-mobile", latency_ms=3_000)
    first = call(client, **stop).work_order_id
    assert outcome(client, **stop) == (403, "GSL.00016010")
    sandbox.settle()
    sandbox.knobs("china-mobile", latency_ms=0)
    shown = sandbox.card(card.id)
    assert (shown.sim_status, shown.operator_status) == (14, 5)
    order = sandbox.order(first)
    assert (order.status, counts(order)) == (4, (1, 1, 0, 0))
    details = call(client, "ListWorkOrderDetails", work_order_id=first)
    (detail,) = details.work_order_details
    assert isinstance(detail, WorkOrderDetailVo)
    assert (detail.status, detail.sim_card_id, detail.description) == (1, card.id, None)
    assert detail.create_time and detail.finish_time

    second = call(client, **reset).work_order_id
    sandbox.settle()
    shown = sandbox.card(card.id)
    assert (shown.sim_status, shown.operator_status) == (20, -1)
    assert sandbox.order(second).status == 4
    assert outcome(client, **stop) == (403, "GSL.00016016")

    sandbox.advance(300)
    sandbox.knobs("china-mobile", accept_rate=1.0, silence_rate=1.0, push_delay_ms=2 * 60 * 60 * 1000)
    third = call(client, **stop).work_order_id
    sandbox.settle()
    assert sandbox.order(third).status == 3
    sandbox.advance(30 * 60 - 20)
    assert outcome(client, **stop) == (403, "GSL.00016010")
    sandbox.advance(20)
    sandbox.knobs("china-mobile", accept_rate=0.0, silence_rate=0.0)
    fourth = call(client, **stop).work_order_id
    sandbox.settle()
    assert (sandbox.order(third).status, counts(sandbox.order(third))) == (6, (1, 0, 1, 0))
    assert (sandbox.order(fourth).status, counts(sandbox.order(fourth))) == (4, (1, 1, 0, 0))
    assert sandbox.card(card.id).sim_status == 14
