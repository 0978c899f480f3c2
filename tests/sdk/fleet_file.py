"""Writes a believable fleet as files: plans, pools and cards. The same seed gives the same bytes.

python tests/sdk/fleet_file.py DIRECTORY [CARDS]
"""

import csv
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

SHANGHAI = timezone(timedelta(hours=8))
PHYSICAL, ESIM, VSIM = 3, 2, 1
NETWORKS = {1: "iccid_mobile", 3: "iccid_unicom", 2: "iccid_telcom"}
ISSUERS = {1: "898600", 2: "898611", 3: "898601", 4: "894450", 101: "898603", 201: "894460", 501: "894470"}
CARD_COLUMNS = (
    "account,order_id,sim_type,carrier,cid,iccid,imsi,msisdn,imei,sim_status,operator_status,price_plan_id,act_date,"
    "expire_time,real_named,device_status,device_status_date,device_model,node_id,network_type,dbm,signal_level,"
    "sms_enabled,pool_id,tags,customer_attribute1,customer_attribute2,customer_attribute3,customer_attribute4,"
    "customer_attribute5,customer_attribute6,version,iccid_mobile,iccid_unicom,iccid_telcom,online_carrier,flow_used"
).split(",")
TAGS = [
    "北京",
    "上海",
    "car-fleet",
    "meter_2024",
    "pilot",
    "POS",
    "共享单车",
    "spare",
    "roaming",
    "test-bench",
    "A",
    "vip",
]
FIRST_ORDER = 100_001


def plan(number, sim_type, carrier, flow_mb, years=1, **more):
    return {
        "price_plan_id": f"plan-{sim_type}-{carrier}-{flow_mb}",
        "price_plan_name": f"{('vSIM', 'eSIM', '物联网卡')[sim_type - 1]} {carrier} 每月{flow_mb}M（{years}年）",
        "description": f"Plan {number}",
        "flow_total": flow_mb,
        "package_type": 1,
        "period": years,
        "period_type": 50,
        "effect_type": 1,
        "silent_period_day": 6,
        "silent_period_unit": 2,
        "auto_renew": "true" if number % 2 else "false",
        "location_desc": "中国大陆" if carrier <= 3 or carrier == 101 else "Europe",
        "location_type": 1 if carrier <= 3 or carrier == 101 else 2,
        "sim_type": sim_type,
        "carrier_type": carrier,
        "price": 100 * flow_mb + number,
        "network_type": 2 if flow_mb == 10 else 1,
        "country_type": "" if carrier <= 3 else 1 + number % 11,
    } | more


def plans():
    kinds = [(PHYSICAL, carrier, flow) for carrier in (1, 2, 3, 4) for flow in (10, 30, 100, 1024)]
    kinds += [
        (kind, carrier, flow) for kind in (ESIM, VSIM) for carrier in (101, 201, 501) for flow in (500, 2048)
    ]
    rows = [plan(number, *kind, years=1 + number % 3) for number, kind in enumerate(kinds)]
    return rows + [
        plan(
            90,
            PHYSICAL,
            2,
            5,
            package_type=2,
            price_plan_id="add-on-2-5",
            effect_type=2,
            period=1,
            period_type=20,
        )
    ]


def pools(account):
    """Pools, each for the cards of one plan."""
    kinds = [("forward", 1, 30), ("forward", 2, 100), ("back", 3, 30), ("back", 2, 30)]
    for number, (kind, carrier, flow) in enumerate(kinds):
        yield {
            "account": account,
            "pool_id": 7_001 + number,
            "pool_name": f"{kind}-池-{number}",
            "kind": kind,
            "price_plan_id": f"plan-{PHYSICAL}-{carrier}-{flow}",
            "effective_time": f"2023-0{number + 1}-01 00:00:00",
            "threshold_mb": "" if kind == "forward" else 5000 + number,
        }


