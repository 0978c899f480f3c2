"""A server ends just before or just after an order is in the database, and the client that heard nothing sends it again."""

import pytest

import databases
from clients import Plain
from ledger import NO_ANSWER
from world import ABORTED, World

CARDS = 10


@pytest.fixture(params=["sqlite", "postgres"])
def world(request, tmp_path_factory):
    database = databases.create("keys") if request.param == "postgres" else None
    world = World(tmp_path_factory.mktemp(f"keys-{request.param}"), CARDS, database)
    yield world
    world.stop()


def test_a_request_with_a_key_has_one_effect_across_a_crash(world):
    """Its key and its order are both there or both not, so that sent again it has one order and one answer."""
    for point, orders_left in [("place_in", 0), ("place_after", 1)]:
        before = world.tables.count("work_order")
        target, headers = f"/v1/sim-cards/{next(world.fresh)}/stop", {"Idempotency-Key": point}

        def send(server):
            return Plain(server, account=world.account).request("POST", target, headers, {"down_up_switch": 1})

        server = world.serve(abort_at=point)
        with pytest.raises(NO_ANSWER):
            send(server)
        server.process.wait(20)
        assert server.process.returncode == ABORTED, server.log_text()
        assert world.tables.count("work_order") == before + orders_left
        assert world.tables.count("idempotency_key WHERE status = 200") == before + orders_left

        world.let_leases_end()
        server = world.serve()
        again, once_more = send(server), send(server)
        assert (again.status, once_more.body) == (200, again.body)
        replayed = [answer.headers.get("idempotent-replayed") for answer in (again, once_more)]
        assert replayed == ["true" if orders_left else None, "true"]
        assert world.tables.count("work_order") == before + 1
        world.settle()
        server.kill()
