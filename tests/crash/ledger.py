"""The client's ledger: what it was about to ask and what it was told, on disk before it goes on.

As a program it is a process of its own with many clients, told by its standard input to `go` and to `pause`:
python tests/crash/ledger.py PORT ACCOUNT_JSON LEDGER CLIENTS SEED CARD_ID…  (the card ids on the first line of input)
"""

import http.client
import json
import os
import random
import sys
import threading
import time
from dataclasses import dataclass

# No answer: nobody knows what became of the request.
NO_ANSWER = (OSError, http.client.HTTPException)
# What is asked of a card: path and body, by the carrier's word for it.
ASKED = {
    "stop": ("stop", {}),
    "resume": ("reset", {}),
    "cut_net": ("cut-net", {"action": "ADD"}),
    "restore_net": ("cut-net", {"action": "DEL"}),
    "set_threshold": ("exceed-cut-net", {"action": 1, "quota": "500"}),
    "cancel_threshold": ("exceed-cut-net", {"action": 2}),
    "limit_speed": ("speed-limit", {"speed_value": 1024}),
    "bind_device": ("bind-device", {"bind_type": 2, "imei": "490154203237518"}),
}
CANCEL = "cancel"


class Ledger:
    """An append-only file, a JSON object a line: `intent`, then `ack` or `refused`; neither means unknown."""

    def __init__(self, path):
        self.file = open(path, "ab")
        self.lock = threading.Lock()
        self.number = 0

    def _write(self, **line):
        with self.lock:
            self.file.write(json.dumps(line).encode() + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())

    def intent(self, kind, **about):
        with self.lock:
            self.number += 1
            number = self.number
        self._write(number=number, step="intent", kind=kind, **about)
        return number

    def ack(self, number, order=None):
        self._write(number=number, step="ack", order=order)

    def refused(self, number, status, code):
        self._write(number=number, step="refused", status=status, code=code)


@dataclass
class Request:
    """What a ledger says of a request, or of one card of a request for many: `fate` is ack, refused or unknown."""

    number: int
    kind: str
    card: int | None
    order: int | None
    fate: str = "unknown"
    code: str | None = None


def read(path):
    """The requests of a ledger, in their order."""
    requests = {}
    with open(path, "rb") as file:
        for line in file.read().split(b"\n")[:-1]:
            line = json.loads(line)
            if line["step"] == "intent":
                number, cards = line["number"], line.get("cards", [line.get("card")])
                requests[number] = [Request(number, line["kind"], card, line.get("order")) for card in cards]
                continue
            for request in requests[line["number"]]:
                request.fate, request.code = line["step"], line.get("code")
                if line.get("order") is not None:
                    request.order = line["order"]
    return [request for of_one in requests.values() for request in of_one]


class Client:
    """One client that keeps a ledger. No answer is one of NO_ANSWER: the request stays unknown."""

    def __init__(self, plain, ledger):
        self.plain = plain
        self.ledger = ledger

    def order(self, card, kind):
        """Asks for an operation on a card; gives the order's id, or None when it is refused."""
        path, body = ASKED[kind]
        number = self.ledger.intent(kind, card=card)
        return self._send(number, "POST", f"/v1/sim-cards/{card}/{path}", body)

    def bulk_stop(self, batch, cards):
        """Stops the cards of a batch by one bulk order; gives its id."""
        number = self.ledger.intent("stop", cards=cards)
        return self._send(number, "POST", "/v1/work-orders", {"operation": "stop", "filter": f"order_id={batch}"})

    def cancel(self, order):
        """Takes an order back; gives whether it was."""
        number = self.ledger.intent(CANCEL, order=order)
        return self._send(number, "POST", f"/v1/work-orders/{order}/cancel", {}, order) is not None

    def _send(self, number, method, target, body, order=None):
        # Over a kept connection it might be sent twice, unseen.
        self.plain.close()
        try:
            answer = self.plain.request(method, target, body=body)
        except ConnectionRefusedError:
            self.ledger.refused(number, 0, "not sent")
            raise
        if 200 <= answer.status < 300:
            order = order or answer.json()["work_order_id"]
            self.ledger.ack(number, order)
            return order
        # A 5xx says nothing about what was done: the request stays unknown.
        if answer.status < 500:
            self.ledger.refused(number, answer.status, answer.code)
        return None


class Crowd:
    """Clients that ask for operations, take orders back and look at lists, while they may go on. What stayed unknown
    because the server was killed is asked once more, first thing."""

    def __init__(self, port, account, ledger, cards, dice):
        self.port, self.account, self.ledger, self.cards = port, account, ledger, cards
        self.seeds = dice
        self.going = threading.Event()
        self.busy = 0
        self.idle = threading.Condition()

    def run(self, clients):
        for _ in range(clients):
            dice = random.Random(self.seeds.random())
            threading.Thread(target=self._client, args=(dice,), daemon=True).start()

    def pause(self):
        """Returns when no client is at anything any more."""
        self.going.clear()
        with self.idle:
            self.idle.wait_for(lambda: self.busy == 0)

    def _client(self, dice):
        from clients import Plain
        from simlink import Endpoint

        client = Client(Plain(Endpoint(self.port), account=self.account), self.ledger)
        again, orders = [], []
        while True:
            self.going.wait()
            with self.idle:
                self.busy += 1
            try:
                if self.going.is_set():
                    self._step(client, dice, again, orders)
            except NO_ANSWER:
                time.sleep(0.02)
            finally:
                with self.idle:
                    self.busy -= 1
                    self.idle.notify_all()

    def _step(self, client, dice, again, orders):
        if again:
            client.order(*again[0])
            again.pop(0)
        elif orders and dice.random() < 0.1:
            client.cancel(orders.pop())
        elif dice.random() < 0.1:
            client.plain.get("/v1/work-orders", limit=50)
        else:
            # Several at once on one card, so that some wait for others.
            card = dice.choice(self.cards)
            for kind in dice.sample(list(ASKED), dice.choice([1, 1, 2, 3])):
                again.append((card, kind))
                order = client.order(card, kind)
                again.pop()
                if order:
                    orders.append(order)


def main(port, account, path, clients, seed):
    from simlink import Account

    cards = json.loads(sys.stdin.readline())
    crowd = Crowd(int(port), Account(**json.loads(account)), Ledger(path), cards, random.Random(int(seed)))
    crowd.run(int(clients))
    for line in sys.stdin:
        if line.strip() == "go":
            crowd.going.set()
        else:
            crowd.pause()
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
