"""Rules by the official SDK on the sandbox clock: what stops cards and pools, what resumes them, and that looking again
changes nothing; on both engines."""

import csv
from datetime import datetime, timedelta, timezone

import pytest
from huaweicloudsdkgsl.v3 import ShowSimCardResponse, WorkOrderVo

from clients import Plain, sdk
from operations import call
from simlink import run, start_demo, wait_until

SHANGHAI = timezone(timedelta(hours=8))
CARDS = 200
PLANS = """\
price_plan_id,price_plan_name,flow_total,package_type,period,period_type,effect_type,silent_period_day,silent_period_unit,auto_renew,location_type,sim_type,carrier_type,price,network_type
rules-mobile,Rules mobile,30,1,12,20,1,6,2,false,1,3,1,300,1
rules-telecom,Rules telecom,100,1,12,20,1,0,2,false,1,3,2,500,1
rules-unicom,Rules unicom,50,1,12,20,1,0,2,false,1,3,3,500,1
"""
POOLS = """\
account,pool_id,pool_name,kind,price_plan_id,effective_time,threshold_mb
demo,99001,rules-forward,forward,rules-mobile,2024-01-01 00:00:00,
demo,99002,rules-back,back,rules-telecom,2024-01-01 00:00:00,50
"""
# Name: plan, carrier, state, pool.
FLEET = {
    "single": ("rules-telecom", 2, 20, ""),
    "frugal": ("rules-telecom", 2, 20, ""),
    "capped": ("rules-telecom", 2, 20, ""),
    "member": ("rules-mobile", 1, 20, 99001),
    "other member": ("rules-mobile", 1, 20, 99001),
    "idle member": ("rules-mobile", 1, 13, 99001),
    "billed": ("rules-telecom", 2, 20, 99002),
    "expiring": ("rules-telecom", 2, 20, ""),
    "silent": ("rules-mobile", 1, 13, ""),
    "unicom": ("rules-unicom", 3, 20, ""),
}
# An order takes several cards where it can.
KINDS = {5: "stop", 7: "stop", 4: "resume", 6: "resume", 10: "activate", 1: "activate"}
USED = {"single": 100, "frugal": 99, "capped": 41, "member": 35, "other member": 25, "billed": 51, "unicom": 60}


def plus_months(at, months):
    month = at.year * 12 + at.month - 1 + months
    return at.replace(year=month // 12, month=month % 12 + 1)


class World:
    """A demo with cards of this test's own, in the middle of the next month, and the operator's hands."""

    def __init__(self, directory, database=None):
        self.server, accounts = start_demo(directory, "--sims", str(CARDS), database=database)
        self.client = sdk(self.server, accounts["demo"])
        # By signatures: tokens end while the clock leaps.
        self.operator = Plain(self.server, account=accounts["operator"])
        for carrier in ("china-mobile", "china-telecom", "china-unicom", "overseas"):
            knobs = {"latency_ms": 0, "latency_jitter_ms": 0}
            self.ask("PUT", f"/ops/v1/sandbox/carriers/{carrier}", knobs)
        now = datetime.fromisoformat(self.ask("GET", "/ops/v1/sandbox/clock")["now"]).astimezone(SHANGHAI)
        self.month = plus_months(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0), 1)
        self.go_to(10, 12)
        self.import_fleet(directory, database)

    def import_fleet(self, directory, database):
        settings = {
            "SIMLINK_DATA_DIR": str(directory / "data"),
            "SIMLINK_DATABASE": database or f"sqlite://{directory / 'data/simlink.sqlite'}",
        }
        columns = "account,sim_type,carrier,iccid,sim_status,price_plan_id,pool_id,act_date,expire_time,create_time"
        bought = plus_months(self.month, -2)
        for noun, text in (("plans", PLANS), ("pools", POOLS), ("cards", None)):
            file = directory / f"{noun}.csv"
            if text:
                file.write_text(text)
            else:
                with file.open("w", newline="") as lines:
                    writer = csv.writer(lines)
                    writer.writerow(columns.split(","))
                    for name, (plan, carrier, state, pool) in FLEET.items():
                        end = self.month.replace(day=15, hour=23, minute=59, second=59) if name == "expiring" else ""
                        made = plus_months(self.month.replace(day=20), -6) if name == "silent" else bought
                        active = bought + timedelta(days=1) if state == 20 else ""
                        times = [str(at)[:19] for at in (active, end, made)]
                        writer.writerow(["demo", 3, carrier, iccid(name), state, plan, pool, *times])
            run("import", noun, file, settings=settings)
        wait_until(lambda: self.found("unicom"), 10, "the cards are followed")
        self.ids = {name: self.found(name)[0].sim_card_id for name in FLEET}

    def found(self, name):
        return call(self.client, "ListSimCards", main_search_type=1, main_search_key=iccid(name)).sim_cards

    def ask(self, method, path, body=None):
        answer = self.operator.request(method, path, body=body)
        assert answer.status == 200, answer
        return answer.json()

    def settle(self):
        self.ask("POST", "/ops/v1/sandbox/settle", {})

    def go_to(self, day, hour, months=0):
        at = plus_months(self.month, months).replace(day=day, hour=hour, minute=30)
        self.ask("POST", "/ops/v1/sandbox/clock", {"now": at.astimezone(timezone.utc).isoformat()})
        self.settle()

    def use(self, used, remark=""):
        """Takes in a file of what cards used on the 10th."""
        date = f"{self.month:%Y%m}10"
        lines = [f"{iccid(name)},{date},{mb}" for name, mb in used.items()]
        file = "\n".join(["iccid,date,mb", *lines, remark]).encode()
        answer = self.operator.request("POST", "/ops/v1/usage-files", {"Content-Type": "text/csv"}, file)
        assert answer.status == 200, answer
        self.settle()

    def card(self, name):
        return call(self.client, "ShowSimCard", sim_card_id=self.ids[name])

    def states(self, *names):
        cards = [self.card(name) for name in names]
        return [(card.sim_status, card.operator_status) for card in cards]

    def orders(self):
        """All orders, oldest first."""
        orders, number = [], 0
        while True:
            number += 1
            page = call(self.client, "ListWorkOrders", limit=500, offset=number)
            orders += page.work_orders
            if number * 500 >= page.count:
                return sorted(orders, key=lambda order: order.id)

    def fired(self, name):
        """Kind and source of the orders that rules placed for a card, oldest first; all of them ended well."""
        found = []
        for order in self.orders():
            assert isinstance(order, WorkOrderVo)
            if order.work_order_source == 8:
                continue
            details = call(self.client, "ListWorkOrderDetails", work_order_id=order.id, limit=500)
            if any(detail.sim_card_id == self.ids[name] for detail in details.work_order_details):
                assert (order.status, order.success_count) == (4, order.total_count)
                found.append((KINDS[order.work_order_type], order.work_order_source))
        return found

    def pool_status(self):
        (pool,) = call(self.client, "ListBackPools", pool_name="rules-back").pools
        return pool.pool_status

    def everything(self):
        cards = call(self.client, "ListSimCards", limit=500).sim_cards
        return [card.to_dict() for card in cards], [order.to_dict() for order in self.orders()]


