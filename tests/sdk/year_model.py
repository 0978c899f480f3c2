"""A year of a small fleet, recounted from what was bought, activated and used: no code of the product.

Times are datetimes of Asia/Shanghai, flows are bytes.
"""

from datetime import date, datetime, timedelta

from fleet_model import MEGABYTE, SHANGHAI
from usage_model import cycle_of, first_day, month_before

DAYS, MONTHS = 10, {20: 1, 30: 3, 40: 6, 50: 12}
AT_ONCE, NEXT_CYCLE = 2, 3
LEAD, LATE = timedelta(days=1), timedelta(days=31)
SECOND = timedelta(seconds=1)


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def cycle_start(cycle, carrier):
    return midnight(first_day(cycle, carrier))


def cycle_end(cycle, carrier):
    return cycle_start(month_before(*cycle, -1), carrier)


def running_cycle(now, carrier):
    return cycle_of(now.date(), carrier)


class Plan:
    """A plan of the catalogue."""

    def __init__(self, line):
        self.id, self.name = line["price_plan_id"], line["price_plan_name"]
        self.total = line["flow_total"] * MEGABYTE
        self.add_on = line["package_type"] == 2
        self.period, self.period_type = line["period"], line["period_type"]
        self.effect, self.renews = line["effect_type"], line["auto_renew"] == "true"

    def ends(self, begins, carrier):
        """The last second of its last day or cycle."""
        if self.period_type == DAYS:
            return midnight(begins.date() + timedelta(days=self.period)) - SECOND
        later = self.period * MONTHS[self.period_type] - 1
        return cycle_end(month_before(*cycle_of(begins.date(), carrier), -later), carrier) - SECOND


class Instance:
    """A plan that a card has."""

    def __init__(self, plan, bought):
        self.plan, self.bought = plan, bought
        self.begins = self.ended = None
        self.was_used_up = False
        self.cycle = None
        self.used = 0


class Card:
    """A card with its plans, oldest purchase first, and the days on which it used something."""

    def __init__(self, line, plan, now):
        self.iccid, self.cid = line["iccid"], line["cid"]
        self.carrier, self.pool = line["carrier"], line["pool_id"] or None
        self.active = line["sim_status"] == 20
        self.activated = datetime.fromisoformat(line["act_date"]).replace(tzinfo=SHANGHAI) if self.active else None
        self.expires = None
        self.days = {}
        self.plans, self.waiting = [Instance(plan, now)], []
        self.current = self.plans[0]
        self.bases = [self.current]
        if self.active:
            self.current.begins = self.activated
            self.expires = midnight(date.fromisoformat(line["expire_time"][:10]) + timedelta(days=1)) - SECOND

    def of_cycle(self, cycle):
        return sum(used for day, used in self.days.items() if cycle_of(day, self.carrier) == cycle)

    def add_ons(self, cycle):
        return [held for held in self.plans if held.plan.add_on and held.cycle == cycle]

    def activate(self, now):
        self.active, self.activated = True, now
        held = self.current
        if held.begins is None:
            begins = now
            if held.plan.effect == NEXT_CYCLE:
                begins = cycle_end(running_cycle(now, self.carrier), self.carrier)
            held.begins, self.expires = begins, held.plan.ends(begins, self.carrier)
        self.recount(now)

    def buy(self, plan, now):
        held = Instance(plan, now)
        self.plans.append(held)
        if plan.add_on:
            held.cycle = running_cycle(now, self.carrier)
            self.recount(now)
        else:
            self.waiting.append(held)

    def left(self, now):
        """What is left of the running cycle; None while the plan is still to begin."""
        if self.current.begins > now:
            return None
        cycle = running_cycle(now, self.carrier)
        have = self.current.plan.total + sum(held.plan.total for held in self.add_ons(cycle))
        mine = self.shared(cycle)
        return have - sum(mine[held] for held in [self.current, *self.add_ons(cycle)])

    def shared(self, cycle):
        """Who has how many bytes of a cycle: what a plan was found used up by goes to the next one, what the last one
        cannot carry goes to the packages, and what they cannot either comes back to it."""
        start, end = cycle_start(cycle, self.carrier), cycle_end(cycle, self.carrier)
        bases = [
            held for held in self.bases
            if held is self.current or ((held.begins or start) < end and held.ended >= start)
        ]
        mine = dict.fromkeys([*bases, *self.add_ons(cycle)], 0)
        for day, used in self.days.items():
            if cycle_of(day, self.carrier) == cycle:
                mine[self.owner(bases, day)] += used
        for held, following in zip(bases, bases[1:]):
            if held.was_used_up and mine[held] > held.plan.total:
                mine[following] += mine[held] - held.plan.total
                mine[held] = held.plan.total
        for package in self.add_ons(cycle):
            moved = max(0, min(package.plan.total, mine[self.current] - self.current.plan.total))
            mine[self.current] -= moved
            mine[package] = moved
        return mine

    @staticmethod
    def owner(bases, day):
        found = bases[0]
        for before, held in zip(bases, bases[1:]):
            first = held.begins.date() + timedelta(days=1 if before.was_used_up else 0)
            if day >= first:
                found = held
        return found

    def recount(self, now):
        """The figures of plans follow the running cycle; those that are over keep their last."""
        if self.active:
            for held, used in self.shared(running_cycle(now, self.carrier)).items():
                held.used = used

    def end_plans(self, now):
        """What the timer does: the next plan takes over, or the same one goes on."""
        if not self.active:
            return
        expired = self.expires is not None and self.expires < now
        left = self.left(now)
        used_up = self.pool is None and left is not None and left <= 0
        if self.waiting and (expired or used_up):
            following = self.waiting[0]
            begins = max(self.expires + SECOND, following.bought) if expired else now
            self.current.was_used_up = not expired
            self.current.ended = self.expires if expired else now
            following.begins = begins
            self.waiting.pop(0)
            self.current, self.expires = following, following.plan.ends(begins, self.carrier)
            self.bases.append(following)
            self.recount(now)
        elif not self.waiting and self.current.plan.renews and now - LATE <= self.expires <= now + LEAD:
            self.renew(1, now)

    def renew(self, periods, now):
        for _ in range(periods):
            begins = self.expires + SECOND if self.expires >= now else now
            self.expires = self.current.plan.ends(begins, self.carrier)
            now = min(now, self.expires)


class Pool:
    """A pool and the packages that it bought."""

    def __init__(self, line, carrier):
        self.id, self.forward, self.carrier = line["pool_id"], line["kind"] == "forward", carrier
        self.packages = {}

    def total(self, members, cycle):
        ends = cycle_end(cycle, self.carrier)
        bring = [card.current.plan.total for card in members if card.active and card.activated < ends]
        return sum(bring) + self.packages.get(cycle, 0)
