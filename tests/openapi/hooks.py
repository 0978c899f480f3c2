"""What Schemathesis has to know of simlink: who calls, which things exist, and the rules that a schema cannot say.

All checks are on. Of what they find, only that is dropped which the contract promises to be as it is: values are read
leniently, a well-formed request may name what does not exist, an unknown method is the 404 of an unknown path, and a few
rules hold between parameters.
"""

import json
import os
import threading
import urllib.request
from pathlib import Path

import jsonschema
import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse
from schemathesis.specs.openapi.checks import AcceptedNegativeData

WORLD = json.loads(Path(os.environ["SIMLINK_OPENAPI_WORLD"]).read_text())

KEY_REUSED = ("The Idempotency-Key was used", "该 Idempotency-Key 已用于")
PARAMETER_ERRORS = ("GSL.00010004", "GSL.00020004")

# Requests that the schema calls well-formed and that are refused as bad parameters all the same: operation (any where it
# is a star), what the message begins with, and the rule that the schema does not say.
UNWRITTEN_RULES = {
    ("*", "Idempotency-Key:"): "is printable ASCII",
    ("*", "account:"): "names an account",
    ("*", "after:"): "is a cursor of the feed",
    ("*", "filter:"): "a list of cards or a filter, not both",
    ("*", "since:"): "has the form of a moment",
    ("*", "url:"): "is an address of the web",
    ("*", "sim_pool_id:"): "cards or a pool, not both",
    ("SetSandboxCarrier", "body:"): "has the knobs of a carrier and no others",
    ("*", "iccid:"): "must be given where the id in the path is 0",
    ("*", "cid:"): "the same",
    ("*", "sim_card_ids:"): "cards are named by one of two lists, or by a file",
    ("ListSimCards", "main_search_type:"): "goes with main_search_key",
    ("ListSmsDetails", "start_time:"): "has the form of a moment",
    ("ListSmsDetails", "end_time:"): "has the form of a moment, not before start_time",
    ("ListSimCardFlowPerDay", "month:"): "has the form of a month, and stands instead of date",
    ("ListSimCardFlowPerDay", "date:"): "has the form of a day",
    ("BatchSetAttributes", "attributes:"): "or a file",
    ("SendSms", "cids:"): "or a file",
    ("RegisterImei", "imei:"): "has the form of an IMEI",
    ("SetExceedCutNet", "quota:"): "is a number",
    ("CreateTempFile", "file:"): "is a list of cards",
    ("CreateTempFile", "body:"): "a form whose parts have names fit for a header",
    ("ReceiveUsageFile", "file:"): "is a list of days",
    ("MoveSandboxClock", "advance_seconds:"): "one of two",
    ("MoveSandboxClock", "now:"): "has the form of a moment, not before the present one",
    ("KeystoneListProjects", "per_page:"): "goes with page",
    ("KeystoneListProjects", "page:"): "goes with per_page",
    ("KeystoneCreateUserTokenByPassword", "auth."): "each method needs its own members",
    ("UpdatePermanentAccessKey", "credential.status:"): "active or inactive",
    ("CreatePermanentAccessKey", "akSkNumExceed"): "a user has two keys at most",
}


def sign_in(user):
    """A token of the user."""
    name = {"name": user["user"], "domain": {"name": user["domain"]}, "password": user["password"]}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": name}}}}
    request = urllib.request.Request(
        WORLD["endpoint"] + "/v3/auth/tokens", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers["X-Subject-Token"]


class Tokens:
    """One token a user, until the clock has been moved."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by_user = {}

    def of(self, name):
        with self.lock:
            if name not in self.by_user:
                self.by_user[name] = sign_in(WORLD["users"][name])
            return self.by_user[name]

    def forget(self):
        with self.lock:
            self.by_user.clear()


TOKENS = Tokens()


@schemathesis.auth(refresh_interval=None)
class Caller:
    """The operator for what is the operator's, the demo's administrator for everything else."""

    def get(self, case, context):
        return TOKENS.of("operator" if case.path.startswith("/ops/") else "demo")

    def set(self, case, data, context):
        case.headers["X-Auth-Token"] = data


def operation_of(case):
    return case.operation.definition.raw["operationId"]


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def existing(name, value):
    """What exists in place of a generated value, of the same kind and number; the value itself where nothing has it."""
    known = WORLD["existing"].get(name)
    if not known or value is None:
        return value
    if isinstance(value, list):
        return known[: len(value)]
    return known[hash(str(value)) % len(known)]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Half of the well-formed requests name what exists: the others end at what does not."""
    if not is_positive(case) or hash(case.id) % 2:
        return
    for container in (case.path_parameters, case.query, case.body):
        if isinstance(container, dict):
            for name in container:
                container[name] = existing(name, container[name])


@schemathesis.hook
def after_call(context, case, response):
    """Tokens do not outlive a move of the clock."""
    if operation_of(case) == "MoveSandboxClock":
        TOKENS.forget()


def refusal(response):
    """Code and message of an error in either form."""
    try:
        body = response.json()
    except ValueError:
        return "", ""
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        return str(body["error"].get("code")), body["error"].get("message", "")
    return (body.get("error_code", ""), body.get("error_msg", "")) if isinstance(body, dict) else ("", "")


def is_unknown_path(case, response):
    """The contract's answer to a method that a path does not have."""
    return response.status_code == 404 and refusal(response)[0] in ("APIGW.0101", "404", "")


def is_promised_refusal(case, response):
    """Whether a well-formed request was refused by a rule of the business, or by one of the unwritten rules."""
    code, message = refusal(response)
    if response.status_code != 400:
        return False
    if code.startswith("GSL.") and code not in PARAMETER_ERRORS:
        return True
    # No text has a NUL: PostgreSQL stores none.
    if "\\x00" in repr((case.path_parameters, case.query, case.body)):
        return True
    rules = (prefix for operation, prefix in UNWRITTEN_RULES if operation in ("*", operation_of(case)))
    return any(message.startswith(prefix) for prefix in rules)


def lenient(value, schema):
    """The value as it is read: a text for a number and a number for a text, TRUE for true, null for nothing."""
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        members = schema.get("properties", {})
        given = {name: member for name, member in value.items() if member is not None or name not in members}
        return {name: lenient(member, members.get(name, {})) for name, member in given.items()}
    if kind == "array" and isinstance(value, list):
        return [lenient(element, schema.get("items", {})) for element in value]
    if kind == "integer" and isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            return value
    if kind == "string" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def is_valid_when_read_leniently(case):
    """Whether the body, as it is read, is what its schema asks for."""
    if not isinstance(case.body, (dict, list)):
        return False
    document = WORLD["document"]
    described = document["paths"][case.operation.path][case.method.lower()].get("requestBody", {})
    schema = described.get("content", {}).get("application/json", {}).get("schema", {})
    whole = {**schema, "components": document["components"]}
    return jsonschema.Draft202012Validator(whole).is_valid(lenient(case.body, schema))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps what is a failure by our promises."""
    if refusal(response)[1].startswith(KEY_REUSED):
        # Nothing is looked at before this.
        return False
    if isinstance(failure, UnsupportedMethodResponse):
        return not is_unknown_path(case, response)
    if isinstance(failure, RejectedPositiveData):
        return not is_promised_refusal(case, response)
    if isinstance(failure, AcceptedNegativeData):
        return not is_valid_when_read_leniently(case)
    return True
