/** The waiting-room screen: pictures in, the stage asked, the page changed in place. */

import { tell } from "/look/history.js";
import { Link, takeToken } from "/look/live.js";
import { icon, make, say, setIcon, setText } from "/look/page.js";
import { join } from "/look/pair.js";
import { Bell } from "./bell.js";
import * as stages from "./stage.js";

const PLACE = "mbote.announced";
/** How the hub turns away who has no token that it knows. */
const STRANGER = "not_authenticated";
const ARROWS = {
  left: "arrow-left",
  right: "arrow-right",
  ahead: "arrow-up",
  up: "arrow-up-right",
  down: "arrow-down",
};
/** Words of each scene without a call: icon, sentence, second sentence. */
const RESTS = {
  waiting: ["plug-connected-x", "waiting", ""],
  lost: ["plug-connected-x", "lost", "lost_more"],
  closed: ["door-exit", "closed", "closed_more"],
  quiet: ["ticket", "quiet", "quiet_more"],
  refused: ["lock", "refused", "refused_more"],
};

const find = (selector) => document.querySelector(selector);
const large = find("#call");
const slots = [...document.querySelectorAll("#previous li")];

let stage = stages.opening(JSON.parse(sessionStorage.getItem(PLACE) ?? "[]"));
let timer = 0;
/** Which of the messages, and which of the pictures, is in turn; it moves every `turn_s` of the board. */
let turn = 0;
let turning = 0;
/** The code that this screen shows to be paired; null while it needs none. */
let code = null;
/** The hub's time of day, as of a moment of our monotonic clock: the screen's own clock may be wrong. */
let time = null;

/** How the sound of this screen was found, until the hub has heard it; and whether it is being told. */
let sound = "";
let telling = false;

const bell = new Bell({
  onBlocked: (blocked) => (find("#sound").hidden = !blocked),
  onMute: (mute) => {
    find("#mute").hidden = !mute;
    sound = mute ? "mute" : "ok";
    tellSound();
  },
});
const link = new Link({ picture: "board", token: takeToken(), onPicture: take, onState: changed });
draw();

function changed() {
  draw();
  tellSound();
}

/** The staff hear of a screen that cannot sound, and that it can again: said at each start, written where it changes. */
async function tellSound() {
  if (!sound || telling || !link?.connected) return;
  telling = true;
  try {
    await link.ask("trouble", { part: "sound", state: sound });
    sound = "";
  } catch {
    // said again at the next picture
  }
  telling = false;
}

function take(board) {
  if (speaksAnother(board.language)) return;
  setClock(board.at);
  stage = stages.take(stage, board, performance.now());
  sessionStorage.setItem(PLACE, JSON.stringify(stage.announced));
  bell.take(board);
  if (link.state === "live") draw();
  tellSound();
}

/** A screen's own language is said by the hub: the page begins anew in it, unless its address names one. */
function speaksAnother(language) {
  const asked = new URLSearchParams(location.search);
  if (!language || asked.has("lang") || language === document.documentElement.lang) return false;
  asked.set("own", language);
  location.replace(`${location.pathname}?${asked}`);
  return true;
}

function draw() {
  stage = stages.settle(stage, performance.now());
  const view = stages.view(stage, link?.state ?? "waiting");
  if (stage.board) witness(view);
  drawScene(view);
  drawPrevious(view.previous, view.scene === "lost");
  if (stage.board) drawBoard(stage.board, view.scene === "lost");
  clearTimeout(timer);
  const wait = stages.changesAt(stage) - performance.now();
  if (wait < Infinity) timer = setTimeout(draw, Math.max(0, wait) + 1);
}

function witness(view) {
  const { seq, epoch } = stage.board;
  tell("frame", { shown: [view.large, ...view.previous].filter(Boolean), fresh: link?.state === "live", seq, epoch });
}

