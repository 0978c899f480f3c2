"""The short form of the random kills; scripts/crash-random runs the long one."""

import pytest

import random_kills

CYCLES = 10


@pytest.mark.parametrize("engine, seed", [("sqlite", 1), ("postgres", 2)])
def test_killed_at_random(tmp_path, engine, seed):
    """A server killed at random moments loses nothing that it acknowledged and does nothing twice."""
    random_kills.run(tmp_path, engine, CYCLES, seed)