def iccid(name):
    return f"898609{list(FLEET).index(name) + 770_000:013}"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def world(request, tmp_path_factory):
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")("rules")
    world = World(tmp_path_factory.mktemp(f"rules-{request.param}"), database)
    yield world
    world.server.stop()


def test_rules_over_two_cycles(world):
    """A day's usage stops a card without flow (1, source 5), one over its threshold (2), exactly the activated members of
    a forward pool (3, source 7) and a back pool with its members; activating an idle member resumes the forward pool;
    then expiry (4, source 6), forced activation, Unicom's cycle, looking again, the calendar's cycle (back pool: source
    4), and the end of the retention window."""
    call(world.client, "SetExceedCutNet", {"action": 1, "quota": "40"}, sim_card_id=world.ids["capped"])
    world.settle()
    world.use(USED)
    assert world.states("single", "frugal", "unicom") == [(14, 1), (20, -1), (14, 1)]
    assert world.fired("single") == [("stop", 5)] and world.fired("frugal") == []
    capped = world.card("capped")
    assert isinstance(capped, ShowSimCardResponse)
    assert (capped.sim_status, capped.operator_status, capped.exceed_cut_net_flag) == (14, 2, True)
    assert world.fired("capped") == [("stop", 3)]
    assert world.states("member", "other member", "idle member") == [(14, 3), (14, 3), (13, -1)]
    assert world.states("billed") == [(14, 3)] and world.pool_status() == -1
    assert [world.fired(name) for name in ("member", "other member", "billed")] == [[("stop", 7)]] * 3
    assert world.fired("idle member") == []

    call(world.client, "EnableSimCard", sim_card_id=world.ids["idle member"])
    world.settle()
    assert world.states("member", "other member", "idle member") == [(20, -1)] * 3
    assert world.fired("member")[1:] == [("resume", 3)]
    assert world.states("billed") == [(14, 3)]

    world.go_to(15, 23)
    assert world.states("expiring") == [(20, -1)]
    world.go_to(16, 0)
    assert world.states("expiring", "silent") == [(14, 4), (13, -1)]
    assert world.fired("expiring") == [("stop", 6)]
    world.go_to(20, 0)
    assert world.states("silent") == [(20, -1)] and world.fired("silent") == [("activate", 3)]
    world.go_to(27, 0)
    assert world.states("unicom", "single") == [(20, -1), (14, 1)]
    assert (world.card("unicom").flow_used, world.card("unicom").flow_left) == (0, 50)

    before = world.everything()
    for remark in ("", "\n", "\n\n"):
        world.use(USED, remark)
        world.ask("POST", "/ops/v1/sandbox/clock", {"advance_seconds": 3600})
        world.settle()
    assert world.everything() == before

    world.go_to(1, 0, months=1)
    names = ["single", "frugal", "capped", "member", "idle member", "billed", "unicom"]
    assert world.states(*names) == [(20, -1)] * len(names)
    assert world.fired("single")[1:] == [("resume", 3)]
    assert world.fired("billed")[1:] == [("resume", 4)]
    assert world.pool_status() == 2
    assert (world.card("single").flow_used, world.card("single").flow_left) == (0, 100)
    assert world.card("capped").exceed_cut_net_flag is False
    assert world.states("expiring") == [(14, 4)]
    world.go_to(20, 0, months=3)
    assert world.states("expiring") == [(30, -1)]
