"""Worlds on both engines."""

import pytest

import databases
from carrier import GATEWAY
from simlink import BINARY


def pytest_sessionstart():
    for needed in (BINARY, GATEWAY):
        if not needed.exists():
            pytest.exit(f"{needed} is missing: scripts/test crash builds it", returncode=2)
    if not databases.URL:
        pytest.exit("SIMLINK_TEST_POSTGRES is not set: scripts/test crash sets it", returncode=2)
