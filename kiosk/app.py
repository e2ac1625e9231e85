"""What happens when somebody asks for a ticket. Knows no library: the hub, the paper, the store are handed in.

    press → kept (durable) → the hub is asked → its number, or one of the own series after 1.5 s
          → kept → shown and printed → what became of the paper, kept with its report → the hub hears

At each arrow the process may die: what is kept decides how it goes on, and one press never becomes
two numbers. The hub's answer counts only if it comes in time; later it is for nobody, and the
report with our own label sets it right.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, Protocol

from hardware.button import What
from hardware.print_loop import Job, State
from hardware.printer import Status, trouble_of
from hub import codes
from hub.client import HubAway
from hub.errands import Errands, Mechanism
from hub.errors import MboteError, Refused, StoreFault, Unreadable
from hub.history import History
from hub.paper import Cut, Slip, Text
from hub.say import say
from hub.troubles import Troubles
from hub.wire import (
    Catalogue,
    CatalogueService,
    Followed,
    KioskPicture,
    OwnAct,
    ScanFound,
    TicketIssued,
    as_json,
    parse,
)
from kiosk.agenda import Agenda
from kiosk.box_clock import BoxClock
from kiosk.messenger import HubLine, Messenger
from kiosk.press import (
    OF_A_TICKET,
    OF_AN_APPOINTMENT,
    SCAN_REFUSALS,
    UNABLE,
    Moment,
    Number,
    Press,
    Priority,
    Refusal,
    local_time,
    service_of,
    still_standing,
    to_refusal,
    told,
    too_soon,
    why_closed,
)
from kiosk.slip import Ticket, papers_slip, ticket_slip
from kiosk.spool import Spool

#: After this a visitor has read the number elsewhere, or gone: the job is stale.
PAPER_S = 2.8
#: Visitors served at once: one at the screen, some at buttons; printing is one at a time anyway.
VISITORS = 4
#: How far the hub's clock may drift before the spool hears of it again.
DRIFT_MS = 2_000
PRINTER, SCANNER, LIST = "printer", "scanner", "list"
Step = Literal["asking", "number", "paper", "refused"]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What a visitor is told: the number, then whether the paper came; or why there is none."""

    step: Step
    tap: str
    source: str
    service: str
    language: str
    number: Number | None = None
    paper: Literal["coming", "printed", "none"] = "coming"
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Manners:
    """What the configuration says about this kiosk."""

    name: str
    first_language: str
    has_screen: bool
    columns: int = 48
    scanner: bool = False
    #: The languages that its loudspeaker can read to somebody.
    spoken: tuple[str, ...] = ()
    answer_s: float = 1.5
    again_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Scanned:
    """What is told to whoever scanned something: a sentence with what fills it, and where to queue, if that is known.

    `carried` goes with their ticket, whichever service they choose. `followed`: how the ticket stands that they hold
    already (`hub.wire.Followed`).
    """

    words: str
    facts: dict[str, str] = field(default_factory=dict)
    service: str = ""
    carried: str = ""
    followed: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of somebody's own act on their ticket: a word of followup.toml, and how the ticket stands then."""

    words: str
    followed: dict[str, Any] | None = None


class Paper(Protocol):
    """What is needed of the print loop."""

    @property
    def status(self) -> Status:
        """The printer's health as last heard."""

    def put(self, job: Job) -> None:
        """Queue a job."""


