/**
 * The kiosk's page: one question, one touch, one number.
 *
 * The kiosk process knows everything and says it by server-sent events; this page draws it and sends
 * touches, each with a key of its own, and what a scanner types. Five pages, `home`, `priority`, `reader`, `scan` and
 * `result`, those from a service to its ticket (errand.js), of a typed number (number.js) and of somebody's own ticket
 * (own.js), each drawn anew from `visit` and `picture`; nothing else is remembered, so the next visitor starts clean,
 * and what was scanned is on no page. Whoever asks for it hears each page (reader.js).
 */

import { icon as drawing, make, setText, spriteTaken } from "/look/page.js";
import { errandPages } from "./errand.js";
import { numberPage } from "./number.js";
import { ownPages } from "./own.js";
import { readable, readerOf } from "./reader.js";
import { listenToScanner } from "./scanner.js";
import { toolsOf } from "./tools.js";

/** Nothing goes by itself before this without a warning: who reads slowly is not hurried (EN 301 549, 5.1; C.7). */
const IDLE_MS = 20_000;
const WARNING_S = 10;
const STAY_MS = 20_000;
/** A word to somebody else than the one at the screen. */
const ASIDE_MS = 8_000;
/** Pages that go by themselves: what they say is done. */
const ENDS_BY_ITSELF = new Set(["result", "list"]);
/** A kiosk answers in 3 s whatever happens: after this the page says so itself. */
const ANSWER_MS = 4_000;
/** The stream beats every 15 s. */
const SILENT_MS = 50_000;

const PRIORITIES = {
  reduced_mobility: "wheelchair",
  pregnant: "gender-female",
  age_70: "user",
  infant: "baby-carriage",
};
const NOTE_ICONS = { state_away: "plug-connected-x", state_starting: "clock", state_clock: "clock-pause", state_lost: "alert-triangle" };

const at = (id) => document.getElementById(id);
/**
 * `scan`: what was scanned, and what the kiosk says of it: words, facts, service, carried. Of somebody's own ticket:
 * `typed` of its code, the whole `code`, how it stands (`own`), which act is asked about (`sure`), what was `said` of it.
 */
const OWN = { typed: "", letters: false, code: "", own: null, sure: "", said: "", busy: false };
const NEW_VISIT = { page: "home", service: null, reason: null, priority: "normal", tap: "", told: null, scan: null, printed: false, ...OWN };
/** Sentences that say themselves what to do; after another one comes the question. */
const SAYS_WHAT_TO_DO = new Set(["scan_none", "scan_away", "scan_unreadable", "scan_ticket", "scan_ticket_called"]);
/** A scanner may read the same paper twice; later it is somebody who holds it there again. */
const TWICE_MS = 2_000;

let words = {};
let picture = { agency: "", school: "", languages: ["fr"], services: [], notes: ["state_starting"], message: "", scanner: false, spoken: [] };
let language = "";
let visit = { ...NEW_VISIT };
let lost = false;
/** Whether each page is read aloud, because somebody asked for it. */
let listening = false;

/* ---------------------------------------------------------------------- icons */

const icon = (name, className = "") => drawing(name, `icon ${className}`.trim());

/* ---------------------------------------------------------------------- words */

function say(name, values = {}) {
  const own = words[spoken()]?.words ?? {};
  const sentence = own[name] ?? "";
  return sentence.replace(/\{(\w+)\}/g, (_, value) => String(values[value] ?? ""));
}

/** The language of the page: the visitor's, else the agency's first, else one that we have words for. */
function spoken() {
  return [language, picture.languages[0], "fr"].find((each) => words[each]) ?? "fr";
}

const worded = (texts, otherwise) => texts[spoken()] ?? Object.values(texts)[0] ?? otherwise;

function range(low, high) {
  if (high == null) return "";
  if (low === 0) return say("wait_short", { high: Math.max(1, high) });
  return high <= low ? say("wait_long", { low }) : say("wait_range", { low, high });
}

