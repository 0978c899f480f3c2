"""Judges a settled world by its tables, its API, the carrier's journal and the clients' ledger, knowing nothing of the
product's code: every check gives a list of what is wrong, in words."""

import time
from collections import Counter, defaultdict

from huaweicloudsdkgsl.v3 import ListSimCardsRequest, ListWorkOrdersRequest

import ledger
from clients import sdk
from world import JOBS

PAGE_ROWS = 500
ENDED = {4: "done", 5: "cancelled", 6: "failed", 7: "rejected"}
DONE, CANCELLED, FAILED = 4, 5, 6
DETAIL_DONE, DETAIL_FAILED = 1, 3
# What is asked of a card a second time within this is refused (seed, GSL.00016016).
SPACING_MS = 5 * 60 * 1000
# How an order says that the 30 minutes were over (seed 4.1.2); the carrier may have carried it out all the same.
OVERDUE = "the carrier did not answer within the time allowed"
# Changes of a card that come from no carrier, and do not raise its version.
NOT_BY_CARRIER = ("imported", "bindings_renewed", "cycle", "usage")
# How long a process may take to follow what was written last.
FOLLOW_SECONDS = 5
STATUSES = {"test_ready": 10, "inventory": 11, "activation_ready": 13, "suspended": 14, "active": 20, "retired": 30}