function drawScene(view) {
  if (link?.refused === STRANGER && code === null) askForToken();
  const refused = link?.refused && view.scene !== "call";
  const scene = refused ? "refused" : view.scene;
  const sign = stage.board?.sign && ["call", "quiet"].includes(scene) ? stage.board.sign : null;
  document.body.dataset.scene = scene;
  find("#sign").hidden = !sign;
  large.hidden = scene !== "call" || sign !== null;
  find("#rest").hidden = scene === "call" || sign !== null;
  if (sign) drawSign(sign, stages.atSign(stage));
  else if (scene === "call") drawCall(view.large);
  else drawRest(...RESTS[scene]);
}

/** One counter's sign: whom it calls or serves, or whether anybody can be called there. */
function drawSign(sign, call) {
  const box = find("#sign");
  const state = call?.state ?? (["closed", "paused"].includes(sign.state) ? sign.state : "free");
  box.dataset.state = state;
  box.classList.toggle("long", isLong(call?.ticket ?? ""));
  setText(box.querySelector(".code"), sign.counter);
  setText(box.querySelector(".name bdi"), sign.label);
  setText(box.querySelector(".ticket h2"), say(`sign_${state}`));
  setText(box.querySelector(".label"), call?.ticket ?? "");
  const shown = call ? `${call.call}.${call.repeat}` : "";
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.classList.remove("announce");
  if (state !== "called") return;
  void box.offsetWidth; // the same animation starts again only after a layout without it
  box.classList.add("announce");
}

function drawCall(call) {
  const shown = `${call.call}.${call.repeat}.${call.since}`;
  large.classList.toggle("long", isLong(call.ticket) || call.counter.length > 2);
  setText(large.querySelector(".label"), call.ticket);
  setText(large.querySelector(".code"), call.counter);
  setText(large.querySelector(".note bdi"), [call.counter_label, call.note].filter(Boolean).join(" · "));
  drawArrow(large.querySelector(".arrow"), call.direction);
  if (large.dataset.shown === shown) return;
  large.dataset.shown = shown;
  large.classList.remove("announce");
  if (!call.loud) return;
  void large.offsetWidth; // the same animation starts again only after a layout without it
  large.classList.add("announce");
}

/** Whether a label needs the width of the whole card: K1-007, or two letters. */
function isLong(label) {
  return label.length > 4 || /^[A-Z]{2}/.test(label);
}

function drawArrow(arrow, direction) {
  arrow.classList.toggle("none", direction === "");
  setIcon(arrow, ARROWS[direction] ?? "arrow-right");
}

function drawRest(drawing, sentence, more) {
  setIcon(find("#rest .emblem"), drawing);
  setText(find("#rest h2"), say(sentence));
  setText(find("#rest p"), say(more));
  setText(find("#rest .pairing"), sentence === "refused" ? (code ?? "") : "");
}

/** Whoever is nobody to the hub shows a code until somebody has typed it, even where it was known before. */
function askForToken() {
  code = "";
  join("display", (given) => {
    code = given;
    draw();
  });
}

function drawPrevious(calls, lost) {
  slots.forEach((slot, index) => {
    const call = calls[index];
    slot.classList.toggle("none", !call);
    if (call) drawSlot(slot, call, lost);
  });
}

function drawSlot(slot, call, lost) {
  const awaited = call.state === "called" && !lost;
  slot.classList.toggle("awaited", awaited);
  slot.classList.toggle("long", isLong(call.ticket));
  setText(slot.querySelector(".label"), call.ticket);
  setText(slot.querySelector(".code"), call.counter);
  slot.querySelector(".arrow").toggleAttribute("hidden", !awaited);
  drawArrow(slot.querySelector(".arrow"), call.direction);
}

function drawBoard(board, lost) {
  setText(find("#agency"), board.agency);
  document.body.dataset.layout = board.layout;
  drawTurns(board);
  drawGroup(board, lost);
  setText(find("#queues-title"), lost ? say("queues_at", { time: board.at.slice(11, 16) }) : say("queues"));
  setText(find("#mode"), board.mode === "open" ? "" : say(`mode_${board.mode}`));
  find("#mode").hidden = find("#mode").textContent === "" || !board.day;
  drawQueues(board.day ? board.queues : []);
}

