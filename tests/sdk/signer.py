"""A signer by hand, from the protocol's description alone: it can do what the SDK never would."""

import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote, urlsplit


def stamp(offset_seconds=0):
    """The time of now, shifted, as `X-Sdk-Date` writes it."""
    return (datetime.now(timezone.utc) + timedelta(seconds=offset_seconds)).strftime("%Y%m%dT%H%M%SZ")


def encode(text):
    return quote(text, safe="-_.~")


def canonical_request(method, target, headers, body):
    """What is hashed and signed; `headers` are the signed ones, in order."""
    parts = urlsplit(target)
    path = "/".join(encode(unquote(segment)) for segment in parts.path.split("/"))
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = "&".join(sorted(f"{encode(unquote(name))}={encode(unquote(value))}" for name, _, value in pairs))
    lines = "".join(f"{name.lower()}:{value.strip()}\n" for name, value in headers)
    names = ";".join(name.lower() for name, _ in headers)
    payload = hashlib.sha256(body).hexdigest()
    return f"{method}\n{path}/\n{query}\n{lines}\n{names}\n{payload}"


def sign(account, method, target, host, body=b"", date=None, headers=None):
    """The headers of a signed request."""
    date = date or stamp()
    signed = sorted({"host": host, "x-sdk-date": date, **(headers or {})}.items())
    canonical = canonical_request(method, target, signed, body)
    text = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(account.sk.encode(), text.encode(), hashlib.sha256).hexdigest()
    names = ";".join(name for name, _ in signed)
    authorization = f"SDK-HMAC-SHA256 Access={account.ak}, SignedHeaders={names}, Signature={signature}"
    return dict(signed) | {"authorization": authorization}
