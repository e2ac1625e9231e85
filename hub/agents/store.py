"""Agents and devices on disk: how each fact changes the rows, what can be read, and the secrets apart.

State rows are written by appliers alone, so that replaying the journal gives them again. Secrets are
written by the actions, in the same transaction as the fact that tells of them.
"""

from __future__ import annotations

import sqlite3
from typing import Protocol

from hub.agents import model as m
from hub.clock import Instant, instant
from hub.journal import Appliers, Rows

Reader = sqlite3.Connection


class Writer(Protocol):
    """A transaction to write secrets in."""

    now: Instant

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement."""


def _maybe(at: int | None, tick: int | None) -> Instant | None:
    return None if at is None or tick is None else instant(at, tick)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# --- reading: people ---------------------------------------------------------------------------


def _agent(row: sqlite3.Row) -> m.Agent:
    return m.Agent(
        code=row["code"],
        name=row["name"],
        roles=frozenset(_words(row["roles"])),
        removed=bool(row["removed"]),
        has_secret=bool(row["has_secret"]),
        signed_in=_maybe(row["signed_in_at"], row["signed_in_tick"]),
        failures=row["failures"],
        failed=_maybe(row["failed_at"], row["failed_tick"]),
    )


def agent(reader: Reader, code: str) -> m.Agent | None:
    """The agent of a code, removed or not."""
    row = reader.execute("SELECT * FROM agent WHERE code = ?", (code,)).fetchone()
    return _agent(row) if row else None


def agents(reader: Reader) -> list[m.Agent]:
    """Who works here, by name."""
    return [_agent(row) for row in reader.execute("SELECT * FROM agent WHERE NOT removed ORDER BY name, code")]


def names(reader: Reader) -> dict[str, str]:
    """Code → name of everybody who ever worked here: what the past is told with."""
    return {row["code"]: row["name"] for row in reader.execute("SELECT code, name FROM agent")}


# --- reading: sessions -------------------------------------------------------------------------


_SESSION = "SELECT s.*, a.roles FROM agent_session s JOIN agent a ON a.code = s.agent"


def session(reader: Reader, digest: bytes, *, by: str = "hash") -> m.Session | None:
    """The session of a digest: of its value, or (`by="socket"`) of its socket token."""
    column = {"hash": "s.hash", "socket": "s.socket"}[by]
    row = reader.execute(f"{_SESSION} WHERE {column} = ?", (digest,)).fetchone()
    return _session(row) if row else None


def _session(row: sqlite3.Row) -> m.Session:
    return m.Session(
        agent=row["agent"],
        roles=frozenset(_words(row["roles"])),
        began=instant(row["began_at"], row["began_tick"]),
        seen=instant(row["seen_at"], row["seen_tick"]),
        newcomer=bool(row["newcomer"]),
        ended=row["ended"],
    )


def sessions_of(reader: Reader, agent_code: str) -> list[m.Session]:
    """An agent's sessions that nobody has ended; some may have lived too long."""
    rows = reader.execute(f"{_SESSION} WHERE s.agent = ? AND s.ended IS NULL", (agent_code,))
    return [_session(row) for row in rows]


def last_sessions(reader: Reader) -> dict[str, m.Session]:
    """Agent → the session of theirs that was used last, ended or not."""
    rows = reader.execute(f"{_SESSION} ORDER BY s.ended IS NULL, s.seen_at")
    return {row["agent"]: _session(row) for row in rows}


# --- reading: devices --------------------------------------------------------------------------

_DEVICE = "SELECT d.*, t.seen_at, t.seen_tick FROM device d LEFT JOIN device_token t ON t.device = d.name"


def _device(row: sqlite3.Row) -> m.Device:
    return m.Device(
        name=row["name"],
        kind=row["kind"],
        counters=_words(row["counters"]),
        paired=instant(row["paired_at"], row["paired_tick"]),
        revoked=bool(row["revoked"]),
        seen=_maybe(row["seen_at"], row["seen_tick"]),
        help_since=_maybe(row["help_at"], row["help_tick"]),
        help_place=row["help_place"],
    )


def device(reader: Reader, name: str) -> m.Device | None:
    """The device of a name, revoked or not."""
    row = reader.execute(f"{_DEVICE} WHERE d.name = ?", (name,)).fetchone()
    return _device(row) if row else None


def device_of_token(reader: Reader, digest: bytes) -> m.Device | None:
    """The device that holds the token of this digest."""
    row = reader.execute(f"{_DEVICE} WHERE t.hash = ? AND NOT d.revoked", (digest,)).fetchone()
    return _device(row) if row else None


