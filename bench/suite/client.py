"""The client of the bench: signs in, signs requests and chooses the cards, tags and values that are asked for."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from urllib.parse import parse_qsl, quote, urlsplit

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
USER_AGENT = "huaweicloud-usdk-python/3.0"


def fetch(url, headers=None, body=None):
    """(status, content type, body, headers) of one request; refusals are answers here, not errors."""
    request = urllib.request.Request(url, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["content-type"], answer.read(), answer.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers["content-type"], refusal.read(), refusal.headers


def sign_in(product):
    """The headers of a token caller."""
    account = product.account()
    user = {"name": account["user"], "password": account["password"], "domain": {"name": account["domain"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"name": account["project"]}}
    body = json.dumps({"auth": {"identity": identity, "scope": scope}}).encode()
    status, _, answer, headers = fetch(
        product.url + "/v3/auth/tokens", {"Content-Type": "application/json"}, body
    )
    if status != 201:
        raise SystemExit(f"signing in: {status} {answer!r}")
    return {"Content-Type": "application/json", "User-Agent": USER_AGENT, "X-Auth-Token": headers["X-Subject-Token"]}


def signed(product, path_and_query):
    """The headers of a GET signed as the official SDK does (SDK-HMAC-SHA256); good for 15 minutes."""
    account = product.account()
    headers = {
        "Content-Type": "application/json",
        "Host": product.address,
        "User-Agent": USER_AGENT,
        "X-Project-Id": account["project_id"],
        "X-Sdk-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
    }
    parts = urlsplit(path_and_query)
    query = "&".join(f"{encode(key)}={encode(value)}" for key, value in sorted(parse_qsl(parts.query)))
    names = ";".join(sorted(name.lower() for name in headers))
    lines = "".join(f"{name.lower()}:{headers[name]}\n" for name in sorted(headers, key=str.lower))
    canonical = f"GET\n{parts.path}/\n{query}\n{lines}\n{names}\n{EMPTY_SHA256}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"SDK-HMAC-SHA256\n{headers['X-Sdk-Date']}\n{digest}"
    signature = hmac.new(account["sk"].encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"Access={account['ak']}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": f"SDK-HMAC-SHA256 {credential}"}


def encode(text):
    return quote(text, safe="~")


class Fleet:
    """What the requests of the bench name: taken from the running fleet, the same for the same seed."""

    def __init__(self, product, headers, sims):
        self.product, self.headers = product, headers
        # Half-way through the list sorted by flow: page 50,000 of a million cards.
        self.deep_page = max(1, sims // 20)
        page = self.get("/v1/sim-cards?limit=500")
        self.count = page["count"]
        cards = page["sim_cards"]
        self.card_id = cards[len(cards) // 2]["sim_card_id"]
        self.attribute = next(
            (slot, card[f"customer_attribute{slot}"])
            for slot in range(1, 7)
            for card in cards
            if card.get(f"customer_attribute{slot}")
        )
        tags = [tag["id"] for tag in self.get("/v1/tags?limit=100")["tags"]]
        self.tag_id = next(tag for tag in tags if self.get(self.filtered(tag))["count"] > 0)
        self.ten_tags = "&".join(f"tag_id={tag}" for tag in tags[:10])

    def get(self, path):
        status, _, body, _ = fetch(self.product.url + path, self.headers)
        if status != 200:
            raise SystemExit(f"{path}: {status} {body!r}")
        return json.loads(body)

    def filtered(self, tag_id, limit=10):
        """Status, tag and range of flow, sorted, with the exact count."""
        flow = "min_used_flow=10&max_used_flow=10000&sort=flow_used&order=desc"
        return f"/v1/sim-cards?sim_status=20&tag_id={tag_id}&{flow}&limit={limit}"
