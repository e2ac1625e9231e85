/**
 * The desk: pictures in, keys out. It draws the bar, the line and the thread around the middle, which
 * belongs to a counter service and is never touched here. What may be asked, the hub says.
 */

import { Away, Link, Refused } from "/look/live.js";
import { clockwork, hasWord, icon, make, say, setIcon, setText, toast } from "/look/page.js";
import { KEYS, STEPS } from "/look/steps.js";
import { openDialog } from "./dialogs.js";
import { tell } from "./notices.js";
import { ICONS, main, MENU, standing, ticks, undoLeft, WITH_DIALOG } from "./offer.js";

const SHOWN = 8;
/** After an answer the picture follows at once; so long a second press waits for it. */
const PICTURE_MS = 400;
const find = (selector) => document.querySelector(selector);

let desk = JSON.parse(document.body.dataset.picture);
let cameAt = performance.now();
let place = desk.counter;
let busy = false;
let pictured = () => {};
let complaint = "";
let ticking = 0;

const link = new Link({
  picture: "desk",
  onPicture: take,
  onState: draw,
  token: find("meta[name=socket]").content,
});
draw();

function take(picture) {
  const before = desk;
  desk = picture;
  cameAt = performance.now();
  if (desk.counter) place = desk.counter;
  pictured();
  draw();
  if (desk.visit?.id !== before.visit?.id) announce(before.visit);
  if (work()?.state === "recalled" && before.between?.state === "begun") setText(find("#aloud"), `${say("work_recalled")}. ${waiting()}`);
}

/** Seconds since the picture came. */
function passed() {
  return (performance.now() - cameAt) / 1000;
}

function lost() {
  return link.state === "lost" || (link.state === "live" && !link.connected);
}

function working() {
  return link.connected && link.state === "live" && !busy;
}

/** "18 min", or that it is less than one. */
function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? say("span", { minutes }) : say("span_short");
}

/** The visit at this counter is another one: the services' pages and keep.js are told, and whoever does not look. */
function announce(before) {
  const { visit } = desk;
  document.body.dataset.visit = visit?.id ?? "";
  document.body.dataset.visitLabel = visit?.ticket ?? "";
  document.dispatchEvent(new CustomEvent("visit", { detail: { visit, before } }));
  if (visit) setText(find("#aloud"), say("called_aloud", { ticket: visit.ticket, state: stateWord(), facts: factsOf(visit) }));
}

/* ------------------------------------------------------------------ drawing */

function draw() {
  drawPlace();
  drawNow();
  drawLine();
  drawHeld();
  drawPending();
  drawThread();
  tell(desk.told);
  tick();
}

function drawPlace() {
  setText(find("#code"), desk.counter?.counter ?? "–");
  setText(find("#place"), desk.counter?.label ?? "");
  document.body.classList.toggle("lost", lost());
  const recalled = work()?.state === "recalled" && `(!) ${say("work_recalled")}`;
  document.title = [recalled, desk.visit?.ticket, say("counter"), desk.counter?.counter].filter(Boolean).join(" ");
}

function drawNow() {
  const { visit } = desk;
  find("#call").hidden = !visit;
  find("#idle").hidden = Boolean(visit);
  if (visit) drawVisit(visit);
  else drawIdle();
}

function drawVisit(visit) {
  setText(find("#ticket"), visit.ticket);
  setText(find("#state"), stateWord());
  const facts = [say("waited", { span: span(visit.waited_s) }), visit.why].filter(Boolean);
  setText(find("#waited"), facts.join(" · "));
  setText(find("#facts"), factsOf(visit));
}

function factsOf(visit) {
  return [...visit.facts, visit.service_label].filter(Boolean).join(" · ");
}

function stateWord() {
  const { call_count: count, state } = desk.counter;
  if (state !== "calling") return say("state_serving");
  return count > 1 ? say("state_called_times", { count }) : say("state_called");
}

