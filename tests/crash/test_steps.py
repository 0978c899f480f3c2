"""The server's process ends at one named point of an order's walk after the other, and is started again: every order
ends, and nothing is done twice or lost."""

import time
from dataclasses import dataclass
from typing import Callable

import pytest

import databases
from checker import check
from ledger import NO_ANSWER
from simlink import wait_until
from world import ABORTED, World

ABORT_SECONDS = 20
CARDS = 120
FAR_MS = 4_000_000_000_000


def one_order(world, client):
    """An order that the carrier carries out at once."""
    world.carrier.turn()
    assert client.order(next(world.fresh), "stop")


def accepted_order(world, client):
    """An order that the carrier accepts, carries out a little later, and tells of."""
    world.carrier.turn(accept_rate=1.0, push_delay_ms=300)
    assert client.order(next(world.fresh), "cut_net")


def unanswered_order(world, client):
    """An order that the carrier carries out at once, only that nobody hears of it for a while."""
    world.carrier.turn(lose_answer_rate=1.0)
    assert client.order(next(world.fresh), "stop")
    wait_until(
        lambda: world.tables.count("job WHERE state = 0 AND failures > 0"), ABORT_SECONDS, "no answer noted"
    )


def refused_order(world, client):
    """An order that the carrier refuses."""
    world.carrier.turn(fail_rate=1.0)
    assert client.order(next(world.fresh), "limit_speed")


def two_orders(world, client):
    """Two orders on a card, of which the second waits for the first; gives the second."""
    world.carrier.turn(latency_ms=700)
    card = next(world.fresh)
    assert client.order(card, "cut_net")
    return client.order(card, "limit_speed")


def order_taken_back(world, client):
    """An order that is taken back while it waits for its card."""
    client.cancel(two_orders(world, client))


def forgotten_order(world, client):
    """An order whose 30 minutes go by unanswered while its job looks at it again and again."""
    unanswered_order(world, client)
    world.tables.change("UPDATE work_order_detail SET deadline_ms = 1 WHERE status = 2")


def swept_order(world, client):
    """An order whose 30 minutes go by while its job sleeps: the sweep closes it."""
    unanswered_order(world, client)
    world.tables.change(f"UPDATE job SET run_at_ms = {FAR_MS} WHERE failures > 0")
    world.tables.change("UPDATE work_order_detail SET deadline_ms = 1 WHERE status = 2")
    world.tables.change("UPDATE job_schedule SET next_run_ms = 1")


def order_looked_after(world, client):
    """An order that was closed unanswered, and of which the carrier then says that it was carried out."""
    forgotten_order(world, client)
    wait_until(
        lambda: world.hurry() or world.tables.count("work_order_detail WHERE stage = 4"),
        ABORT_SECONDS,
        "the order is closed",
    )
    world.carrier.turn()


def bulk_order(world, client):
    """An order of a batch, whose cards begin bit by bit."""
    world.carrier.turn()
    assert client.bulk_stop(*world.batch())


def held_order(world, client):
    """A bulk order that is held while its cards are at the carrier."""
    world.carrier.turn(latency_ms=700)
    order = client.bulk_stop(*world.batch())
    client.plain.request("POST", f"/v1/work-orders/{order}/pause", body={})


def stay(_world):
    """Lets the time go by as it does."""


@dataclass
class Step:
    """A point, what leads there, and how the time goes by meanwhile."""

    point: str
    act: Callable
    meanwhile: Callable = World.hurry


STEPS = [
    Step("place_in", one_order),
    Step("place_after", one_order),
    Step("carry_claimed", one_order),
    Step("carry_before_send", one_order),
    Step("carry_after_send", one_order),
    Step("carry_before_settle", one_order),
    Step("carry_in_settle", one_order),
    Step("carry_after_settle", one_order),
    Step("carry_in_settle", refused_order),
    Step("carry_in_accept", accepted_order),
    Step("carry_after_accept", accepted_order),
    Step("event_in_take", accepted_order, stay),
    Step("event_taken", accepted_order, stay),
    Step("carry_inquired", unanswered_order),
    Step("hand_on", two_orders),
    Step("cancel_in", order_taken_back),
    Step("cancel_after", order_taken_back),
    Step("overdue_in_close", forgotten_order),
    Step("overdue_closed", forgotten_order),
    Step("sweep_in", swept_order, stay),
    Step("look_after_in", order_looked_after),
    Step("look_after_done", order_looked_after),
    Step("read_card_read", order_looked_after),
    Step("read_card_in_write", order_looked_after),
    Step("read_card_written", order_looked_after),
    Step("bulk_placed_in", bulk_order),
    Step("bulk_placed", bulk_order),
    Step("bulk_feed_in", bulk_order),
    Step("bulk_fed", bulk_order),
    Step("bulk_pause_in", held_order),
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def world(request, tmp_path_factory):
    """A world that all steps share, so that one step's remains would show in the next."""
    database = databases.create("steps") if request.param == "postgres" else None
    world = World(tmp_path_factory.mktemp(f"steps-{request.param}"), CARDS, database)
    yield world
    world.stop()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.point}-{step.act.__name__}")
def test_ends_at(world, step):
    """The process ends at the point; started again, everything comes to its end as if nothing had been."""
    server = world.serve(abort_at=step.point)
    try:
        step.act(world, world.client(server))
    except NO_ANSWER:
        pass
    deadline = time.monotonic() + ABORT_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        step.meanwhile(world)
        time.sleep(0.02)
    if server.process.poll() is None:
        server.kill()
        pytest.fail(f"{step.point} was not reached: {world.left()}\n{server.log_text()}")
    assert server.process.returncode == ABORTED, server.log_text()

    world.carrier.turn()
    world.let_leases_end()
    server = world.serve()
    world.settle()
    check(world, server)
    server.kill()


def test_every_point_is_a_step():
    """Each point in the server's source has its step here, and no step names a point that is gone."""
    from points import points_of_source

    assert points_of_source() == {step.point for step in STEPS}