function queueLine(waiting, low, high) {
  if (waiting == null) return "";
  const before = waiting === 0 ? say("before_none") : say(waiting === 1 ? "before_one" : "before_many", { count: waiting });
  return [before, waiting === 0 ? "" : range(low, high)].filter(Boolean).join(" · ");
}

/* -------------------------------------------------------------------- drawing */

function draw() {
  const page = at("page");
  const focused = document.activeElement?.dataset?.id;
  document.documentElement.lang = spoken();
  document.documentElement.dir = words[spoken()]?.dir ?? "ltr";
  document.body.dataset.page = visit.page;
  setText(at("name"), picture.agency);
  at("school").hidden = !picture.school;
  setText(at("school").firstElementChild, picture.school);
  setText(at("welcome"), say("welcome"));
  drawLanguages();
  drawNotes();
  tools.draw();
  page.replaceChildren(...PAGES[visit.page](), tools.further());
  tools.showFurther();
  const again = focused && document.querySelector(`[data-id="${CSS.escape(focused)}"]`);
  if (again) again.focus({ preventScroll: true });
}

function go(change) {
  const before = visit.page;
  visit = { ...visit, ...change };
  draw();
  if (visit.page === before) return;
  for (const each of [at("page"), document.scrollingElement]) each.scrollTop = 0;
  at("page").focus({ preventScroll: true });
  readPage();
}

/** A button with an id that survives redrawing, so that the keyboard stays where it was. */
function button(id, className, touch, ...children) {
  const made = make("button", className, "", ...children);
  made.type = "button";
  made.dataset.id = id;
  made.addEventListener("click", touch);
  return made;
}

function pressed(made, on) {
  made.setAttribute("aria-pressed", String(on));
  return made;
}

function drawLanguages() {
  const known = picture.languages.filter((each) => words[each]);
  at("languages").replaceChildren(
    ...known.map((each) => {
      const choose = button(`language-${each}`, "", () => ((language = each), go({})), words[each].words.language);
      choose.lang = each;
      return pressed(choose, each === spoken());
    }),
  );
}

function drawNotes() {
  const notes = lost ? ["state_lost"] : picture.notes;
  const items = notes.map((note) => make("li", "", "", icon(NOTE_ICONS[note] ?? "alert-triangle"), make("span", "", say(note))));
  if (picture.code && !lost) items.unshift(make("li", "", "", icon("lock"), make("span", "", say("state_stranger", { code: picture.code }))));
  if (picture.message && !lost) items.push(make("li", "quiet-note", "", icon("info-circle"), make("span", "", picture.message)));
  at("notes").replaceChildren(...items);
}

const tools = toolsOf({
  say, icon, button, pressed, page: at("page"), place: at("tools"), help: askForHelp, redraw: () => draw(),
  listen: { possible: () => canSpeak(), on: () => listening, toggle: () => toggleListening() },
});
const mine = ownPages({ say, icon, button, range, go, post, newKey, restart, aside, visitNow: () => visit });
const errand = errandPages({
  say, icon, button, worded, go, post, take, spoken, startPage, restart, endsAfter, stay: STAY_MS, visitNow: () => visit,
});
const number = numberPage({ say, icon, button, go, look: (typed) => hearScan(typed, { typed: true }), visitNow: () => visit });
const PAGES = { home, priority, reader, scan, result, number, ...errand.pages, ...mine.pages };

function home() {
  const list = make("ul", "services", "", ...picture.services.map(tile));
  const head = make("div", "headline", "", make("h1", visit.scan && !visit.scan.read ? "said" : "", question()));
  return [head, list, make("div", "more", "", priorityButton(), picture.scanner || visit.scan?.carried ? scanButton() : codeButton())];
}

/** To the code of a ticket that somebody holds already, or their number; where there is a reader, beside what it reads. */
const codeButton = () => button("code", "", () => go({ page: "code" }), icon("ticket"), make("b", "", say("code")));

