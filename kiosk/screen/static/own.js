/**
 * The pages of somebody's own ticket: its code, how it stands, and the question before each of two acts.
 *
 * Drawn anew from `visit` like the other pages; the code is forgotten with the visit and stands on no page once it is
 * complete. What is said of a ticket has the same words here as on a telephone (`own_…` of followup.toml).
 */

import { make } from "/look/page.js";
import { isAppointment } from "./meeting.js";

/** The letters of a code: those that are not taken for one another (hub/codes.py). */
const LETTERS = [..."23456789ABCDEFGHJKMNPQRSTUVWXYZ"];
const LENGTH = 8;
const HALF = LENGTH / 2;
const PICTURES = { let_pass: "user-down", cancel: "ticket-off" };
/** What a state is shown with; one that waits has its own lines. */
const STATES = { called: "bell-ringing", serving: "check", on_hold: "player-pause", no_show: "bell-ringing", issued: "ticket", over: "check" };

/** Makes the pages of what the kiosk's page has: its words, drawings, buttons, and the way from page to page. */
export function ownPages({ say, icon, button, range, go, post, newKey, restart, aside, visitNow, meet }) {
  const counted = (name, count) => say(`${name}_${count === 1 ? "one" : "many"}`, { count });

  /* ------------------------------------------------------------------ the code */

  function code() {
    const { typed, said } = visitNow();
    const keys = LETTERS.map((letter) => button(`key-${letter}`, "key", () => type(letter), make("b", "", letter)));
    const back = button("back", "quiet", () => go({ page: "home", typed: "", said: "", busy: false }), icon("arrow-left"), make("span", "", say("back")));
    const eraser = button("erase", "key erase", erase, icon("backspace"), make("span", "hidden-text", say("code_erase")));
    return [
      make(
        "section", "question code", "",
        make("h1", "", say("code_title")),
        make("p", said ? "said-no" : "second", "", ...(said ? [icon("alert-triangle")] : []), make("span", "", said || say("code_note"))),
        boxes(typed),
        make("div", "keys", "", ...keys, eraser),
        make("div", "answers", "", back, button("number", "quiet", () => go({ page: "number", typed: "", said: "" }), icon("id-badge-2"), make("span", "", say("number")))),
      ),
    ];
  }

  /** Eight places, in two halves as on paper; a reader of screens hears the letters. */
  function boxes(typed) {
    const places = Array.from({ length: LENGTH }, (_, i) => make("span", i === HALF ? "place half" : "place", typed[i] ?? ""));
    const row = make("p", "places", "", ...places);
    row.dir = "ltr";
    row.setAttribute("role", "img");
    row.setAttribute("aria-label", [...typed].join(" ") || say("code_title"));
    return row;
  }

  function type(letter) {
    const { typed, busy } = visitNow();
    if (busy || typed.length >= LENGTH) return;
    go({ typed: typed + letter, said: "" });
    if (visitNow().typed.length === LENGTH) lookUp(visitNow().typed);
  }

  function erase() {
    const { typed, busy } = visitNow();
    if (!busy) go({ typed: typed.slice(0, -1), said: "" });
  }

  async function lookUp(typed) {
    go({ busy: true });
    const found = (await post("/scan", { code: typed })) ?? { words: "scan_away" };
    if (visitNow().typed !== typed) return;
    if (found.followed) return show(found.followed, typed);
    if (isAppointment(found)) return meet(found, typed);
    if (found.words === "scan_too_soon") aside(say("scan_too_soon"), 3_000);
    go({ busy: false, typed: "", said: say(found.words === "scan_away" ? "code_away" : "code_unknown") });
  }

  /* ------------------------------------------------------------------ the ticket */

  function show(ticket, of) {
    go({ page: "own", own: ticket, code: of, typed: "", said: "", busy: false, scan: null, service: null });
  }

  function own() {
    const { own: ticket, said } = visitNow();
    const [head, main, note, drawing, mood] = adviceOf(ticket);
    const box = make("div", `advice ${mood}`, "", icon(drawing), make("p", "", "", make("span", "", head), ...(main ? [make("b", "", main)] : [])), make("small", "", note));
    return [
      make(
        "section", "question own", "",
        make("p", "over", say("own_your_number")),
        make("h1", ticket.label.length > 5 ? "label long" : "label", ticket.label),
        ...(said ? [make("p", "said-no", "", icon("alert-triangle"), make("span", "", said))] : []),
        make("ul", "papers", "", ...lines(ticket).map(([picture, text]) => make("li", "", "", icon(picture), make("span", "", text)))),
        box,
        make("div", "choices", "", ...ticket.acts.map(actButton)),
        make("div", "answers", "", button("done", "quiet", restart, make("span", "", say("done")))),
      ),
    ];
  }

  /** Of a ticket that waits: who is before it, and how long that will take. */
  function lines(ticket) {
    if (ticket.state !== "waiting") return [];
    const before = ticket.ahead === 0 ? say("own_ahead_none") : counted("own_ahead", ticket.ahead);
    return [["users", before], ["clock", ticket.high == null ? say("own_wait_unknown") : `${say("own_wait")} · ${range(ticket.low, ticket.high)}`]];
  }

  /** Head, what is largest, a note, the pictogram and the colour of what to do now. */
  function adviceOf(ticket) {
    const { state, counter } = ticket;
    if (state === "waiting" && ticket.back_by) return [say("own_back_by"), ticket.back_by, say("own_back_by_note"), "walk", "good"];
    if (state === "waiting") return [say("own_stay"), "", ticket.wait ? say("own_stay_note") : "", "armchair", "plain"];
    if (state === "called") return [`${say("own_called")}, ${say("own_called_counter")}`, counter, say("own_called_note"), STATES.called, "now"];
    const until = ticket.return_by ? say("own_no_show_until", { time: ticket.return_by }) : say("own_no_show_late");
    const note = state === "no_show" ? until : say(`own_${state}_note`, { counter });
    return [say(`own_${state}`, { counter }), "", note, STATES[state], "plain"];
  }

  function actButton(act) {
    const { own: ticket } = visitNow();
    const words = act === "let_pass" ? counted("own_let_pass", ticket.passes) : say("own_cancel");
    return button(`act-${act}`, "", () => go({ page: "sure", sure: act, said: "" }), icon(PICTURES[act]), make("b", "", words));
  }

  /* ------------------------------------------------------------------ an act */

  function sure() {
    const { own: ticket, sure: act } = visitNow();
    const question = act === "let_pass" ? counted("own_let_pass_ask", ticket.passes) : say("own_cancel_ask", { label: ticket.label });
    return [
      make(
        "section", "question sure", "",
        make("p", "of", "", icon(PICTURES[act]), make("span", "", ticket.label)),
        make("h1", "", question),
        make("p", "", say(`own_${act}_note`)),
        make(
          "div", "answers", "",
          button("no", "quiet", () => go({ page: "own", sure: "" }), icon("arrow-left"), make("span", "", say("own_no"))),
          button("yes", act === "cancel" ? "main grave" : "main", () => perform(act), icon("check"), make("span", "", say(`own_${act}_yes`))),
        ),
      ),
    ];
  }

  /** One touch, one key: a second touch while it is being done is the same one. */
  async function perform(act) {
    const { code: of, busy } = visitNow();
    if (busy) return;
    const tap = newKey();
    go({ busy: true });
    const done = (await post("/own", { act, code: of, tap })) ?? { words: "away" };
    if (visitNow().code !== of) return;
    const refused = done.words === "away" ? say("own_away_note") : say(`own_${done.words}`) || say("own_refused_other");
    go({ page: "own", sure: "", busy: false, own: done.followed ?? visitNow().own, said: done.followed ? "" : refused });
  }

  return { pages: { code, own, sure }, show };
}
