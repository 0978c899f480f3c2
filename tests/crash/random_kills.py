"""Kills a server again and again at any moment, with sixteen clients at work and a carrier that does everything wrong
that a carrier can; after each kill it is started again, must bring everything to its end, and is judged.

python tests/crash/random_kills.py [--cycles 200] [--engine sqlite|postgres] [--seed N]      (scripts/crash-random)
"""

import argparse
import random
import tempfile
import time
from collections import Counter

import databases
from checker import check
from world import Crowd, World

CARDS = 3_000
CLIENTS = 16
SECONDS_BEFORE_KILL = (0.05, 1.5)
# How long after the restart clients go on, so that what stayed unknown is asked again.
SECONDS_AFTER_START = 0.2
SETTLE_SECONDS = 120
# An effect that was written this short before the kill counts as just applied.
APPLIED_MS = 100
WINDOWS = ("enqueued", "claimed", "submitted", "accepted", "confirmed", "applied")
FAULTS = {
    "latency_ms": 5,
    "latency_jitter_ms": 60,
    "lose_request_rate": 0.05,
    "lose_answer_rate": 0.1,
    "carrier_error_rate": 0.05,
    "fail_rate": 0.05,
    "accept_rate": 0.5,
    "push_delay_ms": 100,
    "push_jitter_ms": 400,
    "silence_rate": 0.2,
    "early_push_rate": 0.1,
    "duplicate_rate": 0.3,
    "contradict_rate": 0.1,
    "stray_rate": 0.1,
    "lock_ms": 20,
}


def windows(world, killed_ms):
    """How many cards of orders were in which window at the moment of the kill, by tables and journal."""
    journal = world.carrier.journal()
    hits = Counter()
    details = world.tables.rows(
        "SELECT detail.work_order_id, detail.sim_card_id, detail.operation, detail.status, detail.reference, "
        "detail.finished_ms, job.state AS job_state, job.attempt FROM work_order_detail AS detail "
        "LEFT JOIN job ON job.kind LIKE 'carry%' AND job.unique_key = CAST(detail.work_order_detail_id AS TEXT) "
        f"WHERE detail.status = 2 OR detail.finished_ms > {killed_ms - APPLIED_MS}"
    )
    for detail in details:
        key = "{work_order_id}-{sim_card_id}-{operation}".format(**detail)
        if detail["status"] != 2:
            hits["applied"] += journal.executed(key) > 0
        elif detail["job_state"] is None:
            hits["waiting"] += 1
        elif journal.executed(key):
            hits["confirmed"] += 1
        elif detail["reference"]:
            hits["accepted"] += 1
        elif journal.reached(key):
            hits["submitted"] += 1
        elif detail["job_state"] == 1:
            hits["claimed"] += 1
        elif detail["attempt"] == 0:
            hits["enqueued"] += 1
    return hits


def run(directory, engine, cycles, seed, say=print):
    """Runs the cycles; gives how many kills hit each window. Any violation is an AssertionError that names the seed."""
    dice = random.Random(seed)
    database = databases.create(f"random_{seed}") if engine == "postgres" else None
    world = World(directory, CARDS, database, concurrency=8)
    crowd = Crowd(world, CLIENTS, seed)
    hits, began = Counter(), time.monotonic()
    try:
        server = world.serve()
        for cycle in range(1, cycles + 1):
            world.carrier.turn(**FAULTS)
            crowd.tell("go")
            time.sleep(dice.uniform(*SECONDS_BEFORE_KILL))
            server.kill()
            killed_ms = int(time.time() * 1000)
            hit = windows(world, killed_ms)
            hits.update(window for window in hit if hit[window])
            world.let_leases_end()
            server = world.serve()
            time.sleep(SECONDS_AFTER_START)
            crowd.tell("pause")
            world.carrier.turn()
            world.settle(SETTLE_SECONDS)
            try:
                found = check(world, server)
            except AssertionError as violation:
                raise AssertionError(f"seed {seed}, {engine}, cycle {cycle}: {violation}") from None
            fates = Counter(request.fate for request in found.requests)
            say(f"cycle {cycle}: {dict(hit)}; orders {len(found.orders)}, {dict(fates)}", flush=True)
        server.stop()
    finally:
        crowd.stop()
        world.stop()
        server.kill()
    statuses = Counter(order["status"] for order in found.orders.values())
    say(f"{engine}: {cycles} kills in {time.monotonic() - began:.0f} s, seed {seed}")
    say(f"  {len(found.orders)} orders, by status {dict(sorted(statuses.items()))}; requests {dict(fates)}")
    say("  kills that hit " + " · ".join(f"{window} {hits[window]}" for window in WINDOWS))
    missed = [window for window in WINDOWS if not hits[window]]
    assert not missed, f"no kill hit {missed}: this run shows nothing about them (seed {seed})"
    return hits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="simlink-random-kills-") as directory:
        run(directory, options.engine, options.cycles, options.seed)


if __name__ == "__main__":
    main()
