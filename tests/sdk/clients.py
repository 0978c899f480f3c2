"""The clients of the tests: the official SDK as it is, and plain HTTP that sends exactly what it is told."""

import http.client
import json
from urllib.parse import quote

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkgsl.v3 import GslClient

import signer

SECONDS_MAX = 30


def sdk(server, account, with_project=True, algorithm=None, verify=True):
    """The official client. Without a project id it asks the IAM endpoint for the one of its region."""
    config = HttpConfig.get_default_config()
    config.ignore_ssl_verification = not verify
    if algorithm is not None:
        config.signing_algorithm = algorithm
    credentials = BasicCredentials(account.ak, account.sk, account.project_id if with_project else None)
    credentials.with_iam_endpoint(server.url)
    builder = GslClient.new_builder().with_http_config(config).with_credentials(credentials)
    if with_project:
        return builder.with_endpoint(server.url).build()
    return builder.with_region(Region(account.project, server.url)).build()


class Answer:
    """An answer, read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def _error(self, code, message):
        try:
            body = self.json()
        except ValueError:
            return None  # Not an error of ours.
        return body["error"].get(code) if "error" in body else body.get("error_" + message)

    @property
    def code(self):
        """The error code, or what stands for it in Keystone's form."""
        return self._error("code", "code")

    @property
    def message(self):
        return self._error("message", "msg")

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Plain:
    """One keep-alive connection of a user, by token, by hand-made signature, or without any credential."""

    def __init__(self, server, token=None, account=None, source="127.0.0.1"):
        self.host = f"127.0.0.1:{server.port}"
        self.token = token
        self.account = account
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=SECONDS_MAX, source_address=(source, 0)
        )

    def request(self, method, target, headers=None, body=None):
        headers = dict(headers or {})
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if data and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        if self.token:
            headers.setdefault("X-Auth-Token", self.token)
        if self.account:
            headers |= signer.sign(self.account, method, target, self.host, data)
        return self.send(method, target, headers, data)

    def send(self, method, target, headers, data=b""):
        """Sends it as it is, once more over a fresh connection if the kept one has been closed meanwhile."""
        for attempt in (1, 2):
            fresh = self.connection.sock is None
            try:
                self.connection.request(method, target, body=data or None, headers=headers)
                return Answer(self.connection.getresponse())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if fresh or attempt == 2:
                    raise

    def get(self, target, headers=None, body=None, **query):
        return self.request("GET", with_query(target, query), headers, body)

    def close(self):
        self.connection.close()


def with_query(target, query):
    """Appends parameters; a list repeats its key, a boolean is `true` or `false`."""
    pairs = []
    for name, value in query.items():
        for element in value if isinstance(value, (list, tuple)) else [value]:
            text = str(element).lower() if isinstance(element, bool) else str(element)
            pairs.append(f"{name}={quote(text, safe='')}")
    return target + ("?" + "&".join(pairs) if pairs else "")


def sign_in_body(account, password=None, scope=None):
    user = {
        "name": account.user,
        "password": password or account.password,
        "domain": {"name": account.domain},
    }
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    if scope is None:
        scope = {"project": {"name": account.project}}
    body["auth"]["scope"] = scope
    return body


def sign_in(server, account, **how):
    """A token for the user; the answer must be a success."""
    anonymous = Plain(server)
    answer = anonymous.request("POST", "/v3/auth/tokens", body=sign_in_body(account, **how))
    anonymous.close()
    assert answer.status == 201, answer
    return answer.headers["x-subject-token"]


def by_token(server, account, **connection):
    """A plain client that has signed in."""
    return Plain(server, token=sign_in(server, account), **connection)
