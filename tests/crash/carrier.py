"""The carrier: the gateway example as a process of its own, which outlives every server, and its journal."""

import atexit
import hashlib
import hmac
import http.client
import itertools
import json
import os
import subprocess
import time
from collections import Counter, defaultdict
from pathlib import Path

from simlink import ROOT

GATEWAY = Path(
    os.environ.get("SIMLINK_TEST_GATEWAY", ROOT / "target/debug/examples/carrier_gateway")
).resolve()
KEY, SECRET = "crash-key", "crash-secret"
CARDS_PER_READ = 100
# Nothing goes wrong and nothing takes time.
CALM = {}


# The platform takes the last digit for a check digit: of ten cards of the gateway it can have one.
STRIDE = 10


def iccid(number):
    """The ICCID of a card of the gateway's."""
    return f"898600{STRIDE * number:014d}"


class Carrier:
    """A running gateway with `cards` cards in use."""

    def __init__(self, directory, cards, seed=1):
        self.journal_path = Path(directory) / "journal"
        self.nonces = itertools.count(1)
        self.process = subprocess.Popen(
            [GATEWAY, KEY, SECRET, self.journal_path, str(STRIDE * cards), str(seed)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        # A test that fails on the way to its `stop` must not leave it behind.
        atexit.register(self.stop)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), f"the gateway does not start: {GATEWAY}"
        self.connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)

    def settings(self, link="net", **limits):
        """What makes a server reach this carrier for all cards."""
        limits = {
            "calls_per_second": 0,
            "burst": 100,
            "concurrency": 16,
            # The tests want the carrier's faults, not a pause after them.
            "failures_to_open": 1_000_000,
        } | limits
        prefix = f"SIMLINK_CARRIERS__{link.upper()}__"
        named = {f"{prefix}LIMITS__{name.upper()}": str(value) for name, value in limits.items()}
        gateway = {"URL": self.url, "KEY": KEY, "SECRET": SECRET}
        return named | {f"{prefix}GATEWAY__{name}": value for name, value in gateway.items()}

    def call(self, method, target, body):
        """A signed call; the answer must be a success."""
        data = json.dumps(body).encode()
        stamp, nonce = str(int(time.time())), f"crash{next(self.nonces)}"
        text = "\n".join([stamp, nonce, method, target, hashlib.sha256(data).hexdigest()])
        signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        headers = {
            "X-Gateway-Key": KEY,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature": f"v1={signature}",
            "Content-Type": "application/json",
        }
        self.connection.request(method, target, data, headers)
        answer = self.connection.getresponse()
        read = answer.read()
        assert answer.status == 200, (target, answer.status, read)
        return json.loads(read)

    def turn(self, **knobs):
        """Turns the knobs; those not named go back to a perfect carrier that answers at once."""
        self.call("PUT", "/control/knobs", knobs)

    def cards(self, iccids):
        """The carrier's view of cards, by ICCID."""
        views = {}
        for start in range(0, len(iccids), CARDS_PER_READ):
            answer = self.call("POST", "/v1/cards/query", {"iccids": iccids[start : start + CARDS_PER_READ]})
            views |= {item["iccid"]: item for item in answer["items"]}
        return views

    def journal(self):
        """What the journal on disk says now."""
        return Journal(self.journal_path)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Journal:
    """Steps by key (`<order>-<card>-<kind>`): how often each was taken."""

    def __init__(self, path):
        self.steps = defaultdict(Counter)
        lines = Path(path).read_bytes().split(b"\n")
        # What follows the last line feed is not written yet.
        for line in lines[:-1]:
            entry = json.loads(line)
            step = entry["step"]
            self.steps[entry["key"]][step if isinstance(step, str) else next(iter(step))] += 1

    def executed(self, key):
        return self.steps[key]["executed"] if key in self.steps else 0

    def reached(self, key):
        return key in self.steps


