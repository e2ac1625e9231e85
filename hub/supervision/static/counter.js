/**
 * One counter, from its tile: an emergency answered, a pause, closing and opening; and which queues it calls, whose
 * effect on the people now waiting is shown before it can be published.
 */

import { Refused, newKey } from "/look/live.js";
import { hasWord, make, say, setText, toast } from "/look/page.js";

const find = (selector) => document.querySelector(selector);
const dialog = find("#counter-dialog");
/** The status of an answer: what was wanted does not go with how things stand. */
const OTHERWISE = 409;
/** What can be done in which state. */
const POSSIBLE = { free: ["pause", "close"], calling: [], serving: [], paused: ["unpause", "close"], closed: ["open"] };

let link = null;
let board = null;
let code = "";
let shown = null;
/** The queues that the counter called when its boxes were last set to them. */
let stood = [];
let asking = 0;
let busy = false;

/** What a counter does, in one word. */
export function stateOf(tile) {
  if (tile.flag) return say(`flag_${tile.flag}`);
  return say(tile.work ? (tile.recalled ? "state_recalled" : "state_work") : `state_${tile.state}`);
}

/** The picture has changed: a dialog that is open follows it. */
export function drawCounter(newLink, newBoard) {
  link = newLink;
  board = newBoard;
  if (!dialog?.open) return;
  drawState();
  follow();
}

/** Opens the dialog of a counter; `added` is a queue that was dropped on it. */
export function openCounter(counter, added = "") {
  const tile = board.tiles.find((one) => one.counter === counter);
  if (!dialog || !tile) return;
  code = counter;
  complain("");
  find("#counter-reason").value = "";
  setText(find("#counter-title"), say("counter_title", { counter, label: tile.label }));
  stood = tile.services;
  for (const box of boxes()) box.checked = tile.services.includes(box.value) || box.value === added;
  drawState();
  if (!dialog.open) dialog.showModal();
  boxes().find((box) => box.value === added)?.focus();
  showEffect();
}

if (dialog) {
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  find("#counter-services").addEventListener("change", showEffect);
  dialog.querySelector("form").addEventListener("submit", publish);
  for (const button of dialog.querySelectorAll("[data-act]")) button.addEventListener("click", () => act(button.dataset.act));
}

const boxes = () => [...find("#counter-services").querySelectorAll("input")];
const areSame = (some, others) => some.length === others.length && some.every((one) => others.includes(one));
const tileNow = () => board.tiles.find((one) => one.counter === code);

function drawState() {
  const tile = tileNow();
  const now = [...(tile.flag === "alarm" ? ["alarm_answer"] : []), ...(tile.work && !tile.recalled ? ["work_recall"] : [])];
  const possible = [...now, ...(board.day ? POSSIBLE[tile.state] : [])];
  const words = [stateOf(tile), tile.ticket, tile.agent_name, tile.reason || tile.work];
  setText(find("#counter-now"), words.filter(Boolean).join(" · "));
  for (const button of dialog.querySelectorAll("[data-act]")) {
    button.hidden = !possible.includes(button.dataset.act);
    button.disabled = busy || !link.connected;
  }
  for (const choice of dialog.querySelectorAll("[data-with]")) choice.hidden = !possible.includes(choice.dataset.with);
  find("#counter-publish").disabled = busy || !link.connected;
}

function complain(sentence) {
  const error = dialog.querySelector(".error");
  error.hidden = sentence === "";
  setText(error, sentence);
}

const refusal = ({ code: why, message }) => (hasWord(`error_${why}`) ? say(`error_${why}`) : say("refused", { message }));

async function act(what) {
  const body = { counter: code };
  if (what === "pause") body.reason = find("#counter-pause").value;
  if (what === "open") body.agent = find("#counter-agent").value;
  busy = true;
  drawState();
  try {
    await link.ask(what, body, { patience: 8_000 });
    toast(say(`done_${what}`, { counter: code }), "good");
    dialog.close();
  } catch (error) {
    complain(error instanceof Refused ? refusal(error) : say("away"));
  } finally {
    busy = false;
    drawState();
  }
}

/* -------------------------------------------------------------- which queues it calls */

async function send(path, fields) {
  const headers = { Accept: "application/json", "X-CSRF-Token": find("meta[name=csrf]").content };
  const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams(fields) }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (!answer?.ok) throw new Error(typeof said?.error === "string" ? said.error : say("away"), { cause: answer?.status });
  return said;
}

/** What the ticked queues would do; nothing where they are as they stand. The last question asked is the one shown. */
async function showEffect() {
  const mine = ++asking;
  const ticked = boxes().filter((box) => box.checked).map((box) => box.value);
  const stands = tileNow().services;
  shown = null;
  complain("");
  const same = areSame(ticked, stands);
  find("#counter-why").hidden = find("#counter-publish").hidden = true;
  find("#counter-effect").replaceChildren(...(same ? [] : [make("p", "second", say("reading"))]));
  if (same) return;
  const services = [...stands.filter((one) => ticked.includes(one)), ...ticked.filter((one) => !stands.includes(one))];
  try {
    const found = await send("/routing/effect", [["counter", code], ...services.map((one) => ["services", one])]);
    if (mine !== asking) return;
    shown = found;
    find("#counter-effect").replaceChildren(...found.said.map((sentence) => make("p", "", sentence)));
    find("#counter-why").hidden = find("#counter-publish").hidden = false;
  } catch (error) {
    if (mine !== asking) return;
    find("#counter-effect").replaceChildren();
    complain(error.message);
  }
}

/** Somebody else has given the counter other queues: boxes that nobody touched here follow, and the effect is another. */
async function follow() {
  const { services } = tileNow();
  if (busy || areSame(services, stood)) return;
  for (const box of boxes()) {
    if (box.checked === stood.includes(box.value)) box.checked = services.includes(box.value);
  }
  stood = services;
  await showEffect();
  complain(say("changed_meanwhile"));
}

async function publish(event) {
  event.preventDefault();
  if (!shown || busy) return;
  busy = true;
  drawState();
  try {
    const reason = find("#counter-reason").value;
    const { version } = await send("/routing/assign", { key: newKey(), changes: shown.changes, seen: shown.seen, reason });
    toast(say("published", { number: version }), "good");
    dialog.close();
  } catch (error) {
    if (error.cause === OTHERWISE) await showEffect(); // it is another by now
    complain(error.message);
    find("#counter-reason").focus();
  } finally {
    busy = false;
    drawState();
  }
}
