/**
 * The pages for whoever has an appointment: who they are (a slip, a telephone number, a name), how they stand, the
 * ticket; and giving one up. Nobody is named, and of a name nothing is shown but the times that it may be.
 *
 * All of it needs the hub: without it the first page says what is possible.
 */

import { make } from "/look/page.js";
import { DIGITS, LETTERS } from "./keys.js";

const NUMBER = { shortest: 6, longest: 15 };
const NAME = { shortest: 2, longest: 40 };
/** How somebody stands → pictogram and colour. */
const MOODS = {
  scan_appointment: ["check", "good"],
  scan_appointment_early: ["armchair", "plain"],
  scan_appointment_late: ["clock", "mind"],
  scan_appointment_past: ["clock", "mind"],
  scan_appointment_call: ["phone", "plain"],
  scan_appointment_here: ["ticket", "plain"],
  scan_appointment_other: ["calendar-event", "mind"],
};

/** What is said of an appointment, as of a paper that was scanned. */
export const isAppointment = (found) => Boolean(MOODS[found.words]);

/** Makes them of what the kiosk's page has; `begin` leads to a new appointment, `book` ends there with who it is for. */
export function meetingPages({ say, icon, button, worded, go, post, take, newKey, restart, keyboard, serviceOf, pictureNow, visitNow, begin, book, summary }) {
  const back = (page, change = {}) =>
    button("back", "quiet", () => go({ page, typed: "", said: "", busy: false, ...change }), icon("arrow-left"), make("span", "", say("back")));
  const warned = (said) => (said ? [make("p", "said-no", "", icon("alert-triangle"), make("span", "", said))] : []);

  /* ------------------------------------------------------------------ the first page */

  function meeting() {
    const { away, scanner, services } = pictureNow();
    const { said } = visitNow();
    const head = [make("p", "of", "", icon("calendar-event"), make("span", "", say("meeting"))), make("h1", "", say(away ? "meeting_away_title" : "meeting_title"))];
    if (away) {
      const can = ["meeting_away_reception", "meeting_away_ticket"].map((words, i) =>
        make("li", "", "", icon(["users", "ticket"][i]), make("span", "", say(words))),
      );
      return [make("section", "question meeting", "", ...head, make("ul", "papers", "", ...can), make("div", "answers", "", back("home")))];
    }
    const how = (id, drawing, page) => button(id, "", () => go({ page, aim: "come", typed: "", said: "" }), icon(drawing), make("b", "", say(`meeting_${id}`)));
    const reads = scanner ? [make("ul", "papers reads one", "", make("li", "", "", icon("scan"), make("span", "", say("meeting_scan"))))] : [];
    const books = services.some((each) => each.appointments)
      ? [button("begin", "main", begin, icon("calendar-event"), make("span", "", say("meeting_book")))]
      : [];
    return [
      make(
        "section", "question meeting", "",
        ...head,
        ...warned(said),
        ...reads,
        make("div", "choices", "", how("by_phone", "phone", "phone"), how("by_name", "user", "named"), how("by_code", "ticket", "code")),
        make("div", "answers", "", back("home"), ...books),
      ),
    ];
  }

  /* ------------------------------------------------------------------ who it is */

  /** The telephone number of whoever comes, or for whom a time is booked. */
  const phone = () => asksWho("phone", NUMBER, keyboard.keys(DIGITS, NUMBER.longest), "named");
  const named = () => asksWho("name", NAME, keyboard.keys(LETTERS, NAME.longest, keyboard.space(NAME.longest)), "phone");

  function asksWho(what, { shortest }, keys, other) {
    const { aim, typed, said, busy } = visitNow();
    const books = aim === "book";
    const title = say(`${books ? "book" : "meeting"}_${what}_title`);
    const main = button("search", "main", () => answer(what), icon(books ? "check" : "search"), make("span", "", say(books ? "book_yes" : "number_yes")));
    main.disabled = busy || typed.trim().length < shortest;
    const change = { phone: ["phone", "by_phone"], named: ["user", "by_name"] }[other];
    const otherwise = button("other", "quiet", () => go({ page: other, typed: "", said: "" }), icon(change[0]), make("span", "", say(`${books ? "book" : "meeting"}_${change[1]}`)));
    return [
      make(
        "section", `question code who ${what}`, "",
        make("h1", "", title),
        said ? warned(said)[0] : make("p", "second", books ? summary() : say(`meeting_${what}_note`)),
        keyboard.shown(title),
        keys,
        make("div", "answers three", "", back(books ? "hours" : "meeting"), otherwise, main),
      ),
    ];
  }

  /** What was typed is looked up, or booked for. */
  function answer(what) {
    const { aim, typed, busy } = visitNow();
    if (busy) return;
    const who = what === "name" ? { name: typed.trim() } : { telephone: typed };
    if (aim === "book") book(who);
    else lookUp(who);
  }

  async function lookUp(who) {
    const { typed, page } = visitNow();
    go({ busy: true });
    const { problem, found } = (await post("/agenda/expected", who)) ?? { problem: "away" };
    if (visitNow().typed !== typed || visitNow().page !== page) return;
    if (problem) go({ busy: false, said: say(`meeting_${problem}`) || say("meeting_other") });
    else if (found.length > 1) go({ page: "which", times: found, typed: "", busy: false });
    else show(found[0]);
  }

  /** Several people of one name, or of one telephone: each knows their own time. */
  function which() {
    const tiles = visitNow().times.map((each, i) => button(`time-${i}`, "hour", () => show(each), make("b", "", each.facts.time)));
    const none = () => go({ page: "meeting", times: null, said: say("meeting_no_appointment") });
    return [
      make(
        "section", "question which", "",
        make("h1", "", say("meeting_which")),
        make("div", "hours", "", ...tiles),
        make("div", "answers", "", back("meeting", { times: null }), button("none", "quiet", none, icon("x"), make("span", "", say("meeting_none")))),
      ),
    ];
  }

  /* ------------------------------------------------------------------ how they stand */

  /** `slip`: they hold its paper, and may give it up. */
  function show(found, slip = false) {
    go({ page: "mine", mine: { ...found, slip }, times: null, typed: "", said: "", busy: false, scan: null, service: null });
  }

  function mine() {
    const { mine: found, said } = visitNow();
    const [drawing, mood] = MOODS[found.words];
    const other = found.words === "scan_appointment_other";
    const service = found.slip && serviceOf(found.service);
    const what = service ? [make("p", "of", "", icon(service.icon), make("span", "", worded(service.labels, "")))] : [];
    const main = found.service ? [button("take", "main", takeMine, icon("ticket"), make("span", "", say("take_plain")))] : [];
    const gives = found.slip && (other || found.service);
    const cancel = gives ? [button("give-up", "quiet", () => go({ page: "giveup", said: "" }), icon("x"), make("span", "", say("meeting_give_up")))] : [];
    return [
      make(
        "section", "question own mine", "",
        make("p", "over", say("meeting_yours")),
        make("h1", "label", found.facts.time),
        ...(other ? [make("p", "when", found.facts.date)] : []),
        ...what,
        ...warned(said),
        make("div", `advice ${mood}`, "", icon(drawing), make("p", "", "", make("span", "", say(found.words, found.facts)))),
        make("div", "answers", "", ...main, back("home", { mine: null }), ...cancel),
      ),
    ];
  }

  function takeMine() {
    const { mine: found } = visitNow();
    const service = serviceOf(found.service) ?? { service: found.service };
    go({ service, reason: null, scan: { carried: found.code, expected: true } });
    take();
  }

  /* ------------------------------------------------------------------ giving it up */

  function giveup() {
    const { mine: found, busy } = visitNow();
    const yes = button("yes", "main grave", giveUp, icon("check"), make("span", "", say("meeting_give_up_yes")));
    yes.disabled = busy;
    return [
      make(
        "section", "question sure", "",
        make("p", "of", "", icon("calendar-event"), make("span", "", found.facts.time)),
        make("h1", "", say("meeting_give_up_ask")),
        make("p", "", say("meeting_give_up_note")),
        make("div", "answers", "", button("no", "quiet", () => go({ page: found.from ?? "mine" }), icon("arrow-left"), make("span", "", say("meeting_keep"))), yes),
      ),
    ];
  }

  async function giveUp() {
    const { mine: found, busy } = visitNow();
    if (busy) return;
    go({ busy: true });
    const { problem } = (await post("/agenda/unbook", { code: found.code, tap: newKey() })) ?? { problem: "away" };
    if (visitNow().mine !== found) return;
    if (problem) go({ page: found.from ?? "mine", busy: false, said: say(`meeting_${problem}`) || say("meeting_other") });
    else go({ page: "gone", busy: false });
  }

  function gone() {
    return [
      make(
        "section", "result", "",
        make("div", "actions", "", make("p", "word good", "", icon("check"), make("span", "", say("meeting_gone"))), button("done", "quiet", restart, make("span", "", say("done")))),
      ),
    ];
  }

  return { pages: { meeting, phone, named, which, mine, giveup, gone }, show };
}
