"""SQL on the tables of a server, on either engine, past the server."""

import json
import sqlite3
import subprocess
from pathlib import Path

PSQL = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1:]
WAIT_SECONDS = 30


class Tables:
    """The tables at an address as the server takes it."""

    def __init__(self, url):
        self.url = url

    def rows(self, sql):
        """The rows of a query, as dictionaries."""
        if self.url.startswith("sqlite"):
            return [dict(row) for row in self._sqlite(sql)]
        wrapped = f"SELECT COALESCE(json_agg(row_to_json(found)), '[]') FROM ({sql}) AS found"
        return json.loads(self._psql(wrapped))

    def one(self, sql):
        """The one row of a query."""
        (row,) = self.rows(sql)
        return row

    def count(self, table_and_condition):
        return self.one(f"SELECT COUNT(*) AS rows_found FROM {table_and_condition}")["rows_found"]

    def change(self, sql):
        """Runs a statement that changes rows."""
        if self.url.startswith("sqlite"):
            self._sqlite(sql)
        else:
            self._psql(sql)

    def _sqlite(self, sql):
        connection = sqlite3.connect(self.url.removeprefix("sqlite://"), timeout=WAIT_SECONDS)
        try:
            connection.row_factory = sqlite3.Row
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def _psql(self, sql):
        done = subprocess.run(
            [*PSQL, self.url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql],
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
