"""What README and docs show must work as it stands there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from simlink import Installation, start_demo, wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory):
    """A demo that nobody else signs in to."""
    server, _ = start_demo(tmp_path_factory.mktemp("small"), "--sims", "100")
    yield server
    server.stop()


def test_the_sdk_example_runs(small_demo):
    """The SDK example of the README prints a count and three cards."""
    command = [sys.executable, EXAMPLES / "list_cards.py", small_demo.url]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert int(printed[0].split()[0]) > 0
    assert len(printed) == 4


def test_the_printed_command_runs(small_demo):
    """The command that a demo prints for pasting gets a token and lists cards."""
    wait_until(lambda: any("sim-cards?limit=10" in line for line in small_demo.printed), 10, "the whole banner")
    start = next(number for number, line in enumerate(small_demo.printed) if "TOKEN=" in line)
    script = "".join(small_demo.printed[start:])
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["count"] == 100


def test_the_files_are_imported(tmp_path):
    """The example files are read without a bad line, in the order that the README gives."""
    installation = Installation(tmp_path)
    installation.create_account("acme")
    for noun, name, count in [("plans", "plans.csv", 2), ("pools", "pools.csv", 1), ("cards", "cards.csv", 3), ("cards", "cards.jsonl", 1)]:
        done = installation.run("import", noun, EXAMPLES / name, "--json")
        assert json.loads(done.stdout) == {"imported": count, "bad_lines": 0, "errors": []}
    assert "4 cards of 1 accounts" in installation.doctor().stdout
