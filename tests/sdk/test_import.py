"""Files in: large ones, bad ones, and while the server runs."""

import csv
import json
import time

import pytest

import fleet_file
from clients import Plain, by_token
from fleet_model import Model
from simlink import Installation, wait_until

LARGE = 100_000
FOLLOW_SECONDS = 5


def count(plain, **query):
    return plain.get("/v1/sim-cards", **query).json()["count"]


def test_a_hundred_thousand_cards(tmp_path, record_property):
    """A file of 100,000 cards is imported and listed; the seconds are printed, not judged: this is a debug binary."""
    installation = Installation(tmp_path)
    account = installation.create_account("acme")
    files = fleet_file.write_all(tmp_path / "files", "acme", LARGE)
    for noun, file in zip(("plans", "pools"), files):
        installation.run("import", noun, file)
    started = time.monotonic()
    report = json.loads(installation.run("import", "cards", files[2], "--json").stdout)
    seconds = time.monotonic() - started
    print(f"\nimported {LARGE} cards in {seconds:.1f} s")
    record_property("import_seconds", seconds)
    assert report == {"imported": LARGE, "bad_lines": 0, "errors": []}
    assert f"{LARGE} cards of 1 accounts" in installation.doctor().stdout
    server, model = installation.serve(), Model(*files, "acme")
    plain = by_token(server, account)
    for filters, sort in (({}, None), ({"sim_status": 20}, "flow_used"), ({"pool_flag": 12}, "expire_time")):
        expected = model.select(filters, sort)
        for page in (1, len(expected) // 500):
            body = plain.get(
                "/v1/sim-cards", limit=500, offset=page, **filters, **({"sort": sort} if sort else {})
            ).json()
            wanted = expected[(page - 1) * 500 : page * 500]
            assert body["count"] == len(expected)
            assert [card["iccid"] for card in body["sim_cards"]] == [card.iccid for card in wanted]
    server.stop()


# What is done to a good line, and the column that the report must blame.
SPOILT = {
    "account": ("account", "nobody"),
    "unknown plan": ("price_plan_id", "none"),
    "foreign plan": ("price_plan_id", "plan-3-4-10"),
    "unknown pool": ("pool_id", "4711"),
    "short iccid": ("iccid", "898600"),
    "no iccid": ("iccid", ""),
    "iccid with a letter outside ASCII": ("iccid", "8986００1234567890123"),
    "status": ("sim_status", "21"),
    "status word": ("sim_status", "in use"),
    "type": ("sim_type", "4"),
    "carrier": ("carrier", "5"),
    "imei": ("imei", "490154203237517"),
    "imsi": ("imsi", "46000x"),
    "date": ("act_date", "yesterday"),
    "impossible day": ("act_date", "2023-02-30"),
    "flow": ("flow_used", "-1"),
    "tags": ("tags", "a b"),
    "tags twice": ("tags", "vip;vip"),
    "boolean": ("real_named", "maybe"),
    "attribute": ("customer_attribute1", "x" * 101),
    "order": ("order_id", "1.5"),
    "online carrier without version": ("online_carrier", "1"),
    "device": ("device_status", "9"),
}


def spoil(rows, path):
    """Writes the rows with bad lines among them; returns {line number: column or None}."""
    good = [row for row in rows if row["sim_status"] == 20 and not row["version"] and row["carrier"] != 4]
    spoilt = {}
    lines = [dict(row) for row in good[:400]]
    for number, (column, value) in enumerate(SPOILT.values()):
        index = 7 + 11 * number
        lines[index][column] = value
        spoilt[index + 2] = column
    lines[390] = dict(lines[389])  # The same card twice.
    spoilt[392] = "iccid"
    fleet_file.write(path, lines, fleet_file.CARD_COLUMNS)
    text = path.read_text().splitlines()
    text[380] += ",one,field,more"
    text[382] = '"open quote,' + text[382]
    spoilt |= {381: None, 383: None}
    path.write_text("\n".join(text) + "\n")
    return spoilt, len(lines)


def test_bad_lines(tmp_path):
    """Every bad line is named with its number, its column and a reason; nothing of the file is applied, unless
    --partial asks for the good lines, which are then all applied."""
    installation = Installation(tmp_path)
    account = installation.create_account("acme")
    plans, pools, _ = fleet_file.write_all(tmp_path / "files", "acme", 20)
    installation.run("import", "plans", plans)
    installation.run("import", "pools", pools)
    rows = list(fleet_file.Cards("acme").rows(2_000))
    bad = tmp_path / "bad.csv"
    spoilt, lines = spoil(rows, bad)

    refused = installation.run("import", "cards", bad, "--json", check=False)
    assert refused.returncode not in (0, 101)
    report = json.loads(refused.stdout)
    found = {error["line"]: error["column"] for error in report["errors"]}
    assert found == spoilt
    assert report["imported"] == 0 and report["bad_lines"] == len(spoilt)
    assert all(len(error["reason"]) > 8 for error in report["errors"])
    told = installation.run("import", "cards", bad, check=False)
    assert [f"line {line}:" in told.stderr for line in spoilt] == [True] * len(spoilt)
    assert "0 cards of 1 accounts" in installation.doctor().stdout

    server = installation.serve()
    plain = by_token(server, account)
    assert count(plain) == 0 and plain.get("/v1/tags").json()["count"] == 0
    partial = installation.run("import", "cards", bad, "--partial", "--json", check=False)
    report = json.loads(partial.stdout)
    assert report["imported"] == lines - len(spoilt) and partial.returncode not in (0, 101)
    wait_until(lambda: count(plain) == lines - len(spoilt), FOLLOW_SECONDS, "the good lines are listed")
    again = json.loads(installation.run("import", "cards", bad, "--partial", "--json", check=False).stdout)
    assert (again["imported"], again["bad_lines"]) == (0, lines)
    server.stop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("iccid,sim_status\n", "account"),
        ("account,account,sim_type,carrier,iccid,sim_status\n", "account"),
        ("account,sim_type,carrier,iccid,sim_status,colour\n", "colour"),
        ("\x00\x01\x02", "unknown column"),
        ("{", "JSON"),
    ],
)
def test_files_that_are_none(tmp_path, text, said):
    """A file that cannot be read at all is refused in one sentence, without a change and without a panic."""
    installation = Installation(tmp_path)
    installation.create_account("acme")
    file = tmp_path / "cards"
    file.write_text(text)
    refused = installation.run("import", "cards", file, check=False)
    assert refused.returncode not in (0, 101)
    assert said in refused.stderr + refused.stdout, refused
    missing = installation.run("import", "cards", tmp_path / "missing.csv", check=False)
    assert missing.returncode not in (0, 101) and "missing.csv" in missing.stderr


