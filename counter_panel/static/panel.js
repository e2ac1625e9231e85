/** The call panel: pictures in, keys out. What may be asked, the hub says (`next_actions`). */

import { tell } from "/look/history.js";
import { Away, Link, Refused } from "/look/live.js";
import { clockwork, hasWord, icon, make, say, setIcon, setText, toast } from "/look/page.js";
import { join } from "/look/pair.js";
import { elapsed, KEYS, offer, scene, STEPS, UNDO_S, WITH_DIALOG } from "./steps.js";

const PLACE = "mbote.counter";
/** How the hub turns away who has no token that it knows. */
const STRANGER = "not_authenticated";
const IDLE_ICONS = { closed: "lock", paused: "coffee", day_closed: "lock", free: "users" };
/** What each form asks for, and what is missing in it. */
const FORMS = {
  open: (form) => [
    { agent: form.get("agent").trim().toUpperCase(), ...(takingOver ? { take_over: true } : {}) },
    form.get("agent").trim() ? "" : say("agent_missing"),
  ],
  transfer: (form) => [
    { service: form.get("service"), reason: form.get("reason") },
    form.get("service") ? "" : say("transfer_missing"),
  ],
  hold: (_form, pressed) => [{ reason: pressed.value }, ""],
  pause: (_form, pressed) => [{ reason: pressed.value }, ""],
};

const find = (selector) => document.querySelector(selector);

let picture = null;
let cameAt = 0;
let chosen = sessionStorage.getItem(PLACE);
let busy = false;
let ticking = 0;
/** The hub said that the place is taken: the same button pressed again takes it over. */
let takingOver = false;
/** The code that this screen shows to be paired; null while it needs none. */
let code = null;

for (const step of ["recall", "no_show", "start", "hold", "transfer", "finish"]) find("#others").append(button(step));
const link = new Link({ picture: "counters", onPicture: take, onState: draw });
draw();

function take(counters) {
  picture = counters;
  cameAt = performance.now();
  tell("panel", { counters: counters.counters, seq: counters.seq, epoch: counters.epoch });
  draw();
}

function face() {
  const counters = picture?.counters ?? [];
  return counters.length === 1 ? counters[0] : counters.find((counter) => counter.counter === chosen);
}

/* ------------------------------------------------------------------ drawing */

function draw() {
  if (link?.refused === STRANGER && code === null) askForToken();
  const here = face();
  const several = (picture?.counters.length ?? 0) > 1;
  drawLink();
  find("#panel").hidden = !here;
  find("#choose").hidden = Boolean(here) || !several;
  find("#rest").hidden = Boolean(here) || several;
  find("#change").hidden = !several || !here;
  setText(find("#code"), here?.counter ?? "–");
  setText(find("#label"), here?.label ?? "");
  setText(find("#agent"), here?.agent_name ?? here?.agent ?? "");
  if (here) drawPanel(here);
  else if (several) drawChoice();
  else drawRest();
}

function drawLink() {
  const lost = picture !== null && (!link?.connected || link.state === "lost");
  find("#link").hidden = !lost;
  setText(find("#link span"), lost ? say("lost") : "");
  document.body.classList.toggle("lost", lost);
}

function drawRest() {
  const sentence = link?.refused ? "refused" : picture ? "none" : "connecting";
  setText(find("#rest h2"), say(link?.state === "lost" && sentence === "connecting" ? "lost" : sentence));
  setText(find("#rest p"), say(`${sentence}_more`));
  setText(find("#rest .pairing"), sentence === "refused" ? (code ?? "") : "");
}

/** Whoever is nobody to the hub shows a code until somebody has typed it, and nothing of before. */
function askForToken() {
  code = "";
  picture = null;
  join("panel", (given) => {
    code = given;
    draw();
  });
}

function drawChoice() {
  const tiles = picture.counters.map((counter) => {
    const tile = make("button", "tile", "", make("b", "", counter.counter), make("span", "second", counter.label));
    tile.append(make("strong", "", stateWord(counter)), make("span", "", counter.ticket ?? ""));
    tile.dataset.state = counter.state;
    tile.addEventListener("click", () => choose(counter.counter));
    return tile;
  });
  find("#choose .tiles").replaceChildren(...tiles);
}

function choose(counter) {
  chosen = counter;
  if (counter) sessionStorage.setItem(PLACE, counter);
  else sessionStorage.removeItem(PLACE);
  draw();
}

function drawPanel(here) {
  const what = scene(picture, here);
  document.body.dataset.scene = what;
  const called = what === "calling" || what === "serving";
  find("#call").hidden = !called;
  find("#idle").hidden = called;
  if (called) drawCall(here);
  else drawIdle(here, what);
  setText(find("#why"), called ? here.why : "");
  drawQueue(here, what);
  drawKeys(here);
  tick();
}

function drawCall(here) {
  setText(find("#ticket"), here.ticket);
  setText(find("#state"), stateWord(here));
  setText(find("#waited"), here.waited_s === null ? "" : say("waited", { minutes: Math.floor(here.waited_s / 60) }));
}

function stateWord(here) {
  if (here.state === "calling" && here.call_count > 1) return say("calling_times", { count: here.call_count });
  const reason = here.state === "paused" && here.reason ? ` · ${here.reason}` : "";
  return say(here.state) + reason;
}