def devices(reader: Reader) -> list[m.Device]:
    """The devices that are paired."""
    return [_device(row) for row in reader.execute(f"{_DEVICE} WHERE NOT d.revoked ORDER BY d.kind, d.name")]


def troubles(reader: Reader) -> list[m.Trouble]:
    """What does not work now, the oldest first."""
    rows = reader.execute("SELECT * FROM device_trouble ORDER BY since_at, device, part")
    return [
        m.Trouble(row["device"], row["part"], row["state"], instant(row["since_at"], row["since_tick"]), row["detail"])
        for row in rows
    ]


# --- how each fact changes the rows ------------------------------------------------------------


def _agent_added(rows: Rows, event: m.AgentAdded) -> None:
    """Somebody who comes back starts afresh, without the secret and the failures of the past."""
    rows.run(
        "INSERT INTO agent (code, name, roles) VALUES (?, ?, ?) ON CONFLICT (code) DO UPDATE SET name = excluded.name,"
        " roles = excluded.roles, removed = 0, has_secret = 0, failures = 0, failed_at = NULL, failed_tick = NULL",
        event.agent, event.name, " ".join(event.roles),
    )  # fmt: skip


def _agent_changed(rows: Rows, event: m.AgentChanged) -> None:
    rows.run("UPDATE agent SET name = ?, roles = ? WHERE code = ?", event.name, " ".join(event.roles), event.agent)


def _agent_removed(rows: Rows, event: m.AgentRemoved) -> None:
    rows.run("UPDATE agent SET removed = 1, has_secret = 0 WHERE code = ?", event.agent)


def _code_issued(rows: Rows, event: m.CodeIssued) -> None:
    """A new code also unlocks the account."""
    rows.run(
        "UPDATE agent SET has_secret = 0, failures = 0, failed_at = NULL, failed_tick = NULL WHERE code = ?",
        event.agent,
    )


def _secret_chosen(rows: Rows, event: m.SecretChosen) -> None:
    rows.run("UPDATE agent SET has_secret = 1 WHERE code = ?", event.agent)


def _signed_in(rows: Rows, event: m.SignedIn) -> None:
    rows.run(
        "UPDATE agent SET signed_in_at = ?, signed_in_tick = ?, failures = 0, failed_at = NULL, failed_tick = NULL"
        " WHERE code = ?",
        rows.now.at, rows.now.tick, event.agent,
    )  # fmt: skip


def _signed_out(rows: Rows, event: m.SignedOut) -> None:
    """The session is no state row: nothing changes here, and the journal tells when."""


def _sign_in_failed(rows: Rows, event: m.SignInFailed) -> None:
    rows.run(
        "UPDATE agent SET failures = ?, failed_at = ?, failed_tick = ? WHERE code = ?",
        event.failures, rows.now.at, rows.now.tick, event.agent,
    )  # fmt: skip


def _device_paired(rows: Rows, event: m.DevicePaired) -> None:
    rows.run(
        "INSERT INTO device (name, kind, counters, paired_at, paired_tick) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, counters = excluded.counters, revoked = 0,"
        " paired_at = excluded.paired_at, paired_tick = excluded.paired_tick, help_at = NULL, help_tick = NULL",
        event.device, event.device_kind, " ".join(event.counters), rows.now.at, rows.now.tick,
    )  # fmt: skip
    rows.run("DELETE FROM device_trouble WHERE device = ?", event.device)


def _device_revoked(rows: Rows, event: m.DeviceRevoked) -> None:
    rows.run("UPDATE device SET revoked = 1, help_at = NULL, help_tick = NULL WHERE name = ?", event.device)
    rows.run("DELETE FROM device_trouble WHERE device = ?", event.device)


