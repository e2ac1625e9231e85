"""Agents and devices on disk: how each fact changes the rows, what can be read, and the secrets apart.

State rows are written by appliers alone, so that replaying the journal gives them again. Secrets are
written by the actions, in the same transaction as the fact that tells of them.
"""

from __future__ import annotations

import sqlite3
from typing import Protocol

from hub.agents import model as m
from hub.agents import rules
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
        has_factor=bool(row["has_factor"]),
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


def place(reader: Reader, agent_code: str, address: str) -> m.Place | None:
    """The place of this address, when the agent has signed in there before."""
    row = reader.execute("SELECT * FROM agent_place WHERE agent = ? AND address = ?", (agent_code, address)).fetchone()
    return m.Place(row["address"], row["failures"], _maybe(row["failed_at"], row["failed_tick"])) if row else None


# --- reading: sessions -------------------------------------------------------------------------


_SESSION = "SELECT s.*, a.roles, a.has_factor FROM agent_session s JOIN agent a ON a.code = s.agent"


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
        has_factor=bool(row["has_factor"]),
        proved=bool(row["proved"]),
        locked=bool(row["locked"]),
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

_DEVICE = "SELECT d.*, t.seen_at, t.seen_tick, t.born_at FROM device d LEFT JOIN device_token t ON t.device = d.name"


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
        token_at=row["paired_at"] if row["born_at"] is None else row["born_at"],
    )


def device(reader: Reader, name: str) -> m.Device | None:
    """The device of a name, revoked or not."""
    row = reader.execute(f"{_DEVICE} WHERE d.name = ?", (name,)).fetchone()
    return _device(row) if row else None


def device_of_token(reader: Reader, digest: bytes) -> m.Device | None:
    """The device that holds the token of this digest."""
    row = reader.execute(f"{_DEVICE} WHERE t.hash = ? AND NOT d.revoked", (digest,)).fetchone()
    return _device(row) if row else None


def device_of_next_token(reader: Reader, digest: bytes) -> m.Device | None:
    """The device whose next token, not heard yet, has this digest."""
    row = reader.execute(f"{_DEVICE} WHERE t.next_hash = ? AND NOT d.revoked", (digest,)).fetchone()
    return _device(row) if row else None


def next_salt(reader: Reader, name: str) -> bytes | None:
    """With what the device's next token was made of its present one; None while there is no next one."""
    row = reader.execute("SELECT next_salt FROM device_token WHERE device = ?", (name,)).fetchone()
    return row["next_salt"] if row else None


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
        " roles = excluded.roles, removed = 0, has_secret = 0, has_factor = 0, failures = 0, failed_at = NULL,"
        " failed_tick = NULL",
        event.agent, event.name, " ".join(event.roles),
    )  # fmt: skip
    rows.run("DELETE FROM agent_place WHERE agent = ?", event.agent)


def _agent_changed(rows: Rows, event: m.AgentChanged) -> None:
    rows.run("UPDATE agent SET name = ?, roles = ? WHERE code = ?", event.name, " ".join(event.roles), event.agent)


def _agent_removed(rows: Rows, event: m.AgentRemoved) -> None:
    rows.run("UPDATE agent SET removed = 1, has_secret = 0, has_factor = 0 WHERE code = ?", event.agent)


def _code_issued(rows: Rows, event: m.CodeIssued) -> None:
    """A new code also unlocks the account, everywhere."""
    rows.run("UPDATE agent SET has_secret = 0 WHERE code = ?", event.agent)
    _forgive(rows, event.agent)
    rows.run("UPDATE agent_place SET failures = 0, failed_at = NULL, failed_tick = NULL WHERE agent = ?", event.agent)


def _secret_chosen(rows: Rows, event: m.SecretChosen) -> None:
    rows.run("UPDATE agent SET has_secret = 1 WHERE code = ?", event.agent)


def _signed_in(rows: Rows, event: m.SignedIn) -> None:
    """Who comes in from a place they know says nothing of the tries made elsewhere: those stay counted."""
    rows.run(
        "UPDATE agent SET signed_in_at = ?, signed_in_tick = ? WHERE code = ?",
        rows.now.at, rows.now.tick, event.agent,
    )  # fmt: skip
    known = rows.one("SELECT 1 FROM agent_place WHERE agent = ? AND address = ?", event.agent, event.address)
    if known is None:
        _forgive(rows, event.agent)
    if event.address and not event.newcomer:
        _know(rows, event.agent, event.address)


