"""SIGKILL at any moment: afterwards a file is wholly in or wholly out, and the fleet equals the database."""

import random
import re
import time

import pytest
from huaweicloudsdkgsl.v3 import ShowMonthUsageReq, ShowMonthUsagesRequest

import fleet_file
import usage_model
from clients import Plain, by_token, sdk
from fleet_model import Model, wire_megabytes
from simlink import Installation, start_demo, wait_until

KILLS = 8
CARDS = 4_000
USAGE_LINES = 40_000


def prepare(installation):
    account = installation.create_account("acme")
    plans, pools, cards = fleet_file.write_all(installation.directory / "files", "acme", CARDS)
    installation.run("import", "plans", plans)
    installation.run("import", "pools", pools)
    return account, (plans, pools, cards)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_killed_usage_imports(tmp_path, request, engine):
    """Usage files killed at random moments and sent again end in the last word on every day; cycles, cards and what the
    API shows agree."""
    database = request.getfixturevalue("postgres_database")("usage_crash") if engine == "postgres" else None
    installation, dice = Installation(tmp_path, database), random.Random(5)
    account, files = prepare(installation)
    installation.run("import", "cards", files[2])
    model = Model(*files, "acme")
    usage = usage_model.Usage(model.cards)
    killed, whole_seconds = 0, 0.5
    for number in range(KILLS // 2):
        lines = usage_model.draw_file(model.cards, 100 + number, USAGE_LINES)
        file = tmp_path / f"usage-{number}.csv"
        file.write_text(usage_model.text_of(lines))
        importing = installation.popen("import", "usage", file)
        started = time.monotonic()
        moment = started + whole_seconds * dice.uniform(0.1, 0.9)
        while importing.poll() is None and time.monotonic() < moment:
            time.sleep(0.005)
        killed += importing.poll() is None
        importing.kill()
        importing.wait()
        started = time.monotonic()
        installation.run("import", "usage", file)
        whole_seconds = time.monotonic() - started
        usage.take(lines)
    assert "usage: adds up" in installation.doctor().stdout
    assert killed > 1, "no import was killed: the file is too small"
    server = installation.serve()
    client = sdk(server, account)
    cycles = usage_model.cycles_shown()
    names = [f"{year}-{month:02d}" for year, month in cycles]
    cards = dice.sample(model.cards, 500)
    body = ShowMonthUsageReq(iccids=[card.iccid for card in cards], billing_cycles=names)
    shown = client.show_month_usages(ShowMonthUsagesRequest(body=body)).month_usages
    for card, of_card in zip(cards, shown, strict=True):
        expected = [wire_megabytes(usage.of_cycle(card, cycle)) for cycle in cycles]
        assert [flow.flow_used for flow in of_card.flow_usages] == expected, card.iccid
    server.stop()


def database_count(installation):
    """The cards that the database has, by a doctor that has found the fleet equal to it."""
    return int(re.search(r"equals the database: (\d+) cards", installation.doctor().stdout)[1])


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_killed_imports(tmp_path, request, engine):
    """An import killed at a random moment leaves its file wholly out, or wholly in where it had been committed; a
    running server and one started afresh both show what the database holds."""
    database = request.getfixturevalue("postgres_database")("crash") if engine == "postgres" else None
    installation, dice = Installation(tmp_path, database), random.Random(3)
    account, (_, _, cards) = prepare(installation)
    started = time.monotonic()
    installation.run("import", "cards", cards)
    whole_seconds, there, killed = time.monotonic() - started, CARDS, 0
    server = installation.serve()
    plain = Plain(server, account=account)
    for kill in range(1, KILLS + 1):
        rows = fleet_file.Cards("acme", seed=kill, first_number=1 + kill * 10_000).rows(CARDS)
        file = fleet_file.write(
            tmp_path / f"{kill}.csv", ({**row, "pool_id": ""} for row in rows), fleet_file.CARD_COLUMNS
        )
        importing = installation.popen("import", "cards", file)
        moment = time.monotonic() + whole_seconds * dice.uniform(0.05, 1.0)
        while importing.poll() is None and time.monotonic() < moment:
            assert plain.get("/v1/tags").status == 200
        killed += importing.poll() is None
        importing.kill()
        importing.wait()
        now = database_count(installation)
        assert now in (there, there + CARDS), (kill, there, now)
        there = now
        wait_until(
            lambda: plain.get("/v1/sim-cards").json()["count"] == there, 5, "the server shows the database"
        )
    assert killed >= KILLS // 2
    server.kill()
    server = installation.serve()
    assert Plain(server, account=account).get("/v1/sim-cards").json()["count"] == there
    server.stop()


def everything(plain, count):
    return [plain.get("/v1/sim-cards", limit=500, offset=page + 1).body for page in range(-(-count // 500))]


def test_killed_server(tmp_path):
    """A server killed while it works shows the same fleet when it starts again, byte for byte, knows the tokens and
    keys it gave out, and continues."""
    installation = Installation(tmp_path)
    account, files = prepare(installation)
    installation.run("import", "cards", files[2])
    server = installation.serve()
    plain = by_token(server, account)
    before = everything(plain, CARDS)
    path = "/v3.0/OS-CREDENTIAL/credentials"
    made = plain.request("POST", path, body={"credential": {"description": "kept"}}).json()["credential"]
    server.kill()
    server = installation.serve()
    again = Plain(server, token=plain.token)
    assert everything(again, CARDS) == before
    key = type(account)(**vars(account) | {"ak": made["access"], "sk": made["secret"]})
    assert Plain(server, account=key).get("/v1/sim-cards").json()["count"] == CARDS
    model = Model(*files, "acme")
    listed = again.get("/v1/sim-cards", sort="flow_used", limit=500).json()["sim_cards"]
    assert [card["iccid"] for card in listed] == [card.iccid for card in model.select({}, "flow_used")[:500]]
    assert database_count(installation) == CARDS
    server.stop()


def test_a_demo_is_continued(tmp_path):
    """A demo started again in its directory shows the same cards: nothing is generated anew."""
    lists = []
    for _ in range(2):
        server, accounts = start_demo(tmp_path, "--sims", "300")
        plain = by_token(server, accounts["demo"])
        lists.append(plain.get("/v1/sim-cards", limit=500).body)
        server.stop()
    assert lists[0] == lists[1] and b'"count":300' in lists[0]