function drawIdle(here, what) {
  setIcon(find("#idle .icon"), IDLE_ICONS[what] ?? "users");
  setText(find("#idle h2"), what === "day_closed" ? say("day_closed") : stateWord(here));
  setText(find("#idle p"), what === "closed" || what === "day_closed" ? say(`${what}_more`) : "");
}

function drawQueue(here, what) {
  find("#queue").hidden = what === "day_closed";
  setText(find("#waiting"), String(here.waiting));
  const count = here.waiting > 1 ? "waiting_many" : here.waiting === 1 ? "waiting_one" : "waiting_none";
  const oldest = here.oldest_s === null || !here.waiting ? "" : `, ${say("oldest", { minutes: Math.floor(here.oldest_s / 60) })}`;
  find("#waiting").hidden = here.waiting === 0;
  setText(find("#queue span"), say(count) + oldest);
}

function drawKeys(here) {
  const offered = offer(here, { connected: link.connected && link.state === "live", busy });
  dress(find("#default"), offered.main, offered.mainPossible);
  for (const { step, possible } of offered.others) find(`#others [data-step=${step}]`).disabled = !possible;
  for (const key of find("#others").children) key.classList.toggle("current", key.dataset.step === offered.main);
  find("#menu").hidden = offered.menu.length === 0;
  find("#menu div").replaceChildren(...offered.menu.map(({ step, possible }) => button(step, possible)));
  find("#undo").dataset.possible = offered.undo;
  find("#undo").hidden = !offered.undo;
}

function dress(element, step, possible) {
  element.disabled = !possible;
  if (element.dataset.step === step) return;
  element.dataset.step = step;
  element.replaceChildren(icon(STEPS[step].icon), make("span", "", say(step)), ...keyOf(step));
}

function button(step, possible = false) {
  const element = make("button");
  element.type = "button";
  dress(element, step, possible);
  return element;
}

function keyOf(step) {
  return STEPS[step].key ? [make("kbd", "", STEPS[step].key)] : [];
}

/** Once a second while something lasts: the elapsed time, and the end of the offer to undo. */
function tick() {
  clearTimeout(ticking);
  const here = face();
  if (!here) return;
  const passed = elapsed(here, performance.now() - cameAt);
  setText(find("#elapsed"), here.ticket ? clockwork(passed) : "");
  const undo = find("#undo");
  const offered = undo.dataset.possible === "true" && passed < UNDO_S;
  undo.hidden = !offered;
  if (here.ticket || offered) ticking = setTimeout(tick, 1000 - ((passed * 1000) % 1000) + 5);
}

/* ------------------------------------------------------------------- asking */

addEventListener("click", (event) => {
  const step = event.target.closest("button[data-step]")?.dataset.step;
  if (step) press(step);
});
find("#undo").addEventListener("click", () => send("undo"));
find("#change").addEventListener("click", () => choose(null));
addEventListener("keydown", (event) => {
  const step = KEYS[event.key];
  if (!step) return;
  event.preventDefault(); // F5 would reload, F3 search, F6 and F7 leave the page
  if (!event.repeat && !find("dialog[open]") && face()) press(step);
});

function press(step) {
  const here = face();
  if (busy || !here) return;
  if (!link.connected) return toast(say("away"), "bad");
  if (!here.next_actions.includes(step)) return here.state === "closed" ? openDialog("open") : undefined;
  if (WITH_DIALOG.includes(step)) return openDialog(step);
  return send(step);
}

/** Sends one ask. Gives the refusal's sentence, "" when it was done. */
async function send(step, body = {}) {
  const { counter } = face();
  busy = true;
  draw();
  try {
    const answer = await link.ask(step, { counter, ...body });
    praise(step, answer);
    return "";
  } catch (error) {
    return explain(error);
  } finally {
    busy = false;
    draw();
  }
}

function praise(step, answer) {
  find("#menu").open = false;
  if (step === "next" && answer?.ticket === null) toast(answer.why || say("nobody"));
  if (step === "undo") toast(say("done_undo"), "good");
}

function explain(error) {
  takingOver = ["agent_elsewhere", "counter_taken"].includes(error.code);
  const sentence = sentenceOf(error);
  if (!find("dialog[open]")) toast(sentence, "bad");
  if (error.code === "no_agent" && !find("dialog[open]")) openDialog("open");
  return sentence;
}

function sentenceOf(error) {
  if (error instanceof Refused) return hasWord(`error_${error.code}`) ? say(`error_${error.code}`, error.facts) : error.message;
  if (error instanceof Away) return say(error.sent ? "unknown" : "away");
  throw error;
}

/* ------------------------------------------------------------------ dialogs */

function openDialog(step) {
  takingOver = false;
  const dialog = find(`#${step}-dialog`);
  complain(dialog, "");
  dialog.querySelector("form").reset();
  dialog.showModal();
}

for (const step of WITH_DIALOG) {
  const dialog = find(`#${step}-dialog`);
  dialog.querySelector("button[value=cancel]").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault(); // the dialog stays, with what was typed, until the hub has said yes
    const [body, missing] = FORMS[step](new FormData(event.target), event.submitter);
    const complaint = missing || (await send(step, body));
    complain(dialog, complaint);
    if (!complaint) dialog.close();
  });
}

function complain(dialog, sentence) {
  const error = dialog.querySelector(".error");
  error.hidden = sentence === "";
  setText(error, sentence);
  dialog.querySelector("input:not([type=radio])")?.setAttribute("aria-invalid", String(sentence !== ""));
}
