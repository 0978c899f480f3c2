"""Servers of the tests: a demo, a served installation with an imported fleet, and the same on PostgreSQL."""

import pytest

import databases
import fleet_file
from clients import Plain, by_token
from fleet_model import Model
from simlink import BINARY, Installation, start_demo

CARDS = 10_000
OTHER_CARDS = 60
# Card numbers of the other account lie apart from those of the first.
OTHER_FIRST_NUMBER = 900_000


def pytest_sessionstart():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: cargo build -p simlink", returncode=2)


class Demo:
    """A running demo. The tokens belong to the whole session: a test that signs in takes another user."""

    def __init__(self, server, accounts):
        self.server = server
        self.demo, self.rival, self.viewer = accounts["demo"], accounts["rival"], accounts["viewer"]
        self.plain = by_token(server, self.demo)
        self.rival_plain = by_token(server, self.rival)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """`simlink demo` as it starts by default: 10,000 cards, flow control off."""
    server, accounts = start_demo(tmp_path_factory.mktemp("demo"))
    yield Demo(server, accounts)
    server.stop()


class Served:
    """A running `simlink serve` with two accounts, whose cards came from files that a model has read as well."""

    def __init__(self, directory, database=None):
        self.installation = Installation(directory, database)
        self.installation.run("migrate")
        self.acme = self.installation.create_account("acme")
        self.globex = self.installation.create_account("globex")
        self.files = fleet_file.write_all(directory / "files", "acme", CARDS)
        self.model = Model(*self.files, "acme")
        for noun, file in zip(("plans", "pools", "cards"), self.files):
            self.installation.run("import", noun, file)
        other = fleet_file.Cards("globex", seed=2, first_number=OTHER_FIRST_NUMBER)
        rows = [row | {"pool_id": ""} for row in other.rows(OTHER_CARDS)]
        file = fleet_file.write(directory / "files/globex.csv", rows, fleet_file.CARD_COLUMNS)
        self.installation.run("import", "cards", file)
        self.server = self.installation.serve()
        self.plain = by_token(self.server, self.acme)
        self.tags = {
            tag["tag_name"]: tag["id"] for tag in self.plain.get("/v1/tags", limit=500).json()["tags"]
        }

    def tag_names(self, card):
        """The card's tags as the API joins them: in the order in which the account got them."""
        return ",".join(sorted(card.tags, key=self.tags.__getitem__)) or None


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """An installation on SQLite."""
    served = Served(tmp_path_factory.mktemp("served"))
    yield served
    served.server.stop()


@pytest.fixture(scope="session")
def postgres_served(tmp_path_factory, postgres_database):
    """The same on PostgreSQL."""
    served = Served(tmp_path_factory.mktemp("postgres-served"), postgres_database("served"))
    yield served
    served.server.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def installed(request):
    """The installation on each of the two engines."""
    return request.getfixturevalue("served" if request.param == "sqlite" else "postgres_served")


@pytest.fixture(scope="session")
def postgres_database():
    """Makes empty databases in the cluster of SIMLINK_TEST_POSTGRES."""
    if not databases.URL:
        pytest.skip("SIMLINK_TEST_POSTGRES is not set: scripts/test sdk sets it")
    return databases.create


@pytest.fixture(scope="session")
def postgres_demo(tmp_path_factory, postgres_database):
    """A small demo on PostgreSQL."""
    directory = tmp_path_factory.mktemp("postgres-demo")
    server, accounts = start_demo(directory, "--sims", "500", database=postgres_database("demo"))
    yield Demo(server, accounts)
    server.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def either(request):
    """The demo on each of the two engines."""
    return request.getfixturevalue("demo" if request.param == "sqlite" else "postgres_demo")


@pytest.fixture
def anonymous(demo):
    """Nobody in particular."""
    plain = Plain(demo.server)
    yield plain
    plain.close()