class KioskApp:
    """The kiosk. Presses come from any thread; `tell` and `changed` are the screen's ears."""

    def __init__(self, manners: Manners, hub: HubLine, spool: Spool, clock: BoxClock, history: History) -> None:
        self.manners = manners
        self.hub = hub
        self.spool = spool
        self.clock = clock
        self.paper: Paper | None = None
        self.troubles = Troubles(hub)
        self.messenger = Messenger(hub, spool, self.troubles, history)
        self.errands = Errands(hub)
        self.agenda = Agenda(hub, manners.answer_s)
        self.tell: Callable[[Told], None] = lambda _told: None
        self.changed: Callable[[], None] = lambda: None
        self.catalogue: Catalogue | None = None
        self.picture: KioskPicture | None = None
        self.stuck: set[int] = set()
        #: What an administrator types so that the hub knows this kiosk; "" while it does.
        self.code = ""
        self._buttons: dict[int, str] = {}
        self._last: dict[str, int] = {}
        self._history = history
        self._visitors = ThreadPoolExecutor(VISITORS, thread_name_prefix="visitor")
        self._printing: dict[str, tuple[Press, Number]] = {}
        self._taken_up: set[str] = set()
        self._lock = threading.Lock()
        self._knows = threading.Event()

    def open(self, paper: Paper, buttons: dict[int, str]) -> KioskApp:
        """Take up what an earlier process left, then serve. `buttons`: pin → service."""
        self.paper = paper
        self._buttons = dict(buttons)
        self._recall()
        self.troubles.open()
        self.messenger.open()
        self.errands.open(Mechanism(lambda subject, slip, deadline: paper.put(Job(subject, slip, deadline))))
        self._take_up()
        return self

    def close(self) -> None:
        """Finish nothing: what is kept is taken up at the next start."""
        self._visitors.shutdown(wait=False, cancel_futures=True)
        self.errands.close()
        self.messenger.close()
        self.troubles.close()

    def __repr__(self) -> str:
        return f"<KioskApp {self.manners.name}>"

    # what comes in

    def button(self, pin: int, what: What, _at: int) -> None:
        """A physical button says something."""
        if what == "pressed":
            self.press(self._buttons[pin], source=f"button {pin}")
            return
        (self.stuck.add if what == "stuck" else self.stuck.discard)(pin)
        self.troubles.saw(f"button {pin}", "stuck" if what == "stuck" else "ok")
        self.changed()

    def press(  # noqa: PLR0913, PLR0917 (what there is to say of a press)
        self, service: str, language: str = "", priority: Priority = "normal", source: str = "screen", tap: str = "",
        scanned: str = "", reason: str = "", *, expected: bool = False,
    ) -> None:  # fmt: skip
        """Somebody asks for a ticket. Returns once the press is kept, or refused; the rest is told later.

        `expected`: by an appointment whose code was `scanned`; the hub alone says whether they may come in now.
        """
        at = self.clock.now()
        with self._lock:
            if source != "screen":
                if too_soon(self._last.get(source), at.mono, self.manners.again_s):
                    return
                self._last[source] = at.mono
        press = Press(
            secrets.token_hex(4), service, language or self.first_language, priority, source, tap, at, scanned, reason
        )
        if (code := self.why_closed(service)) and not (expected and scanned):
            self._refuse(press, Refusal(code))
            return
        try:
            kept = self.spool.add(press)
        except StoreFault:
            log.exception("the press cannot be kept")
            self._refuse(press, Refusal("out_of_order"))
            return
        if kept is not None:
            self._visitors.submit(self._guarded, kept)

    def list_papers(self, service: str, reason: str, language: str) -> bool:
        """Somebody takes no ticket, and wants on paper what to come back with; False where nothing can be printed.

        It needs no hub. One list at a time: a finger that comes down twice must not empty the roll.
        """
        now, known = self.clock.now().mono, self._service(service)
        if known is None or self.catalogue is None or self.paper is None or not self.can_print:
            return False
        with self._lock:
            if too_soon(self._last.get(LIST), now, self.manners.again_s):
                return True
            self._last[LIST] = now
        slip = papers_slip(known, known.reason(reason), self.catalogue.slip, language or self.first_language)
        self.paper.put(Job(f"papers {secrets.token_hex(4)}", slip, time.monotonic() + PAPER_S))
        return True

    def scan(self, typed: str) -> Scanned:
        """Somebody held a paper or a card under the scanner: what they are told, and what their ticket will carry.

        The hub is asked as long as for a ticket; it may also be away, which is said.
        """
        try:
            code = codes.read(typed)
        except Unreadable:
            return Scanned("scan_unreadable")
        now = self.clock.now().mono
        with self._lock:
            if too_soon(self._last.get(SCANNER), now, self.manners.again_s):
                return Scanned("scan_too_soon")
            self._last[SCANNER] = now
        try:
            answer = self.hub.ask("scanned", f"s-{secrets.token_hex(8)}", self.manners.answer_s, code=code.text)
            found = parse(ScanFound, _known(answer, ScanFound))
        except HubAway as away:
            log.info("a code was not looked up: %s", away)
            return Scanned("scan_away", carried=code.carried)
        except Refused as refusal:
            log.info("a code was not looked up: %s", refusal.reason)
            return Scanned(SCAN_REFUSALS.get(refusal.reason, "scan_away"), carried=code.carried)
        carried = "" if found.words in OF_A_TICKET else found.label or code.carried
        if found.words in OF_AN_APPOINTMENT and code.token:
            carried = code.token
        return Scanned(found.words, found.facts, found.service, carried, as_json(found.followed))

    def own(self, act: OwnAct, typed: str, tap: str) -> Acted:
        """Somebody does with their own ticket what they were asked about; `tap` is the page's key of that touch."""
        try:
            answer = self.hub.ask(f"own_{act}", f"o-{tap}", self.manners.answer_s, code=codes.token(typed))
            return Acted("", as_json(parse(Followed, _known(answer, Followed))))
        except HubAway as away:
            log.info("a ticket was not changed: %s", away)
            return Acted("away")
        except Refused as refusal:
            log.info("a ticket was not changed: %s", refusal.reason)
            return Acted(f"refused_{refusal.reason}")

    def help(self) -> bool:
        """Somebody wants a person; False when nobody could be told."""
        try:
            self.hub.ask("help", f"h-{secrets.token_hex(8)}", self.manners.answer_s)
        except (HubAway, Refused) as error:
            log.warning("help was asked for: %s", error)
            return False
        return True

    def hear_picture(self, name: str, picture: dict[str, Any]) -> None:
        """The hub sends a picture."""
        try:
            if name == "kiosk":
                self._hear_state(parse(KioskPicture, picture))
            elif name == "catalogue":
                self._hear_catalogue(parse(Catalogue, picture))
        except (Refused, StoreFault) as error:
            log.error("picture %s: %s", name, error)  # noqa: TRY400  a picture we cannot read is the hub's trouble
            return
        self.changed()

    def hear_away(self, away: bool) -> None:  # noqa: FBT001  a callback of hub.client
        """The line to the hub has broken, or is back."""
        self.troubles.hear_away(away)
        if away:
            self.messenger.hub_left()
        else:
            self.messenger.wake()
            self.errands.hub_returned()
        self.changed()

    def hear_code(self, code: str) -> None:
        """The hub does not know this kiosk, and would by this code (hub.joining)."""
        self.code = code
        self.changed()

    def hear_printer(self, status: Status) -> None:
        """The printer's health has changed."""
        self.troubles.saw(PRINTER, *trouble_of(status))
        self.changed()

    def hear_job(self, job: Job, state: State, reason: str) -> None:
        """A slip's next step; its end is the end of the press."""
        if state == "queued" or (state == "sent" and not reason):
            return
        if self.errands.hear_end(job.subject, state, reason):
            return
        with self._lock:
            found = self._printing.pop(job.subject, None)
        if found is None:
            return
        press, number = found
        what = told(state, has_screen=self.manners.has_screen)
        if what == "printed":
            self._history.saw(
                "print",
                {
                    "kind": "ticket",
                    "press": press.key,
                    "label": number.label,
                    "dup": job.copy > 0,
                    "complete": True,
                    "by": "kiosk",
                },
            )
        self._finish(press, number, what)

    # what is known

    def wait_catalogue(self, timeout_s: float) -> bool:
        """Whether there is a catalogue, the kept one or the hub's, at the latest after so long."""
        return self._knows.wait(timeout_s)

    @property
    def can_print(self) -> bool:
        """Whether nothing is known against the printer."""
        return self.paper is not None and self.paper.status.health != "not_ok"

    @property
    def first_language(self) -> str:
        """The language of those who do not choose one."""
        return (
            self.catalogue.languages[0] if self.catalogue and self.catalogue.languages else self.manners.first_language
        )

    def why_closed(self, service: str) -> str:
        """'' while a ticket for this service can be had."""
        if self.catalogue is None:
            # Before the first catalogue only the hub knows: ask it, and give an own number if it is away.
            return ""
        now = self._local(self.clock.now())
        return why_closed(service_of(self.catalogue, service), self.picture, now, away=self.hub.away)

    # from press to number

    def _guarded(self, press: Press) -> None:
        """The road of one visitor; a store that fails half-way is told to the visitor, and to the log."""
        try:
            self._serve(press)
        except MboteError:
            log.exception("press %s", press.key)
            self._tell(press, "refused", refusal="out_of_order")

    def _serve(self, press: Press) -> None:
        self._tell(press, "asking")
        answer = self._ask(press, self._patience(press))
        if isinstance(answer, Refusal):
            self.spool.refuse(press, answer.code)
            self._refuse(press, answer)
            return
        if answer is None:
            answer = self.spool.own_number(press)
        else:
            self.spool.accept(press, answer)
        self._hand_over(press, answer)

    def _patience(self, press: Press) -> float:
        """Seconds that the hub has for this press: what is left of its time, and all of it for one taken up."""
        if press.key in self._taken_up:
            return self.manners.answer_s
        return self.manners.answer_s - max(0, self.clock.now().mono - press.at.mono) / 1000

    def _ask(self, press: Press, left: float) -> Number | Refusal | None:
        """The hub's number or refusal; None when it has not answered in time, or has no time left."""
        values = {"svc": press.service, "prio": int(press.priority != "normal"), "press": press.key, "src": "kiosk"}
        try:
            with self._history.operation("ticket.issue", press.key, values) as heard:
                issued = parse(TicketIssued, _known(self._in_time(press, left), TicketIssued))
                day = self.picture.day if self.picture else None
                heard({"tid": issued.id, "label": issued.label, "day": day, "svc": issued.service, "offline": False})
        except HubAway as away:
            log.info("own number for %s: %s", press.key, away)
            return None
        except Refused as refusal:
            log.info("no ticket for %s: %s", press.service, refusal.message)
            if refusal.reason in UNABLE:
                return None
            return Refusal(to_refusal(refusal.reason), refusal.message)
        return Number(
            issued.label, own=False, ahead=issued.ahead, wait=issued.wait, follow=issued.follow, ticket=issued.id,
            counter=issued.counter, hour=issued.hour, why=issued.why,
        )  # fmt: skip

    def _in_time(self, press: Press, left: float) -> dict[str, Any]:
        """The hub's answer. Raises Refused, or HubAway."""
        if left <= 0:
            raise HubAway("its time was over before the hub could be asked")
        return self.hub.ask("issue", press.key, left, **press.issue_body())

    def _refuse(self, press: Press, refusal: Refusal) -> None:
        """A visible word instead of a ticket: on the screen, or on paper where there is none."""
        self._history.saw("screen", {"press": press.key, "msg": "refusal", "label": None})
        self._tell(press, "refused", refusal=refusal.code)
        if self.paper is not None and not self.manners.has_screen:
            word = say(press.language, f"kiosk.refused_{refusal.code}")
            self.paper.put(Job(f"refusal {secrets.token_hex(4)}", _notice(word), time.monotonic() + PAPER_S))

    # from number to paper

    def _hand_over(self, press: Press, number: Number, copy: int = 0) -> None:
        """Show the number and print it. A printer known to be out is tried all the same: it may just be back."""
        assert self.paper is not None
        ready = self.paper.status.health != "not_ok"
        self._tell(press, "number", number=number, paper="coming" if ready else "none")
        self._history.saw("screen", {"press": press.key, "msg": "number", "label": number.label})
        with self._lock:
            self._printing[press.key] = (press, number)
        self.paper.put(Job(press.key, self._slip(press, number), self._deadline(press), copy))

    def _deadline(self, press: Press) -> float:
        """On time.monotonic(); a press taken up after a restart gets its time anew."""
        waited = (self.clock.now().mono - press.at.mono) / 1000
        return time.monotonic() + max(PAPER_S - max(0.0, waited), PAPER_S / 2)

    def _finish(self, press: Press, number: Number, what: Literal["printed", "shown", "failed"]) -> None:
        try:
            self.spool.finish(press, number, what, self.clock.now(), f"{press.key}-paper")
        except StoreFault:
            log.exception("what became of %s cannot be kept: the next start takes it up", number.label)
        self._tell(press, "paper", number=number, paper="printed" if what == "printed" else "none")
        self.messenger.wake()

    def _slip(self, press: Press, number: Number) -> Slip:
        catalogue, service = self.catalogue, self._service(press.service)
        ticket = Ticket(
            number,
            service,
            catalogue.slip if catalogue else None,
            press.language,
            self._local(press.at),
            number.follow,
            press.priority != "normal",
            service.reason(press.reason) if service else None,
            number.counter,
            number.hour,
            number.why,
        )
        return ticket_slip(ticket, self.manners.columns)

    def _tell(self, press: Press, step: Step, **facts: Any) -> None:
        self.tell(Told(step, press.tap, press.source, press.service, press.language, **facts))

    # what is remembered

    def _recall(self) -> None:
        """The catalogue and the time of an earlier process."""
        if kept := self.spool.kept("catalogue"):
            try:
                self.catalogue = parse(Catalogue, kept)
                self._knows.set()
            except Refused as error:
                log.warning("the kept catalogue is not readable, the hub will send another: %s", error)
        if clock := self.spool.kept("clock"):
            self.clock.remember(clock["boot"], clock["offset"])

    def _take_up(self) -> None:
        """Presses without an end: served if the visitor may still stand there, else noted for the staff."""
        now = self.clock.now()
        for press, number in self.spool.unfinished():
            if not still_standing(press, now):
                self._finish(press, number or self.spool.own_number(press), "failed")
            elif number is None:
                self._taken_up.add(press.key)
                self._visitors.submit(self._guarded, press)
            else:
                # Whether it was printed nobody knows: the same number again, marked as a copy.
                self._hand_over(press, number, copy=1)

    def _hear_state(self, picture: KioskPicture) -> None:
        before = self.clock.offset
        self.clock.hear(picture.hub_at)
        self.picture = picture
        self.spool.go_on_after(picture.own_last)
        after = self.clock.offset
        if after is not None and (before is None or abs(after - before) > DRIFT_MS):
            self.spool.keep("clock", {"boot": self.clock.boot, "offset": after})
            self.spool.date(self.clock.boot, after, DRIFT_MS)
        self.messenger.hub_heard(picture.day)
        if picture.jobs:
            self.errands.hear(picture.jobs)

    def _hear_catalogue(self, catalogue: Catalogue) -> None:
        if self.catalogue is None or catalogue != self.catalogue:
            self.catalogue = catalogue
            self._knows.set()
            self.spool.keep("catalogue", as_json(catalogue))

    def _service(self, code: str) -> CatalogueService | None:
        return service_of(self.catalogue, code)

    def _local(self, at: Moment) -> datetime | None:
        zone = self.catalogue.timezone if self.catalogue else "UTC"
        return local_time(at.hub_at, self.clock.wall_ms(), zone)


def _known(answer: dict[str, Any], kind: type) -> dict[str, Any]:
    """The fields of what is expected: a newer hub may say more."""
    return {each.name: answer[each.name] for each in fields(kind) if each.name in answer}


def _notice(word: str) -> Slip:
    return (Text(word, size=2, bold=True, align="center"), Cut())
