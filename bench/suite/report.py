"""The report: every figure beside its goal, as Markdown for people and JSON for machines."""

import statistics
from dataclasses import asdict

from . import kinds as requests
from . import writes
from .processes import SEED

MILLION = 1_000_000
FLAT_MAX = 1.3
INTERFERENCE_P99_MS_MAX = 10.0
HOSTILE_RATIO_MAX = 3.0
HOSTILE_SECONDS_MAX = 10.0
BATCH_P99_MS_MAX = 50.0
FILTER50_US_MAX = 55.0
BYTES_A_CARD_MAX = 700
MEGABYTE = 1_000_000
# Seconds from the start on an existing store until it is ready, and resident megabytes, by cards.
START_SECONDS_MAX = {10_000: 0.25, 100_000: 0.6, MILLION: 10.0}
RESIDENT_MB_MAX = {10_000: 35, 100_000: 90, MILLION: 700}
EMPTY_MB_MAX = 25
# Work orders a second as a share of bare commits, and how long placing one and waiting for one may take.
ORDER_RATIO_MIN = {"sqlite": 0.20, "postgres": 0.12}
PLACE_P99_MS_MAX = 50.0
INTERACTIVE_MS_MAX = 1000.0


class Report:
    """Collects lines and counts the goals that were met and missed."""

    def __init__(self):
        self.lines, self.met, self.missed = [], 0, []

    def judge(self, what, text, ok, goal):
        """A figure with its goal and the verdict."""
        if ok:
            self.met += 1
        else:
            self.missed.append(f"{what}: {text}, goal {goal}")
        return f"{text} ({goal}) {'pass' if ok else '**FAIL**'}"

    def at_most(self, what, value, goal, unit, digits=1):
        return self.judge(what, f"{value:,.{digits}f} {unit}", value <= goal, f"≤ {goal:,.{digits}f}")

    def table(self, title, heads, rows):
        self.lines += ["", f"### {title}", "", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
        self.lines += ["| " + " | ".join(row) + " |" for row in rows]

    def text(self):
        verdict = f"{self.met} goals met, {len(self.missed)} missed."
        return "\n".join([*self.lines, "", verdict, *(f"- {line}" for line in self.missed), ""])


def write(results, kinds):
    """The Markdown of a run's `results`."""
    report = Report()
    machine, options = results["machine"], results["options"]
    report.lines += [
        f"## {options['engine']}, {options['sims']:,} cards, {machine['cores']} cores ({machine['processor']})",
        "",
        f"{options['repetitions']} repetitions of {options['seconds']} s, medians; seed {SEED}.",
    ]
    if "figures" in results:
        report.lines[-1] += (
            f" The static handler takes {results['bare_us']:.1f} µs of processor time for 1 kB "
            f"(goals of processor time are for {requests.STATIC_US:.0f} µs and scale with it)."
        )
        starts(report, results)
        table_of_requests(report, results, kinds)
    if "flat" in results:
        flatness(report, results)
    if "interference" in results:
        neighbours(report, results)
    if "writes" in results:
        batches(report, results["writes"])
    if "orders" in results:
        work_orders(report, results)
    return report


def starts(report, results):
    nearly_empty = results["empty"]
    empty = nearly_empty["resident_bytes"]
    memory = report.at_most("memory of the nearly empty process", empty / MEGABYTE, EMPTY_MB_MAX, "MB", 0)
    seconds = [f"{nearly_empty['fresh_seconds']:.1f} s", f"{nearly_empty['restart_seconds']:.2f} s"]
    rows = [[str(nearly_empty["sims"]), *seconds, memory, ""]]
    for store in results["stores"]:
        sims, name = store["sims"], f"{store['sims']:,} cards"
        restart, resident = store["restart_seconds"], store["resident_bytes"] / MEGABYTE
        a_card = (store["resident_bytes"] - empty) / sims
        row = [f"{sims:,}", f"{store['fresh_seconds']:.1f} s", f"{restart:.2f} s", f"{resident:,.0f} MB", f"{a_card:,.0f}"]
        if sims in START_SECONDS_MAX:
            row[2] = report.at_most(f"restart with {name}", restart, START_SECONDS_MAX[sims], "s", 2)
            row[3] = report.at_most(f"memory with {name}", resident, RESIDENT_MB_MAX[sims], "MB", 0)
        if sims >= MILLION:
            row[4] = report.at_most(f"memory a card of {name}", a_card, BYTES_A_CARD_MAX, "bytes", 0)
        rows.append(row)
    heads = ["cards", "ready, new store", "ready, existing store", "resident", "bytes a card above the empty process"]
    report.table("Start and memory", heads, rows)


def table_of_requests(report, results, kinds):
    scale = results["bare_us"] / requests.STATIC_US
    rows = []
    for kind in kinds:
        seen = results["figures"][kind.name]
        ratio, cpu = seen.ratio(), seen.median("loaded", "cpu_us")
        share = f"{ratio:.1%}"
        if kind.ratio_min is not None:
            share = report.judge(f"{kind.title}: requests/s", share, ratio >= kind.ratio_min, f"≥ {kind.ratio_min:.0%}")
        spent = f"{cpu:.1f} µs"
        if kind.cpu_us_max is not None:
            spent = report.at_most(f"{kind.title}: processor time", cpu, kind.cpu_us_max * scale, "µs")
        user, system = seen.median("loaded", "user_us"), seen.median("loaded", "system_us")
        p99 = seen.median("unloaded", "p99_ms")
        if kind.p99_ms_max is not None:
            p99_text = report.at_most(f"{kind.title}: unloaded p99", p99, kind.p99_ms_max, "ms", 2)
        rows.append([
            kind.title,
            f"{seen.body_bytes:,}",
            f"{seen.median('loaded', 'per_second'):,.0f}",
            f"{seen.median('loaded_static', 'per_second'):,.0f}",
            share,
            spent,
            f"{user:.1f} + {system:.1f}",
            f"{seen.median('loaded_static', 'cpu_us'):.1f}",
            f"{seen.median('unloaded', 'p50_ms'):.3f}",
            p99_text,
            f"{seen.median('unloaded_static', 'p99_ms'):.2f}",
            f"{seen.median('loaded', 'p99_ms'):.2f}",
        ])
    heads = [
        "request", "bytes", "requests/s", "static", "ratio", "CPU a request", "user + system µs", "static µs",
        "unloaded p50 ms", "unloaded p99", "static p99 ms", "loaded p99 ms",
    ]
    report.table("Requests", heads, rows)


def flatness(report, results):
    small, large = results["options"]["small"], results["options"]["sims"]
    rows = []
    for seen in results["flat"].values():
        pairs = list(zip(seen["small"], seen["large"], strict=True))
        faster = statistics.median(mine.per_second / twin.per_second for mine, twin in pairs)
        cpu = [statistics.median(window.cpu_us for window in seen[size]) for size in ("small", "large")]
        rate = [statistics.median(window.per_second for window in seen[size]) for size in ("small", "large")]
        times = report.at_most(f"{seen['title']}: times faster at {small:,}", faster, FLAT_MAX, "times", 2)
        rows.append([seen["title"], f"{rate[0]:,.0f}", f"{rate[1]:,.0f}", times, f"{cpu[0]:.1f}", f"{cpu[1]:.1f}"])
    heads = ["request", f"requests/s at {small:,}", f"at {large:,}", "faster by", f"CPU µs at {small:,}", f"at {large:,}"]
    report.table("Flatness", heads, rows)
    scale = results["bare_us"] / requests.STATIC_US
    cpu = statistics.median(window.cpu_us for window in results["filter50"])
    title = f"filtered and sorted page of 50 with exact count at {small:,} cards"
    report.lines += ["", f"{title}: {report.at_most(title, cpu, FILTER50_US_MAX * scale, 'µs')} of processor time."]


def neighbours(report, results):
    seen, crowd = results["interference"], results["hostile"]
    what = "detail while two clients loop the scan"
    times = crowd["hostile"] / crowd["alone"]
    beside = f"detail beside {crowd['opened']:,} silent and half-header connections"
    bound = f"≤ {HOSTILE_RATIO_MAX:.0f} times"
    rows = [
        ["detail alone", f"{seen['alone']:.2f} ms"],
        [what, report.at_most(what, seen["scanning"], INTERFERENCE_P99_MS_MAX, "ms", 2)],
        ["static handler meanwhile", f"{seen['static_scanning']:.2f} ms"],
        [beside, report.judge(beside, f"{crowd['hostile']:.2f} ms, {times:.2f} times", times <= HOSTILE_RATIO_MAX, bound)],
    ]
    report.table("p99 of the detail, 8 connections, beside other clients", ["", "p99"], rows)
    gone = report.at_most("life of a hostile connection", crowd["closed_seconds"], HOSTILE_SECONDS_MAX, "s")
    left = report.judge("hostile connections left open", str(crowd["left_open"]), crowd["left_open"] == 0, "= 0")
    report.lines += ["", f"The oldest hostile connection was closed after {gone}; left open: {left}."]


def batches(report, milliseconds):
    ordered = sorted(milliseconds)
    p50, p99 = (ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 99))
    what = f"{writes.TAGS} tags on {writes.CARDS} cards"
    bound = report.at_most(f"{what}: p99", p99, BATCH_P99_MS_MAX, "ms")
    report.table("Writes, one after the other", ["batch-set", "batches", "p50", "p99"], [[what, str(len(ordered)), f"{p50:.1f} ms", bound]])