/** What the first page asks; after a scan that leads nowhere, what there is to say of it. */
function question() {
  if (!visit.scan || visit.scan.read) return say("question");
  if (visit.scan.typed && visit.scan.words === "scan_none") return say("number_none");
  return [said(visit.scan), SAYS_WHAT_TO_DO.has(visit.scan.words) ? "" : say("question")].filter(Boolean).join(" ");
}

function tile({ service, icon: drawing, labels }) {
  const touch = () => choose(serviceOf(service));
  const made = button(service, "", touch, icon(drawing), make("b", "", worded(labels, service)), make("small"));
  refreshTile(made, serviceOf(service));
  return make("li", "", "", made);
}

/** What changes on a tile, in place: a finger may be on it, and a tile drawn anew would lose the touch. */
const refreshTile = (made, service) => refreshLine(made.querySelector("small"), service);

function refreshLine(line, service) {
  const closed = say(`closed_${service.closed}`) || say("closed_closed");
  setText(line, service.closed ? closed : queueLine(service.waiting, service.low, service.high));
  line.parentElement?.classList.toggle("closed", Boolean(service.closed));
}

const serviceOf = (code) => picture.services.find((each) => each.service === code);

/** Whether two pictures have the same tiles and languages, whatever their queues. */
const sameTiles = (one, other) => fixed(one) === fixed(other);
const fixed = ({ agency, school, languages, services }) =>
  JSON.stringify([agency, school, languages, services.map(({ service, labels, icon: drawing, papers, reasons }) => [service, labels, drawing, papers, reasons])]);

function hearPicture(news) {
  const same = sameTiles(picture, news);
  picture = news;
  drawNotes();
  if (!same) draw();
  else if (visit.page === "home") {
    for (const made of document.querySelectorAll(".services button")) refreshTile(made, serviceOf(made.dataset.id));
  } else if (visit.page === "scan" && visit.scan.service) {
    refreshLine(document.querySelector(".to .ahead"), serviceOf(visit.scan.service));
  }
}

function priorityButton() {
  const on = visit.priority !== "normal";
  const word = on ? say("priority_on", { which: say(`priority_${visit.priority}`) }) : say("priority");
  const drawing = on ? "check" : "wheelchair";
  return pressed(button("priority", "", () => go({ page: "priority" }), icon(drawing), make("b", "", word)), on);
}

/** Shows how to scan; once something goes with the ticket, says so, and forgets it at a touch. */
function scanButton() {
  const on = Boolean(visit.scan?.carried);
  const touch = () => (on ? go({ scan: null }) : go({ page: "reader" }));
  const carries = visit.scan?.typed ? "number_on" : "scan_on";
  return pressed(button("scan", "", touch, icon(on ? "check" : "scan"), make("b", "", say(on ? carries : "scan"))), on);
}

/** Where the first page and the choice of a priority lead back to. */
function startPage() {
  return visit.scan?.service ? "scan" : "home";
}

const READS = { scan_how_ticket: "ticket", scan_how_paper: "file-text", scan_how_card: "id-badge-2" };

function reader() {
  return [
    make(
      "section", "question", "",
      make("p", "of", "", icon("scan"), make("span", "", say("scan"))),
      make("h1", "", say("scan_title")),
      make("ul", "papers reads", "", ...Object.entries(READS).map(([how, picture]) => make("li", "", "", icon(picture), make("span", "", say(how))))),
      make("p", "second", say("scan_note")),
      make(
        "div", "answers three", "",
        button("code", "quiet", () => go({ page: "code" }), icon("ticket"), make("span", "", say("code_type"))),
        button("number", "quiet", () => go({ page: "number" }), icon("id-badge-2"), make("span", "", say("number"))),
        backButton(),
      ),
    ),
  ];
}

const said = (scanned) => (scanned.words ? say(scanned.words, scanned.facts) : say("scan_asking"));