def _forgive(rows: Rows, agent_code: str) -> None:
    rows.run("UPDATE agent SET failures = 0, failed_at = NULL, failed_tick = NULL WHERE code = ?", agent_code)


def _know(rows: Rows, agent_code: str, address: str) -> None:
    """The agent is known at this place; those where they have not been for long, and the ninth, are forgotten."""
    rows.run(
        "INSERT INTO agent_place (agent, address, at) VALUES (?, ?, ?) ON CONFLICT (agent, address)"
        " DO UPDATE SET at = excluded.at, failures = 0, failed_at = NULL, failed_tick = NULL",
        agent_code, address, rows.now.at,
    )  # fmt: skip
    rows.run(
        "DELETE FROM agent_place WHERE agent = ? AND (at < ? OR address NOT IN"
        " (SELECT address FROM agent_place WHERE agent = ? ORDER BY at DESC, address LIMIT ?))",
        agent_code, rows.now.at - rules.KNOWN_MS, agent_code, rules.KNOWN_PLACES,
    )  # fmt: skip


def _sign_in_failed(rows: Rows, event: m.SignInFailed) -> None:
    known = rows.run(
        "UPDATE agent_place SET failures = ?, failed_at = ?, failed_tick = ? WHERE agent = ? AND address = ?",
        event.failures, rows.now.at, rows.now.tick, event.agent, event.address,
    ).rowcount  # fmt: skip
    if not known:
        rows.run(
            "UPDATE agent SET failures = ?, failed_at = ?, failed_tick = ? WHERE code = ?",
            event.failures, rows.now.at, rows.now.tick, event.agent,
        )  # fmt: skip


def _factor_enrolled(rows: Rows, event: m.SecondFactorEnrolled) -> None:
    rows.run("UPDATE agent SET has_factor = 1 WHERE code = ?", event.agent)


def _factor_forgotten(rows: Rows, event: m.SecondFactorForgotten) -> None:
    rows.run("UPDATE agent SET has_factor = 0 WHERE code = ?", event.agent)


def _tells_only(rows: Rows, event: m.AgentEvent) -> None:
    """The journal tells when; no row changes."""


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


APPLIERS: Appliers = {
    m.AgentAdded: _agent_added,
    m.AgentChanged: _agent_changed,
    m.AgentRemoved: _agent_removed,
    m.CodeIssued: _code_issued,
    m.SecretChosen: _secret_chosen,
    m.SignedIn: _signed_in,
    m.SignedOut: _tells_only,
    m.SignInFailed: _sign_in_failed,
    m.ScreenUnlocked: _tells_only,
    m.SecondFactorEnrolled: _factor_enrolled,
    m.SecondFactorForgotten: _factor_forgotten,
    m.SecondFactorShown: _tells_only,
    m.AccessRefused: _tells_only,
    m.DevicePaired: _device_paired,
    m.DeviceRevoked: _device_revoked,
    m.DeviceTokenRenewed: _tells_only,
    m.DeviceTrouble: _device_trouble,
    m.HelpAsked: _help_asked,
    m.HelpGiven: _help_given,
}

#: State tables and their columns that a purge empties: none here, agents are staff.
STATE_TABLES: dict[str, tuple[str, ...]] = {"agent": (), "agent_place": (), "device": (), "device_trouble": ()}

