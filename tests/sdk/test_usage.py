"""Usage through the official SDK: every figure against a recount of the files that were taken in, on both engines."""

import time
from datetime import date, timedelta

import pytest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkgsl.v3 import (
    ListBackPoolMembersRequest,
    ListBackPoolsRequest,
    ListFlowBySimCardsReq,
    ListFlowBySimCardsRequest,
    ListSimCardFlowPerDayRequest,
    ListSimCardsRequest,
    ListSimPoolMembersRequest,
    ListSimPoolsRequest,
    ShowMonthUsageReq,
    ShowMonthUsagesRequest,
    SimCardFlowPerDayReq,
)

import fleet_file
import usage_model
from clients import by_token, sdk
from contract import check_response
from fleet_model import IN_USE, STOPPED, Model, wire_megabytes
from simlink import Installation
from usage_model import brings_flow, cycle_of, cycles_shown, today, wire

CARDS = 400
FILES = 6
LINES = 2_500


class Metered:
    """An installation whose cards have usage, and the recount of it."""

    def __init__(self, directory, database=None):
        self.installation = Installation(directory, database)
        self.account = self.installation.create_account("acme")
        files = fleet_file.write_all(directory / "files", "acme", CARDS)
        for noun, file in zip(("plans", "pools", "cards"), files):
            self.installation.run("import", noun, file)
        self.model = Model(*files, "acme")
        self.usage = usage_model.Usage(self.model.cards)
        for number in range(FILES):
            lines = usage_model.draw_file(self.model.cards, number, LINES)
            file = directory / f"usage-{number}.csv"
            file.write_text(usage_model.text_of(lines))
            for _ in range(1 + number % 2):
                self.installation.run("import", "usage", file)
            self.usage.take(lines)
        self.server = self.installation.serve()
        self.client = sdk(self.server, self.account)
        shown = self.client.list_sim_cards(ListSimCardsRequest(limit=500)).sim_cards
        self.ids = {card.iccid: card.sim_card_id for card in shown}

    def members(self, pool_id):
        return [card for card in self.model.cards if card.pool_id == pool_id]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def metered(request, tmp_path_factory):
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")("usage")
    metered = Metered(tmp_path_factory.mktemp("metered"), database)
    yield metered
    metered.server.stop()


def month_usages(client, **body):
    request = ShowMonthUsagesRequest(body=ShowMonthUsageReq(**body))
    return client.show_month_usages(request).month_usages


def daily_flow(client, **body):
    request = ListSimCardFlowPerDayRequest(body=SimCardFlowPerDayReq(**body))
    return client.list_sim_card_flow_per_day(request).body


def test_usage_of_cycles(metered):
    """400 cards by id and by ICCID over six cycles: each is the sum of its days, cut where its carrier cuts."""
    cards, cycles = metered.model.cards, cycles_shown()
    names = [f"{year}-{month:02d}" for year, month in cycles]
    by_id = month_usages(
        metered.client, sim_card_ids=[metered.ids[card.iccid] for card in cards], billing_cycles=names
    )
    by_iccid = month_usages(metered.client, iccids=[card.iccid for card in cards], billing_cycles=names)
    assert [usage.to_dict() for usage in by_id] == [usage.to_dict() for usage in by_iccid]
    for card, usage in zip(cards, by_id, strict=True):
        assert (usage.iccid, usage.sim_card_id) == (card.iccid, metered.ids[card.iccid])
        shown = [(flow.billing_cycle, flow.flow_used) for flow in usage.flow_usages]
        expected = [(wire(cycle), wire_megabytes(metered.usage.of_cycle(card, cycle))) for cycle in cycles]
        assert shown == expected, card.iccid
    assert any(flow.flow_used > 0 for usage in by_id for flow in usage.flow_usages[1:])