class Check:
    """Everything that there is to compare, read once."""

    def __init__(self, world, server):
        tables = world.tables
        self.orders = {
            row["work_order_id"]: row
            for row in tables.rows(
                "SELECT work_order_id, work_order_type, status, total_count, success_count, fail_count, "
                "finished_ms, fail_reason FROM work_order ORDER BY work_order_id"
            )
        }
        self.details = tables.rows(
            "SELECT work_order_detail_id, work_order_id, sim_card_id, operation, status, stage, reference, "
            "description, created_ms, finished_ms FROM work_order_detail ORDER BY work_order_detail_id"
        )
        self.cards = {
            row["sim_card_id"]: row
            for row in tables.rows(
                "SELECT sim_card_id, iccid, sim_status, operator_status, cut_net, exceed_cut_net_quota, "
                "speed_value, imei, carrier_version FROM sim_card ORDER BY sim_card_id"
            )
        }
        self.changes = tables.rows(
            "SELECT sequence, transaction_id, account_id, subject, subject_ids, kind FROM change_log "
            "WHERE subject IN ('work_order', 'sim_card') ORDER BY sequence"
        )
        self.leftovers = {
            "cards taken": tables.count("card_in_flight"),
            "jobs": tables.count(JOBS),
            "parked jobs": tables.count("job WHERE state = 2"),
        }
        self.requests = ledger.read(world.ledger_path)
        self.journal = world.carrier.journal()
        self.at_carrier = world.carrier.cards([card["iccid"] for card in self.cards.values()])
        self.client = sdk(server, world.account)

    def key(self, detail):
        return f"{detail['work_order_id']}-{detail['sim_card_id']}-{detail['operation']}"

    def everything(self):
        """All violations; none is what is hoped for."""
        checks = [
            self.acknowledged_orders_end,
            self.effects_happen_once,
            self.cards_agree,
            self.counts_add_up,
            self.changes_are_complete,
            self.pages_equal_the_tables,
            self.unknown_requests_exist_once_at_most,
            self.nothing_is_left,
        ]
        return [f"{check.__name__}: {fault}" for check in checks for fault in check()]

    def acknowledged_orders_end(self):
        """I1: what was acknowledged is there and has ended; what was acknowledged as taken back, is."""
        for request in self.requests:
            if request.fate != "ack":
                continue
            order = self.orders.get(request.order)
            if order is None:
                yield f"order {request.order} was acknowledged and is gone"
            elif order["status"] not in ENDED:
                yield f"order {request.order} has status {order['status']}"
            elif request.kind == ledger.CANCEL and order["status"] != CANCELLED:
                yield f"order {request.order} was taken back and is {ENDED[order['status']]}"
        for order in self.orders.values():
            if order["status"] not in ENDED:
                yield f"order {order['work_order_id']} has status {order['status']}"

    def effects_happen_once(self):
        """I2: what is done was executed once, what failed never, unless the 30 minutes were over."""
        for detail in self.details:
            key = self.key(detail)
            executed = self.journal.executed(key)
            overdue = detail["description"] == OVERDUE
            allowed = {1} if detail["status"] == DETAIL_DONE else {0, 1} if overdue else {0}
            if executed not in allowed:
                yield f"{key}: executed {executed} times, status {detail['status']}, {detail['description']}"
            if self.orders[detail["work_order_id"]]["status"] == CANCELLED and self.journal.reached(key):
                yield f"{key}: was taken back and reached the carrier"
        known = {self.key(detail) for detail in self.details}
        for key in self.journal.steps:
            if key not in known:
                yield f"{key}: reached the carrier and is in no table"

    def cards_agree(self):
        """I3: the platform's card is the carrier's card."""
        for card in self.cards.values():
            view = self.at_carrier[card["iccid"]]
            threshold = view.get("threshold")
            quota = None if threshold is None else -1 if threshold["quota_mb"] is None else threshold["quota_mb"]
            pairs = {
                "sim_status": STATUSES[view["status"]],
                "cut_net": int(view["net_cut"]),
                "exceed_cut_net_quota": quota,
                "speed_value": view.get("speed_kbps"),
                "imei": view.get("imei"),
            }
            for name, theirs in pairs.items():
                if card[name] != theirs:
                    yield f"card {card['sim_card_id']}: {name} is {card[name]}, at the carrier {theirs}"

    def counts_add_up(self):
        """I4: an order's figures are those of its details."""
        counted = defaultdict(Counter)
        for detail in self.details:
            counted[detail["work_order_id"]][detail["status"]] += 1
        for order_id, order in self.orders.items():
            found = counted[order_id]
            figures = (order["total_count"], order["success_count"], order["fail_count"])
            if figures != (found.total(), found[DETAIL_DONE], found[DETAIL_FAILED]):
                yield f"order {order_id}: {figures} against {dict(found)}"
            if (order["status"] == DONE) != (order["success_count"] > 0) or not order["finished_ms"]:
                yield f"order {order_id}: status {order['status']}, finished {order['finished_ms']}, {figures}"

    def changes_are_complete(self):
        """I5: the log has each order's placing and each detail's end, and as many changes of each card as the card
        had; nothing of what never happened."""
        placed, ended, changed = Counter(), Counter(), Counter()
        transactions = [change["transaction_id"] for change in self.changes]
        if any(transaction is None for transaction in transactions):
            yield "a change without a transaction"
        for change in self.changes:
            for subject in map(int, change["subject_ids"].split(",")):
                if change["account_id"] is None:
                    yield f"change {change['sequence']} belongs to nobody"
                if change["subject"] == "sim_card":
                    changed[subject] += change["kind"] not in NOT_BY_CARRIER
                elif change["kind"] == "placed":
                    placed[subject] += 1
                elif change["kind"] in ("carried_out", "failed"):
                    ended[subject, change["kind"]] += 1
        for order_id, order in self.orders.items():
            if placed[order_id] != 1:
                yield f"order {order_id}: placed {placed[order_id]} times in the log"
            for kind, count in (("carried_out", order["success_count"]), ("failed", order["fail_count"])):
                if ended[order_id, kind] != count:
                    yield f"order {order_id}: {kind} {ended[order_id, kind]} times in the log, not {count}"
        for unknown in placed.keys() - self.orders.keys():
            yield f"order {unknown} is in the log alone"
        for card_id, card in self.cards.items():
            if changed[card_id] != card["carrier_version"]:
                yield f"card {card_id}: version {card['carrier_version']}, {changed[card_id]} changes in the log"

    def pages_equal_the_tables(self):
        """I7: the lists, page by page, show what the tables hold, as soon as the process has followed it."""
        deadline = time.monotonic() + FOLLOW_SECONDS
        while (faults := list(self._pages_against_tables())) and time.monotonic() < deadline:
            time.sleep(0.05)
        return faults

    def _pages_against_tables(self):
        listed = self._pages(self.client.list_sim_cards, ListSimCardsRequest, "sim_cards")
        shown = {card.sim_card_id: (card.sim_status, card.operator_status, card.imei) for card in listed}
        stored = {
            card_id: (card["sim_status"], card["operator_status"], card["imei"])
            for card_id, card in self.cards.items()
        }
        yield from differences("card", shown, stored)
        listed = self._pages(self.client.list_work_orders, ListWorkOrdersRequest, "work_orders")
        names = ("work_order_type", "status", "total_count", "success_count", "fail_count", "fail_reason")
        shown = {order.id: tuple(getattr(order, name) for name in names) for order in listed}
        stored = {order_id: tuple(order[name] for name in names) for order_id, order in self.orders.items()}
        yield from differences("order", shown, stored)
        for order in listed:
            if order.process_count != 0:
                yield f"order {order.id}: {order.process_count} cards under way"

    def _pages(self, operation, request, member):
        rows, number = [], 0
        while True:
            number += 1
            page = operation(request(limit=PAGE_ROWS, offset=number))
            rows += getattr(page, member)
            if number * PAGE_ROWS >= page.count:
                return rows

    def unknown_requests_exist_once_at_most(self):
        """I8: of each card and operation there are the acknowledged orders, and at most one for each request of which
        nothing is known; never two within five minutes."""
        asked = defaultdict(Counter)
        acknowledged = set()
        for request in self.requests:
            if request.kind != ledger.CANCEL:
                asked[request.card, request.kind][request.fate] += 1
                if request.fate == "ack":
                    acknowledged.add((request.number, request.order))
        there = defaultdict(list)
        for detail in self.details:
            there[detail["sim_card_id"], detail["operation"]].append(detail)
        for about, details in there.items():
            known, unknown = asked[about]["ack"], asked[about]["unknown"]
            if not known <= len(details) <= known + unknown:
                yield f"{about}: {len(details)} orders, {known} acknowledged, {unknown} unknown"
            times = [detail["created_ms"] for detail in details]
            if any(later - earlier < SPACING_MS for earlier, later in zip(times, times[1:])):
                yield f"{about}: orders at {times}"
        for order, times in Counter(order for _, order in acknowledged).items():
            if times != 1:
                yield f"order {order} was acknowledged {times} times"
        for request in self.requests:
            if request.kind != ledger.CANCEL and request.fate == "ack" and request.order in self.orders:
                if not any(
                    detail["work_order_id"] == request.order for detail in there[request.card, request.kind]
                ):
                    yield f"order {request.order} is not about card {request.card} and {request.kind}"

    def nothing_is_left(self):
        """No card is held, no job waits or is parked."""
        for what, count in self.leftovers.items():
            if count:
                yield f"{count} {what}"


def differences(noun, shown, stored):
    """Where a list differs from its table."""
    for key in stored.keys() | shown.keys():
        if shown.get(key) != stored.get(key):
            yield f"{noun} {key}: listed {shown.get(key)}, stored {stored.get(key)}"


def check(world, server):
    """Judges the world; gives what was judged."""
    found = Check(world, server)
    faults = found.everything()
    assert not faults, f"{len(faults)} violations:\n" + "\n".join(faults[:20])
    return found
