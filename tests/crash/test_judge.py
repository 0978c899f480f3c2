"""The judge itself: a good world passes, and each kind of damage is seen by the check that is for it."""

import json

import pytest

from checker import Check, check
from world import World

# What is damaged, how that is undone, and the check that must say so.
DETAIL = (
    "work_order_id, account_id, sim_card_id, sim_type, cid, operation, status, stage, deadline_ms, created_ms, finished_ms"
)
DAMAGES = [
    (
        "UPDATE work_order SET status = 3, finished_ms = NULL WHERE status = 4",
        "UPDATE work_order SET status = 4, finished_ms = created_ms WHERE status = 3",
        "acknowledged_orders_end",
    ),
    (
        "UPDATE work_order_detail SET status = 1 WHERE status = 3",
        "UPDATE work_order_detail SET status = 3 WHERE description IS NOT NULL",
        "effects_happen_once",
    ),
    (
        "UPDATE sim_card SET sim_status = 20 WHERE sim_status = 14",
        "UPDATE sim_card SET sim_status = 14 WHERE carrier_version > 0",
        "cards_agree",
    ),
    (
        "UPDATE work_order SET success_count = 0, fail_count = 1 WHERE status = 4",
        "UPDATE work_order SET success_count = 1, fail_count = 0 WHERE status = 4",
        "counts_add_up",
    ),
    (
        "UPDATE change_log SET kind = 'lost' WHERE kind = 'carried_out'",
        "UPDATE change_log SET kind = 'carried_out' WHERE kind = 'lost'",
        "changes_are_complete",
    ),
    (
        "UPDATE sim_card SET carrier_version = carrier_version + 1",
        "UPDATE sim_card SET carrier_version = carrier_version - 1",
        "changes_are_complete",
    ),
    (
        "UPDATE sim_card SET operator_status = 7 WHERE sim_status = 14",
        "UPDATE sim_card SET operator_status = 5 WHERE sim_status = 14",
        "pages_equal_the_tables",
    ),
    (
        f"INSERT INTO work_order_detail (work_order_detail_id, {DETAIL}) "
        f"SELECT work_order_detail_id + 900000, {DETAIL} FROM work_order_detail WHERE status = 1",
        "DELETE FROM work_order_detail WHERE work_order_detail_id NOT IN "
        "(SELECT MIN(work_order_detail_id) FROM work_order_detail GROUP BY work_order_id)",
        "unknown_requests_exist_once_at_most",
    ),
    (
        "INSERT INTO card_in_flight (sim_card_id, work_order_detail_id) VALUES (1, 1)",
        "DELETE FROM card_in_flight",
        "nothing_is_left",
    ),
]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A settled world with an order that is done and one that the carrier refused."""
    world = World(tmp_path_factory.mktemp("judge"), 20)
    server = world.serve()
    client = world.client(server)
    assert client.order(next(world.fresh), "stop")
    world.settle()
    world.carrier.turn(fail_rate=1.0)
    assert client.order(next(world.fresh), "stop")
    world.settle()
    world.carrier.turn()
    yield world, server
    server.stop()
    world.stop()


def names(world, server):
    """The checks that have something to say."""
    return {fault.partition(":")[0] for fault in Check(world, server).everything()}


@pytest.mark.parametrize("damage, undo, name", DAMAGES, ids=[name for _, _, name in DAMAGES])
def test_damage_is_seen(judged, damage, undo, name):
    """A damaged table is named by its check, and good again once it is put right."""
    world, server = judged
    check(world, server)
    world.tables.change(damage)
    assert name in names(world, server)
    world.tables.change(undo)
    check(world, server)


def test_a_second_effect_is_seen(judged):
    """A journal that tells of a second execution, or of one that nobody ordered, is named."""
    world, server = judged
    journal = world.carrier.journal_path
    before = journal.read_bytes()
    executed = next(line for line in before.splitlines() if json.loads(line)["step"] == "executed")
    for line in (executed, executed.replace(b'-stop"', b'-cut_net"')):
        journal.write_bytes(before + line + b"\n")
        assert names(world, server) == {"effects_happen_once"}
    journal.write_bytes(before)
    check(world, server)


def test_a_lost_order_is_seen(judged):
    """An order that was acknowledged and is nowhere is named. The last test: a ledger only grows."""
    world, server = judged
    number = world.ledger.intent("stop", card=world.cards[-1])
    world.ledger.ack(number, 1)
    assert names(world, server) == {"acknowledged_orders_end"}