def test_usage_of_days(metered):
    """100 cards over last month, this month and single days: one element a day, ascending, with every card."""
    cards = metered.model.cards[:100]
    ids = [metered.ids[card.iccid] for card in cards]
    now = today()
    this = [now.replace(day=1) + timedelta(days=number) for number in range(now.day - 1)]
    last = date(*usage_model.month_before(now.year, now.month), 1)
    last = [last + timedelta(days=number) for number in range((now.replace(day=1) - last).days)]

    def expected(days):
        return [
            (f"{day:%Y%m%d}", [wire_megabytes(metered.usage.of_day(card, day)) for card in cards])
            for day in days
        ]

    def shown(answer):
        assert all([flow.iccid for flow in day.sim_flow] == [card.iccid for card in cards] for day in answer)
        return [(day.date, [flow.flow for flow in day.sim_flow]) for day in answer]

    for days in (last, this):
        month = f"{days[0]:%Y%m}" if days else f"{now:%Y%m}"
        assert shown(daily_flow(metered.client, sim_card_ids=ids, month=month)) == expected(days)
    for day in (last[0], last[-1], *this[-1:]):
        iccids = [card.iccid for card in cards]
        assert shown(daily_flow(metered.client, iccids=iccids, date=f"{day:%Y%m%d}")) == expected([day])


def test_lists_follow_usage(metered):
    """What cards show as used and left, the filter by it and the order by it are those of the running cycle."""
    used = {
        card.iccid: metered.usage.running(card)
        for card in metered.model.cards
        if card.sim_status in (IN_USE, STOPPED)
    }
    shown = metered.client.list_sim_cards(ListSimCardsRequest(limit=500, sort="flow_used", order="desc"))
    with_flow = [card for card in shown.sim_cards if card.flow_used is not None]
    assert {card.iccid: card.flow_used for card in with_flow} == {
        iccid: wire_megabytes(amount) for iccid, amount in used.items()
    }
    assert [used[card.iccid] for card in with_flow] == sorted(used.values(), reverse=True)
    plans = {card.iccid: card.plan for card in metered.model.cards}
    for card in with_flow:
        if plans[card.iccid] is not None:
            total = int(plans[card.iccid]["flow_total"]) * 1024 * 1024
            assert card.flow_left == wire_megabytes(total - used[card.iccid])
    many = metered.client.list_sim_cards(ListSimCardsRequest(min_used_flow=50)).count
    assert many == sum(amount >= 50 * 1024 * 1024 for amount in used.values())


def test_flow_of_plans(metered):
    """The plans of 50 cards at a time, by ICCID and by id; three-network cards are asked for by id alone."""
    cards = [card for card in metered.model.cards if card.plan is not None and card.version is None][:50]
    requests = [
        ListFlowBySimCardsReq(iccids=[card.iccid for card in cards]),
        ListFlowBySimCardsReq(sim_card_ids=[metered.ids[card.iccid] for card in cards]),
    ]
    for body in requests:
        plans = metered.client.list_flow_by_sim_cards(ListFlowBySimCardsRequest(body=body)).body
        for card, plan in zip(cards, plans, strict=True):
            total = int(card.plan["flow_total"]) * 1024 * 1024
            used = metered.usage.running(card) if card.sim_status in (IN_USE, STOPPED) else 0
            expected = [card.iccid, card.plan["price_plan_id"], *map(wire_megabytes, (total, used, total - used))]
            assert [plan.iccid, plan.price_plan_id, plan.flow_total, plan.flow_used, plan.flow_left] == expected
    multi = next(card for card in metered.model.cards if card.version is not None)
    with pytest.raises(ClientRequestException) as refused:
        body = ListFlowBySimCardsReq(iccids=[multi.iccid])
        metered.client.list_flow_by_sim_cards(ListFlowBySimCardsRequest(body=body))
    assert (refused.value.status_code, refused.value.error_code) == (403, "GSL.00011015")


