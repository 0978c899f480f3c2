"""Work orders: from the request to the applied outcome, beside bare commits through the same database layer."""

import json
import statistics
import subprocess
import threading
import time

from . import client
from .processes import Product, Served

CLIENTS, PLACING_CLIENTS = 32, 100
# Cards of one request; the most that an order takes.
CARDS_AN_ORDER = 500
BULK_CALLS_PER_SECOND = 500
# A person's order beside the bulk work, every so often.
PROBE_INTERVAL_SECONDS = 1.0
APPLIED_SECONDS_MAX = 120
LIMITS = {"burst": 100, "concurrency": 32}
# As in the demo, but carriers that answer at once; and one carrier for all cards that takes 500 calls a second.
FAST = {
    "china-mobile": {"serves": [1], "simulator": {}, "limits": {"calls_per_second": 0, **LIMITS}},
    "china-telecom": {"serves": [2], "simulator": {}, "limits": {"calls_per_second": 0, **LIMITS}},
    "china-unicom": {"serves": [3], "simulator": {}, "limits": {"calls_per_second": 0, **LIMITS}},
    "overseas": {"simulator": {}, "limits": {"calls_per_second": 0, **LIMITS}},
}
PACED = {"every-carrier": {"simulator": {}, "limits": {"calls_per_second": BULK_CALLS_PER_SECOND, **LIMITS}}}


class Orders:
    """Places orders on the cards in use of a running server, each card and operation once."""

    def __init__(self, product, post):
        self.product, self.post = product, post
        self.headers = client.sign_in(product)

    def get(self, path):
        status, _, body, _ = client.fetch(self.product.url + path, self.headers)
        if status != 200:
            raise SystemExit(f"{path}: {status} {body!r}")
        return json.loads(body)

    def in_use(self):
        """How many cards are in use: the memory of the server, so it shows what is applied and followed."""
        return self.get("/v1/sim-cards?sim_status=20&limit=10")["count"]

    def cards_in_use(self, count):
        cards, page = [], 1
        while len(cards) < count:
            found = self.get(f"/v1/sim-cards?sim_status=20&limit={CARDS_AN_ORDER}&offset={page}")["sim_cards"]
            if not found:
                raise SystemExit(f"{count:,} cards in use are wanted, the fleet has {len(cards):,}: more --order-sims")
            cards += [card["sim_card_id"] for card in found]
            page += 1
        return cards[:count]

    def done(self):
        return self.get("/v1/work-orders?status=4&limit=10")["count"]

    def applied(self, cards, operation, clients):
        """Places an order on each card and waits until all are done and their cards changed: (placing, seconds)."""
        before, wanted = self.done(), self.in_use() + (len(cards) if operation == "reset" else -len(cards))
        lines = "".join(f"/v1/sim-cards/{card}/{operation}\t{{}}\n" for card in cards)
        begun = time.monotonic()
        command = [self.post, self.product.address, self.headers["X-Auth-Token"], str(clients)]
        placed = subprocess.run(command, input=lines, check=True, stdout=subprocess.PIPE, text=True)
        while self.in_use() != wanted:
            if time.monotonic() - begun > APPLIED_SECONDS_MAX:
                raise SystemExit(f"{operation}: {self.in_use():,} cards in use, {wanted:,} are wanted")
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        if self.done() - before != len(cards):
            raise SystemExit(f"{operation}: {self.done() - before:,} orders are done of {len(cards):,}")
        return json.loads(placed.stdout), seconds

    def post_one(self, path, body):
        status, _, answer, _ = client.fetch(self.product.url + path, self.headers, json.dumps(body).encode())
        if status != 200:
            raise SystemExit(f"{path}: {status} {answer!r}")
        return json.loads(answer)["work_order_id"]