function drawIdle() {
  const [drawing, what, more] = idle();
  setIcon(find("#idle .icon"), drawing);
  setText(find("#idle-what"), what);
  setText(find("#idle-more"), more);
  find("#idle [data-step]").hidden = desk.counter?.state !== "paused";
  drawWork();
  find("#choose").hidden = Boolean(place); // who had one is told beside the bar
}

/** Back-office work as it stands now: one that is offered only from its moment on. */
function work() {
  const { between } = desk;
  return between && (between.state !== "offered" || passed() >= between.after_s) ? between : null;
}

function drawWork() {
  const at = work();
  const button = find("#work");
  button.hidden = !at || at.state === "recalled";
  button.disabled = !working();
  if (at) setText(button.firstChild, say(at.state === "offered" ? "work_begin" : "work_back"));
}

function idleAtWork(at) {
  if (at.state === "recalled") return ["bell-ringing", say("work_recalled"), say("no_visit_more")];
  const what = at.text ? say("work_offered", at) : say("work_done");
  if (at.state === "offered") return ["briefcase", say("work_offer"), what];
  return ["briefcase", say("work_begun", { span: at.since_s + passed() < 60 ? say("span_least") : span(at.since_s + passed()) }), what];
}

function idle() {
  if (!desk.counter) return ["door-enter", say("elsewhere_more"), ""];
  if (!desk.day) return ["lock", say("day_closed"), ""];
  if (work()) return idleAtWork(work());
  if (desk.counter.state === "paused") return ["coffee", [say("paused"), desk.counter.reason].filter(Boolean).join(" · "), say("paused_more")];
  return ["users", say("no_visit"), say(desk.counter.waiting ? "no_visit_more" : "no_visit_empty")];
}

/** Changes a list in place: what stays keeps its element, so that nothing flickers and no focus is lost. */
function drawList(list, items, name, fill) {
  const kept = new Map([...list.children].map((element) => [element.dataset.name, element]));
  const wanted = items.map((item) => {
    const element = kept.get(name(item)) ?? make("li");
    element.dataset.name = name(item);
    fill(element, item);
    return element;
  });
  if (wanted.length !== list.children.length || wanted.some((element, i) => element !== list.children[i])) {
    list.replaceChildren(...wanted);
  }
}

function drawLine() {
  const shown = desk.upcoming.slice(0, SHOWN);
  drawList(find("#line"), shown, (next) => next.ticket, fillNext);
  find("#line-empty").hidden = desk.upcoming.length > 0;
  const more = (desk.counter?.waiting ?? 0) - shown.length;
  find("#line-more").hidden = more <= 0 || !shown.length;
  setText(find("#line-more"), say(more === 1 ? "line_more_one" : "line_more_many", { count: more }));
}

function fillNext(element, next) {
  if (!element.children.length) element.append(make("b"), make("span", "age"), make("small"));
  const [label, age, why] = element.children;
  setText(label, next.ticket);
  setText(age, next.waited_s < 60 ? say("span_least") : span(next.waited_s));
  setText(why, [next.service_label, next.why].filter(Boolean).join(" · "));
  element.classList.toggle("first", next.priority !== "normal");
}

function drawHeld() {
  drawList(find("#held"), desk.on_hold, (held) => held.id, fillHeld);
  find("#to-do-empty").hidden = desk.on_hold.length + desk.pending.length > 0;
}

function fillHeld(element, held) {
  if (!element.children.length) {
    const resume = make("button", "quiet", say("resume"));
    resume.type = "button";
    resume.addEventListener("click", () => send("resume", { ticket: element.dataset.name }));
    element.append(make("b"), resume, make("small"));
  }
  const [label, button, why] = element.children;
  setText(label, held.ticket);
  setText(why, [say("on_hold", { span: span(held.held_s) }), held.reason].filter(Boolean).join(" · "));
  button.setAttribute("aria-label", `${say("resume")} ${held.ticket}`);
}