/** What there is to say, and one touch to the ticket it leads to. */
function scan() {
  const service = serviceOf(visit.scan.service);
  if (!service) return [make("section", "result", "", make("p", "word good", "", icon("scan"), make("span", "", said(visit.scan))))];
  const line = make("p", "ahead", "");
  const queue = make("div", "to", "", icon(service.icon), make("b", "", worded(service.labels, "")), line);
  refreshLine(line, service);
  const take = button("take", "main", takeScanned, icon("ticket"), make("span", "", say("take_plain")));
  return [
    make(
      "section", "question scanned", "",
      make("h1", "", said(visit.scan)),
      make("p", "of", "", icon("ticket"), make("span", "", say("scan_then"))),
      queue,
      ...(service.closed ? [] : [take]),
      make("div", "more", "", priorityButton(), othersButton()),
    ),
  ];
}

/** What was said is read by now: the first page asks its question, and the paper still goes with the ticket. */
function othersButton() {
  const touch = () => go({ page: "home", scan: { ...visit.scan, service: "", read: true } });
  return button("others", "", touch, icon("arrow-left"), make("b", "", say("scan_other")));
}

function takeScanned() {
  const service = serviceOf(visit.scan.service);
  go({ service, reason: null });
  take();
}

function priority() {
  const choices = Object.entries(PRIORITIES).map(([name, drawing]) =>
    pressed(
      button(`priority-${name}`, "", () => go({ page: startPage(), priority: name }), icon(drawing), make("b", "", say(`priority_${name}`))),
      visit.priority === name,
    ),
  );
  return [
    make(
      "section", "question", "",
      make("h1", "", say("priority_title")),
      make("div", "choices", "", ...choices),
      make("p", "second", say("priority_note")),
      make("div", "answers", "", backButton(), ...(visit.priority === "normal" ? [] : [withoutPriority()])),
    ),
  ];
}

function withoutPriority() {
  const forget = () => go({ page: startPage(), priority: "normal" });
  return button("priority-normal", "quiet", forget, icon("x"), make("span", "", say("priority_normal")));
}

function backButton() {
  return button("back", "quiet", () => go({ page: startPage(), service: null }), icon("arrow-left"), make("span", "", say("back")));
}

function result() {
  const told = visit.told;
  if (!told || told.step === "asking") {
    return [make("section", "result", "", make("p", "word good", "", icon("ticket"), make("span", "", say("asking"))))];
  }
  return [told.step === "refused" ? refused(told) : numbered(told)];
}

function refused(told) {
  const word = say(`refused_${told.refusal}`) || say("refused_other");
  const actions = make("div", "actions", "", make("p", "word", word), finish());
  return make("section", "result", "", make("div", "actions", "", icon("x", "large-icon"), make("h1", "", say("refused_title"))), actions);
}

function numbered(told) {
  const { label, own, ahead, low, high } = told.number;
  const service = serviceOf(told.service);
  const paper = make("div", "ticket", "", make("p", "over", say("your_number")), make("p", label.length > 5 ? "label long" : "label", label));
  if (service) paper.append(make("p", "name", worded(service.labels, "")));
  const line = own ? say("own_series") : queueLine(ahead, low, high);
  if (line) paper.append(make("p", "ahead", line));
  if (told.number.counter) paper.append(make("p", "kept", say("kept", { counter: told.number.counter })));
  return make("section", "result", "", paper, make("div", "actions", "", paperWord(told.paper), make("p", "bye", say("bye")), finish()));
}

function paperWord(paper) {
  if (paper === "none") return make("p", "word bad", "", icon("printer"), make("span", "", say("no_paper")));
  const [drawing, word] = paper === "printed" ? ["check", "take_paper"] : ["printer", "printing"];
  return make("p", "word good", "", icon(drawing), make("span", "", say(word)));
}

const finish = () => button("done", "quiet", restart, make("span", "", say("done")));

/* -------------------------------------------------------------------- touching */

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function choose(service) {
  if (service.closed) {
    go({ page: "result", service, told: { step: "refused", service: service.service, refusal: service.closed } });
    endsAfter(STAY_MS);
  } else errand.choose(service);
}

