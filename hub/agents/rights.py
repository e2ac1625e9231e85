"""Who may do what. Every ask, page and socket event has its row here; what has none does not start.

Roles are those of requirements B.0 and, for a device, its kind. A row says who may try; what is
possible then is for the rules of the room that is asked, and where a counter is concerned `may_at` says
at which.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.agents.model import ENROLLING, LOCKED, NEWCOMER, PROVING, ROLES
from hub.ask import Actor
from hub.errors import NotAllowed

_STAFF = frozenset(ROLES)
_AT_COUNTERS = frozenset(
    {
        "receptionist",
        "clerk",
        "collections_cashier",
        "benefits_cashier",
        "case_officer",
        "medical_officer",
        "validator",
    }
)
_STEP = _AT_COUNTERS | {"panel", "api"}
_SEAT = _STEP | {"supervisor"}
_DESK = frozenset({"receptionist", "supervisor", "api"})
#: Whoever may look somebody up (requirements B.0); what each sees of a file is in hub/people/rules.py.
_READERS = _AT_COUNTERS | {"head_cashier", "supervisor", "executive", "auditor"}
#: Whoever takes documents in (requirements B.0: a validator only where it is another who decides).
_COUNTER_DEPOSITS = frozenset({"receptionist", "clerk", "validator"})
_DAY = frozenset({"supervisor", "api", "admin"})
_PEOPLE = frozenset({"supervisor", "admin"})
_OVERSIGHT = frozenset({"supervisor", "executive", "auditor"})
_CASHIERS = frozenset({"collections_cashier", "benefits_cashier"})
#: Those who work tills, and those who look over them.
_TILLS = _CASHIERS | {"head_cashier", "supervisor"}
#: Who writes down at another counter what will be paid at a till, and asks the treasury for an order.
_PREPARERS = frozenset({"clerk", "case_officer"})
_DEVICES = frozenset({"kiosk", "display", "panel"})

_ASKS: dict[str, frozenset[str]] = {
    "issue": frozenset({"kiosk", "api", "receptionist", "supervisor"}),
    "printed": frozenset({"kiosk"}),
    "shown": frozenset({"kiosk"}),
    "failed": frozenset({"kiosk"}),
    "trouble": _DEVICES | {"printer"},
    "help": frozenset({"kiosk"}),
    "scanned": frozenset({"kiosk"}),
    **dict.fromkeys(("arrive", "times", "book"), frozenset({"kiosk", "api", "receptionist", "supervisor"})),
    "expected": frozenset({"kiosk"}),
    "unbook": frozenset({"kiosk"}),
    "helped": frozenset({"receptionist", "supervisor"}),
    "print_take": frozenset({"kiosk", "panel", "printer"}),
    "print_report": frozenset({"kiosk", "panel", "printer"}),
    "return": _DESK,
    "cancel": _DESK,
    "let_pass": _DESK,
    "own_cancel": frozenset({"kiosk"}),
    "own_let_pass": frozenset({"kiosk"}),
    "priority": _DESK,
    "confirm_paper": _DESK,
    "reprint": _DESK,
    "next": _STEP,
    "recall": _STEP,
    "start": _STEP,
    "finish": _STEP,
    "no_show": _STEP,
    "hold": _STEP,
    "resume": _STEP,
    "transfer": _STEP,
    "release": _STEP,
    "undo": _STEP,
    "pick": _STEP,
    "open": _SEAT,
    "pause": _SEAT,
    "unpause": _SEAT,
    "close": _SEAT,
    # their own work, in a window of their own: no panel can take it up
    "work": _AT_COUNTERS,
    "work_end": _AT_COUNTERS,
    "work_recall": frozenset({"supervisor"}),
    "alarm": _STEP,
    "alarm_answer": frozenset({"supervisor"}),
    "correct_end": frozenset({"supervisor"}),
    "day_open": _DAY,
    "day_close": _DAY,
    "mode": _DAY,
}
_READS: dict[str, frozenset[str]] = {
    "board": _STAFF | {"display", "panel", "api"},
    "counters": _STAFF | {"panel", "api"},
    "ticket": _STAFF - {"admin"} | {"api"},
    "statistics": frozenset({"supervisor", "executive", "auditor", "api"}),
    # the figures of one agent are for whoever leads them, and for the agency's own programs
    "statistics_agents": frozenset({"supervisor", "api"}),
    "events": frozenset({"auditor", "api"}),
    "devices": frozenset({"receptionist", "supervisor", "admin"}),
    "openapi": _STAFF | {"api"},
    "metrics": frozenset({"supervisor", "admin", "auditor", "api"}),
}
_PAGES: dict[str, frozenset[str]] = {
    "agents.choose": _STAFF | {NEWCOMER},
    "agents.choose_post": _STAFF | {NEWCOMER},
    "agents.people": _PEOPLE,
    "agents.add": _PEOPLE,
    "agents.change": _PEOPLE,
    "agents.reset": _PEOPLE,
    "agents.remove": _PEOPLE,
    "agents.forget_factor": _PEOPLE,
    "agents.devices": _PEOPLE,
    "agents.pair_device": frozenset({"admin"}),
    "agents.revoke_device": _PEOPLE,
    "agents.second": frozenset({PROVING}),
    "agents.second_post": frozenset({PROVING}),
    "agents.enrol": frozenset({ENROLLING}),
    "agents.enrol_post": frozenset({ENROLLING}),
    "agents.locked": frozenset({LOCKED}),
    "agents.lock": _STAFF,
    "agents.stay": _STAFF,
    **dict.fromkeys(
        (
            "reception.page",
            "reception.give",
            "reception.change",
            "reception.settle",
            "reception.search",
            "reception.lists",
            "reception.helped",
            "reception.note_answer",
            "reception.withdraw_answer",
            "reception.roll",
            "reception.enter_roll",
            "reception.roll_sheet",
        ),
        frozenset({"receptionist", "supervisor"}),
    ),
    **dict.fromkeys(
        (
            "inquiry.page",
            "inquiry.search",
            "inquiry.file",
            "inquiry.similar",
            "inquiry.synthetic",
            "desk.strip",
            "desk.begin",
            "desk.end",
        ),
        _READERS,
    ),
    "inquiry.note": _READERS - {"executive", "auditor"},
    "inquiry.looks": frozenset({"supervisor", "auditor"}),
    **dict.fromkeys(("desk.requester", "desk.concern", "desk.unconcern", "desk.print_visit"), _AT_COUNTERS),
    "desk.visit": _AT_COUNTERS | {"supervisor", "auditor"},
    **dict.fromkeys(
        (
            "certificate.page",
            "certificate.search",
            "certificate.issue",
            "certificate.one",
            "certificate.print_copy",
            "certificate.cancel",
            "certificate.returned",
            "certificate.check",
        ),
        frozenset({"clerk", "collections_cashier", "head_cashier", "case_officer", "supervisor"}),
    ),
    **dict.fromkeys(
        ("request.page", "request.new", "request.write_down", "request.one", "request.print_paper", "request.told"),
        frozenset({"receptionist", "clerk", "case_officer", "validator", "supervisor"}),
    ),
    **dict.fromkeys(
        (
            "appointment.page",
            "appointment.new",
            "appointment.book",
            "appointment.one",
            "appointment.do",
            "appointment.arrive",
            "appointment.print_slip",
            "appointment.day_list",
        ),
        frozenset({"receptionist", "clerk", "case_officer", "supervisor"}),
    ),
    **dict.fromkeys(
        ("payday.page", "payday.plan", "payday.withdraw", "payday.call", "payday.end_wave", "payday.print_band"),
        frozenset({"receptionist", "supervisor"}),
    ),
    "request.do": frozenset({"receptionist", "clerk", "case_officer", "validator", "supervisor"}),
    "request.print_letters": frozenset({"case_officer", "validator", "supervisor"}),
    **dict.fromkeys(
        ("cash.treasury_page", "cash.lot_page", "cash.lot_file", "cash.books", "cash.print_period"),
        frozenset({"head_cashier", "supervisor", "auditor"}),
    ),
    "cash.do_lot": frozenset({"head_cashier"}),
    **dict.fromkeys(("cash.control", "cash.receipt", "cash.closing", "cash.order"), _TILLS | {"auditor"}),
    **dict.fromkeys(("cash.print_receipt", "cash.settle", "cash.print_closing", "cash.check", "cash.do_order"), _TILLS),
    # a second person may come to the cashier's screen: whoever shows their code there decides, not the cashier
    **dict.fromkeys(("cash.decide_reversal", "cash.decide_closing"), _TILLS),
    **dict.fromkeys(("cash.page", "cash.prepared"), _TILLS | _PREPARERS | {"auditor"}),
    **dict.fromkeys(
        ("cash.prepare", "cash.prepare_form", "cash.request_form", "cash.ask_order", "cash.do_request"), _PREPARERS
    ),
    **dict.fromkeys(("cash.one_prepared", "cash.do_prepared"), _PREPARERS | {"collections_cashier"}),
    "cash.oversee": frozenset({"head_cashier", "supervisor", "auditor"}),
    "cash.search": _CASHIERS | _PREPARERS,
    # a window of the cashier's own, which the payer reads: it shows three figures
    **dict.fromkeys(("cash.payer", "cash.face_payer"), frozenset({"collections_cashier"})),
    **dict.fromkeys(
        (
            "cash.open_session",
            "cash.suspend",
            "cash.resume",
            "cash.drawer",
            "cash.move",
            "cash.collect",
            "cash.ask_reversal",
            "cash.close",
            "cash.count",
            "cash.propose",
        ),
        _CASHIERS,
    ),
    **dict.fromkeys(
        ("cash.surprise", "cash.count_till", "cash.close_period"),
        _TILLS - _CASHIERS,
    ),
    **dict.fromkeys(
        ("deposit.page", "deposit.one", "deposit.scans", "deposit.scan", "deposit.scan_page"),
        _COUNTER_DEPOSITS | {"supervisor", "auditor"},
    ),
    # the file itself, as it came: whoever decides, and whoever looks over them; each is written down
    "deposit.scan_file": frozenset({"validator", "supervisor", "auditor"}),
    **dict.fromkeys(
        (
            "deposit.begin",
            "deposit.alive",
            "deposit.fill",
            "deposit.look",
            "deposit.abandon",
            "deposit.print_sheet",
            "deposit.print_slip",
            "deposit.hand",
            "deposit.supply",
            "deposit.replace_document",
            "deposit.told",
            "deposit.send_scan",
            "deposit.send_loose",
            "deposit.place_scan",
            "deposit.put_aside",
            "deposit.separator_sheets",
        ),
        _COUNTER_DEPOSITS,
    ),
    **dict.fromkeys(("deposit.validation", "deposit.export"), frozenset({"validator", "supervisor", "auditor"})),
    **dict.fromkeys(("deposit.decide", "deposit.undo", "deposit.put_right"), frozenset({"validator"})),
    **dict.fromkeys(("privacy.page", "privacy.certificate"), frozenset({"supervisor", "head_cashier", "auditor"})),
    **dict.fromkeys(
        ("privacy.propose", "privacy.approve", "privacy.withdraw", "privacy.destroy"),
        frozenset({"supervisor", "head_cashier"}),
    ),
    "privacy.report": frozenset({"supervisor"}),
    # what the centre refused comes back to whoever decides; letters are held back by whoever answers for the agency
    "exchange.page": frozenset({"supervisor", "validator", "head_cashier", "auditor", "admin"}),
    "exchange.again": frozenset({"supervisor", "validator", "head_cashier"}),
    "exchange.try_now": frozenset({"supervisor", "validator", "head_cashier", "admin"}),
    **dict.fromkeys(("exchange.hold", "exchange.release"), frozenset({"supervisor"})),
    # what the centre tells the staff: whoever works with visitors or answers for those who do
    **dict.fromkeys(("notices.unread", "notices.one", "notices.read"), _AT_COUNTERS | {"head_cashier", "supervisor"}),
    # who reads everything changes nothing: a copy and a look at a private part are written down, and are no change
    **dict.fromkeys(
        ("audit.page", "audit.reveal", "audit.copy", "audit.verify", "audit.rights"), frozenset({"auditor"})
    ),
    "desk.page": _AT_COUNTERS,
    "supervision": _OVERSIGHT,
    "supervision.page": _OVERSIGHT,
    "supervision.still_open": _OVERSIGHT,
    "supervision.statistics": _OVERSIGHT,
    "supervision.csv": _OVERSIGHT,
    "supervision.workbook": _OVERSIGHT,
    "supervision.advice": _OVERSIGHT,
    "supervision.replay": _OVERSIGHT,
    "supervision.fairness": _OVERSIGHT,
    "supervision.poster": _OVERSIGHT,
    "supervision.story": _OVERSIGHT,
    "supervision.day_file": _OVERSIGHT,
    "supervision.correct": frozenset({"supervisor"}),
    "routing.page": _OVERSIGHT,
    **dict.fromkeys(
        ("routing.preview", "routing.publish", "routing.effect", "routing.assign"), frozenset({"supervisor"})
    ),
    "administration.page": _OVERSIGHT | {"admin"},
    "administration.proof": _OVERSIGHT | {"admin"},
    **dict.fromkeys(
        ("administration.preview", "administration.publish", "administration.files", "administration.read_files"),
        _PEOPLE,
    ),
    "desk.line": _AT_COUNTERS,
    "desk.choose": _AT_COUNTERS,
    "desk.open": _AT_COUNTERS,
}
#: name of an ask, a Flask endpoint or a socket event → the roles that may.
RIGHTS: dict[str, frozenset[str]] = _ASKS | _READS | _PAGES

#: What needs no login: shells and files without content, and the doors at which one shows who one is.
PUBLIC: frozenset[str] = frozenset(
    {
        "healthz", "authority",
        "agents.login", "agents.login_post", "agents.logout", "agents.unlock",
        "agents.pairing_ask", "agents.pairing_claim",
        "demo.page", "demo.wires", "demo.touch", "demo.qr", "demo.agent", "demo.static",  # `mbote demo` alone has these
        "display.page", "display.sound", "display.picture",
        "counter_panel.page",
        "connect", "disconnect", "ask",
    }
)  # fmt: skip
#: The hub's own asks, and those of its administrator's local door.
_HUB = "hub"


def allowed(actor: Actor | None, what: str) -> bool:
    """Whether an actor may do `what`; nobody may do what has no row."""
    if what in PUBLIC or is_static(what):
        return True
    if actor is None or what not in RIGHTS:
        return False
    return _HUB in actor.roles or not RIGHTS[what].isdisjoint(actor.roles)


def undeclared(names: Iterable[str]) -> list[str]:
    """Those of the names that have no row: the app does not start while there is one."""
    return sorted({name for name in names if name not in RIGHTS and name not in PUBLIC and not is_static(name)})


def is_static(endpoint: str) -> bool:
    """Whether an endpoint serves files of the program: styles, scripts, letters, icons."""
    return endpoint == "static" or endpoint.endswith(".static")


def may_at(actor: Actor, counter: str, signed_on_agent: str | None, *, opening: bool = False) -> None:
    """Raise NotAllowed when the actor has no business at this counter, saying what to do.

    A panel works the counters it holds; an agent the one they are signed on to, and any one to sign on.
    """
    if not actor.roles.isdisjoint({_HUB, "supervisor", "api"}):
        return
    if actor.device is not None:
        if counter not in actor.counters:
            raise NotAllowed(
                f"{actor.device} does not hold counter {counter}: pair it again naming its counters",
                code="other_counter", counters=list(actor.counters),
            )  # fmt: skip
    elif not opening and (actor.agent is None or signed_on_agent != actor.agent):
        raise NotAllowed(f"you are not signed on at counter {counter}: sign on there first", code="other_counter")
