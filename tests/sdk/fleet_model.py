"""An independent recount: reads the imported files and answers the card list as the contract says, without any
code of the product. Slow and plain on purpose."""

import csv
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

MEGABYTE = 1024 * 1024
IN_USE, STOPPED = 20, 14
BY_OWNER = 5
SHANGHAI = timezone(timedelta(hours=8))


def rounded(number):
    return int(Decimal(number).quantize(Decimal(1), ROUND_HALF_UP))


def moment(text):
    """Milliseconds of a time of the file: with an offset, or Asia/Shanghai."""
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=SHANGHAI)
    return int(time.timestamp() * 1000)


def wire_moment(ms):
    if ms is None:
        return None
    time = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}+00:00"


def wire_megabytes(amount):
    """At most two decimals, halves away from zero."""
    if amount is None:
        return None
    value = (Decimal(amount) / MEGABYTE).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return float(value)


def integer(text):
    return int(text) if text else None


class Card:
    """A line of the card file, understood."""

    def __init__(self, line, place, plan, pool_flag):
        self.line = line
        self.place = place
        self.plan = plan
        self.pool_flag = pool_flag
        self.iccid, self.cid = line["iccid"], line["cid"] or line["iccid"]
        self.imei, self.msisdn = line["imei"] or None, line["msisdn"] or None
        self.order_id, self.pool_id = integer(line["order_id"]), integer(line["pool_id"])
        self.sim_type, self.carrier = int(line["sim_type"]), int(line["carrier"])
        self.sim_status, self.operator_status = int(line["sim_status"]), int(line["operator_status"])
        self.device_status = integer(line["device_status"])
        self.real_named = line["real_named"] == "true"
        self.tags = [tag for tag in line["tags"].split(";") if tag]
        self.attributes = [line[f"customer_attribute{slot}"] or None for slot in range(1, 7)]
        self.act_date, self.expire_time = moment(line["act_date"]), moment(line["expire_time"])
        self.flow_used = rounded(Decimal(line["flow_used"]) * MEGABYTE) if line["flow_used"] else None
        self.flow_left = None
        if self.sim_status in (IN_USE, STOPPED) and plan is not None and self.flow_used is not None:
            self.flow_left = int(plan["flow_total"]) * MEGABYTE - self.flow_used
        self.version = integer(line["version"])

    def iccids(self):
        """Its own and those of its networks."""
        others = (self.line[name] for name in ("iccid_mobile", "iccid_unicom", "iccid_telcom"))
        return {self.iccid, *filter(None, others)}

    def is_called(self, number):
        return number == self.cid or any(same_iccid(iccid, number) for iccid in self.iccids())

    def wire(self, domain_id):
        """The members of the card as the API must show them, but for those that the server makes up."""
        line = self.line
        return {
            "account_id": domain_id,
            "cid": self.cid,
            "sim_pool_id": self.pool_id,
            "imei": self.imei,
            "sim_status": self.sim_status,
            "device_status": self.device_status,
            "device_model": line["device_model"] or None,
            "act_date": wire_moment(self.act_date),
            "device_status_date": wire_moment(moment(line["device_status_date"])),
            "node_id": line["node_id"] or None,
            "iccid": self.iccid,
            "network_type": line["network_type"] or None,
            "dbm": line["dbm"] or None,
            "signal_level": line["signal_level"] or None,
            "sim_type": self.sim_type,
            "order_id": self.order_id,
            "expire_time": wire_moment(self.expire_time),
            "price_plan_name": self.plan and self.plan["price_plan_name"],
            "flow_left": wire_megabytes(self.flow_left),
            "flow_used": wire_megabytes(self.flow_used),
            "operator_status": self.operator_status,
            "msisdn": self.msisdn,
            "imsi": line["imsi"] or None,
            "real_named": self.real_named,
        } | {f"customer_attribute{slot}": value for slot, value in enumerate(self.attributes, 1)}


def same_iccid(one, other):
    """The 20-digit form is the 19-digit one with a check digit."""
    return one == other or (
        len(one) != len(other) and one[:19] == other[:19] and 19 in (len(one), len(other))
    )


def main_search(card, search):
    kind, key = search
    if kind == 1:
        return card.is_called(key)
    if kind == 2:
        return card.order_id is not None and str(card.order_id) == key
    return kind == 3 and card.imei == key


def at_least(key):
    return lambda card, mb: getattr(card, key) is not None and getattr(card, key) >= mb * MEGABYTE


def at_most(key):
    return lambda card, mb: getattr(card, key) is not None and getattr(card, key) <= mb * MEGABYTE


def equal(key):
    return lambda card, value: getattr(card, key) == value


def attribute(slot):
    return lambda card, value: card.attributes[slot - 1] == value


# What a parameter of GET /v1/sim-cards keeps. `main_search` stands for the pair of type and key, `tag_id` takes names.
FILTERS = {
    "main_search": main_search,
    "sim_status": equal("sim_status"),
    "device_status": equal("device_status"),
    "sim_type": equal("sim_type"),
    "tag_id": lambda card, names: not set(names).isdisjoint(card.tags),
    "msisdn": equal("msisdn"),
    "min_used_flow": at_least("flow_used"),
    "max_used_flow": at_most("flow_used"),
    "min_left_flow": at_least("flow_left"),
    "max_left_flow": at_most("flow_left"),
    "real_named": equal("real_named"),
    "order_id": equal("order_id"),
    "order_ids": lambda card, ids: card.order_id in ids,
    "filter_downtime_period": lambda card, on: (
        not (on and card.sim_status == STOPPED and card.operator_status == BY_OWNER)
    ),
    "price_plan_id": lambda card, ids: card.plan is not None and card.plan["price_plan_id"] in ids,
    "pool_flag": equal("pool_flag"),
} | {f"customer_attribute{slot}": attribute(slot) for slot in range(1, 7)}

SORT_KEYS = ["cid", "flow_used", "flow_left", "act_date", "expire_time"]


def sort(cards, key=None, order="asc"):
    """Newest first without a key; cards without the key come last; ties go by age in the same direction."""
    if key is None:
        return sorted(cards, key=lambda card: -card.place)
    have = [card for card in cards if getattr(card, key) is not None]
    lack = [card for card in cards if getattr(card, key) is None]
    down = order == "desc"
    have.sort(key=lambda card: (getattr(card, key), card.place), reverse=down)
    lack.sort(key=lambda card: card.place, reverse=down)
    return have + lack


class Model:
    """The cards of one account, in the order of the file."""

    def __init__(self, plans, pools, cards, account):
        self.plans = {line["price_plan_id"]: line for line in read(plans)}
        self.pools = {int(line["pool_id"]): line for line in read(pools)}
        lines = [line for line in read(cards) if line["account"] == account]
        opened = {}
        for line in lines:
            if line["pool_id"]:
                opened.setdefault(int(line["pool_id"]), line["order_id"])
        self.cards = [self._card(line, place, opened) for place, line in enumerate(lines)]

    def _card(self, line, place, opened):
        flag = 0
        if line["pool_id"]:
            pool = int(line["pool_id"])
            flag = 1 if opened[pool] == line["order_id"] else 2
            flag += 10 if self.pools[pool]["kind"] == "back" else 0
        return Card(line, place, self.plans.get(line["price_plan_id"]), flag)

    def select(self, filters, key=None, order="asc"):
        found = [
            card for card in self.cards if all(FILTERS[name](card, value) for name, value in filters.items())
        ]
        return sort(found, key, order)


def read(path):
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
