"""What is refused before any card is looked at: paths, methods, signatures, tokens, roles, frozen accounts."""

import hashlib

import pytest

import signer
from clients import Plain, by_token, sign_in, sign_in_body
from contract import EIGHT
from raw import exchange
from simlink import Installation, wait_until

TARGET = "/v1/sim-cards?limit=10&sim_status=20"
QUARTER_SECONDS = 15 * 60


def refused(answer, status, code, message=None):
    """Asserts a refusal of the gateway; returns its message."""
    assert (answer.status, answer.code) == (status, code), answer
    body = answer.json()
    assert set(body) == {"error_code", "error_msg", "request_id"}, body
    assert body["request_id"] == answer.headers["x-request-id"]
    assert message is None or answer.message == message, answer
    return answer.message


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/v1",
        "/v2/sim-cards",
        "/v1/sim-card",
        "/v1/sim-cards/",
        "/v1/sim-cards/1/",
        "/v1/tags/",
        "/v1//tags",
        "/v1/sim-cards/1/2/3",
        "/V1/tags",
        "/v1/tags%2F",
        "/v1/../v1/tags",
        "/v1/sim-cards/1/nothing",
        "//v1/tags",
    ],
)
def test_unknown_paths(demo, target):
    """A path that does not exist, a trailing slash included, is 404 APIGW.0101 and never a redirect."""
    answer = demo.plain.get(target)
    refused(answer, 404, "APIGW.0101", "The API does not exist or has not been published in the environment.")
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", EIGHT)
def test_wrong_methods(demo, path):
    """A known path with another method is 404 APIGW.0101 with its own text, not 405."""
    for method in ("PATCH", "PUT", "DELETE", "OPTIONS"):
        if (method, path) == ("DELETE", "/v1/tags"):
            continue
        answer = demo.plain.request(method, path.replace("{sim_card_id}", "1"))
        refused(answer, 404, "APIGW.0101", "The API does not exist.")


def test_no_credential(anonymous):
    """Without a credential: 401 with the text that the cloud service gives."""
    for path in EIGHT:
        answer = anonymous.get(path.replace("{sim_card_id}", "1"))
        refused(answer, 401, "APIGW.0301", "Incorrect IAM authentication information: x-auth-token not found")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer x",
        "Basic eDp5",
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=,",
        "SDK-HMAC-MD5 Access=A, SignedHeaders=x-sdk-date, Signature=00",
    ],
)
def test_unusable_credentials(anonymous, authorization):
    """An Authorization header that is none of ours is 401, whatever it holds."""
    answer = anonymous.get("/v1/tags", {"Authorization": authorization})
    refused(answer, 401, "APIGW.0301")


def signed(demo, target=TARGET, **how):
    return signer.sign(demo.demo, "GET", target, f"127.0.0.1:{demo.server.port}", **how)


def test_signatures_by_hand(demo, anonymous):
    """A signer written from the protocol's description is believed, with headers of its own choice signed too."""
    for how in ({}, {"headers": {"x-project-id": demo.demo.project_id, "user-agent": "hand"}}):
        assert anonymous.send("GET", TARGET, signed(demo, **how)).status == 200


def test_tampered_signatures(demo, anonymous):
    """Whatever is changed after signing, 401: the message echoes the canonical request that the server made."""
    host = f"127.0.0.1:{demo.server.port}"
    good = signed(demo, headers={"user-agent": "hand"})
    changed = {
        "query": ("GET", TARGET + "0", good, b""),
        "one more parameter": ("GET", TARGET + "&offset=2", good, b""),
        "path": ("GET", TARGET.replace("sim-cards", "tags"), good, b""),
        "method": ("POST", "/v3.0/OS-CREDENTIAL/credentials", good, b""),
        "body": ("GET", TARGET, good, b'{"a":1}'),
        "signed header": ("GET", TARGET, good | {"user-agent": "other"}, b""),
        "signature": ("GET", TARGET, good | {"authorization": good["authorization"][:-1] + "x"}, b""),
        "upper case": (
            "GET",
            TARGET,
            good | {"authorization": good["authorization"][:-64] + good["authorization"][-64:].upper()},
            b"",
        ),
        "date": ("GET", TARGET, good | {"x-sdk-date": signer.stamp(5)}, b""),
        "other key": (
            "GET",
            TARGET,
            good | {"authorization": good["authorization"].replace(demo.demo.ak, demo.rival.ak)},
            b"",
        ),
    }
    for what, (method, target, headers, body) in changed.items():
        answer = anonymous.send(method, target, headers, body)
        assert answer.status == 401, (what, answer)
        # One good request between them: five wrong ones in a row would lock the key.
        assert anonymous.send("GET", TARGET, signed(demo)).status == 200, what
        assert Plain(demo.server, account=demo.rival).get("/v1/tags").status == 200
    answer = anonymous.send("GET", TARGET + "0", good)
    names = [("host", host), ("user-agent", "hand"), ("x-sdk-date", good["x-sdk-date"])]
    canonical = signer.canonical_request("GET", TARGET + "0", names, b"").replace("\n", "|")
    message = refused(answer, 401, "APIGW.0301")
    assert message.startswith("Incorrect IAM authentication information: verify aksk signature fail"), message
    assert canonical in message and "|" in canonical


def test_replay_after_a_quarter_of_an_hour(demo, anonymous):
    """A captured request is worth nothing once it is 15 minutes old, nor one from the future."""
    for seconds in (-QUARTER_SECONDS - 60, QUARTER_SECONDS + 60, -86_400):
        answer = anonymous.send("GET", TARGET, signed(demo, date=signer.stamp(seconds)))
        assert "signature expired" in refused(answer, 401, "APIGW.0301")
    for seconds in (60 - QUARTER_SECONDS, QUARTER_SECONDS - 60):
        assert anonymous.send("GET", TARGET, signed(demo, date=signer.stamp(seconds))).status == 200