def commits(binary, url, seconds):
    """Bare durable commits of one row a second."""
    done = subprocess.run([binary, url, str(CLIENTS), str(seconds)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["per_second"]


def measure(simlink, tools, directory, database, options, say):
    """Makes a fleet of its own, so that no other measurement meets changed cards, and measures all there is."""
    directory.mkdir(parents=True)
    say(f"making {options.order_sims:,} cards for work orders")
    product = Product(simlink, options.order_sims, directory, database("orders"))
    account = product.account()
    product.stop()
    demo = {"directory": directory, "account": account}
    demo["database"] = database("orders", make=False) or f"sqlite://{directory}/simlink.sqlite"
    commits_database = database("commits") or f"sqlite://{directory}/commits.sqlite"
    result = throughput(simlink, tools, demo, commits_database, options, say)
    return {**result, "bulk": beside_bulk(simlink, tools, demo, options, say)}


def throughput(simlink, tools, demo, commits_database, options, say):
    """Orders a second of 32 clients and the p99 of placing with 100, each window beside one of bare commits."""
    result = {"bare": [], "per_second": [], "cpu_us": [], "place_p99_ms": [], "place_p50_ms": []}
    product = Served(simlink, demo, FAST)
    try:
        orders = Orders(product, str(tools / "post"))
        cards = orders.cards_in_use(options.orders * (options.repetitions + 1))
        for repetition in range(options.repetitions + 1):
            say(f"work orders {repetition} of {options.repetitions}")
            mine = cards[repetition * options.orders : (repetition + 1) * options.orders]
            bare = commits(str(tools / "commits"), commits_database, options.seconds)
            before = product.cpu()
            _, seconds = orders.applied(mine, "stop", CLIENTS)
            spent = product.cpu() - before
            placed, _ = orders.applied(mine, "reset", PLACING_CLIENTS)
            if repetition == 0:
                # The first window finds nothing in any cache.
                continue
            result["bare"].append(bare)
            result["per_second"].append(len(mine) / seconds)
            result["cpu_us"].append((spent.user + spent.system) * 1e6 / len(mine))
            result["place_p50_ms"].append(placed["p50_ms"])
            result["place_p99_ms"].append(placed["p99_ms"])
    finally:
        product.stop()
    ratios = [mine / bare for mine, bare in zip(result["per_second"], result["bare"], strict=True)]
    return {**{name: statistics.median(values) for name, values in result.items()}, "ratio": statistics.median(ratios)}


def beside_bulk(simlink, tools, demo, options, say):
    """How long a person's order takes while operations on many cards go through a carrier of 500 calls a second."""
    product = Served(simlink, demo, PACED)
    try:
        orders = Orders(product, str(tools / "post"))
        probes = options.bulk_operations // BULK_CALLS_PER_SECOND + 60
        # The newest cards: those of the windows before are the oldest in use, and may not be stopped again so soon.
        cards = orders.cards_in_use(orders.in_use())[-(options.bulk_operations + probes):]
        bulk, single = cards[:-probes], cards[-probes:]
        if len(bulk) < options.bulk_operations:
            raise SystemExit(f"{options.bulk_operations:,} cards in use are wanted: more --order-sims")
        first, begun = orders.in_use(), time.monotonic()
        placing = threading.Thread(target=place_bulk, args=(orders, bulk))
        placing.start()
        seconds = []
        for card in single:
            seconds.append(probe(orders, card))
            remaining = orders.in_use() - (first - len(bulk) - len(seconds))
            if not placing.is_alive() and remaining <= 0:
                break
            say(f"beside bulk work: {seconds[-1] * 1e3:.0f} ms, {remaining:,} cards to go")
            time.sleep(PROBE_INTERVAL_SECONDS)
        spent = time.monotonic() - begun
        carried = len(bulk) - remaining
    finally:
        product.stop()
    return {
        "operations": carried,
        "per_second": carried / spent,
        "probes": len(seconds),
        "median_ms": statistics.median(seconds) * 1e3,
        "longest_ms": max(seconds) * 1e3,
    }


def place_bulk(orders, cards):
    for index in range(0, len(cards), CARDS_AN_ORDER):
        orders.post_one("/v1/work-orders", {"operation": "stop", "sim_card_ids": cards[index : index + CARDS_AN_ORDER]})


def probe(orders, card):
    """Seconds from the request of one stop until its order is done, and with that its carrier's answer written."""
    begun = time.monotonic()
    order_id = orders.post_one(f"/v1/sim-cards/{card}/stop", {})
    while time.monotonic() - begun < APPLIED_SECONDS_MAX:
        [order] = orders.get(f"/v1/work-orders?main_search_key={order_id}&limit=10")["work_orders"]
        if order["status"] == 4:
            break
        time.sleep(0.005)
    return time.monotonic() - begun
