"""What must hold after a partition: the papers that came out are the tickets that the hub has, each once.

    Q1 none lost      Q2 none invented     Q3 one ticket a press      Q4 one holder a label      Q5 no new label
    Q6 holes accounted for       Q16 paper within 2 s       Q17 paper = record       Q18 merged at the time of the press
    Q19 one day, the one of the press; and no number of the own series promises a wait

The world knows the true time of each press and what the printer gave; the hub's file is read with plain SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hub.clock import local

if TYPE_CHECKING:
    from tests.faults.alone import Day, Pressed, World

#: From a finger to the paper in its hand, without its hub; and how exactly a press is dated.
PAPER_MS, SLACK_MS = 2_000, 1_000


def check(world: World) -> None:
    """Hold the papers of the partition against what the hub has recorded since the last one."""
    rows = world.hub.reader.execute(
        "SELECT j.seq, j.key, j.at AS heard_at, t.id, t.label, t.day, t.state, t.paper, t.issued_at, t.certain"
        " FROM journal j JOIN ticket t ON t.id = CAST(substr(j.subject, 8) AS INTEGER)"
        " WHERE j.kind = 'ticket_issued' AND j.seq > ? ORDER BY j.seq",
        (world.checked_seq,),
    ).fetchall()
    world.checked_seq = rows[-1]["seq"] if rows else world.checked_seq
    tickets = defaultdict(list)
    for row in rows:
        tickets[row["key"]].append(row)
    world.counts["tickets"] += len(rows)
    for key, found in tickets.items():
        if key not in world.presses:
            world.bad.append(f"invented: {found[0]['label']} for {key}, which nobody pressed")
    for key, press in world.presses.items():
        world.bad += breaches(world, key, press, tickets.get(key, []))
    if world.app.spool.waiting_reports() or world.counts["not taken"]:
        world.bad.append(f"{world.app.spool.waiting_reports()} reports untold, {world.counts['not taken']} not taken")
    world.bad += holes(world)
    world.presses.clear()


def breaches(world: World, key: str, press: Pressed, tickets: list[Any]) -> Iterator[str]:
    """What is wrong with one press."""
    labels = set(press.papers)
    if len(tickets) > 1:
        yield f"duplicated: {key} has {[t['label'] for t in tickets]}"
    if len(labels) > 1:
        yield f"two numbers: {key} was given {sorted(labels)}"
    if labels and not tickets:
        yield f"lost: {sorted(labels)} came out and the hub has no ticket"
    if press.estimated:
        yield f"{sorted(labels)} of the own series promises a wait"
    if press.paper_after is not None:
        world.counts["slowest paper, ms"] = max(world.counts["slowest paper, ms"], press.paper_after)
        if press.paper_after > PAPER_MS:
            yield f"{sorted(labels)} came {press.paper_after} ms after the press"
    if labels and tickets:
        yield from unlike(world, key, press, tickets[0])


def unlike(world: World, key: str, press: Pressed, ticket: Any) -> Iterator[str]:
    """What the record says otherwise than the paper."""
    labels = set(press.papers)
    for label in labels:
        if (other := world.holder.setdefault(f"{ticket['day']} {label}", key)) != key:
            yield f"one label on two papers: {label} for {other} and {key}"
    if {ticket["label"]} != labels:
        yield f"renumbered: {sorted(labels)} came out, the hub has {ticket['label']}"
    if press.disturbed:
        return
    if ticket["paper"] != "printed":
        yield f"{ticket['label']} came out, and the hub says {ticket['paper']}"
    if ticket["certain"]:
        yield from misdated(world, press, ticket)


def misdated(world: World, press: Pressed, ticket: Any) -> Iterator[str]:
    """Whether a ticket is of its moment and of its day; the oracle knows the true time."""
    wall = world.clock.now().at - (world.now - press.at)
    if abs(ticket["issued_at"] - wall) > SLACK_MS and not press.undated:
        yield f"{ticket['label']} was pressed {(ticket['issued_at'] - wall) / 1000:.1f} s off its time"
    pressed, heard = (local(at, world.settings.agency.zone).date().isoformat() for at in (wall, ticket["heard_at"]))
    wanted, date, opened, closed = day_of(world, press.at, pressed)
    if ticket["day"] != wanted:
        yield f"{ticket['label']} is of day {ticket['day']}, it was pressed on day {wanted}"
    # who came before it opened, on a date without a day, has not stood there until the next morning
    gone = closed is not None or (press.at < opened and pressed not in (date, heard))
    if gone != (ticket["state"] == "unserved"):
        yield f"{ticket['label']} of day {wanted} is {ticket['state']}"


def day_of(world: World, at: int, date: str) -> Day:
    """By the book: the day open then; else the one of that date, else the first that opened after it."""
    for day in world.days:
        _, _, opened, closed = day
        if opened <= at and (closed is None or at <= closed):
            return day
    same = [day for day in world.days if day[1] == date]
    return same[0] if same else next(day for day in world.days if day[2] > at)


def holes(world: World) -> Iterator[str]:
    """Each number up to the last of its series is on a ticket or accounted for; the own series only rises."""
    for row in world.hub.reader.execute(
        "SELECT n.day, n.series, n.last, (SELECT count(*) FROM ticket t WHERE t.day = n.day AND t.series = n.series)"
        " + (SELECT count(*) FROM voided v WHERE v.day = n.day AND v.label LIKE n.series || '%') AS held"
        " FROM numbering n WHERE n.series NOT LIKE '%-' AND n.day >= ?",
        (len(world.days) - 2,),
    ):
        if row["last"] != row["held"]:
            yield f"day {row['day']}: {row['last']} numbers of {row['series']} given, {row['held']} accounted for"