/** One touch, one key: while a ticket is being asked for, another touch is the same one. */
async function take() {
  if (visit.tap) return;
  const tap = newKey();
  const { service, reason, priority: declared, scan: scanned } = visit;
  go({ page: "result", tap, told: { step: "asking" } });
  setTimeout(() => visit.tap === tap && visit.told.step === "asking" && catchUp(tap), ANSWER_MS);
  const carried = scanned?.carried ?? "";
  await post("/press", { tap, service: service.service, reason: reason?.reason ?? "", language: spoken(), priority: declared, scanned: carried });
}

async function post(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** What became of a touch whose answer we did not hear. */
async function catchUp(tap) {
  let found = null;
  try {
    const answer = await fetch(`/tap/${tap}`);
    found = answer.ok ? await answer.json() : null;
  } catch {
    /* the kiosk process is away: said below */
  }
  if (visit.tap !== tap) return;
  const service = visit.service?.service;
  if (found?.number) {
    hearTold({ step: "paper", tap, service, number: found.number, paper: found.state === "printed" ? "printed" : "none" });
  } else {
    hearTold({ step: "refused", tap, service, refusal: found?.refusal || "out_of_order" });
  }
}

/** A paper or a card was held under the scanner, or a number `typed`. It may come while something else is going on. */
async function hearScan(code, { typed = false } = {}) {
  if (visit.page === "result" && !isBusy()) restart();
  const { scan: held, page, typed: before } = visit;
  const now = performance.now();
  if (held?.code === code && (page === "scan" || now - held.at < TWICE_MS)) return;
  if (isBusy()) return aside(say("scan_too_soon"), ASIDE_MS);
  dismiss();
  go({ ...OWN, page: "scan", scan: { code, words: "", service: "", at: now } });
  watchIdle();
  const found = (await post("/scan", { code })) ?? { words: "scan_away", facts: {}, service: "", carried: "" };
  if (visit.scan?.at !== now) return;
  if (found.words === "scan_too_soon") {
    go({ page, scan: held, typed: before });
    aside(say(found.words), ASIDE_MS);
    return;
  }
  if (found.followed) return mine.show(found.followed, code);
  const known = serviceOf(found.service) ? found.service : "";
  go({ page: known ? "scan" : "home", service: null, scan: { ...found, service: known, code, at: now, typed } });
}

/** Whether somebody's ticket is on its way, their number has yet to be read, or another scan is being looked at. */
function isBusy() {
  if (visit.busy) return true;
  if (visit.page === "scan") return !visit.scan.words;
  return visit.page === "result" && visit.told.step !== "refused" && visit.told.paper !== "printed";
}

async function askForHelp() {
  const answer = await post("/help", {});
  ask(say("help_title"), say(answer?.coming ? "help_coming" : "help_away"), say("close"), () => {});
}

/* --------------------------------------------------------------------- hearing */

function hearTold(told) {
  if (told.tap && told.tap === visit.tap) return showTold(told);
  if (told.tap || !told.number) return undefined;
  // A physical button: its visitor reads the number here, unless another one is in the middle of a touch.
  if (visit.page === "home" || (visit.told && !visit.tap)) return showTold(told);
  const paper = told.paper === "none" ? `. ${say("no_paper")}` : "";
  return aside(`${say("your_number")} : ${told.number.label}${paper}`, paper ? STAY_MS : ASIDE_MS);
}

function showTold(told) {
  if (told.step === "asking") return;
  const first = !visit.told?.number || (told.paper === "none" && visit.told.paper !== "none");
  go({ page: "result", told });
  if (first) readPage();
  endsAfter(STAY_MS);
}

function aside(text, ms) {
  const note = at("aside");
  setText(note, text);
  note.hidden = false;
  clearTimeout(aside.timer);
  aside.timer = setTimeout(() => (note.hidden = true), ms);
}

function listenToKiosk() {
  let quiet;
  const alive = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => setLost(true), SILENT_MS);
    setLost(false);
  };
  const stream = new EventSource("/live");
  const on = (name, hear) => stream.addEventListener(name, (event) => (alive(), hear(JSON.parse(event.data))));
  on("picture", hearPicture);
  on("told", hearTold);
  on("beat", () => {});
  stream.addEventListener("open", () => visit.tap && visit.told?.step === "asking" && catchUp(visit.tap));
  stream.addEventListener("error", () => {
    setLost(true);
    // A stream that the server ended for good is asked for again; the browser retries the others itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listenToKiosk, 1_000);
  });
}

