"""Several processes over one PostgreSQL: one is killed or stands still in the middle, or is asked to end."""

import os
import signal
import threading
import time

import pytest

import databases
from checker import check
from ledger import NO_ANSWER
from simlink import STOP_SECONDS, free_port, wait_until
from world import JOBS, World

ORDERS = int(os.environ.get("SIMLINK_TEST_ORDERS", "1500"))
PLACING_CLIENTS = 8
# How long a job that calls a carrier is leased, and how long after that what was lost must have ended.
LEASE_SECONDS = 30
AFTER_LEASE_SECONDS = 5
ALL_SECONDS = 240
WAKE_SECONDS = 5
# Slow enough that a process is always at many orders.
LATENCY_MS = 200
CONCURRENCY = 16


def place_all(world, server, count):
    """Places an order on each of `count` cards, several at a time."""
    cards = [next(world.fresh) for _ in range(count)]

    def place(some):
        client = world.client(server)
        for card in some:
            assert client.order(card, "stop")

    threads = [
        threading.Thread(target=place, args=(cards[start::PLACING_CLIENTS],)) for start in range(PLACING_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.tables.count("work_order") == count


def ended(world):
    return world.tables.count("work_order WHERE status NOT IN (1, 2, 3)")


@pytest.fixture
def two_nodes(request, tmp_path):
    """A world with many orders placed, and two processes that carry them: the first of them owns what it has leased
    under a name that the tables show."""
    world = World(tmp_path, ORDERS, databases.create(request.node.name[:40]), concurrency=CONCURRENCY)
    world.carrier.turn(latency_ms=LATENCY_MS, accept_rate=0.2, push_delay_ms=300)
    placing = world.serve(SIMLINK_JOBS="false")
    place_all(world, placing, ORDERS)
    placing.stop()
    # As behind a balancer, callbacks reach the process that is there.
    port = free_port()
    settings = {"SIMLINK_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    first = world.serve(**settings)
    wait_until(lambda: world.tables.count("job WHERE state = 1"), 5, "the first process works")
    owner = world.tables.rows("SELECT owner FROM job WHERE state = 1 LIMIT 1")[0]["owner"]
    second = world.serve(port=port, **settings)
    wait_until(
        lambda: world.tables.count(f"job WHERE state = 1 AND owner <> '{owner}'"), 5, "the second process works"
    )
    yield world, first, owner, second
    first.kill()
    second.kill()
    world.stop()


def lose_midway(world, owner, lose):
    """Loses the first process when half of the orders have ended; gives when, and the cards of orders it was at."""
    wait_until(lambda: ended(world) > ORDERS / 2, ALL_SECONDS, "half of the orders have ended")
    lose()
    lost = time.monotonic()
    held = world.tables.rows(f"SELECT unique_key FROM job WHERE state = 1 AND owner = '{owner}'")
    assert held and ended(world) < ORDERS, "it was lost too late to show anything"
    return lost, ",".join(job["unique_key"] for job in held)


def wait_for_the_rest(world, lost, held):
    """Waits until what the lost process was at has ended, in time, and then everything else; gives the seconds."""
    held = f"work_order_detail WHERE status = 2 AND work_order_detail_id IN ({held})"
    assert world.tables.count(held), "what it was at has ended already"
    seconds = LEASE_SECONDS + AFTER_LEASE_SECONDS - (time.monotonic() - lost)
    wait_until(lambda: not world.tables.count(held), seconds, "what the lost process was at has ended")
    took = time.monotonic() - lost
    wait_until(lambda: ended(world) == ORDERS, ALL_SECONDS, "every order has ended")
    # What is left are jobs that wake up once more to find nothing to do.
    world.settle()
    return took


def test_a_killed_process(two_nodes):
    """What a killed process was at is carried on by the other within its lease and five seconds; nothing is carried
    out twice."""
    world, first, owner, second = two_nodes
    lost, held = lose_midway(world, owner, first.kill)
    took = wait_for_the_rest(world, lost, held)
    print(f"{held.count(',') + 1} orders were held, and ended {took:.1f} s after the loss")
    check(world, second)


def test_a_process_that_stands_still(two_nodes):
    """What a process that stands still was at is carried on by the other; when it wakes, it changes nothing: its late
    outcomes are refused."""
    world, first, owner, second = two_nodes
    lost, held = lose_midway(world, owner, lambda: first.process.send_signal(signal.SIGSTOP))
    took = wait_for_the_rest(world, lost, held)
    assert took > LEASE_SECONDS / 2, "it held nothing that the other had to wait for"
    before = snapshot(world)
    first.process.send_signal(signal.SIGCONT)
    wait_until(
        lambda: first.log.read_text().count("an attempt ended too late to count"),
        WAKE_SECONDS,
        "the woken process is told that it is too late",
    )
    wait_until(first.is_ready, WAKE_SECONDS, "the woken process serves again")
    assert snapshot(world) == before
    print(f"{held.count(',') + 1} orders were held, and ended {took:.1f} s after the loss")
    check(world, second)
    check(world, first)


def snapshot(world):
    """All that orders and cards are."""
    return [
        world.tables.rows(f"SELECT * FROM {table} ORDER BY 1")
        for table in ("work_order", "work_order_detail", "change_log", JOBS, "card_in_flight")
    ]


def test_asked_to_end(tmp_path):
    """A process that is asked to end lets what runs come to its end within ten seconds, cuts off the rest, leaves no
    job leased, and says 0; the next process carries everything on."""
    world = World(tmp_path, 60, databases.create("ending"), timeout_ms=20_000)
    server = world.serve()
    # Slower than a process may take to end.
    world.carrier.turn(latency_ms=14_000)
    client = world.client(server)
    for _ in range(40):
        assert client.order(next(world.fresh), "stop")
    wait_until(lambda: world.tables.count("job WHERE state = 1") == 16, 5, "all places are taken")
    took = server.stop()
    assert took <= STOP_SECONDS
    assert world.tables.count("job WHERE state = 1") == 0, world.left()
    world.carrier.turn()
    server = world.serve()
    world.settle()
    check(world, server)
    server.stop()
    world.stop()


def test_rolling(tmp_path):
    """While one process after the other is asked to end and started again, orders go on being placed and carried."""
    world = World(tmp_path, 2_000, databases.create("rolling"))
    world.carrier.turn(latency_ms=100, accept_rate=0.3, push_delay_ms=200)
    ports = [world.port, free_port()]
    servers = [world.serve(port=port) for port in ports]
    placing = threading.Event()
    placing.set()

    def place():
        turn = 0
        while placing.is_set():
            turn += 1
            try:
                world.client(servers[turn % 2]).order(next(world.fresh), "stop")
            except NO_ANSWER:
                pass

    thread = threading.Thread(target=place)
    thread.start()
    try:
        for turn, node in enumerate((0, 1, 0, 1)):
            wait_until(lambda: ended(world) > 20 * turn, 20, "orders go on being carried")
            servers[node].stop()
            servers[node] = world.serve(port=ports[node])
    finally:
        placing.clear()
        thread.join()
    world.settle()
    check(world, servers[0])
    for server in servers:
        server.stop()
    world.stop()


def test_a_second_signal(tmp_path):
    """A second SIGTERM ends the process at once, even while jobs are waited for."""
    world = World(tmp_path, 10, databases.create("second"))
    server = world.serve()
    world.carrier.turn(latency_ms=14_000)
    assert world.client(server).order(next(world.fresh), "stop")
    wait_until(lambda: world.carrier.journal().steps, 5, "the order is at the carrier")
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping: waiting" in server.log.read_text(), 5, "the first signal is heard")
    wait_until(lambda: " stopped " in server.log.read_text(), 5, "only the jobs are waited for")
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(STOP_SECONDS) == 1
    assert time.monotonic() - began < 2
    world.let_leases_end()
    world.carrier.turn()
    server = world.serve()
    world.settle()
    check(world, server)
    server.stop()
    world.stop()
