"""Connections: slow and silent ones, TLS, and a server that is asked to end."""

import http.client
import subprocess
import threading
import time

from huaweicloudsdkgsl.v3 import ListSimCardsRequest

from clients import Plain, by_token, sdk
from raw import connect, is_closed, status_of
from simlink import STOP_SECONDS, Installation, start_demo

HOSTILE = 200
# The defaults are 10 s; the server of these tests is as strict but quicker.
PATIENCE_MS = 1_500
HALF_A_HEADER = b"GET /v1/tags HTTP/1.1\r\nHost: x\r\nX-Auth-To"


def test_silent_and_half_header_connections(tmp_path):
    """200 connections that say nothing and 200 that stop within their header are gone once their time is over, while
    a normal client's calls go on."""
    settings = {
        "SIMLINK_CONNECTIONS__FIRST_BYTE_MS": str(PATIENCE_MS),
        "SIMLINK_CONNECTIONS__HEADER_MS": str(PATIENCE_MS),
    }
    installation = Installation(tmp_path, **settings)
    account = installation.create_account("acme")
    server = installation.serve()
    plain = by_token(server, account)
    hostile = [connect(server.port, source=f"127.0.0.{2 + number % 4}") for number in range(2 * HOSTILE)]
    for connection in hostile[HOSTILE:]:
        connection.sendall(HALF_A_HEADER)
    opened, slowest, calls = time.monotonic(), 0.0, 0
    while hostile and time.monotonic() - opened < 10:
        began = time.monotonic()
        assert plain.get("/v1/tags").status == 200
        slowest, calls = max(slowest, time.monotonic() - began), calls + 1
        hostile = [connection for connection in hostile if not is_closed(connection)]
    seconds = time.monotonic() - opened
    assert not hostile, f"{len(hostile)} left after {seconds:.1f} s"
    assert seconds < PATIENCE_MS / 1000 + 3, seconds
    assert calls > 20 and slowest < 1, (calls, slowest)
    server.stop()


def test_a_header_byte_by_byte(tmp_path):
    """A header that dribbles does not earn more time than one that stops: the clock runs for the whole of it."""
    installation = Installation(tmp_path, SIMLINK_CONNECTIONS__HEADER_MS=str(PATIENCE_MS))
    server = installation.serve()
    connection, started = connect(server.port), time.monotonic()
    closed = False
    while not closed and time.monotonic() - started < 8:
        try:
            connection.send(b"GET"[:1])
        except OSError:
            closed = True
        closed = closed or is_closed(connection)
        time.sleep(0.05)
    assert closed and time.monotonic() - started < PATIENCE_MS / 1000 + 3
    server.stop()


def test_broken_requests(demo):
    """Bytes that are no HTTP get 4xx or a closed connection, and the server goes on."""
    token = demo.plain.token.encode()
    broken = [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/tags HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /v1/tags HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /v1/tags HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
        b"GET /v1/tags HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
        b"GET /v1/tags HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET /v1/tags HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
        + token
        + b"\r\nX-Auth-Token: "
        + token
        + b"\r\n\r\n",
        b"GET /v1/sim-cards?msisdn=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
    for data in broken:
        with connect(demo.server.port) as connection:
            try:
                connection.sendall(data)
                answer = connection.recv(4096)
            except ConnectionError:
                continue
        assert answer == b"" or 400 <= status_of(answer) < 500, (data[:60], answer[:200])
    assert demo.plain.get("/v1/tags").status == 200


def test_pipelined_requests(demo):
    """Requests sent without waiting are answered in order on the same connection."""
    one = f"GET /v1/sim-cards/%d HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {demo.plain.token}\r\nX-Language: en-us\r\n\r\n"
    with connect(demo.server.port) as connection:
        connection.sendall("".join(one % number for number in range(1, 51)).encode())
        received = b""
        while received.count(b"HTTP/1.1 400") < 50 or not received.endswith(b"}"):
            data = connection.recv(65_536)
            assert data, received[-300:]
            received += data
    assert received.count(b"GSL.00011001") == 50


def test_tls(tmp_path):
    """With a certificate the server speaks TLS to the SDK, and a plain client gets nothing out of it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += [
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run(command, check=True, capture_output=True)
    settings = {"SIMLINK_TLS__CERTIFICATE": str(certificate), "SIMLINK_TLS__PRIVATE_KEY": str(key)}
    installation = Installation(tmp_path / "simlink", **settings)
    account = installation.create_account("acme")
    server = installation.serve(scheme="https")
    for with_project in (True, False):
        client = sdk(server, account, with_project=with_project, verify=False)
        assert client.list_sim_cards(ListSimCardsRequest(limit=10)).count == 0
    with connect(server.port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" not in connection.recv(4096)
    server.stop()


def test_asked_to_end(tmp_path):
    """SIGTERM under load: requests under way are answered, silent connections do not hold it up, and it ends with 0
    within 10 s."""
    server, accounts = start_demo(tmp_path, "--sims", "2000")
    token = by_token(server, accounts["demo"]).token
    silent = [connect(server.port) for _ in range(20)]
    silent[0].sendall(HALF_A_HEADER)
    outcomes, going = [], threading.Event()

    def load():
        plain = Plain(server, token=token)
        while True:
            try:
                answer = plain.get("/v1/sim-cards", limit=500)
                outcomes.append((answer.status, len(answer.json()["sim_cards"])))
            except OSError:
                return  # It listens no longer.
            except (ValueError, http.client.HTTPException) as half_an_answer:
                outcomes.append(repr(half_an_answer))
                return
            going.set()

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert going.wait(10)
    took = server.stop()
    for thread in threads:
        thread.join(STOP_SECONDS)
    assert set(outcomes) == {(200, 500)}
    assert took <= STOP_SECONDS