function setLost(now) {
  if (now === lost) return;
  lost = now;
  drawNotes();
}

/* -------------------------------------------------------------- time, and going */

let ending;
let idle;

function endsAfter(ms) {
  clearTimeout(ending);
  ending = setTimeout(restart, ms);
}

/** The first page, the first language, plain sizes: nothing of one visitor is left for the next. */
function restart() {
  clearTimeout(ending);
  language = "";
  listening = false;
  aloud.stop();
  tools.reset();
  dismiss();
  visit = { ...NEW_VISIT };
  draw();
  watchIdle();
}

const isClean = () => visit.page === "home" && visit.priority === "normal" && !visit.scan && !language && !listening && !document.body.className && !at("dialog").open;

function watchIdle() {
  clearTimeout(idle);
  if (!isClean()) idle = setTimeout(warn, IDLE_MS);
}

function warn() {
  if (isClean() || ENDS_BY_ITSELF.has(visit.page)) return;
  let left = WARNING_S;
  const note = () => say("still_there_note", { count: left });
  const dialog = ask(say("still_there"), note(), say("still_there_yes"), () => clearInterval(count));
  const count = setInterval(() => {
    left -= 1;
    setText(dialog.querySelector("p"), note());
    if (left <= 0) {
      clearInterval(count);
      restart();
    }
  }, 1_000);
}

/** A dialog that nobody has answered goes, and with it what would have followed. */
function dismiss() {
  const dialog = at("dialog");
  if (!dialog.open) return;
  dialog.oncancel?.();
  dialog.close();
}

function ask(title, text, answer, answered) {
  const dialog = at("dialog");
  const close = () => (dialog.close(), answered(), watchIdle());
  dialog.replaceChildren(make("h2", "", title), make("p", "", text), button("answer", "main", close, make("span", "", answer)));
  dialog.oncancel = answered;
  if (!dialog.open) dialog.showModal();
  readPage();
  return dialog;
}

/* --------------------------------------------------------------------- speaking */

/** A language without a voice is read in French: its pages are French for the most part. */
const voiceNow = () => [spoken(), "fr"].find((each) => picture.spoken.includes(each)) ?? "";
const canSpeak = () => Boolean(voiceNow());
const aloud = readerOf({ language: voiceNow, heard: () => watchIdle(), failed: () => aside(say("voice_away"), ASIDE_MS) });

function toggleListening() {
  listening = !listening;
  draw();
  if (listening) readPage();
  else aloud.stop();
}

/** What was being read is left; where somebody listens, what stands there now is read. */
function readPage() {
  aloud.stop();
  const dialog = at("dialog");
  if (listening) aloud.read(readable(dialog.open ? dialog : at("page")).filter(({ element }) => !element.classList.contains("further")));
}

/* ------------------------------------------------------------------------ start */

async function start() {
  try {
    words = await (await fetch("/words")).json();
  } catch {
    setTimeout(start, 1_000);
    return;
  }
  await spriteTaken;
  draw();
  listenToKiosk();
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, watchIdle, { capture: true });
  listenToScanner(hearScan);
  addEventListener("click", watchIdle);
  addEventListener("contextmenu", (event) => event.preventDefault());
  addEventListener("scroll", tools.showFurther, { capture: true });
}

start();
