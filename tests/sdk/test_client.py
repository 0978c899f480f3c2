"""simlink as a client: what its commands print is what the API answers, and what they order is carried out."""

import csv
import io
import json
import stat

import pytest

from clients import Plain
from simlink import run, start_demo

SIMS = 300


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A demo, a function that runs a command against it, and a client of its own."""
    directory = tmp_path_factory.mktemp("client")
    server, accounts = start_demo(directory, "--sims", str(SIMS))
    profiles = {"SIMLINK_PROFILES": str(directory / "profiles.toml")}

    def simlink(*words, check=True):
        return run(*words, settings=profiles, check=check)

    for name, profile in (("demo", "default"), ("operator", "operator")):
        account = accounts[name]
        keys = ["--access-key", account.ak, "--secret-key", account.sk]
        simlink("login", "--endpoint", server.url, "--profile", profile, *keys)
    yield simlink, Plain(server, account=accounts["demo"]), directory / "profiles.toml"
    server.stop()


def as_csv(printed):
    return list(csv.DictReader(io.StringIO(printed)))


def test_profiles_are_kept_for_their_owner(shop):
    """A profile's file is nobody else's to read; an unknown profile and a wrong key are said to be so."""
    simlink, _, profiles = shop
    assert stat.S_IMODE(profiles.stat().st_mode) == 0o600
    unknown = simlink("tags", "list", "--profile", "nobody", check=False)
    assert unknown.returncode == 1 and "simlink login" in unknown.stderr
    keys = ["--access-key", "AKNOBODY", "--secret-key", "wrong"]
    endpoint = [word for word in profiles.read_text().split('"') if word.startswith("http")][0]
    refused = simlink("login", "--endpoint", endpoint, "--profile", "bad", *keys, check=False)
    assert refused.returncode == 1 and "bad" not in profiles.read_text()


def test_lists_are_those_of_the_api(shop):
    """Words, tags by name, every page, and the three forms of an answer."""
    simlink, plain, _ = shop
    tag = plain.request("GET", "/v1/tags?limit=10").json()["tags"][0]
    query = f"/v1/sim-cards?limit=500&sim_status=20&tag_id={tag['id']}"
    expected = plain.request("GET", query).json()["sim_cards"]
    words = ["sims", "list", "--status", "in-use", "--tag", tag["tag_name"], "--all"]
    listed = as_csv(simlink(*words, "-o", "csv").stdout)
    assert [int(row["sim_card_id"]) for row in listed] == [card["sim_card_id"] for card in expected]
    assert expected, "the demo tags cards in use"
    assert json.loads(simlink(*words, "-o", "json").stdout)["sim_cards"] == expected
    table = simlink(*words).stdout.splitlines()
    assert table[0].split()[0] == "sim_card_id" and len(table) == 1 + len(expected)
    everything = as_csv(simlink("sims", "list", "--all", "-o", "csv").stdout)
    assert len({row["sim_card_id"] for row in everything}) == SIMS
    nothing = simlink("sims", "list", "--tag", "no-such-tag", check=False)
    assert nothing.returncode == 1 and "no tag is called" in nothing.stderr


def test_orders_are_placed_and_followed(shop):
    """A dry run changes nothing; a stop is followed to its end, by id and by ICCID; a refusal is said in words."""
    simlink, plain, _ = shop
    query = "/v1/sim-cards?limit=10&sim_status=20&sim_type=3"
    first, second = plain.request("GET", query).json()["sim_cards"][:2]
    state = lambda card: plain.request("GET", f"/v1/sim-cards/{card['sim_card_id']}").json()["sim_status"]
    forecast = json.loads(simlink("sims", "stop", first["sim_card_id"], "--dry-run", "-o", "json").stdout)
    assert forecast["forecast"]["accepted_count"] == 1 and state(first) == 20
    done = simlink("sims", "stop", first["sim_card_id"], "--wait")
    assert "1 done, 0 failed" in done.stdout and state(first) == 14
    order = json.loads(simlink("sims", "stop", second["iccid"], "-o", "json").stdout)["work_order_id"]
    assert "1 done, 0 failed" in simlink("work-orders", "watch", order).stdout and state(second) == 14
    refused = simlink("sims", "stop", second["sim_card_id"], check=False)
    assert refused.returncode == 1 and "GSL.00016020" in refused.stderr

    bulk = ["--operation", "reset", "--filter", f"main_search_type=1&main_search_key={first['iccid']}"]
    assert "1 done" in simlink("work-orders", "create", *bulk, "--wait").stdout and state(first) == 20


def test_usage_and_operator(shop):
    """Usage of cards in a cycle line by line; the operator's commands need the operator's profile."""
    simlink, plain, _ = shop
    cards = plain.request("GET", "/v1/sim-cards?limit=10&sim_status=20").json()["sim_cards"][:3]
    ids = [card["sim_card_id"] for card in cards]
    cycles = json.loads(simlink("pools", "list", "-o", "json").stdout)["pools"][0]["billing_cycle"]
    cycle = f"{cycles[:4]}-{cycles[-2:]}"
    used = as_csv(simlink("usage", "month", *ids, "--cycle", cycle, "-o", "csv").stdout)
    assert [int(row["sim_card_id"]) for row in used] == ids
    assert all(float(row["flow_used"]) >= 0 for row in used)
    accounts = as_csv(simlink("ops", "accounts", "list", "--profile", "operator", "-o", "csv").stdout)
    assert {"demo", "rival"} <= {row["name"] for row in accounts}
    forbidden = simlink("ops", "accounts", "list", check=False)
    assert forbidden.returncode == 1 and "403" in forbidden.stderr


def test_completions_and_manual(shop, tmp_path):
    """Completions name the commands; there is a manual page for each."""
    simlink, _, _ = shop
    for shell in ("bash", "zsh", "fish"):
        assert "work-orders" in simlink("completions", shell).stdout
    simlink("man", tmp_path)
    assert (tmp_path / "simlink-sims-list.1").exists()
