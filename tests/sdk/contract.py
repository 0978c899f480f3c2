"""The contract as data: the eight endpoints of this suite, and a check of every object against its schema."""

import json
import re

from simlink import ROOT

ENDPOINTS = json.loads((ROOT / "contract/endpoints.json").read_text())
SCHEMAS = json.loads((ROOT / "contract/schemas.json").read_text())
ERRORS = {error["code"]: error for error in json.loads((ROOT / "contract/errors.json").read_text())}

EIGHT = [
    "/v1/sim-cards",
    "/v1/sim-cards/{sim_card_id}",
    "/v1/sim-cards-multiply",
    "/v1/price-plans",
    "/v1/sim-price-plans",
    "/v1/tags",
    "/v1/attributes",
    "/v1/network-switch-policies",
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
INT_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def endpoint(path, method="GET"):
    return next(e for e in ENDPOINTS if e["path"] == path and e["method"] == method)


def parameter_code(path):
    """The code of a bad parameter: the tag and attribute groups have their own."""
    return "GSL.00020004" if path in ("/v1/tags", "/v1/attributes") else "GSL.00010004"


def check(value, schema, where):
    """Asserts that `value` has the schema's type; null stands for absent everywhere."""
    if value is None:
        return
    if "$ref" in schema:
        check_object(value, SCHEMAS[schema["$ref"]], f"{where}:{schema['$ref']}")
        return
    kind = schema["type"]
    if kind == "array":
        assert isinstance(value, list), where
        for index, element in enumerate(value):
            assert element is not None, f"{where}[{index}]"
            check(element, schema["items"], f"{where}[{index}]")
    elif kind == "boolean":
        assert isinstance(value, bool), f"{where}: {value!r}"
    elif kind == "integer":
        low, high = INT_BOUNDS[schema["format"]]
        assert type(value) is int and low <= value <= high, f"{where}: {value!r}"
        assert abs(value) < 2**53, f"{where}: {value} is not exact in JavaScript"
    elif kind == "number":
        assert type(value) in (int, float), f"{where}: {value!r}"
        assert round(value, 2) == value, f"{where}: {value} has more than two decimals"
    else:
        assert kind == "string" and isinstance(value, str), f"{where}: {value!r}"
        assert len(value) <= schema.get("maxLength", len(value)), f"{where}: {value!r}"
        if where.rsplit(".", 1)[-1].endswith(("_date", "_time")):
            assert TIME.fullmatch(value), f"{where}: {value!r}"


def check_object(value, members, where):
    """Asserts that exactly the contract's members are there, each of its type."""
    assert isinstance(value, dict), where
    assert set(value) == set(members), f"{where}: {set(value) ^ set(members)}"
    for name, schema in members.items():
        check(value[name], schema, f"{where}.{name}")


def check_response(path, body):
    """Asserts that a 200 body of the endpoint is what the contract says."""
    members = endpoint(path)["responses"]["200"]
    if "[数组元素]" in members:
        check(body, members["[数组元素]"], path)
    else:
        check_object(body, members, path)