def test_unknown_and_foreign_names_in_a_signature(demo, anonymous):
    """An unknown access key is 401; a project of another account is 403, by signature."""
    unknown = type(demo.demo)(**vars(demo.demo) | {"ak": "NOSUCHKEY00000000000"})
    headers = signer.sign(unknown, "GET", TARGET, f"127.0.0.1:{demo.server.port}")
    assert "ak not exist" in refused(anonymous.send("GET", TARGET, headers), 401, "APIGW.0301")
    for project in (demo.rival.project_id, "0" * 32, ""):
        answer = anonymous.send("GET", TARGET, signed(demo, headers={"x-project-id": project}))
        assert answer.status == 403, (project, answer)


def test_tokens_end(demo, anonymous):
    """A newer token ends the earlier one; a revoked one and garbage are as unknown: 403 GSL.00010001."""

    def is_refused(token):
        answer = anonymous.get("/v1/tags", {"X-Auth-Token": token})
        assert (answer.status, answer.code) == (403, "GSL.00010001"), answer
        english = anonymous.get("/v1/tags", {"X-Auth-Token": token, "X-Language": "en-us"})
        assert english.message == "The token carried in the request is invalid." != answer.message

    older = sign_in(demo.server, demo.viewer)
    newer = sign_in(demo.server, demo.viewer)
    is_refused(older)
    plain = Plain(demo.server, token=newer)
    assert plain.get("/v1/tags").status == 200
    shown = plain.get("/v3/auth/tokens", {"X-Subject-Token": newer})
    assert shown.status == 200 and shown.json()["token"]["user"]["name"] == demo.viewer.user
    assert plain.request("HEAD", "/v3/auth/tokens", {"X-Subject-Token": newer}).status == 200
    assert plain.request("DELETE", "/v3/auth/tokens", {"X-Subject-Token": newer}).status == 204
    is_refused(newer)
    for garbage in ("garbage", "", "MII" + "A" * 4000, hashlib.sha256(b"").hexdigest()):
        is_refused(garbage)


def test_wrong_sign_ins_look_the_same(demo, anonymous):
    """Wrong password, unknown user and unknown domain get the same body in Keystone's form, and no token."""
    account, answers = demo.viewer, []
    for change in ({"password": "wrong"}, {"user": "nobody"}, {"domain": "nowhere"}):
        body = sign_in_body(type(account)(**vars(account) | change))
        answers.append(anonymous.request("POST", "/v3/auth/tokens", body=body))
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    error = answers[0].json()["error"]
    assert (error["code"], error["title"]) == (401, "Unauthorized")
    assert all("x-subject-token" not in answer.headers for answer in answers)
    for body in (
        b"{",
        b"{}",
        b'{"auth": 1}',
        b"[]",
        b'{"auth":{"identity":{"methods":["password"]}}}',
        b"[" * 100_000,
    ):
        answer = anonymous.request("POST", "/v3/auth/tokens", body=body)
        assert (answer.status, answer.json()["error"]["title"]) == (400, "Bad Request"), answer


def test_viewers_read_and_do_not_write(demo):
    """A viewer lists everything and may create nothing; the administrator may."""
    viewer = by_token(demo.server, demo.viewer)
    signed_viewer = Plain(demo.server, account=demo.viewer)
    for plain in (viewer, signed_viewer):
        for path in EIGHT[:1] + EIGHT[2:]:
            assert plain.get(path).status == 200, path
        user_id = viewer.get("/v3/auth/tokens", {"X-Subject-Token": viewer.token}).json()["token"]["user"][
            "id"
        ]
        answer = plain.request(
            "POST", "/v3.0/OS-CREDENTIAL/credentials", body={"credential": {"user_id": user_id}}
        )
        assert answer.status == 403 and answer.json()["error"]["title"] == "Forbidden", answer


def test_frozen_accounts(tmp_path):
    """A frozen account is refused with 403 GSL.00010002 by token and by signature and cannot sign in; thawed, it goes
    on as before."""
    installation = Installation(tmp_path)
    account = installation.create_account("acme")
    server = installation.serve()
    by_key, token = Plain(server, account=account), by_token(server, account)
    assert by_key.get("/v1/tags").status == token.get("/v1/tags").status == 200
    installation.run("account", "freeze", "acme")
    wait_until(lambda: token.get("/v1/tags").status == 403, 5, "the account is frozen")
    for plain in (by_key, token):
        answer = plain.get("/v1/tags", {"X-Language": "en-us"})
        assert (answer.status, answer.code) == (403, "GSL.00010002"), answer
        assert answer.message == "The user has been frozen and cannot invoke the API."
    assert Plain(server).request("POST", "/v3/auth/tokens", body=sign_in_body(account)).status == 401
    installation.run("account", "thaw", "acme")
    wait_until(lambda: by_key.get("/v1/tags").status == 200, 5, "the account is thawed")
    server.stop()


def test_large_bodies(demo):
    """A body over 12 MB is 413 APIGW.0201, announced or chunked."""
    head = f"POST /v3.0/OS-CREDENTIAL/credentials HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {demo.plain.token}\r\n"
    size = 12 * 1024 * 1024 + 1
    assert exchange(demo.server.port, f"{head}Content-Length: {size}\r\n\r\n".encode() + b" " * size) == 413
    chunks = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert (
        exchange(demo.server.port, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks * 13) == 413
    )
