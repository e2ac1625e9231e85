/** Opening and closing the day, and what the kiosk gives. Nothing is done that was not asked twice or read first. */

import { Refused } from "/look/live.js";
import { hasWord, icon, make, say, setText, toast } from "/look/page.js";

const find = (selector) => document.querySelector(selector);
const mayChange = document.body.hasAttribute("data-may-change");
const ICONS = { called: "bell-ringing", serving: "alert-triangle", on_hold: "player-pause", waiting: "users", unprinted: "printer", counters: "building-bank" };

/** Visitors at a counter are said loudest; that counters close is no loss. */
const LOUD = { called: "bad", serving: "bad", counters: "" };

let link = null;
let board = null;
let busy = false;

/** The buttons that fit the day; none works without the hub. */
export function drawDay(newLink, newBoard) {
  link = newLink;
  board = newBoard;
  if (!mayChange) return;
  find("#open-button").hidden = board.day;
  find("#close-button").hidden = !board.day;
  find("#mode-button").hidden = !board.day;
  for (const button of document.querySelectorAll("#open-button, #close-button, #mode-button, .day-dialog [type=submit]")) {
    button.disabled = busy || !link.connected;
  }
}

if (mayChange) {
  find("#open-button").addEventListener("click", () => ask("day_open", {}, say("opened")).then((wrong) => wrong && toast(wrong, "bad")));
  find("#close-button").addEventListener("click", openClosing);
  find("#mode-button").addEventListener("click", openMode);
  for (const dialog of document.querySelectorAll(".day-dialog")) {
    dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  }
  find("#close-dialog form").addEventListener("submit", close);
  find("#mode-dialog form").addEventListener("submit", setMode);
}

/** Asks, and says what was done; gives the complaint when it was not. */
async function ask(what, body, done) {
  if (busy) return "";
  busy = true;
  drawDay(link, board);
  try {
    await link.ask(what, body, { patience: 8_000 });
    toast(done, "good");
    return "";
  } catch (error) {
    return error instanceof Refused ? refusal(error) : say("away");
  } finally {
    busy = false;
    drawDay(link, board);
  }
}

const refusal = ({ code, message }) => (hasWord(`error_${code}`) ? say(`error_${code}`) : say("refused", { message }));

function complain(dialog, sentence) {
  const error = dialog.querySelector(".error");
  error.hidden = sentence === "";
  setText(error, sentence);
}

/* ---------------------------------------------------------------- closing */

async function openClosing() {
  const dialog = find("#close-dialog");
  complain(dialog, "");
  find("#close-word").value = "";
  dialog.showModal();
  await listOpen();
}

/** What is still open, read from the hub now. False when it could not be read. */
async function listOpen() {
  find("#close-loading").hidden = false;
  find("#close-list").replaceChildren();
  const answer = await fetch("/supervision/open", { headers: { Accept: "application/json" } }).catch(() => null);
  const open = answer?.ok ? await answer.json() : null;
  find("#close-loading").hidden = true;
  if (open) showOpen(open);
  else complain(find("#close-dialog"), say("away"));
}

function showOpen({ busy: force, lines }) {
  const nothing = lines.length ? [] : [make("li", "notice", "", icon("check"), make("span", "", say("close_nothing")))];
  find("#close-list").replaceChildren(...nothing, ...lines.map(openLine));
  find("#close-force").hidden = !force;
  const button = find("#close-now");
  setText(button, say(force ? "close_anyway" : "close_now"));
  button.className = force ? "danger" : "main";
}

function openLine({ kind, text, tickets, more }) {
  const named = [...tickets, ...(more ? [`+${more}`] : [])].join(" · ");
  const words = make("div", "", "", make("strong", "", text), make("p", "second", named));
  return make("li", `notice ${LOUD[kind] ?? "warn"}`.trim(), "", icon(ICONS[kind]), words);
}

async function close(event) {
  event.preventDefault();
  const dialog = find("#close-dialog");
  const force = !find("#close-force").hidden;
  const word = say("close_word");
  if (force && find("#close-word").value.trim().toUpperCase() !== word) return complain(dialog, say("close_force", { word }));
  const complaint = await ask("day_close", force ? { force: true } : {}, say("closed"));
  if (!complaint) return dialog.close();
  if (complaint === say("error_counters_busy")) await listOpen();
  complain(dialog, complaint === say("error_counters_busy") ? say("refused_busy") : complaint);
}

/* ------------------------------------------------------------------- mode */

function openMode() {
  const dialog = find("#mode-dialog");
  complain(dialog, "");
  dialog.querySelector("form").reset();
  const present = dialog.querySelector(`[value="${board.mode}"]`);
  if (present) present.checked = true;
  dialog.showModal();
  present?.focus();
}

async function setMode(event) {
  event.preventDefault();
  const mode = new FormData(event.target).get("mode");
  const complaint = mode ? await ask("mode", { mode }, say("mode_changed", { mode: say(`mode_${mode}`) })) : say("mode");
  complain(find("#mode-dialog"), complaint);
  if (!complaint) find("#mode-dialog").close();
}
