"""A year of usage through the official SDK: every figure of all eight operations against a model of its own, over cycle
boundaries of both kinds, a leap day, late files, corrections, add-on packages, plans that succeed each other and cards
that are activated in the middle of a cycle."""

import csv
import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from huaweicloudsdkgsl.v3 import (
    EnableSimCardRequest,
    ListBackPoolMembersRequest,
    ListBackPoolsRequest,
    ListFlowBySimCardsReq,
    ListFlowBySimCardsRequest,
    ListSimCardsRequest,
    ListSimPoolMembersRequest,
    ListSimPoolsRequest,
    ListSimPricePlansRequest,
)

from clients import Plain, sdk
from fleet_model import MEGABYTE, SHANGHAI, rounded, wire_megabytes, wire_moment
from simlink import Installation, start_demo
from test_usage import daily_flow, month_usages
from usage_model import month_before, text_of, wire
from year_model import Card, Plan, Pool, cycle_end, cycle_start, running_cycle

MOBILE, TELECOM, UNICOM, ESIM = 1, 2, 3, 101
ACCOUNT = "year"
CARD_COLUMNS = "account,order_id,sim_type,carrier,cid,iccid,sim_status,operator_status,price_plan_id,act_date,expire_time,pool_id"
PLAN_COLUMNS = (
    "price_plan_id,price_plan_name,flow_total,package_type,period,period_type,effect_type,silent_period_day,"
    "silent_period_unit,auto_renew,location_type,sim_type,carrier_type,price"
)
# Id, MB, 1 plan or 2 add-on package, period, its type, effect type, renews itself, sim type, carrier.
PLANS = [
    ("y-mobile", 190, 1, 3, 50, 1, "false", 3, MOBILE),
    ("y-mobile-next", 180, 1, 3, 50, 3, "false", 3, MOBILE),
    ("y-mobile-auto", 170, 1, 1, 20, 1, "true", 3, MOBILE),
    ("y-telecom", 200, 1, 3, 50, 1, "false", 3, TELECOM),
    ("y-unicom", 185, 1, 3, 50, 1, "false", 3, UNICOM),
    ("y-unicom-auto", 175, 1, 1, 20, 1, "true", 3, UNICOM),
    ("y-esim", 150, 1, 2, 20, 1, "false", 2, ESIM),
    ("y-esim-week", 30, 1, 7, 10, 1, "false", 2, ESIM),
    ("y-esim-small", 20, 1, 1, 20, 1, "false", 2, ESIM),
    ("y-esim-long", 200, 1, 3, 50, 1, "false", 2, ESIM),
    ("y-add-mobile", 50, 2, 1, 20, 2, "false", 3, MOBILE),
    ("y-add-unicom", 40, 2, 1, 20, 2, "false", 3, UNICOM),
    ("y-add-esim", 15, 2, 1, 20, 2, "false", 2, ESIM),
]
POOLS = [(8801, "year mobile", "forward", "y-mobile"), (8802, "year unicom", "forward", "y-unicom"), (8803, "year telecom", "back", "y-telecom")]
# Plan, how many cards in use, how many to be activated, pool.
FLEET = [
    ("y-mobile", 6, 3, None),
    ("y-mobile-next", 0, 3, None),
    ("y-mobile-auto", 3, 0, None),
    ("y-telecom", 4, 2, None),
    ("y-unicom", 6, 3, None),
    ("y-unicom-auto", 3, 0, None),
    ("y-esim", 5, 0, None),
    ("y-mobile", 4, 4, 8801),
    ("y-unicom", 4, 3, 8802),
    ("y-telecom", 3, 2, 8803),
]
ADD_ONS = {MOBILE: "y-add-mobile", UNICOM: "y-add-unicom", ESIM: "y-add-esim"}
# Days of each month on which something happens, and the last day of the month.
STEPS = (1, 12, 20, 27)
# Days on which all is checked; the list of cards is on every one.
CHECKS = (1, 20, 27)


