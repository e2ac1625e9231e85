"""Days to look at, told through the real actions."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

#: What people say they come for, and how many a day do (requirements D.1).
ERRANDS = {
    "inquiry": 70, "deposit": 55, "benefits": 40, "contributions": 30, "family": 20, "pension": 15, "employers": 12,
    "registration": 10, "complaint": 8,
}  # fmt: skip
#: Who is called comes, but one in thirty.
SHOWS = 0.97
SEATS = {
    "02": "00815D", "03": "00816D", "04": "00821D", "05": "00902F", "06": "00907F", "07": "00911F",
    "08": "00918V", "09": "00922F", "10": "00930R", "11": "01016E", "12": "01022K",
}  # fmt: skip


def sit(house: Any, *but: str) -> None:
    """Everybody sits down, but those."""
    for counter, agent in SEATS.items():
        if counter not in but:
            house.counter(counter).open(agent)


def work(house: Any, *, until: str, every_s: int, seed: int, but: tuple[str, ...] = ()) -> None:
    """Visitors come and counters serve, until the clock says so; those of `but` do nothing."""
    chance = random.Random(seed)  # noqa: S311 (a story, no secret)
    ends: dict[str, float] = house.__dict__.setdefault("ends", {})
    coming = house.clock.now().at
    end = _at(house, until)
    while house.clock.now().at < end:
        house.later(seconds=15)
        now = house.clock.now().at
        while coming <= now:
            house.press(chance.choices(list(ERRANDS), list(ERRANDS.values()))[0])
            coming += round(chance.expovariate(1 / every_s) * 1000)
        for code in SEATS:
            if code not in but:
                _one(house, code, ends, chance)


def _one(house: Any, code: str, ends: dict[str, float], chance: random.Random) -> None:
    desk, now = house.counter(code), house.clock.now().at
    if desk.state == "free":
        if desk.next():
            ends[code] = now + (25_000 if chance.random() < SHOWS else 80_000)
    elif desk.state == "calling" and now >= ends[code]:
        if ends.get(f"{code} absent"):
            desk.absent()
            ends.pop(f"{code} absent")
        elif chance.random() < SHOWS:
            desk.start()
            ends[code] = now + chance.lognormvariate(5.6, 0.7) * 1000
        else:
            desk.recall()
            ends[f"{code} absent"], ends[code] = 1, now + 70_000
    elif desk.state == "serving" and now >= ends[code]:
        if chance.random() < 0.06:
            desk.transfer("pension")
        else:
            desk.finish()


def _at(house: Any, time: str) -> int:
    zone = house.hub.settings.agency.zone
    now = datetime.fromtimestamp(house.clock.now().at / 1000, zone)
    hour, minute = (int(part) for part in time.split(":"))
    return int(now.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp() * 1000)


def quiet(house: Any) -> None:
    """Ten past eight on a calm Monday."""
    house.open_day().at("07:30:00")
    sit(house, "06", "10")
    work(house, until="08:10", every_s=110, seed=7, but=("06", "10"))


def busy(house: Any, *, hurried: bool = False) -> None:
    """Half past ten: too many people, nobody at the pensions, a printer nearly out of paper. `hurried`: since ten."""
    house.open_day().at("10:00:00" if hurried else "07:30:00")
    sit(house, "08")
    work(house, until="10:20", every_s=30 if hurried else 52, seed=11, but=("08", "03"))
    if house.counter("06").state == "free":
        house.counter("06").pause("Réunion")
    work(house, until="10:27", every_s=40, seed=12, but=("08", "03", "06", "12"))
    house.trouble("printer", "near_end")
    house.help()
    house.later(minutes=4)


def whole(house: Any) -> None:
    """A whole day, closed at three."""
    house.open_day().at("07:30:00")
    sit(house)
    work(house, until="14:30", every_s=95, seed=3)
    work(house, until="14:50", every_s=100_000, seed=4)
    house.at("15:00:00").close_day(force=True)