def luhn(digits):
    """The digits with their check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


def iccid(issuer, number, short=False):
    digits = f"{ISSUERS[issuer]}{number:013d}"
    return digits if short else luhn(digits)


class Cards:
    """Cards in batches: a purchase order is of one type, one carrier, one plan and mostly one mind."""

    def __init__(self, account, seed=1, first_number=1):
        self.account = account
        self.dice = random.Random(seed)
        self.number = first_number
        self.order = first_number + FIRST_ORDER
        self.plans = [row for row in plans() if row["package_type"] == 1]
        self.pools = {row["price_plan_id"]: row["pool_id"] for row in pools(account)}
        self.imeis = []

    def rows(self, count):
        while count > 0:
            batch = min(count, self.dice.randint(10, 120))
            yield from self.batch(batch)
            count -= batch

    def batch(self, count):
        dice = self.dice
        # Pools have many batches, so that later ones join what an earlier one opened.
        pooled = [plan for plan in self.plans if plan["price_plan_id"] in self.pools]
        plan = dice.choice(pooled if dice.random() < 0.2 else self.plans)
        # One in twenty orders comes again later; one in ten has no number at all.
        fate = dice.random()
        self.order += 1
        order = (
            ""
            if fate < 0.1
            else self.order - dice.randint(1, 8)
            if fate < 0.15 and self.order > 100_020
            else self.order
        )
        pool = self.pools.get(plan["price_plan_id"], "") if order and dice.random() < 0.8 else ""
        multi = (
            plan["sim_type"] == PHYSICAL and plan["carrier_type"] <= 3 and pool == "" and dice.random() < 0.25
        )
        start = datetime(2022, 1, 1, tzinfo=SHANGHAI) + timedelta(days=dice.randint(0, 600))
        for _ in range(count):
            yield self.card(plan, order, pool if dice.random() < 0.95 else "", multi, start)
            self.number += 1

    def card(self, plan, order, pool, multi, start):
        dice, number = self.dice, self.number
        sim_type, carrier = plan["sim_type"], plan["carrier_type"]
        own = iccid(carrier, number, short=dice.random() < 0.1)
        card = dict.fromkeys(CARD_COLUMNS, "") | {
            "account": self.account,
            "order_id": order,
            "sim_type": sim_type,
            "carrier": carrier,
            "cid": own
            if sim_type == PHYSICAL
            else f"{89 if sim_type == ESIM else 'V'}{dice.randint(0, 10**9):010d}{number:08d}",
            "iccid": own,
            "imsi": f"46000{number:010d}",
            # A handful of numbers is shared: the filter must find them all.
            "msisdn": ""
            if dice.random() < 0.05
            else f"1064{(number % 9_000 if dice.random() < 0.02 else number):09d}",
            "price_plan_id": "" if dice.random() < 0.02 else plan["price_plan_id"],
            "sms_enabled": dice.choice(["true", "false"]),
            "pool_id": pool,
            "tags": ";".join(self.tags()),
            "real_named": "true" if carrier in (1, 2, 3, 101) and dice.random() < 0.3 else "false",
        }
        card |= self.state(plan, start, pool)
        card |= self.attributes()
        card |= self.device(sim_type)
        if multi:
            card |= self.three_networks(carrier, own)
        return card

    def tags(self):
        if self.dice.random() < 0.6:
            return []
        return self.dice.sample(TAGS, 10 if self.dice.random() < 0.02 else self.dice.randint(1, 3))

    def state(self, plan, start, pool):
        dice = self.dice
        status = dice.choices([10, 11, 13, 14, 20, 30], [4, 14, 8, 16, 54, 4])[0]
        state = {"sim_status": status, "operator_status": -1}
        if status in (10, 11, 13):
            return state
        # Days without a time of day, so that many cards share theirs.
        activated = start + timedelta(
            days=dice.randint(0, 40), seconds=dice.choice([0, 0, 0, dice.randint(1, 86_399)])
        )
        expires = datetime(activated.year + plan["period"], activated.month, 1, tzinfo=SHANGHAI) - timedelta(
            seconds=1
        )
        state |= {
            "act_date": activated.strftime("%Y-%m-%d %H:%M:%S"),
            "expire_time": "" if dice.random() < 0.1 else expires.strftime("%Y-%m-%dT%H:%M:%S.000+08:00"),
        }
        if status == 14:
            state["operator_status"] = dice.choice(
                [1, 2, 3, 4, 5, 5, 5, 6, 7] if pool else [1, 2, 4, 5, 5, 5, 6, 7]
            )
        if status in (14, 20):
            total = plan["flow_total"]
            over = state["operator_status"] == 1 or dice.random() < 0.03
            used = total * dice.uniform(1.0, 1.3) if over else total * dice.betavariate(1.2, 2.5)
            decimals = dice.choice([0, 0, 1, 2, 2, 4])
            state["flow_used"] = dice.choice(
                ["0", f"{used:.{decimals}f}", f"{used:.{decimals}f}", f"{used:.{decimals}f}"]
            )
        return state

    def attributes(self):
        dice = self.dice
        return {
            "customer_attribute1": dice.choice(["", "", "车间一", "车间二", "Depot A"]),
            "customer_attribute2": f"SN-{self.number // 3:06d}" if dice.random() < 0.5 else "",
            "customer_attribute3": dice.choice(["", "x,y", 'say "hi"', "50%"]) if dice.random() < 0.1 else "",
            "customer_attribute4": str(dice.randint(1, 9)) if dice.random() < 0.05 else "",
            "customer_attribute6": dice.choice(["", "red", "green", "Red"]),
        }

    def device(self, sim_type):
        dice = self.dice
        device = {}
        if dice.random() < 0.7:
            # Some devices hold two cards.
            again = self.imeis and dice.random() < 0.03
            device["imei"] = dice.choice(self.imeis) if again else luhn(f"86{self.number:012d}")
            self.imeis.append(device["imei"])
        if sim_type != PHYSICAL and dice.random() < 0.8:
            device |= {
                "device_status": dice.choice([1, 2, 3, 3, 3, 4]),
                "device_status_date": f"2024-0{dice.randint(1, 9)}-1{dice.randint(0, 9)}T0{dice.randint(0, 9)}:30:00.000+00:00",
                "device_model": dice.choice(["ME909s-821", "EC20", "模组-7"]),
                "node_id": f"node-{self.number:07d}",
                "network_type": dice.choice(["4G", "LTE-M", "NB-IoT"]),
                "dbm": str(-dice.randint(60, 115)),
                "signal_level": dice.choice([1, 2, 3]),
            }
        return device

    def three_networks(self, carrier, own):
        networks = {column: iccid(network, self.number + 500_000_000) for network, column in NETWORKS.items()}
        networks[NETWORKS[carrier]] = own
        if self.dice.random() < 0.2:
            del networks[NETWORKS[self.dice.choice([other for other in NETWORKS if other != carrier])]]
        online = self.dice.choice([network for network, column in NETWORKS.items() if column in networks])
        return networks | {"version": self.dice.choice([1, 2]), "online_carrier": online}


def write(path, rows, columns=None):
    """Writes the rows as CSV; the columns are those of the first row unless named."""
    rows = iter(rows)
    first = next(rows)
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns or list(first), lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)
    return Path(path)


def write_all(directory, account, cards, seed=1, first_number=1):
    """Plans, pools and cards of an account: the three files, in the order they are imported."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    return (
        write(directory / "plans.csv", plans()),
        write(directory / "pools.csv", pools(account)),
        write(directory / "cards.csv", Cards(account, seed, first_number).rows(cards), CARD_COLUMNS),
    )


if __name__ == "__main__":
    for written in write_all(sys.argv[1], "acme", int(sys.argv[2]) if len(sys.argv) > 2 else 10_000):
        print(written)