def _device_trouble(rows: Rows, event: m.DeviceTrouble) -> None:
    """`ok` ends the trouble; the same trouble told again keeps the time of its beginning."""
    if event.state == "ok":
        rows.run("DELETE FROM device_trouble WHERE device = ? AND part = ?", event.device, event.part)
        return
    rows.run(
        "INSERT INTO device_trouble (device, part, state, detail, since_at, since_tick) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (device, part) DO UPDATE SET detail = excluded.detail,"
        " since_at = CASE WHEN state = excluded.state THEN since_at ELSE excluded.since_at END,"
        " since_tick = CASE WHEN state = excluded.state THEN since_tick ELSE excluded.since_tick END,"
        " state = excluded.state",
        event.device, event.part, event.state, event.detail, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _help_asked(rows: Rows, event: m.HelpAsked) -> None:
    """Who asks again waits since the first time."""
    rows.run(
        "UPDATE device SET help_at = coalesce(help_at, ?), help_tick = coalesce(help_tick, ?), help_place = ?"
        " WHERE name = ?",
        rows.now.at, rows.now.tick, event.place, event.device,
    )  # fmt: skip


def _help_given(rows: Rows, event: m.HelpGiven) -> None:
    rows.run("UPDATE device SET help_at = NULL, help_tick = NULL, help_place = '' WHERE name = ?", event.device)


def _access_refused(rows: Rows, event: m.AccessRefused) -> None:
    """Nothing changes: the journal has it."""


APPLIERS: Appliers = {
    m.AgentAdded: _agent_added,
    m.AgentChanged: _agent_changed,
    m.AgentRemoved: _agent_removed,
    m.CodeIssued: _code_issued,
    m.SecretChosen: _secret_chosen,
    m.SignedIn: _signed_in,
    m.SignedOut: _signed_out,
    m.SignInFailed: _sign_in_failed,
    m.AccessRefused: _access_refused,
    m.DevicePaired: _device_paired,
    m.DeviceRevoked: _device_revoked,
    m.DeviceTrouble: _device_trouble,
    m.HelpAsked: _help_asked,
    m.HelpGiven: _help_given,
}

#: State tables and their columns that a purge empties: none here, agents are staff.
STATE_TABLES: dict[str, tuple[str, ...]] = {"agent": (), "device": (), "device_trouble": ()}

#: Tables that no event carries and replay leaves empty: what a backup keeps of each. Sessions end with the box.
KEPT_TABLES: dict[str, tuple[str, ...]] = {
    "agent_secret": ("agent", "hash", "one_shot"),
    "device_token": ("device", "hash"),
}
LEFT_TABLES: tuple[str, ...] = ("agent_session",)
SECRET_TABLES: tuple[str, ...] = (*KEPT_TABLES, *LEFT_TABLES)


# --- secrets -----------------------------------------------------------------------------------


def secret(reader: Reader, agent_code: str) -> tuple[str, bool] | None:
    """The hash of an agent's secret, and whether it is a one-shot code; None once that is used."""
    row = reader.execute("SELECT hash, one_shot FROM agent_secret WHERE agent = ?", (agent_code,)).fetchone()
    return (row["hash"], bool(row["one_shot"])) if row else None


def keep_secret(rows: Writer, agent_code: str, hashed: str, *, one_shot: bool) -> None:
    """Put this secret in place of the one there was."""
    rows.run(
        "INSERT INTO agent_secret (agent, hash, one_shot) VALUES (?, ?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET hash = excluded.hash, one_shot = excluded.one_shot",
        agent_code, hashed, int(one_shot),
    )  # fmt: skip


def forget_secret(rows: Writer, agent_code: str) -> None:
    """No secret opens this account any more."""
    rows.run("DELETE FROM agent_secret WHERE agent = ?", agent_code)


def begin_session(rows: Writer, digest: bytes, socket: bytes, agent_code: str, *, newcomer: bool) -> None:
    """A session from now on."""
    now = rows.now
    rows.run(
        "INSERT INTO agent_session (hash, socket, agent, newcomer, began_at, began_tick, seen_at, seen_tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        digest, socket, agent_code, int(newcomer), now.at, now.tick, now.at, now.tick,
    )  # fmt: skip


def end_sessions(rows: Writer, agent_code: str, why: m.Ending) -> None:
    """End what an agent has open. The rows stay for a while: their pages are told why."""
    rows.run("UPDATE agent_session SET ended = ? WHERE agent = ? AND ended IS NULL", why, agent_code)


def forget_sessions(rows: Writer, before: int) -> None:
    """Drop the sessions that began before a wall time: none of them can be alive."""
    rows.run("DELETE FROM agent_session WHERE began_at < ?", before)


def session_seen(rows: Writer, digest: bytes) -> None:
    """The session was used."""
    rows.run("UPDATE agent_session SET seen_at = ?, seen_tick = ? WHERE hash = ?", rows.now.at, rows.now.tick, digest)


def keep_token(rows: Writer, name: str, digest: bytes) -> None:
    """This token opens for the device; one it had before no longer does."""
    rows.run(
        "INSERT INTO device_token (device, hash) VALUES (?, ?)"
        " ON CONFLICT (device) DO UPDATE SET hash = excluded.hash, seen_at = NULL, seen_tick = NULL",
        name, digest,
    )  # fmt: skip


def forget_token(rows: Writer, name: str) -> None:
    """No token opens for the device any more."""
    rows.run("DELETE FROM device_token WHERE device = ?", name)


def device_seen(rows: Writer, name: str) -> None:
    """The device's token was used."""
    rows.run("UPDATE device_token SET seen_at = ?, seen_tick = ? WHERE device = ?", rows.now.at, rows.now.tick, name)