def leap_year_after(day):
    """The 1st of August before the next 29th of February that is at least half a year away."""
    year = day.year
    while not (year % 4 == 0 and (year % 100 or year % 400 == 0)) or date(year - 1, 8, 1) <= day:
        year += 1
    return date(year - 1, 8, 1)


def steps(first):
    for month in range(12):
        year, number = month_before(first.year, first.month, -month)
        last = date(*month_before(year, number, -1), 1) - timedelta(days=1)
        for day in (*STEPS, last.day):
            yield date(year, number, day)


class Year:
    """A demo whose clock is moved through a year, with a tenant of these tests' own, and the model of it."""

    def __init__(self, directory, database):
        self.server, accounts = start_demo(directory, "--sims", "10", "--history-days", "0", database=database)
        self.operator = Plain(self.server, account=accounts["operator"])
        for carrier in ("china-mobile", "china-telecom", "china-unicom", "overseas"):
            knobs = {"latency_ms": 0, "latency_jitter_ms": 0}
            self.operate("PUT", f"sandbox/carriers/{carrier}", knobs)
        self.first = leap_year_after(datetime.now(SHANGHAI).date())
        self.installation = Installation(directory, database)
        self.client = sdk(self.server, self.installation.create_account(ACCOUNT))
        self.dice = random.Random(4)
        self.now = self.move(self.first, 8)
        self.packages, self.files, self.held_back = 0, 0, []
        self.make(directory)
        self.wait_for_cards()

    def operate(self, method, path, body):
        answer = self.operator.request(method, f"/ops/v1/{path}", body=body)
        assert answer.status == 200, answer
        return answer.json()

    def move(self, day, hour=9, minute=5):
        """To a time of a day, in steps that a sandbox takes; whatever is due by it is done. Timers are due at full ten
        minutes: no time is near one of these."""
        now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)
        while True:
            clock = self.operate("POST", "sandbox/clock", {"advance_seconds": 0})["now"]
            away = (now - datetime.fromisoformat(clock)).total_seconds()
            if away <= 1:
                break
            self.operate("POST", "sandbox/clock", {"advance_seconds": int(min(away, 300 * 86_400)) or 1})
        self.operate("POST", "sandbox/settle", {})
        return now

    def make(self, directory):
        """Files of plans, pools and cards, imported and read by the model."""
        lines = []
        for id, flow, package, period, period_type, effect, renews, sim_type, carrier in PLANS:
            lines.append([id, id, flow, package, period, period_type, effect, 0, 2, renews, 1, sim_type, carrier, 100])
        self.take(directory, "plans", PLAN_COLUMNS, lines)
        plans = [Plan(dict(zip(PLAN_COLUMNS.split(","), line))) for line in lines]
        self.plans = {plan.id: plan for plan in plans}
        carriers = {line[0]: line[-1] for line in PLANS}
        pool_columns = "account,pool_id,pool_name,kind,price_plan_id,effective_time"
        effective = f"{self.first:%Y-%m-%d} 00:00:00"
        lines = [[ACCOUNT, *pool, effective] for pool in POOLS]
        self.take(directory, "pools", pool_columns, lines)
        self.pools = [Pool(dict(zip(pool_columns.split(","), line)), carriers[line[4]]) for line in lines]
        lines = []
        for plan, in_use, idle, pool in FLEET:
            carrier = carriers[plan]
            for status in [20] * in_use + [13] * idle:
                number = len(lines)
                iccid = f"{'898600' if carrier != UNICOM else '898601'}77{number:011d}"
                act = f"{self.first - timedelta(days=20):%Y-%m-%d} 10:00:00" if status == 20 else ""
                end = self.first_end(self.plans[plan], carrier) if status == 20 else ""
                sim_type = 2 if carrier == ESIM else 3
                lines.append([ACCOUNT, 770 + carrier, sim_type, carrier, f"year-{number}", iccid, status, -1, plan, act, end, pool or ""])
        self.take(directory, "cards", CARD_COLUMNS, lines)
        named = [dict(zip(CARD_COLUMNS.split(","), line)) for line in lines]
        self.cards = [Card(line, self.plans[line["price_plan_id"]], self.now) for line in named]

    def first_end(self, plan, carrier):
        begins = datetime(self.first.year, self.first.month, self.first.day, tzinfo=SHANGHAI) - timedelta(days=20)
        months = {50: 36, 20: 2}[plan.period_type] if not plan.renews else 2
        cycle = month_before(*running_cycle(begins, carrier), -(months - 1))
        return f"{cycle_end(cycle, carrier) - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}"

    def take(self, directory, noun, columns, lines):
        file = directory / f"{noun}.csv"
        with file.open("w", newline="", encoding="utf-8") as text:
            writer = csv.writer(text)
            writer.writerow(columns.split(","))
            writer.writerows(lines)
        self.installation.run("import", noun, file)

    def wait_for_cards(self):
        """A running server follows what a command imports; a settle waits until it has."""
        self.operate("POST", "sandbox/settle", {})
        shown = self.client.list_sim_cards(ListSimCardsRequest(limit=500)).sim_cards
        self.ids = {card.iccid: card.sim_card_id for card in shown}
        assert len(self.ids) == len(self.cards)

    def members(self, pool):
        return [card for card in self.cards if card.pool == pool.id]

    def step(self, day):
        """A day of the year: time passes, something is bought or activated, files come in."""
        before, self.now = self.now, self.move(day)
        self.timer()
        if day.day in (12, 20):
            self.buy_packages()
        if day.day in (1, 12, 27):
            self.activate()
        if day == steps_of(self.first, 20, 2):
            self.buy_plans()
        if day == steps_of(self.first, 20, 6):
            self.renew()
        self.usage(before.date(), day)
        for minutes in (18, 31, 44):
            self.now = self.move(day, 9, minutes)
            self.timer()

    def timer(self):
        for card in self.cards:
            card.end_plans(self.now)
            card.recount(self.now)

    def activate(self):
        """The next of the cards that are not in use yet, in the middle of its cycle or at its cut."""
        idle = [card for card in self.cards if not card.active]
        for card in idle[::9][:2]:
            self.client.enable_sim_card(EnableSimCardRequest(sim_card_id=self.ids[card.iccid]))
            self.operate("POST", "sandbox/settle", {})
            card.activate(self.now)

    def order(self, **body):
        self.operate("POST", "orders", {"account": ACCOUNT} | body)

    def buy_packages(self):
        # A member of a pool buys none for itself, and neither does a card that a rule has stopped because its plan ended.
        free = [
            card
            for card in self.cards
            if card.carrier in ADD_ONS and card.active and card.pool is None and card.expires >= self.now
        ]
        for card in self.dice.sample(free, 3):
            plan = self.plans[ADD_ONS[card.carrier]]
            self.order(price_plan_id=plan.id, iccids=[card.iccid])
            card.buy(plan, self.now)
        pool = self.dice.choice([pool for pool in self.pools if pool.forward])
        plan = self.plans[ADD_ONS[pool.carrier]]
        self.order(price_plan_id=plan.id, sim_pool_id=pool.id, quantity=2)
        cycle = running_cycle(self.now, pool.carrier)
        pool.packages[cycle] = pool.packages.get(cycle, 0) + 2 * plan.total

    def buy_plans(self):
        """Every eSIM gets three plans at once, in orders of their own: one of each is in use."""
        esims = [card for card in self.cards if card.carrier == ESIM]
        for number, names in enumerate((["y-esim-small", "y-esim-week"], ["y-esim-week", "y-esim-small"])):
            for name in [*names, "y-esim-long"]:
                cards = esims[number::2]
                self.order(price_plan_id=name, iccids=[card.iccid for card in cards])
                for card in cards:
                    card.buy(self.plans[name], self.now)

    def renew(self):
        """The cards that came with an order of China Unicom's, by four periods."""
        body = {"account": ACCOUNT, "periods": 4}
        self.operate("POST", f"orders/{770 + UNICOM}/renew", body)
        self.operate("POST", "sandbox/settle", {})
        for card in self.cards:
            if card.carrier == UNICOM and card.active:
                card.renew(4, self.now)

    def usage(self, since, until):
        """The days of a step in two files of which one may come twice, some of it late; and corrections of days that
        were told before, also of cycles that are closed."""
        days = [since + timedelta(days=number) for number in range((until - since).days)]
        lines = []
        for card in self.cards:
            for day in days:
                if self.dice.random() < 0.6:
                    lines.append((card.iccid, day, f"{self.dice.uniform(0, 22):.{self.dice.choice([0, 1, 3])}f}"))
        late = [line for line in lines if self.dice.random() < 0.08]
        due, self.held_back = self.held_back, [*late]
        told = sorted((card.iccid, day) for card in self.cards for day in card.days if (until - day).days < 45)
        corrections = [
            (iccid, day, f"{self.dice.uniform(0, 22):.2f}") for iccid, day in self.dice.sample(told, min(len(told), 6))
        ]
        punctual = [line for line in lines if line not in late]
        self.file(punctual)
        self.file([*corrections, *due], times=2)

    def file(self, lines, times=1):
        if not lines:
            return
        for _ in range(times):
            answer = self.operator.request(
                "POST", "/ops/v1/usage-files", {"Content-Type": "text/csv"}, text_of(lines).encode()
            )
            assert answer.status == 200, answer
        by_iccid = {card.iccid: card for card in self.cards}
        for iccid, day, megabytes in lines:
            by_iccid[iccid].days[day] = rounded(Decimal(megabytes) * MEGABYTE)
        for card in self.cards:
            card.recount(self.now)