/** Messages and pictures take turns; one alone stays. */
function drawTurns(board) {
  const said = [board.message, ...board.messages].filter((line) => line !== "");
  setText(find("#message"), said[turn % said.length] ?? "");
  find("footer").classList.toggle("empty-line", said.length === 0);
  drawPicture(board.pictures);
  clearTimeout(turning);
  if (Math.max(said.length, board.pictures.length, (board.groups ?? []).length) < 2) return;
  turning = setTimeout(() => {
    turn += 1;
    drawTurns(stage.board);
    drawGroup(stage.board, link?.state === "lost");
  }, board.turn_s * 1000);
}

/** Who may enter the room on a pay-day; several groups take turns like messages. Without the hub nobody is told so. */
function drawGroup(board, lost) {
  const groups = board.groups ?? [];
  const box = find("#group");
  box.hidden = lost || !board.day || groups.length === 0;
  document.body.classList.toggle("entering", !box.hidden);
  if (box.hidden) return;
  const group = groups[turn % groups.length];
  setText(box.querySelector(".first"), group.first);
  setText(box.querySelector(".last"), group.last);
  box.querySelector(".to").hidden = box.querySelector(".last").hidden = group.first === group.last;
  setText(box.querySelector(".wave bdi"), [say("group_wave", group), say(`group_${group.by}`, group)].join(" · "));
  const shown = group.rings ? String(group.group) : "";
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.classList.toggle("announce", false);
  if (!shown) return;
  void box.offsetWidth; // the same animation starts again only after a layout without it
  box.classList.add("announce");
}

function drawPicture(pictures) {
  const box = find("#picture");
  box.hidden = pictures.length === 0;
  const address = pictures[turn % pictures.length];
  if (!address || box.getAttribute("src") === address) return;
  box.setAttribute("src", address);
  if (pictures.length > 1) new Image().src = pictures[(turn + 1) % pictures.length]; // fetched while this one stands
}

function drawQueues(queues) {
  const list = find("#queues");
  list.classList.toggle("dense", queues.length > 6);
  while (list.children.length > queues.length) list.lastElementChild.remove();
  while (list.children.length < queues.length) list.append(newRow());
  queues.forEach((queue, index) => drawRow(list.children[index], queue));
}

function newRow() {
  const words = make("div", "words", "", isolated("name"), isolated("range"));
  return make("li", "", "", icon("help-circle"), words, make("b", "count"));
}

/** A line whose text has a direction of its own: a French label on an Arabic screen is cut at its own end. */
function isolated(className) {
  const line = make("p", className);
  line.dir = "auto";
  return line;
}

function drawRow(row, queue) {
  row.classList.toggle("unserved", !queue.served);
  setIcon(row.querySelector(".icon"), queue.icon || "help-circle");
  setText(row.querySelector(".name"), queue.label);
  setText(row.querySelector(".range"), rangeOf(queue));
  setText(row.querySelector(".count"), String(queue.waiting));
}

function rangeOf(queue) {
  if (!queue.served) return say("unserved");
  const range = stages.minutes(queue);
  if (range === null) return queue.waiting === 0 ? say("nobody") : "";
  return say(range.low === range.high ? "range_short" : "range", range);
}

/** Takes the time of day from a picture: the agency's, whatever the screen's time zone is. */
function setClock(at) {
  const first = time === null;
  const [hours, minutes, seconds] = at.slice(11, 19).split(":").map(Number);
  time = { seconds: hours * 3600 + minutes * 60 + seconds, since: performance.now() };
  if (first) tick();
}

function tick() {
  const seconds = time.seconds + (performance.now() - time.since) / 1000;
  const pad = (number) => String(Math.floor(number)).padStart(2, "0");
  setText(find("#clock time"), `${pad((seconds / 3600) % 24)}:${pad((seconds / 60) % 60)}`);
  setTimeout(tick, (60 - (seconds % 60)) * 1000 + 20);
}
