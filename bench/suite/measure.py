"""The measurements: each takes its figures from the product and the static handler by turns, in the same run."""

import statistics
import time
from dataclasses import dataclass, field

from . import client, load
from .hostile import Hostile
from .processes import Static

LOADED_CONNECTIONS = 16
DETAIL_CONNECTIONS = 8
SCANNING_CLIENTS = 2
SILENT, HALF_HEADER = 500, 500
HOSTILE_WAIT_SECONDS = 20
# A refused kind lets the allowance itself pass: 5 requests a second of thousands.
REFUSED_SHARE_MIN = 0.97
FIXTURE_ATTEMPTS = 20


@dataclass
class Figures:
    """The windows of one kind of request."""

    loaded: list = field(default_factory=list)
    loaded_static: list = field(default_factory=list)
    unloaded: list = field(default_factory=list)
    unloaded_static: list = field(default_factory=list)
    body_bytes: int = 0

    def median(self, windows, name):
        return statistics.median(getattr(window, name) for window in getattr(self, windows))

    def ratio(self):
        """Share of the static handler's requests a second, window by window, since they ran side by side."""
        pairs = zip(self.loaded, self.loaded_static, strict=True)
        return statistics.median(mine.per_second / bare.per_second for mine, bare in pairs)


def static_of(binary, directory, kinds):
    """The static handler over the real answers of `kinds`, and the size of each answer."""
    fixtures, sizes = [], {}
    for kind in kinds:
        for _ in range(FIXTURE_ATTEMPTS):
            status, content_type, body, _ = client.fetch(kind.url, kind.headers())
            if status == kind.status:
                break
        else:
            raise SystemExit(f"{kind.title}: {status} instead of {kind.status}: {body[:500]!r}")
        fixtures.append((f"/{kind.name}", content_type, body))
        sizes[kind.name] = len(body)
    return Static(binary, directory, fixtures), sizes


def window(kind, connections, seconds, process=None):
    """One window of load on the product; answers other than the expected ones make it void."""
    seen = load.run(kind.url, kind.headers(), connections, seconds, process)
    refused = seen.refused / seen.requests
    if (refused > 0) if kind.status < 300 else (refused < REFUSED_SHARE_MIN):
        raise SystemExit(f"{kind.title}: {seen.refused} of {seen.requests} answers were refusals")
    return seen


def static_window(kind, static, connections, seconds, process=None):
    headers = {name: text for name, text in kind.headers().items() if name != "Host"}
    return load.run(static.url + kind.static_path, headers, connections, seconds, process)


def requests(kinds, static, sizes, options, say):
    """Requests a second, processor time and latency of each kind, loaded and unloaded; and the processor time of the
    static handler for 1 kB, in microseconds a request: the measure of this machine."""
    bare = []
    figures = {kind.name: Figures(body_bytes=sizes[kind.name]) for kind in kinds}
    for kind in kinds:
        window(kind, LOADED_CONNECTIONS, 1)
    for repetition in range(options.repetitions):
        bare.append(load.run(static.url + "/bare", kinds[0].headers(), LOADED_CONNECTIONS, options.seconds, static))
        for kind in kinds:
            say(f"repetition {repetition + 1} of {options.repetitions}: {kind.title}")
            mine = figures[kind.name]
            mine.loaded.append(window(kind, LOADED_CONNECTIONS, options.seconds, kind.server))
            mine.loaded_static.append(static_window(kind, static, LOADED_CONNECTIONS, options.seconds, static))
            mine.unloaded.append(window(kind, 1, options.seconds))
            mine.unloaded_static.append(static_window(kind, static, 1, options.seconds))
    return figures, statistics.median(seen.cpu_us for seen in bare)


def flat(large, small, options, say):
    """How many times faster the small fleet answers, by requests a second and by processor time."""
    result = {}
    pairs = [(kind, next(twin for twin in small if twin.name == kind.name)) for kind in large]
    for repetition in range(options.repetitions):
        for kind, twin in pairs:
            say(f"flatness {repetition + 1} of {options.repetitions}: {kind.title}")
            seen = result.setdefault(kind.name, {"title": kind.title, "small": [], "large": []})
            seen["small"].append(window(twin, LOADED_CONNECTIONS, options.seconds, twin.server))
            seen["large"].append(window(kind, LOADED_CONNECTIONS, options.seconds, kind.server))
    return result


def interference(detail, scan, static, options, say):
    """The detail's p99 alone, and while two clients loop the scan; the static handler's under the same scan shows
    how much of it the machine's cores explain."""
    result = {"alone": [], "scanning": [], "static_scanning": []}
    seconds = options.seconds
    for repetition in range(options.repetitions):
        say(f"interference {repetition + 1} of {options.repetitions}")
        result["alone"].append(window(detail, DETAIL_CONNECTIONS, seconds).p99_ms)
        scans = load.background(scan.url, scan.headers(), SCANNING_CLIENTS, 4 * seconds + 10)
        try:
            time.sleep(0.5)
            result["scanning"].append(window(detail, DETAIL_CONNECTIONS, seconds).p99_ms)
            result["static_scanning"].append(static_window(detail, static, DETAIL_CONNECTIONS, seconds).p99_ms)
        finally:
            scans.terminate()
            scans.wait()
    return {name: statistics.median(values) for name, values in result.items()}


def hostile(detail, options, say):
    """The detail's p99 alone and beside silent and half-header connections, and how long those lived."""
    result = {"alone": [], "hostile": [], "closed_seconds": [], "left_open": []}
    for repetition in range(options.repetitions):
        say(f"hostile connections {repetition + 1} of {options.repetitions}")
        result["alone"].append(window(detail, DETAIL_CONNECTIONS, options.seconds).p99_ms)
        crowd = Hostile(detail.server.address, SILENT, HALF_HEADER, HOSTILE_WAIT_SECONDS)
        crowd.start()
        result["hostile"].append(window(detail, DETAIL_CONNECTIONS, options.seconds).p99_ms)
        crowd.join()
        result["closed_seconds"].append(crowd.last_closed_seconds)
        result["left_open"].append(crowd.still_open())
    return {
        "alone": statistics.median(result["alone"]),
        "hostile": statistics.median(result["hostile"]),
        "closed_seconds": max(result["closed_seconds"]),
        "left_open": max(result["left_open"]),
        "opened": SILENT + HALF_HEADER,
    }
