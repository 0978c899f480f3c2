"""The real binary as a child process: its command line, its servers, and how they end."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SIMLINK_TEST_BINARY", ROOT / "target/debug/simlink")).resolve()
READY_SECONDS = 60
STOP_SECONDS = 10
COMMAND_SECONDS = 300
ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


def free_port():
    """A port that nobody listens on at the moment; one below those that the system gives to connections, so that it is
    still free when a server comes back to it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until(condition, seconds, what):
    """Looks again and again until `condition` returns something true, which is returned."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class Account:
    """How one user signs in."""

    domain: str
    domain_id: str
    project: str
    project_id: str
    user: str
    password: str
    ak: str
    sk: str


@dataclass
class Endpoint:
    """Where a server listens, for a client that did not start it."""

    port: int


def environment(extra=None):
    """The environment of a child: nothing of ours but what the test says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIMLINK_")}
    return kept | {"RUST_BACKTRACE": "1"} | (extra or {})


def run(*arguments, settings=None, check=True):
    """Runs a command of the binary to its end."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    assert "panicked" not in done.stderr, done.stderr
    if check:
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class Server:
    """A running server. `stop` asks it to end and checks that it ends well."""

    def __init__(self, arguments, log, port, settings=None, scheme="http"):
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.log = Path(log)
        self.printed = []
        self.lines = threading.Event()
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [BINARY, *map(str, arguments)],
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        for line in self.process.stdout:
            self.printed.append(line)
            self.lines.set()
        self.lines.set()

    def credentials(self):
        """The JSON object that a demo prints first, when it is ready."""
        assert self.lines.wait(READY_SECONDS) and self.printed, f"no first line\n{self.log_text()}"
        return json.loads(self.printed[0])

    def wait_ready(self):
        """Waits until /readyz says so; a process that has ended is an error at once."""
        wait_until(self.is_ready, READY_SECONDS, f"ready\n{self.log_text()}")
        return self

    def is_ready(self):
        assert self.process.poll() is None, f"ended with {self.process.returncode}\n{self.log_text()}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                if self.url.startswith("https"):
                    connection = ANY_CERTIFICATE.wrap_socket(connection)
                connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def log_text(self):
        return self.log.read_text(errors="replace")[-8000:]

    def kill(self):
        """Ends it as a power cut would: SIGKILL."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self):
        """Asks it to end (SIGTERM); returns the seconds that took. It must end with 0 and must not have panicked."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS + 2)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {STOP_SECONDS} s after SIGTERM\n{self.log_text()}") from None
        took = time.monotonic() - started
        assert code == 0, f"ended with {code}\n{self.log_text()}"
        assert "panicked" not in self.log.read_text(errors="replace"), self.log_text()
        return took


def start_demo(directory, *arguments, database=None, settings=None):
    """A demo in `directory`, ready, with the accounts that it printed, by domain; the
    demo's second user is called `viewer`, the platform's `operator`."""
    port = free_port()
    command = ["demo", "--listen", f"127.0.0.1:{port}", "--data-dir", directory / "data", *arguments]
    if database:
        command += ["--database", database]
    server = Server(command, directory / "server.log", port, settings)
    try:
        printed = server.credentials()
        server.wait_ready()
    except BaseException:
        server.kill()
        raise
    assert printed["endpoint"] == server.url
    names = Account.__dataclass_fields__
    accounts = {
        "viewer" if account["role"] == "viewer" else account["domain"]: Account(
            **{name: account[name] for name in names}
        )
        for account in printed["accounts"]
    }
    accounts["operator"] = Account(**{name: printed["operator"][name] for name in names})
    return server, accounts


class Installation:
    """A data directory of `simlink serve`: commands run on it, servers run over it."""

    def __init__(self, directory, database=None, **settings):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "SIMLINK_DATA_DIR": str(self.directory / "data"),
            "SIMLINK_FLOW_CONTROL": "false",
            "SIMLINK_LOG": "text",
            # Cards are what the files of a test say; the tests of the rules turn them on.
            "SIMLINK_AUTOMATION": "false",
        } | settings
        if database:
            self.settings["SIMLINK_DATABASE"] = database

    def run(self, *arguments, check=True):
        return run(*arguments, settings=self.settings, check=check)

    def popen(self, *arguments):
        """A command that the test does not wait for."""
        return subprocess.Popen(
            [BINARY, *map(str, arguments)],
            env=environment(self.settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def create_account(self, domain):
        """Creates a domain with its administrator; returns how that one signs in."""
        done = self.run("account", "create", domain, "--json")
        printed = json.loads(done.stdout.splitlines()[0])
        return Account(**{name: printed[name] for name in Account.__dataclass_fields__})

    def serve(self, scheme="http", port=None, **settings):
        port = port or free_port()
        settings = self.settings | {"SIMLINK_LISTEN": f"127.0.0.1:{port}"} | settings
        server = Server(["serve"], self.directory / "server.log", port, settings, scheme)
        try:
            return server.wait_ready()
        except BaseException:
            server.kill()
            raise

    def doctor(self):
        return self.run("doctor")