function drawPending() {
  drawList(find("#pending"), desk.pending, (work) => work.url, (element, work) => {
    if (!element.children.length) element.append(make("a"), make("span", "badge bad"), make("small"));
    const [text, count, age] = element.children;
    setText(age, say("since", { span: span(work.oldest_s) }));
    text.href = work.url;
    setText(text, work.text);
    setText(count, String(work.count));
  });
}

function drawThread() {
  drawList(find("#thread"), desk.thread.map((line, i) => ({ ...line, i })), (line) => `${line.i} ${line.text}`, (element, line) => {
    if (!element.children.length) {
      const text = make(line.url ? "a" : "span");
      if (line.url) text.href = line.url;
      element.append(make("time"), icon(line.icon), text);
    }
    setText(element.children[0], line.at);
    setText(element.children[2], line.text);
  });
  find("#thread").hidden = desk.thread.length === 0;
  find("#thread-empty").hidden = desk.thread.length > 0;
  for (const guide of document.querySelectorAll("[data-guide]")) guide.hidden = guide.dataset.guide !== desk.visit?.service;
}

/* ------------------------------------------------------------------- in time */

/** What changes with time alone: the elapsed time, keys whose moment comes or passes, the offer to undo. */
function tick() {
  clearTimeout(ticking);
  const since = desk.counter ? desk.counter.elapsed_s + passed() : 0;
  setText(find("#elapsed"), desk.visit ? clockwork(since) : "");
  if (desk.between && !desk.visit) drawIdle();
  drawKeys();
  drawMenu();
  drawUndo();
  drawStrip();
  if (ticks(desk)) ticking = setTimeout(tick, 1005 - ((passed() * 1000) % 1000));
}

function drawKeys() {
  const first = main(desk);
  for (const element of find("#keys").children) {
    const { step } = element.dataset;
    const { can, wait } = standing(desk, step, passed());
    element.disabled = !working() || !can;
    element.classList.toggle("white", step === first);
    setText(element.lastChild, wait ? say("in_seconds", { seconds: wait }) : STEPS[step].key);
  }
  for (const element of document.querySelectorAll("#held button, #idle [data-step]")) {
    element.disabled = !working() || !standing(desk, element.dataset.step ?? "resume", passed()).can;
  }
}

function drawMenu() {
  const offered = MENU.filter((step) => desk.steps.some((one) => one.step === step));
  drawList(find("#more"), offered, (step) => step, (element, step) => {
    if (!element.children.length) element.append(menuButton(step));
    element.firstChild.disabled = !working() || !standing(desk, step, passed()).can;
  });
}

function menuButton(step) {
  const button = make("button", "", "", icon(ICONS[step]), make("span", "", hasWord(`menu_${step}`) ? say(`menu_${step}`) : say(step)));
  button.type = "button";
  button.dataset.step = step;
  return button;
}

function drawUndo() {
  const left = undoLeft(desk, passed());
  find("#undo").hidden = left === 0;
  find("#undo button").disabled = !working();
  setText(find("#undo-what"), desk.undo ? say(`undo_${desk.undo.step}`, { ticket: desk.undo.ticket }) : "");
  setText(find("#undo-left"), say("undo_left", { seconds: left }));
}

/** One line under the bar: what is wrong, if something is, else how many wait. */
function drawStrip() {
  const [kind, drawing, text, to, href] = news();
  find("#strip").dataset.kind = kind;
  setIcon(find("#strip-icon .icon"), drawing);
  setText(find("#strip-text"), text);
  find("#strip-link").hidden = !to;
  setText(find("#strip-link"), to ?? "");
  if (href) find("#strip-link").setAttribute("href", href);
}

function news() {
  if (link.refused) return ["bad", "lock", say("signed_out"), say("sign_in"), "/login?next=/desk"];
  if (lost()) return ["bad", "plug-connected-x", say("lost")];
  if (!desk.counter && place) return ["warn", "door-exit", displaced(), say("choose_counter"), "/desk/counters"];
  if (complaint) return ["bad", "hand-stop", complaint];
  if (work()?.state === "recalled") return ["bad", "bell-ringing", `${say("work_recalled")} · ${waiting()}`];
  if (!desk.certain) return ["warn", "clock-pause", `${waiting()} · ${say("clock_unsure")}`];
  return ["info", "users", [waiting(), calledBackAt()].filter(Boolean).join(" · ")];
}