def steps_of(first, day, month):
    """A day of the month so many after the first."""
    return date(*month_before(first.year, first.month, -month), day)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def year(request, tmp_path_factory):
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")("year")
    year = Year(tmp_path_factory.mktemp(f"year-{request.param}"), database)
    yield year
    year.server.stop()


def check_cards(year):
    shown = year.client.list_sim_cards(ListSimCardsRequest(limit=500, sort="flow_used", order="desc")).sim_cards
    cards = {card.iccid: card for card in year.cards}
    assert len(shown) == len(cards)
    for seen in shown:
        card = cards[seen.iccid]
        expected = [None, None]
        if card.active:
            used = card.of_cycle(running_cycle(year.now, card.carrier))
            left = card.left(year.now)
            expected = [wire_megabytes(used), None if left is None else wire_megabytes(left)]
        assert [seen.flow_used, seen.flow_left] == expected, (seen.iccid, year.now)
        ends = card.expires and wire_moment(int(card.expires.timestamp() * 1000))
        assert seen.expire_time == ends, (seen.iccid, year.now)
    figures = [seen.flow_used for seen in shown if seen.flow_used is not None]
    assert figures == sorted(figures, reverse=True)


def check_plans(year):
    held = year.client.list_sim_price_plans(ListSimPricePlansRequest(limit=500)).body
    by_card = {}
    for plan in sorted(held, key=lambda plan: plan.id):
        by_card.setdefault(plan.sim_card_id, []).append(plan)
    for card in year.cards:
        shown = [
            (plan.price_plan_id, plan.flow_total, plan.flow_used, plan.flow_left)
            for plan in by_card[year.ids[card.iccid]]
        ]
        expected = [
            (held.plan.id, *map(wire_megabytes, (held.plan.total, held.used, held.plan.total - held.used)))
            for held in card.plans
        ]
        assert shown == expected, (card.iccid, year.now)
    for cards in (year.cards[:40], year.cards[40:]):
        body = ListFlowBySimCardsReq(sim_card_ids=[year.ids[card.iccid] for card in cards])
        flows = year.client.list_flow_by_sim_cards(ListFlowBySimCardsRequest(body=body)).body
        for card, flow in zip(cards, flows, strict=True):
            held = card.current
            figures = map(wire_megabytes, (held.plan.total, held.used, held.plan.total - held.used))
            shown = (flow.price_plan_id, flow.flow_total, flow.flow_used, flow.flow_left)
            assert shown == (held.plan.id, *figures), (card.iccid, year.now)


