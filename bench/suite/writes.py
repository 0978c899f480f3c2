"""Writes: ten tags on 500 cards anywhere in the fleet, one request after the other, every one changing every card."""

import http.client
import json
import random
import time

from . import client
from .processes import SEED

CARDS, TAGS = 500, 10
# Pages of 500 cards from which the cards of a batch are drawn.
PAGES = 20
BATCHES_A_REPETITION = 60


def batch_sets(product, options, say):
    """Milliseconds of each batch. Two sets of tags take turns, so that no batch finds its rows already there."""
    headers = client.sign_in(product)
    fleet = client.Fleet(product, headers, options.sims)
    dice = random.Random(SEED)
    pages = dice.sample(range(1, max(2, fleet.count // CARDS + 1)), min(PAGES, max(1, fleet.count // CARDS)))
    cards = [
        card["sim_card_id"]
        for page in pages
        for card in fleet.get(f"/v1/sim-cards?limit={CARDS}&offset={page}")["sim_cards"]
    ]
    connection = http.client.HTTPConnection(product.address, timeout=60)

    def post(path, body):
        started = time.perf_counter()
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text!r}")
        return (time.perf_counter() - started) * 1000, json.loads(text)

    tags = {tag["tag_name"]: tag["id"] for tag in fleet.get("/v1/tags?limit=500")["tags"]}
    names = [f"bench-{number}" for number in range(2 * TAGS)]
    for name in names:
        if name not in tags:
            tags[name] = post("/v1/tags", {"tag_name": name})[1]["id"]
    sets = [[tags[name] for name in names[:TAGS]], [tags[name] for name in names[TAGS:]]]
    seen = []
    for repetition in range(options.repetitions):
        say(f"writes {repetition + 1} of {options.repetitions}")
        for number in range(BATCHES_A_REPETITION):
            chosen = dice.sample(cards, min(CARDS, len(cards)))
            body = {"sim_card_ids": chosen, "tag_ids": sets[number % 2]}
            seen.append(post("/v1/sim-tags/batch-set", body)[0])
    return seen
