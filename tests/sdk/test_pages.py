"""The pages beside the API, the OpenAPI document, and the configuration of a server."""

import json

import pytest
from openapi_spec_validator import validate
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from clients import Plain
from contract import EIGHT, ERRORS, endpoint
from simlink import Installation, run


BOUNDS = {
    "integer": {"minimum", "maximum"},
    "string": {"minLength", "maxLength"},
    "array": set(),
    "boolean": set(),
}


def test_health_and_readiness(anonymous):
    """Both answer 200 without a credential."""
    for path in ("/healthz", "/readyz"):
        answer = anonymous.get(path)
        assert answer.status == 200 and answer.json()


def test_metrics(demo, anonymous):
    """The metrics are in the form that Prometheus reads, count answers, and name no customer's data."""
    demo.plain.get("/v1/tags")
    answer = anonymous.get("/metrics")
    assert answer.status == 200 and "text" in answer.headers["content-type"]
    families = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}
    samples = [sample for family in families.values() for sample in family.samples]
    answered = [
        s for s in samples if s.labels.get("operation") == "ListTags" and s.labels.get("status") == "200"
    ]
    assert sum(sample.value for sample in answered) >= 1
    assert any(sample.name == "simlink_cards" and sample.value == 10_100 for sample in samples), (
        families.keys()
    )
    assert demo.demo.ak not in answer.body.decode() and "8986" not in answer.body.decode()


def test_openapi_document(anonymous):
    """The document is valid OpenAPI, the same as the command prints, and has each of the eight endpoints with all
    parameters and their bounds as the contract says."""
    document = anonymous.get("/openapi.json").json()
    validate(document)
    assert document == json.loads(run("openapi").stdout)
    for path in EIGHT:
        described, promised = document["paths"][path]["get"], endpoint(path)
        assert "200" in described["responses"]
        parameters = {parameter["name"]: parameter for parameter in described["parameters"]}
        for place in ("query", "path_params"):
            for name, schema in promised[place].items():
                assert parameters[name]["in"] == ("path" if place == "path_params" else "query")
                for bound in BOUNDS[schema["type"]] & set(schema):
                    # A shortest length of 0 says nothing.
                    assert parameters[name]["schema"].get(bound, 0) == schema[bound], (path, name, bound)


def test_documentation(anonymous):
    """The reader of the document is a page."""
    answer = anonymous.get("/docs")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    assert b"openapi.json" in answer.body


def test_request_ids(demo):
    """Every answer has an X-Request-Id of 32 hex digits, no two the same: successes, refusals, pages."""
    ids = []
    for target in (
        "/v1/tags",
        "/v1/nothing",
        "/v1/sim-cards/1",
        "/v1/tags?limit=x",
        "/v3/projects",
        "/healthz",
    ):
        for plain in (demo.plain, Plain(demo.server)):
            ids.append(plain.get(target).headers.get("x-request-id", target))
    assert all(len(value) == 32 and int(value, 16) for value in ids), ids
    assert len(set(ids)) == len(ids)


def test_language_of_messages(demo):
    """Messages are Chinese unless X-Language or Accept-Language prefers English, and are those of the contract."""
    texts = ERRORS["GSL.00011001"]
    for headers, language in (
        ({}, "zh"),
        ({"X-Language": "en-us"}, "en"),
        ({"X-Language": "en_US"}, "en"),
        ({"X-Language": "zh-cn", "Accept-Language": "en"}, "zh"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "en"),
        ({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
        ({"Accept-Language": "fr"}, "zh"),
    ):
        answer = demo.plain.get("/v1/sim-cards/1", headers)
        assert answer.message == texts[language], (headers, answer)


def test_configuration(tmp_path):
    """A server takes its keys from the file that --config or SIMLINK_CONFIG names; a misspelt key is named."""
    file = tmp_path / "simlink.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"\n')
    assert run("migrate", "--config", file).returncode == 0
    assert run("migrate", settings={"SIMLINK_CONFIG": str(file)}).returncode == 0
    assert (tmp_path / "data").is_dir()
    file.write_text('lissten = "127.0.0.1:1"\n')
    refused = run("serve", "--config", file, check=False)
    assert refused.returncode == 1 and "lissten" in refused.stderr


@pytest.mark.parametrize("command", ["demo", "serve", "import", "account", "openapi", "migrate", "doctor"])
def test_help(command):
    """Every command explains itself."""
    assert "Usage: simlink " + command in run(command, "--help").stdout


def test_master_key_is_private(tmp_path):
    """The master key is made on first start, readable by its owner alone; secrets are not in the database in plain."""
    installation = Installation(tmp_path)
    account = installation.create_account("acme")
    key = tmp_path / "data/master.key"
    assert key.stat().st_mode & 0o777 == 0o600
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("simlink.sqlite*"))
    assert account.ak.encode() in stored
    assert account.sk.encode() not in stored and account.password.encode() not in stored
