"""An independent recount of usage: the last word on each day, summed by cycle, card and pool. No code of the product."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from fleet_model import IN_USE, MEGABYTE, SHANGHAI, STOPPED, rounded

UNICOM, UNICOM_START_DAY = 3, 27
CYCLES = 6
GONE = 30


def today():
    return datetime.now(SHANGHAI).date()


def month_before(year, month, count=1):
    number = year * 12 + month - 1 - count
    return number // 12, number % 12 + 1


def cycle_of(day, carrier):
    """Year and month of the cycle that a day of a card of this carrier belongs to."""
    if carrier == UNICOM and day.day >= UNICOM_START_DAY:
        return month_before(day.year, day.month, -1)
    return day.year, day.month


def first_day(cycle, carrier):
    if carrier == UNICOM:
        return date(*month_before(*cycle), UNICOM_START_DAY)
    return date(*cycle, 1)


def end_ms(cycle, carrier):
    """The first millisecond after the cycle."""
    start = first_day(month_before(*cycle, -1), carrier)
    return int(datetime(start.year, start.month, start.day, tzinfo=SHANGHAI).timestamp() * 1000)


def cycles_shown():
    """This month's cycle and the five before it, newest first."""
    now = today()
    return [month_before(now.year, now.month, back) for back in range(CYCLES)]


def wire(cycle):
    return f"{cycle[0]}{cycle[1]:02d}"


class Usage:
    """Days by card, network and date, in bytes; what cards were imported with stands on the first day of its cycle."""

    def __init__(self, cards):
        self.words = {}
        self.by_iccid = {}
        for card in cards:
            for iccid in card.iccids():
                self.by_iccid[iccid] = card
            if card.sim_status in (IN_USE, STOPPED) and card.flow_used:
                day = first_day(cycle_of(today(), card.carrier), card.carrier)
                self.words[card.place, card.iccid, day] = card.flow_used

    def take(self, lines):
        """The lines of a file that is received after all others: `(iccid, date, megabytes as text)`."""
        for iccid, day, megabytes in lines:
            card = self.by_iccid[iccid]
            self.words[card.place, iccid, day] = rounded(Decimal(megabytes) * MEGABYTE)
        self.days, self.cycles = {}, {}
        for (place, iccid, day), amount in self.words.items():
            cycle = cycle_of(day, self.by_iccid[iccid].carrier)
            self.days[place, day] = self.days.get((place, day), 0) + amount
            self.cycles[place, cycle] = self.cycles.get((place, cycle), 0) + amount

    def of_day(self, card, day):
        return self.days.get((card.place, day), 0)

    def of_cycle(self, card, cycle):
        return self.cycles.get((card.place, cycle), 0)

    def running(self, card):
        return self.of_cycle(card, cycle_of(today(), card.carrier))


def brings_flow(card, cycle, carrier, now_ms):
    """Whether a member's plan counts in a pool's cycle."""
    ends = end_ms(cycle, carrier)
    if card.plan is None or card.act_date is None or card.act_date >= ends:
        return False
    if card.sim_status == GONE:
        return card.expire_time is not None and ends <= min(card.expire_time, now_ms)
    return card.sim_status in (IN_USE, STOPPED)


def draw_file(cards, seed, count):
    """Lines about days on and around every cut of the cycles shown, and others; some say a day twice."""
    dice = random.Random(seed)
    now = today()
    oldest = date(*month_before(now.year, now.month, CYCLES), 1)
    days = [oldest + timedelta(days=number) for number in range((now - oldest).days + 1)]
    cuts = [day for day in days if day.day in (1, 26, 27, 28) or (day + timedelta(days=1)).day == 1]
    lines = []
    for _ in range(count):
        card = dice.choice(cards)
        day = dice.choice(cuts if dice.random() < 0.6 else days)
        megabytes = f"{dice.uniform(0, 40):.{dice.choice([0, 1, 2, 4])}f}"
        lines.append((dice.choice(sorted(card.iccids())), day, megabytes))
    return lines + dice.sample(lines, count // 20)


def text_of(lines):
    return "iccid,date,mb\n" + "".join(f"{iccid},{day:%Y%m%d},{mb}\n" for iccid, day, mb in lines)
