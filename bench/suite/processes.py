"""The processes under measurement: started, timed, weighed and stopped here."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
READY_SECONDS_MAX = 1800
STOP_SECONDS_MAX = 30
SEED = 42


@dataclass(frozen=True)
class Cpu:
    """Processor time of a process, in seconds."""

    user: float
    system: float

    def __sub__(self, earlier):
        return Cpu(self.user - earlier.user, self.system - earlier.system)


class Process:
    """A server process: its address, its processor time and its memory."""

    def __init__(self, command, log, environment=None):
        self.log_path = Path(log)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log_path.open("ab"),
            env={**os.environ, **(environment or {})},
        )

    def first_line(self):
        """The first line of standard output, and the seconds since the start; the rest is drained and dropped."""
        guard = threading.Timer(READY_SECONDS_MAX, self.process.kill)
        guard.start()
        line = self.process.stdout.readline().decode().strip()
        seconds = time.monotonic() - self.started
        guard.cancel()
        if not line:
            tail = self.log_path.read_text(errors="replace")[-2000:]
            raise SystemExit(f"{self.process.args[0]} ended before it was ready:\n{tail}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return line, seconds

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return Cpu(int(fields[11]) / TICKS_A_SECOND, int(fields[12]) / TICKS_A_SECOND)

    def resident_bytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Product(Process):
    """`simlink demo` with a fleet of `sims` cards; ready when it has said so and `/readyz` agrees."""

    def __init__(self, binary, sims, directory, database=None, flow_control=False):
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.address = f"127.0.0.1:{free_port()}"
        command = [binary, "demo", "--sims", str(sims), "--seed", str(SEED)]
        command += ["--data-dir", str(directory), "--listen", self.address]
        command += ["--database", database] if database else []
        command += ["--flow-control"] if flow_control else []
        super().__init__(command, directory / "stderr.log")
        line, self.ready_seconds = self.first_line()
        self.facts = json.loads(line)
        self.url = f"http://{self.address}"
        with urllib.request.urlopen(self.url + "/readyz", timeout=30) as answer:
            assert answer.status == 200
        self.ready_bytes = self.resident_bytes()

    def account(self):
        """Credentials of the tenant that owns the fleet."""
        return next(account for account in self.facts["accounts"] if account["domain"] == "demo")


class Served(Process):
    """`simlink serve` on the store of a stopped demo, with these carriers simulated, each answering at once."""

    def __init__(self, binary, demo, carriers):
        directory, database = demo["directory"], demo["database"]
        self.owner = demo["account"]
        self.address = f"127.0.0.1:{free_port()}"
        lines = [f"listen = {self.address!r}", f"database = {database!r}", f"data_dir = {str(directory)!r}"]
        lines.append("flow_control = false")
        for name, carrier in carriers.items():
            lines += [f"[carriers.{name}]", "simulator = {}"]
            lines += [f"serves = {carrier['serves']}"] if "serves" in carrier else []
            lines += [f"limits.{limit} = {figure}" for limit, figure in carrier["limits"].items()]
        config = directory / "serve.toml"
        config.write_text("\n".join(lines) + "\n")
        super().__init__([binary, "serve", "--config", str(config)], directory / "stderr.log")
        self.url = f"http://{self.address}"
        while True:
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=30):
                    return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() - self.started > READY_SECONDS_MAX:
                    raise SystemExit(f"simlink serve: {error}\n{self.log_path.read_text()[-2000:]}") from error
                time.sleep(0.05)

    def account(self):
        """Credentials of the tenant that owns the fleet."""
        return self.owner


class Static(Process):
    """The yardstick: `static_handler` over the given (path, content type, body) triples."""

    def __init__(self, binary, directory, fixtures):
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        lines = []
        for number, (path, content_type, body) in enumerate(fixtures):
            file = directory / f"{number}.body"
            file.write_bytes(body)
            lines.append(f"{path}\t{content_type}\t{file}\n")
        manifest = directory / "manifest.tsv"
        manifest.write_text("".join(lines))
        super().__init__([binary, str(manifest)], directory / "stderr.log")
        self.url, _ = self.first_line()


class Postgres:
    """A private cluster through `scripts/postgres`, with a database per store of the bench."""

    def __init__(self, root, directory):
        self.command = str(root / "scripts" / "postgres")
        self.environment = {**os.environ, "SIMLINK_TEST_POSTGRES_DIR": str(directory)}
        started = subprocess.run(
            [self.command, "start"], env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        )
        self.url = started.stdout.strip()

    def database(self, name, make=True):
        """The address of a database, by default a new one."""
        if make:
            subprocess.run(["psql", "-q", self.url, "-c", f"CREATE DATABASE {name}"], check=True)
        return self.url.replace("/postgres?", f"/{name}?")

    def stop(self):
        subprocess.run([self.command, "stop"], env=self.environment, check=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
