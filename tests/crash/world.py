"""A server over one of the engines, its carrier, its cards, and what tests do to all of them."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import fleet_file
from carrier import Carrier, iccid
from clients import Plain
from ledger import Client, Ledger
from simlink import Installation, Server, free_port
from tables import Tables

ACCOUNT = "crash"
SETTLE_SECONDS = 60
# Jobs that are orders' or cards', not the clock's or the log's: those come again and again.
JOBS = "job WHERE kind <> 'audit.seal' AND kind NOT IN (SELECT kind FROM job_schedule)"
ABORTED = -signal.SIGABRT
# Batches of cards for bulk orders, taken from the last cards.
BATCHES, BATCH_CARDS = 6, 10


class World:
    """An installation with `cards` cards in use, all at one carrier."""

    def __init__(self, directory, cards, database=None, **limits):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.carrier = Carrier(self.directory, cards)
        self.installation = Installation(self.directory, database, **self.carrier.settings(**limits))
        self.tables = Tables(database or f"sqlite://{self.directory}/data/simlink.sqlite")
        self.account = self.installation.create_account(ACCOUNT)
        # China Telecom takes the most kinds of operations.
        row = dict.fromkeys(fleet_file.CARD_COLUMNS, "") | {"account": ACCOUNT, "sim_type": 3, "carrier": 2}
        row |= {"sim_status": 20, "operator_status": -1, "act_date": "2024-01-01 00:00:00"}
        row |= {"real_named": "false", "sms_enabled": "false"}
        batches = {
            cards - 1 - index: 1 + index // BATCH_CARDS for index in range(min(BATCHES * BATCH_CARDS, cards // 2))
        }
        rows = (
            row | {"cid": iccid(number), "iccid": iccid(number), "order_id": batches.get(number, "")}
            for number in range(cards)
        )
        self.installation.run("import", "cards", fleet_file.write(self.directory / "cards.csv", rows))
        self.cards = [row["id"] for row in self.tables.rows("SELECT sim_card_id AS id FROM sim_card ORDER BY 1")]
        self.fresh = iter(self.cards)
        self.batches = iter(range(1, BATCHES + 1))
        self.port = free_port()
        self.servers = {}
        self.ledger_path = self.directory / "ledger"
        self.ledger = Ledger(self.ledger_path)

    def serve(self, abort_at=None, port=None, **settings):
        """A server that is ready, or that has ended at the point it was to abort at."""
        settings = self.installation.settings | settings
        port = port or self.port
        settings["SIMLINK_LISTEN"] = f"127.0.0.1:{port}"
        if abort_at:
            settings["SIMLINK_TEST_ABORT_AT"] = abort_at
        # A test that failed may have left one.
        if port in self.servers:
            self.servers[port].kill()
        server = self.servers[port] = Server(["serve"], self.directory / "server.log", port, settings)
        try:
            server.wait_ready()
        except BaseException:
            if abort_at and server.process.poll() == ABORTED:
                return server
            server.kill()
            raise
        return server

    def client(self, server):
        """A client of the test's own, with the ledger."""
        return Client(Plain(server, account=self.account), self.ledger)

    def batch(self):
        """The number and the cards of a batch that no order had."""
        number = next(self.batches)
        rows = self.tables.rows(f"SELECT sim_card_id AS id FROM sim_card WHERE order_id = {number} ORDER BY 1")
        return number, [row["id"] for row in rows]

    def let_leases_end(self):
        """Has the time go by that a dead process's leases hold."""
        self.tables.change("UPDATE job SET lease_until_ms = 1 WHERE state = 1")

    def hurry(self):
        """Has the time go by for which jobs wait."""
        self.tables.change("UPDATE job SET run_at_ms = 1 WHERE state = 0 AND run_at_ms > 1 AND attempt > 0")

    def is_settled(self):
        """Whether no order is open, none is looked after any more, and no card is still to be read."""
        return not (
            self.tables.count("work_order WHERE status IN (1, 2, 3)")
            or self.tables.count("work_order_detail WHERE status = 2 OR stage = 4")
            or self.tables.count(JOBS)
        )

    def settle(self, seconds=SETTLE_SECONDS):
        """Waits until all is settled; what waits, waits no longer."""
        deadline = time.monotonic() + seconds
        while not self.is_settled():
            assert time.monotonic() < deadline, f"not settled: {self.left()}"
            self.hurry()
            time.sleep(0.05)

    def left(self):
        """What keeps the world from being settled, for the message of a failure."""
        return {
            "orders": self.tables.count("work_order WHERE status IN (1, 2, 3)"),
            "details": self.tables.rows(
                "SELECT status, stage, COUNT(*) AS details FROM work_order_detail "
                "WHERE status = 2 OR stage = 4 GROUP BY status, stage"
            ),
            "jobs": self.tables.rows(
                f"SELECT kind, state, attempt, failures, last_error, run_at_ms, lease_until_ms FROM {JOBS} LIMIT 5"
            ),
        }

    def stop(self):
        for server in self.servers.values():
            server.kill()
        self.carrier.stop()


class Crowd:
    """The process of many clients (see ledger.py)."""

    def __init__(self, world, clients, seed):
        account = json.dumps(vars(world.account))
        command = [sys.executable, Path(__file__).parent / "ledger.py", str(world.port), account]
        path = Path(__file__).resolve().parents[1] / "sdk"
        self.process = subprocess.Popen(
            [*command, world.ledger_path, str(clients), str(seed)],
            env={"PYTHONPATH": str(path), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        print(json.dumps(world.cards), file=self.process.stdin, flush=True)

    def tell(self, word):
        print(word, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline().strip() == "done", "the clients have ended"

    def stop(self):
        self.process.kill()
        self.process.wait()
