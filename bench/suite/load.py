"""Load: `wrk` with plain headers, its output read into figures."""

import re
import subprocess
from dataclasses import dataclass

UNIT_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    """What one window of load saw: latencies in milliseconds, processor time in microseconds a request."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    user_us: float = 0.0
    system_us: float = 0.0

    @property
    def cpu_us(self):
        return self.user_us + self.system_us


def command(url, headers, connections, seconds):
    arguments = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    for name, value in headers.items():
        arguments += ["-H", f"{name}: {value}"]
    return [*arguments, url]


def run(url, headers, connections, seconds, process=None):
    """Loads `url` for `seconds`; with `process`, its processor time a request is taken around the window."""
    before = process.cpu() if process else None
    done = subprocess.run(command(url, headers, connections, seconds), check=True, capture_output=True, text=True)
    spent = process.cpu() - before if process else None
    figures = read(done.stdout)
    if figures.requests == 0:
        raise SystemExit(f"no request of {url} was answered:\n{done.stdout}{done.stderr}")
    if not spent:
        return figures
    share = 1e6 / figures.requests
    return Load(**{**vars(figures), "user_us": spent.user * share, "system_us": spent.system * share})


def background(url, headers, connections, seconds):
    """The same load beside something else; end it with `terminate`."""
    return subprocess.Popen(
        command(url, headers, connections, seconds), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def read(text):
    def quantile(name):
        value, unit = re.search(rf"^\s+{name}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.M).groups()
        return float(value) * UNIT_MS[unit]

    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: (.*)", text)
    if errors:
        raise SystemExit(f"wrk reports socket errors: {errors.group(1)}")
    return Load(
        requests=int(re.search(r"(\d+) requests in", text).group(1)),
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        p50_ms=quantile(50),
        p99_ms=quantile(99),
        refused=int(refused.group(1)) if refused else 0,
    )