def check_cycles(year):
    today = year.now.date()
    cycles = [month_before(today.year, today.month, back) for back in range(6)]
    names = [f"{year}-{month:02d}" for year, month in cycles]
    shown = month_usages(year.client, sim_card_ids=[year.ids[card.iccid] for card in year.cards], billing_cycles=names)
    for card, usage in zip(year.cards, shown, strict=True):
        flows = [(flow.billing_cycle, flow.flow_used) for flow in usage.flow_usages]
        expected = [(wire(cycle), wire_megabytes(card.of_cycle(cycle))) for cycle in cycles]
        assert flows == expected, (card.iccid, year.now)


def check_days(year):
    today = year.now.date()
    for month in (month_before(today.year, today.month), (today.year, today.month)):
        first, after = date(*month, 1), date(*month_before(*month, -1), 1)
        days = [first + timedelta(days=number) for number in range((min(after, today) - first).days)]
        if not days:
            continue
        shown = daily_flow(year.client, sim_card_ids=[year.ids[card.iccid] for card in year.cards], month=wire(month))
        flows = [(day.date, [flow.flow for flow in day.sim_flow]) for day in shown]
        expected = [
            (f"{day:%Y%m%d}", [wire_megabytes(card.days.get(day, 0)) for card in year.cards]) for day in days
        ]
        assert flows == expected, (month, year.now)


