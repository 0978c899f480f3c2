#!/usr/bin/env python3
"""Generates requests from /openapi.json with Schemathesis, all checks on, and sends them to a demo."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "sdk"))

import databases  # noqa: E402
from clients import by_token  # noqa: E402
from simlink import start_demo  # noqa: E402

SIMS = 1000
NAMED = 500
# Requests an operation in the first round and in those after it.
FEW, MANY = 5, 100
ROUNDS_MAX = 1000


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000, help="send at least so many requests (default: %(default)s)")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite", help="the store below")
    parser.add_argument("--seed", type=int, default=1, help="of the generated requests (default: %(default)s)")
    return parser.parse_args()


def things(plain):
    """What exists, by the names under which requests speak of it."""
    cards = plain.get("/v1/sim-cards", limit=NAMED).json()["sim_cards"]
    multi = plain.get("/v1/sim-cards-multiply", limit=NAMED).json()["sim_cards"]
    ids = [card["sim_card_id"] for card in cards]
    iccids = [card["iccid"] for card in cards]
    return {
        "sim_card_id": ids,
        "sim_card_ids": ids,
        "iccid": iccids,
        "iccids": iccids,
        "cids": [card["cid"] for card in cards],
        "tag_id": [tag["id"] for tag in plain.get("/v1/tags", limit=NAMED).json()["tags"]],
        "attribute_id": [row["id"] for row in plain.get("/v1/attributes", limit=NAMED).json()["attributes"]],
        "work_order_id": [row["id"] for row in plain.get("/v1/work-orders", limit=NAMED).json()["work_orders"]],
        "network_switch_policy_id": [
            row["id"]
            for row in plain.get("/v1/network-switch-policies", limit=NAMED).json()["network_switch_policy_list"]
        ],
        "multi": [card["sim_card_id"] for card in multi],
    }


def generate(server, world, phases, examples, seed, directory):
    """Runs Schemathesis; its exit status and how many requests it has sent."""
    command = [
        Path(sys.executable).with_name("st"), "run", f"{server.url}/openapi.json",
        "--checks", "all", "--mode", "all", "--phases", phases,
        "--max-examples", str(examples), "--seed", str(seed), "--workers", "1",
        "--continue-on-failure", "--no-color", "--generation-database", "none",
    ]  # fmt: skip
    settings = {"SIMLINK_OPENAPI_WORLD": str(world), "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    ran = subprocess.run(command, env=os.environ | settings, cwd=directory, stdout=subprocess.PIPE, text=True)
    print(ran.stdout)
    counted = re.search(r"(\d+) generated", ran.stdout)
    return ran.returncode, int(counted[1]) if counted else 0


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="simlink-openapi.") as directory:
        directory = Path(directory)
        database = databases.create("openapi") if options.engine == "postgres" else None
        server, accounts = start_demo(directory, "--sims", str(SIMS), database=database)
        try:
            plain = by_token(server, accounts["demo"])
            world = {
                "endpoint": server.url,
                "users": {name: vars(accounts[name]) for name in ("demo", "operator")},
                "existing": things(plain),
                "document": plain.get("/openapi.json").json(),
            }
            operations = sum(len(path) for path in world["document"]["paths"].values())
            told = directory / "world.json"
            told.write_text(json.dumps(world))
            # All bounds once, then other seeds until there were enough.
            status, cases = generate(server, told, "coverage,fuzzing,stateful", FEW, options.seed, directory)
            for seed in range(options.seed + 1, options.seed + ROUNDS_MAX):
                if status or cases >= options.cases:
                    break
                status, more = generate(server, told, "fuzzing,stateful", MANY, seed, directory)
                cases += more
            # The tokens of before have expired with the clock.
            assert by_token(server, accounts["operator"]).get("/ops/v1/sandbox/clock").status == 200
        finally:
            server.stop()
    print(f"{cases} requests to {operations} operations on {options.engine}, exit {status}")
    if cases < options.cases:
        sys.exit(f"only {cases} requests of {options.cases}")
    sys.exit(status)


if __name__ == "__main__":
    main()
