"""The requests that are measured, and what is promised of each."""

from collections.abc import Callable
from dataclasses import dataclass

from . import client
from .processes import Product

# The goals of processor time are written for a machine on which the static handler takes this long for 1 kB.
STATIC_US = 10.0
UNLOADED_P99_MS_MAX = 2.0


@dataclass(frozen=True)
class Kind:
    """A request: where it goes, with which headers, the status that must come back, and its goals (if any)."""

    name: str
    title: str
    server: Product
    path: str
    headers: Callable[[], dict]
    status: int = 200
    # The least share of the static handler's requests a second.
    ratio_min: float | None = None
    # Processor time a request in microseconds, where the static handler takes STATIC_US.
    cpu_us_max: float | None = None
    # Unloaded, in milliseconds.
    p99_ms_max: float | None = UNLOADED_P99_MS_MAX

    @property
    def url(self):
        return self.server.url + self.path

    @property
    def static_path(self):
        """Where the static handler serves the same bytes; the query goes along, so that requests are alike."""
        query = self.path.partition("?")[2]
        return f"/{self.name}" + (f"?{query}" if query else "")


def of(product, sims):
    """The kinds that ask the fleet of `product`."""
    token = client.sign_in(product)
    fleet = client.Fleet(product, token, sims)
    detail = f"/v1/sim-cards/{fleet.card_id}"
    slot, value = fleet.attribute
    deep = f"/v1/sim-cards?offset={fleet.deep_page}&sort=flow_used&order=desc"
    attribute = f"/v1/sim-cards?customer_attribute{slot}={client.encode(value)}"
    kinds = [
        Kind("detail", "detail, token", product, detail, lambda: token, ratio_min=0.50, cpu_us_max=20),
        Kind("signed", "detail, SDK-signed", product, detail, lambda: client.signed(product, detail), cpu_us_max=35),
        Kind("list", "default list page", product, "/v1/sim-cards", lambda: token, ratio_min=0.40),
        Kind("deep", f"page {fleet.deep_page:,} by flow", product, deep, lambda: token, ratio_min=0.35),
        Kind(
            "filter",
            "status + tag + flow range + sort, exact count",
            product,
            fleet.filtered(fleet.tag_id),
            lambda: token,
            ratio_min=0.06,
        ),
        Kind("filter50", "the same, page of 50", product, fleet.filtered(fleet.tag_id, limit=50), lambda: token),
        Kind("tags10", "any of ten tags, exact count", product, f"/v1/sim-cards?{fleet.ten_tags}", lambda: token),
        Kind("attribute", "attribute without index", product, attribute, lambda: token, ratio_min=0.03),
    ]
    return kinds


def refused(product, limited, detail):
    """The kinds that are refused; `limited` runs with flow control."""
    # A second sign-in would end the first token.
    token, limited_token = detail.headers(), client.sign_in(limited)
    nobody = {name: text for name, text in token.items() if name != "X-Auth-Token"}
    wrong = {**token, "X-Auth-Token": token["X-Auth-Token"][:-8] + "AAAAAAAA"}
    path = detail.path
    return [
        Kind("refused-401", "401, no credential", product, path, lambda: nobody, status=401, cpu_us_max=15),
        Kind("refused-403", "403, unknown token", product, path, lambda: wrong, status=403, cpu_us_max=15),
        Kind("refused-429", "429, over the limit", limited, path, lambda: limited_token, status=429, cpu_us_max=15),
    ]