def work_orders(report, results):
    seen, bulk, engine = results["orders"], results["orders"]["bulk"], results["options"]["engine"]
    ratio_min = ORDER_RATIO_MIN[engine]
    share = report.judge("orders a second", f"{seen['ratio']:.1%}", seen["ratio"] >= ratio_min, f"≥ {ratio_min:.0%}")
    rate = f"{bulk['per_second']:,.0f}/s"
    beside = f"an order beside {bulk['operations']:,} card operations at {rate} ({bulk['probes']} times): longest"
    rows = [
        ["bare commits of 32 clients", f"{seen['bare']:,.0f}/s"],
        ["work orders of 32 clients, requested, carried and applied", f"{seen['per_second']:,.0f}/s"],
        ["of the bare commits", share],
        ["processor time of the server an order", f"{seen['cpu_us']:,.0f} µs"],
        ["placing with 100 clients: median", f"{seen['place_p50_ms']:.1f} ms"],
        ["placing with 100 clients: p99", report.at_most("placing p99", seen["place_p99_ms"], PLACE_P99_MS_MAX, "ms")],
        [beside, report.at_most("an order beside bulk work", bulk["longest_ms"], INTERACTIVE_MS_MAX, "ms", 0)],
        ["median", f"{bulk['median_ms']:.0f} ms"],
    ]
    report.table(f"Work orders, {results['options']['order_sims']:,} cards", ["", ""], rows)


def as_json(results):
    """The results with every window spelt out."""
    return {
        **results,
        "figures": {name: asdict(seen) for name, seen in results.get("figures", {}).items()},
        "flat": {
            name: {**seen, "small": [vars(w) for w in seen["small"]], "large": [vars(w) for w in seen["large"]]}
            for name, seen in results.get("flat", {}).items()
        },
        "filter50": [vars(window) for window in results.get("filter50", [])],
    }
