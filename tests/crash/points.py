"""The named points in the server's source."""

import re

from simlink import ROOT


def points_of_source():
    """The names that the source passes to `failpoints::hit`."""
    sources = (ROOT / "crates/server/src").rglob("*.rs")
    return {
        name
        for source in sources
        for name in re.findall(r'failpoints::hit\("(\w+)"\)', source.read_text(encoding="utf-8"))
    }