def test_while_the_server_runs(tmp_path):
    """What another process imports is listed by the running server within 5 s, and calls go on meanwhile; JSON lines
    are read like CSV."""
    installation = Installation(tmp_path)
    account = installation.create_account("acme")
    plans, pools, cards = fleet_file.write_all(tmp_path / "files", "acme", 5_000)
    installation.run("import", "plans", plans)
    installation.run("import", "pools", pools)
    server = installation.serve()
    plain = Plain(server, account=account)
    assert count(plain) == 0
    lines = tmp_path / "cards.jsonl"
    with cards.open(newline="") as file, lines.open("w") as out:
        out.writelines(
            json.dumps({name: value for name, value in row.items() if value}) + "\n"
            for row in csv.DictReader(file)
        )
    importing = installation.popen("import", "cards", lines)
    seen = set()
    while importing.poll() is None:
        answer = plain.get("/v1/sim-cards")
        assert answer.status == 200
        seen.add(answer.json()["count"])
    assert importing.returncode == 0
    assert wait_until(lambda: count(plain) == 5_000, FOLLOW_SECONDS, "the imported cards are listed")
    model = Model(plans, pools, cards, "acme")
    body = plain.get("/v1/sim-cards", limit=500, sort="flow_left", order="desc").json()
    assert [c["iccid"] for c in body["sim_cards"]] == [
        c.iccid for c in model.select({}, "flow_left", "desc")[:500]
    ]
    assert plain.get("/v1/tags").json()["count"] == len({tag for card in model.cards for tag in card.tags})
    assert 0 in seen
    server.stop()