#: Tables that no event carries and replay leaves empty: what a backup keeps of each. Sessions end with the box.
KEPT_TABLES: dict[str, tuple[str, ...]] = {
    "agent_secret": ("agent", "hash", "one_shot"),
    "agent_factor": ("agent", "sealed", "last_step", "drift"),
    "agent_recovery": ("agent", "digest"),
    "device_token": ("device", "hash", "born_at", "next_salt", "next_hash"),
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


def factor(reader: Reader, agent_code: str) -> tuple[bytes, int, int] | None:
    """The sealed secret of an agent's telephone, the step used last, and by how many steps it differs."""
    row = reader.execute("SELECT * FROM agent_factor WHERE agent = ?", (agent_code,)).fetchone()
    return (row["sealed"], row["last_step"], row["drift"]) if row else None


def keep_factor(rows: Writer, agent_code: str, sealed: bytes, *, last_step: int, drift: int) -> None:
    """This telephone shows codes for the agent, in place of the one they had."""
    forget_factor(rows, agent_code)
    rows.run(
        "INSERT INTO agent_factor (agent, sealed, last_step, drift) VALUES (?, ?, ?, ?)",
        agent_code, sealed, last_step, drift,
    )  # fmt: skip


def factor_used(rows: Writer, agent_code: str, *, last_step: int, drift: int) -> None:
    """The code of this step is used, and the telephone differs by so much."""
    rows.run("UPDATE agent_factor SET last_step = ?, drift = ? WHERE agent = ?", last_step, drift, agent_code)


def forget_factor(rows: Writer, agent_code: str) -> None:
    """Neither a telephone nor a recovery code opens for the agent."""
    rows.run("DELETE FROM agent_factor WHERE agent = ?", agent_code)
    rows.run("DELETE FROM agent_recovery WHERE agent = ?", agent_code)


def keep_recovery(rows: Writer, agent_code: str, digest: bytes) -> None:
    """One more recovery code."""
    rows.run("INSERT INTO agent_recovery (agent, digest) VALUES (?, ?)", agent_code, digest)


def use_recovery(rows: Writer, agent_code: str, digest: bytes) -> bool:
    """Whether this was a recovery code of the agent; it is none any more."""
    return rows.run("DELETE FROM agent_recovery WHERE agent = ? AND digest = ?", agent_code, digest).rowcount > 0


def recovery_left(reader: Reader, agent_code: str) -> int:
    """How many recovery codes the agent has left."""
    row = reader.execute("SELECT count(*) FROM agent_recovery WHERE agent = ?", (agent_code,)).fetchone()
    return int(row[0])


def begin_session(  # noqa: PLR0913 (what a session is)
    rows: Writer, digest: bytes, socket: bytes, agent_code: str, *,
    newcomer: bool = False, proved: bool = False, began: Instant | None = None,
) -> None:  # fmt: skip
    """A session from now on; `began` is when the one that it goes on from began."""
    now = rows.now
    began = began or now
    rows.run(
        "INSERT INTO agent_session (hash, socket, agent, newcomer, proved, began_at, began_tick, seen_at, seen_tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        digest, socket, agent_code, int(newcomer), int(proved), began.at, began.tick, now.at, now.tick,
    )  # fmt: skip


def lock_session(rows: Writer, digest: bytes) -> None:
    """The session's screen is locked."""
    rows.run("UPDATE agent_session SET locked = 1 WHERE hash = ?", digest)


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
        "INSERT INTO device_token (device, hash, born_at) VALUES (?, ?, ?) ON CONFLICT (device) DO UPDATE SET"
        " hash = excluded.hash, born_at = excluded.born_at, seen_at = NULL, seen_tick = NULL, next_salt = NULL,"
        " next_hash = NULL",
        name, digest, rows.now.at,
    )  # fmt: skip


def keep_next_token(rows: Writer, name: str, salt: bytes, digest: bytes) -> None:
    """This token opens for the device too, and takes the place of its present one once it is heard."""
    rows.run("UPDATE device_token SET next_salt = ?, next_hash = ? WHERE device = ?", salt, digest, name)


def use_next_token(rows: Writer, name: str, digest: bytes) -> bool:
    """The next token was heard: it is the only one from now on. Whether it still was to come."""
    changed = rows.run(
        "UPDATE device_token SET hash = next_hash, born_at = ?, next_salt = NULL, next_hash = NULL"
        " WHERE device = ? AND next_hash = ?",
        rows.now.at, name, digest,
    )  # fmt: skip
    return changed.rowcount > 0


def forget_token(rows: Writer, name: str) -> None:
    """No token opens for the device any more."""
    rows.run("DELETE FROM device_token WHERE device = ?", name)


def device_seen(rows: Writer, name: str) -> None:
    """The device's token was used."""
    rows.run("UPDATE device_token SET seen_at = ?, seen_tick = ? WHERE device = ?", rows.now.at, rows.now.tick, name)