/** When somebody at back-office work is called back; nothing for anybody else. */
function calledBackAt() {
  const { between } = desk;
  if (between?.state !== "begun") return "";
  return say("work_calls", { waiting: between.calls_waiting, minutes: between.calls_min });
}

function displaced() {
  const seat = desk.seats.find((one) => one.counter === place.counter);
  const values = { counter: place.counter, name: seat?.agent_name ?? seat?.agent };
  return say(seat?.agent ? "taken" : "closed_here", values);
}

function waiting() {
  const { waiting: count, oldest_s: oldest } = desk.counter ?? {};
  if (!desk.counter) return say("elsewhere_more");
  const many = count > 1 ? "waiting_many" : count === 1 ? "waiting_one" : "waiting_none";
  return say(many, { count, span: span(oldest ?? 0) });
}

/* ------------------------------------------------------------------- asking */

addEventListener("keydown", (event) => {
  const step = KEYS[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault(); // F5 would reload, F3 search, F6 and F7 leave the page
  if (!event.repeat && !find("dialog[open]")) press(step);
});
addEventListener("click", (event) => {
  const step = event.target.closest("button[data-step]")?.dataset.step;
  if (step) press(step);
  if (step || !event.target.closest("#menu")) find("#menu").open = false;
});
/** An emergency: a call that nobody in front of the counter sees or hears. It works in a dialog too. */
addEventListener("keydown", (event) => {
  if (event.key !== "F9" || !event.shiftKey || event.repeat) return;
  event.preventDefault();
  callForHelp();
});
find("#alarm").addEventListener("click", callForHelp);

async function callForHelp() {
  if (!desk.counter) return;
  try {
    await link.ask("alarm", { counter: desk.counter.counter });
    toast(say("alarm_sent"));
  } catch (error) {
    toast(sentenceOf(error), "bad");
  }
}

/** The work that is offered begins where it is done; what is in hand is put down. */
find("#work").addEventListener("click", async () => {
  const at = work();
  if (!at || !working()) return;
  const refused = at.state === "offered" ? await send("work", { work: at.work }) : await send("work_end");
  if (!refused && at.state === "offered") location.href = at.url;
});

find("#menu").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  find("#menu").open = false;
  find("#menu summary").focus();
});

function press(step) {
  if (busy) return undefined;
  if (!working()) return complain(say("away"));
  if (step === "undo") return send("undo");
  const { can, wait, why } = standing(desk, step, passed());
  if (!can) return complain([say(`error_${why}`), wait ? `(${say("in_seconds", { seconds: wait })})` : ""].join(" ").trim());
  return WITH_DIALOG.includes(step) ? openDialog(step, desk, send) : send(step);
}

function complain(sentence) {
  complaint = sentence;
  drawStrip();
}

/** Sends one ask. Gives the refusal's sentence, "" when it was done. */
async function send(step, body = {}) {
  busy = true;
  draw();
  try {
    const answer = await link.ask(step, { counter: desk.counter.counter, ...body });
    complaint = step === "next" && answer?.ticket === null ? answer.why : "";
    await nextPicture();
  } catch (error) {
    complaint = sentenceOf(error);
  } finally {
    busy = false;
    draw();
  }
  return complaint;
}

/** The picture of what was done, or a moment: a second press meets the new state, not the old one. */
function nextPicture() {
  return new Promise((resolve) => {
    pictured = resolve;
    setTimeout(resolve, PICTURE_MS);
  });
}

function sentenceOf(error) {
  if (error instanceof Refused) return hasWord(`error_${error.code}`) ? say(`error_${error.code}`) : error.message;
  if (error instanceof Away) return say(error.sent ? "unsure" : "away");
  throw error;
}