def test_pools(metered):
    """Both kinds of pools over six cycles: what the members bring, use and leave, and the members one by one."""
    client, now_ms = metered.client, int(time.time() * 1000)
    forward = client.list_sim_pools(ListSimPoolsRequest(limit=500, all_billing_cycle=True))
    back = client.list_back_pools(ListBackPoolsRequest(limit=500, all_billing_cycle=True))
    assert (forward.count, back.count) == (12, 12)
    for record in forward.pools + back.pools:
        pool = metered.model.pools[record.id]
        carrier = int(metered.model.plans[pool["price_plan_id"]]["carrier_type"])
        members = metered.members(record.id)
        cycle = tuple(map(int, record.billing_cycle.split("-")))
        used = sum(metered.usage.of_cycle(card, cycle) for card in members)
        assert record.flow_used == wire_megabytes(used), (record.id, cycle)
        if pool["kind"] == "forward":
            total = sum(
                int(card.plan["flow_total"]) * 1024 * 1024
                for card in members
                if brings_flow(card, cycle, carrier, now_ms)
            )
            assert (record.flow_total, record.flow_left) == (wire_megabytes(total), wire_megabytes(total - used))
        states = [card.sim_status for card in members]
        counts = [record.quantity, record.activated_sim_quantity, record.disassembled_sim_quantity]
        assert counts == [len(states), sum(s in (IN_USE, STOPPED) for s in states), states.count(30)]
        assert sum(counts[1:]) + record.inactive_sim_quantity == counts[0]
        newest = cycle_of(today(), carrier)
        assert cycle <= newest and record.pool_name == pool["pool_name"]
        if cycle in cycles_shown():
            if pool["kind"] == "forward":
                ask, request = client.list_sim_pool_members, ListSimPoolMembersRequest(sim_pool_id=record.id)
            else:
                ask, request = client.list_back_pool_members, ListBackPoolMembersRequest(back_pool_id=record.id)
            request.limit, request.billing_cycle = 500, record.billing_cycle
            shown = {member.cid: member.flow_used for member in ask(request).pool_members}
            assert shown == {card.cid: wire_megabytes(metered.usage.of_cycle(card, cycle)) for card in members}


def test_what_was_taken_in_adds_up(metered):
    """`simlink doctor` recounts every cycle from its days and compares cards; a repeated file does nothing."""
    assert "usage: adds up" in metered.installation.doctor().stdout
    file = metered.installation.directory / "usage-0.csv"
    assert "taken in before" in metered.installation.run("import", "usage", file).stderr
    assert "usage: adds up" in metered.installation.doctor().stdout


def test_the_demo_has_a_history(demo):
    """The demo's cards have days of last month, six cycles, and pools whose figures are those of their members."""
    client = sdk(demo.server, demo.demo)
    cards = client.list_sim_cards(ListSimCardsRequest(limit=100, sim_status=20, sort="act_date")).sim_cards
    ids = [card.sim_card_id for card in cards]
    names = [f"{year}-{month:02d}" for year, month in cycles_shown()]
    usages = month_usages(client, sim_card_ids=ids, billing_cycles=names)
    assert sum(all(flow.flow_used > 0 for flow in usage.flow_usages[1:]) for usage in usages) > 50
    last = names[1].replace("-", "")
    days = daily_flow(client, sim_card_ids=ids, month=last)
    assert all(sum(flow.flow for flow in day.sim_flow) > 0 for day in days)
    pools = client.list_sim_pools(ListSimPoolsRequest()).pools
    assert len(pools) == 3 and any(pool.flow_left < 0 for pool in pools) and any(pool.flow_left > 0 for pool in pools)
    assert all(abs(pool.flow_total - pool.flow_used - pool.flow_left) < 0.011 for pool in pools)
    plain = by_token(demo.server, demo.viewer)
    for path in ("/v1/sim-pools", "/v1/back-pools"):
        check_response(path, plain.get(path, all_billing_cycle=True).json())