def check_pools(year):
    client = year.client
    forward = client.list_sim_pools(ListSimPoolsRequest(limit=500, all_billing_cycle=True)).pools
    back = client.list_back_pools(ListBackPoolsRequest(limit=500, all_billing_cycle=True)).pools
    pools = {pool.id: pool for pool in year.pools}
    assert len(forward) + len(back) == 6 * len(pools)
    for record in forward + back:
        pool = pools[record.id]
        members, cycle = year.members(pool), tuple(map(int, record.billing_cycle.split("-")))
        used = sum(card.of_cycle(cycle) for card in members)
        assert record.flow_used == wire_megabytes(used), (record.id, cycle, year.now)
        assert record.effective_time == wire_moment(int(cycle_start(cycle, pool.carrier).timestamp() * 1000))
        if pool.forward:
            total = pool.total(members, cycle)
            shown = (record.flow_total, record.flow_left)
            assert shown == (wire_megabytes(total), wire_megabytes(total - used)), (record.id, cycle, year.now)
        active = sum(card.active for card in members)
        assert (record.quantity, record.activated_sim_quantity) == (len(members), active)
    for pool in year.pools:
        if pool.forward:
            ask, request = client.list_sim_pool_members, ListSimPoolMembersRequest(sim_pool_id=pool.id)
        else:
            ask, request = client.list_back_pool_members, ListBackPoolMembersRequest(back_pool_id=pool.id)
        for cycle in (running_cycle(year.now, pool.carrier), month_before(year.now.year, year.now.month, 2)):
            request.limit, request.billing_cycle = 100, None
            if cycle != running_cycle(year.now, pool.carrier):
                request.billing_cycle = f"{cycle[0]}-{cycle[1]:02d}"
            shown = {member.cid: member.flow_used for member in ask(request).pool_members}
            expected = {card.cid: wire_megabytes(card.of_cycle(cycle)) for card in year.members(pool)}
            assert shown == expected, (pool.id, cycle, year.now)


def test_a_year(year):
    """Step by step through a year with a 29th of February: after each the figures are those of the model."""
    for day in steps(year.first):
        year.step(day)
        check_cards(year)
        if day.day in CHECKS or (day.month, day.day) == (2, 29):
            check_plans(year)
            check_cycles(year)
            check_days(year)
            check_pools(year)
    succeeded = [len(card.bases) for card in year.cards if card.carrier == ESIM]
    assert min(succeeded) == 4, "every eSIM has had all its plans"
    assert all(card.active for card in year.cards), "every card was activated"
    packages = [held for card in year.cards for held in card.plans if held.plan.add_on]
    assert any(held.used > 0 for held in packages), "some packages were used"
