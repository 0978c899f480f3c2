"""Requests at, beyond and beside the bounds of every parameter, made from the contract."""

from dataclasses import dataclass

from contract import INT_BOUNDS, endpoint, parameter_code

CARD_UNKNOWN = "GSL.00011001"
# What no bound of the contract names, but its descriptions or our limits do.
LIST_MAX = {"tag_id": 10, "price_plan_id": 30, "order_ids": 500}
CHOICES = {"order": ["asc", "desc"], "sort": ["cid", "flow_used", "flow_left", "act_date", "expire_time"]}
NUL, SURROGATE, RIGHT_TO_LEFT = "%00", "%ED%A0%80", "%E2%80%AE"


@dataclass
class Case:
    """A request and what it must come to: `None` is a success, else the error's code."""

    target: str
    code: str | None


def int_values(schema):
    """(good, bad) values of a whole number."""
    low, high = INT_BOUNDS[schema["format"]]
    if "minLength" in schema:  # The contract counts the digits of this one.
        low = 1
    good = [schema.get("minimum", max(low, 0)), schema.get("maximum", high)]
    bad = [
        schema.get("maximum", high) + 1,
        "abc",
        "1.5",
        "",
        "1e2",
        "%2B1x",
        NUL,
        SURROGATE,
        RIGHT_TO_LEFT,
        "0x10",
    ]
    if "minimum" in schema:
        bad.append(schema["minimum"] - 1)
    return good, bad


def text_values(schema):
    shortest, longest = schema.get("minLength", 0), schema["maxLength"]
    good = ["1" * shortest, "1" * longest, "%E4%B8%AD" * longest, RIGHT_TO_LEFT * longest]
    bad = ["1" * (longest + 1), "%E4%B8%AD" * (longest + 1), SURROGATE * longest]
    if shortest:
        bad += ["1" * (shortest - 1), ""]
    return good, bad


def list_values(name, schema):
    most = LIST_MAX[name]
    good, bad = ["", "1", ",".join(["1"] * most), "1,,2"], [",".join(["1"] * (most + 1)), SURROGATE]
    if schema["items"]["type"] == "integer":
        good.append(2**63 - 1)
        bad += [2**63, "abc", "1,x", "1.5", NUL, RIGHT_TO_LEFT]
    else:
        good += [RIGHT_TO_LEFT, "%E4%B8%AD"]
    return good, bad


def values(name, schema):
    if name in CHOICES:
        return CHOICES[name], ["", "ASC;", "name", NUL, SURROGATE, RIGHT_TO_LEFT]
    match schema["type"]:
        case "integer":
            return int_values(schema)
        case "boolean":
            return ["true", "false"], ["", "1", "yes", "null", NUL, SURROGATE, RIGHT_TO_LEFT]
        case "array":
            return list_values(name, schema)
        case _:
            return text_values(schema)


def of_query(path, name, schema):
    """The cases of one query parameter."""
    code, found = parameter_code(path), None
    base = path.replace("{sim_card_id}", "0") + "?"
    if name == "main_search_key":
        base += "main_search_type=1&" if path == "/v1/sim-cards" else ""
    if name == "iccid" and path in ("/v1/sim-cards/{sim_card_id}", "/v1/sim-price-plans"):
        found = CARD_UNKNOWN
    good, bad = values(name, schema)
    for value in good:
        expected = found
        if name == "sim_card_id" and path == "/v1/sim-price-plans":
            # 0 asks for an iccid; the highest id is nobody's.
            expected = code if value == 0 else CARD_UNKNOWN
        yield Case(f"{base}{name}={value}", expected)
    for value in bad:
        yield Case(f"{base}{name}={value}", code)
    if schema["type"] == "string" and name not in CHOICES:
        # No stored text holds a NUL, and one engine could not even look for it.
        yield Case(f"{base}{name}={NUL * max(1, schema.get('minLength', 0))}", code)
    if schema["type"] != "array":
        yield Case(f"{base}{name}={good[0]}&{name}={good[0]}", code)


def cases(path):
    """Every case of an endpoint."""
    described = endpoint(path)
    for name, schema in described["query"].items():
        for case in of_query(path, name, schema):
            yield name, case
    for name, schema in described["path_params"].items():
        good, bad = int_values(schema)
        for value in good:
            yield (
                name,
                Case(path.replace("{sim_card_id}", str(value)), CARD_UNKNOWN if value else "GSL.00010004"),
            )
        for value in bad:
            if value != "":  # An empty segment is another path.
                yield name, Case(path.replace("{sim_card_id}", str(value)), "GSL.00010004")
