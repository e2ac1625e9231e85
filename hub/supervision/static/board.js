/**
 * The supervisor's board: pictures in, two questions out (the day, the mode). What it shows is the last
 * picture; ages go on counting in between, and without the hub it says since when nothing is true.
 */

import { askAgain } from "/desk/static/notices.js";
import { Link } from "/look/live.js";
import { clockwork, icon, make, say, setIcon, setText } from "/look/page.js";
import { drawHours } from "./chart.js";
import { drawCounter, openCounter, stateOf } from "./counter.js";
import { drawDay } from "./day.js";
import { hearAlerts } from "./sound.js";

const find = (selector) => document.querySelector(selector);
const COUNTER_ICONS = { closed: "lock", free: "check", calling: "bell-ringing", serving: "user", paused: "coffee" };
const WORK_ICONS = { false: "briefcase", true: "bell-ringing" };
const FLAG_ICONS = { alarm: "alert-triangle", idle: "clock-pause", long: "clock", break: "coffee" };
const mayChange = document.body.hasAttribute("data-may-change");
const LEVEL_ICONS = { good: "check", warn: "clock", bad: "alert-triangle", none: "info-circle" };
const TOTALS = ["issued", "waiting", "at_counters", "served", "absent", "cancelled", "unserved"];

/** Each tile with the back-office work that its agent does, if any. */
const withWork = (picture) => {
  for (const { counter, work, recalled } of picture.at_work) {
    Object.assign(picture.tiles.find((tile) => tile.counter === counter) ?? {}, { work, recalled });
  }
  return picture;
};

let board = withWork(JSON.parse(document.body.dataset.picture));
let cameAt = performance.now();

const passed = () => (performance.now() - cameAt) / 1000;
const minutes = (seconds) => Math.floor(seconds / 60);
const counted = (name, count, values = {}) => say(`${name}_${count > 1 ? "many" : "one"}`, { count, ...values });

const link = new Link({ picture: "supervision", onPicture: take, onState: drawLink, token: find("meta[name=socket]").content });
document.body.classList.add("scripted");
draw();
setInterval(tick, 1_000);

function take(picture) {
  if (picture.notice !== board.notice) askAgain();
  board = withWork(picture);
  cameAt = performance.now();
  draw();
}

function draw() {
  drawWhere();
  drawTotals();
  drawPresence();
  drawList(find("#tiles"), board.tiles, (tile) => tile.counter, newTile, fillTile);
  drawList(find("#queues tbody"), board.queues, (queue) => queue.service, newQueue, fillQueue);
  drawAlerts();
  drawHours(board.hours);
  drawLink();
}

/** Changes a list in place: what stays keeps its element, so that nothing jumps and no focus is lost. */
function drawList(list, items, name, fresh, fill) {
  const old = new Map([...list.children].map((element) => [element.dataset.name, element]));
  items.forEach((item, index) => {
    const element = old.get(name(item)) ?? fresh(item);
    element.dataset.name = name(item);
    old.delete(name(item));
    fill(element, item);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  for (const gone of old.values()) gone.remove();
}

/* -------------------------------------------------------------- where we are */

function drawWhere() {
  const lang = document.documentElement.lang;
  const day = board.date ? new Date(`${board.date}T12:00:00Z`) : null;
  const words = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  const parts = day ? new Intl.DateTimeFormat(lang, words).formatToParts(day) : [];
  const first = (part) => lang === "fr" && part.type === "day" && part.value === "1";
  setText(find("#date"), parts.map((part) => (first(part) ? "1er" : part.value)).join(""));
  setText(find("#day"), say(!board.date ? "day_none" : board.day ? "day_open" : "day_closed"));
  setText(find("#mode"), board.day ? say(`mode_short_${board.mode}`) : "");
}

function drawLink() {
  const lost = link.state === "lost" || (link.state === "live" && !link.connected);
  document.body.classList.toggle("lost", lost);
  find("#lost").hidden = !lost;
  setText(find("#lost span"), lost ? say("lost", { time: board.at.slice(11, 16) }) : "");
  drawDay(link, board);
  drawCounter(link, board);
}

/* ---------------------------------------------------------------- the figures */

function drawTotals() {
  drawList(find("#totals"), TOTALS, (name) => name, newTotal, (element, name) => {
    setText(element.querySelector("b"), String(board.totals[name]));
    const extra = name === "waiting" && board.totals.unprinted ? `+${board.totals.unprinted} ${say("total_unprinted")}` : "";
    setText(element.querySelector("small"), extra);
  });
}

function newTotal(name) {
  return make("p", "total", "", make("b"), " ", make("span", "", say(`total_${name}`)), " ", make("small"));
}

function newTile() {
  const top = make("p", "top", "", make(mayChange ? "button" : "b", "code"), make("span", "second label"), make("b", "ticket"));
  const state = make("p", "state", "", icon("lock"), make("strong"), " ", make("span", "elapsed"));
  const foot = make("p", "second foot", "", make("span", "agent"), make("span", "waiting", "", icon("users"), make("b"), " ", make("span", "hidden-text")));
  const tile = make("li", "tile", "", top, state, foot);
  if (mayChange) handle(tile);
  return tile;
}

/** A tile is opened by a click on it, or by its number's key; arrows go from tile to tile; a queue is dropped on it. */
function handle(tile) {
  const button = tile.querySelector("button");
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  tile.title = say("drop_hint");
  tile.addEventListener("click", () => openCounter(tile.dataset.name));
  button.addEventListener("keydown", (event) => walk(tile, event));
  for (const kind of ["dragenter", "dragover"]) {
    tile.addEventListener(kind, (event) => {
      event.preventDefault();
      tile.classList.add("over-it");
    });
  }
  tile.addEventListener("dragleave", () => tile.classList.remove("over-it"));
  tile.addEventListener("drop", (event) => {
    event.preventDefault();
    tile.classList.remove("over-it");
    openCounter(tile.dataset.name, event.dataTransfer.getData("text/plain"));
  });
}

function walk(tile, event) {
  const tiles = [...find("#tiles").children];
  const columns = getComputedStyle(find("#tiles")).gridTemplateColumns.split(" ").length;
  const backwards = document.documentElement.dir === "rtl" ? -1 : 1;
  const steps = { ArrowRight: backwards, ArrowLeft: -backwards, ArrowDown: columns, ArrowUp: -columns };
  const next = event.key in steps && tiles[tiles.indexOf(tile) + steps[event.key]];
  if (!next) return;
  event.preventDefault();
  next.querySelector("button").focus();
}

/** Who is there: open counters and breaks, in words. */
function drawPresence() {
  const there = board.tiles.filter((tile) => tile.state !== "closed");
  const breaks = there.filter((tile) => tile.state === "paused");
  const open = counted("present", there.length - breaks.length);
  const paused = breaks.map((tile) => `${tile.counter} ${tile.agent_name ?? ""}`.trim()).join(", ");
  setText(find("#presence"), board.day ? [open, breaks.length ? `${counted("breaks", breaks.length)} : ${paused}` : ""].filter(Boolean).join(" · ") : "");
}

function fillTile(element, tile) {
  element.dataset.state = tile.state;
  element.dataset.level = tile.level;
  element.dataset.flag = tile.flag;
  const part = (selector) => element.querySelector(selector);
  setText(part(".code"), tile.counter);
  setText(part(".label"), tile.label);
  setText(part(".ticket"), tile.ticket ?? "");
  setIcon(part(".state .icon"), FLAG_ICONS[tile.flag] ?? (tile.work ? WORK_ICONS[tile.recalled] : COUNTER_ICONS[tile.state]));
  setText(part(".state strong"), stateOf(tile));
  setText(part(".elapsed"), elapsedOf(tile));
  setText(part(".agent"), [tile.agent_name, tile.reason || tile.work].filter(Boolean).join(" · "));
  part(".waiting").hidden = tile.waiting === 0;
  setText(part(".waiting b"), String(tile.waiting));
  setText(part(".waiting .hidden-text"), say("waiting_here"));
}

function elapsedOf(tile) {
  return tile.state === "closed" ? "" : clockwork(tile.elapsed_s + passed());
}

function newQueue() {
  const cells = ["waiting number", "oldest number", "announced", "served number"].map((name) => make("td", name));
  const level = make("td", "level", "", make("p", "measure", "", icon("check"), make("span"), make("small")), meter());
  const row = make("tr", "", "", make("th"), ...cells, level);
  row.draggable = mayChange;
  row.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", row.dataset.name);
    event.dataTransfer.effectAllowed = "link";
  });
  return row;
}

function meter() {
  const bar = make("div", "meter", "", make("div"));
  bar.setAttribute("aria-hidden", "true");
  return bar;
}

function fillQueue(row, queue) {
  const part = (selector) => row.querySelector(selector);
  part("th").scope = "row";
  row.dataset.level = queue.level;
  row.dataset.left = queue.waiting > 0 && queue.open_counters === 0;
  setText(part("th"), queue.label);
  setText(part(".waiting"), String(queue.waiting));
  setText(part(".oldest"), oldestOf(queue));
  setText(part(".announced"), announcedOf(queue));
  setText(part(".served"), String(queue.served));
  fillLevel(part, queue);
}

function fillLevel(part, queue) {
  const target = minutes(queue.target_s);
  const known = queue.p80_s !== null;
  setIcon(part(".measure .icon"), LEVEL_ICONS[queue.level]);
  setText(part(".measure span"), known ? say("against_target", { minutes: minutes(queue.p80_s), target }) : say("no_measure", { target }));
  setText(part(".measure small"), say(`level_${queue.level}`));
  part(".meter").className = `meter ${queue.level}`;
  part(".meter > div").style.inlineSize = `${Math.min(100, (100 * Math.max(queue.p80_s, queue.oldest_s)) / queue.target_s)}%`;
}

function oldestOf(queue) {
  return queue.oldest_s === null ? "–" : say("minutes", { count: minutes(queue.oldest_s + passed()) });
}

function announcedOf(queue) {
  if (!queue.open_counters && board.day) return say("not_served");
  return queue.low_s === null ? "–" : say("range", { low: minutes(queue.low_s), high: minutes(queue.high_s) });
}

/* ----------------------------------------------------------------- the alerts */

function drawAlerts() {
  const count = board.alerts.length + board.more_alerts;
  find("#alerts-none").hidden = count > 0 || !board.day;
  drawNoDay();
  find("#alerts-count").hidden = count === 0;
  setText(find("#alerts-count"), String(count));
  const more = board.more_alerts ? [{ code: "more", level: "none", text: counted("alerts_more", board.more_alerts) }] : [];
  const named = [...board.alerts, ...more].map((alert) => ({ ...alert, name: `${alert.code} ${alert.text.replace(/\d+/g, "#")}` }));
  sayNew(unique(named));
  hearAlerts(board.alerts, count);
  drawList(find("#alert-list"), unique(named), (alert) => alert.name, newAlert, (element, alert) => {
    element.dataset.level = alert.level;
    setIcon(element.querySelector(".icon"), LEVEL_ICONS[alert.level]);
    setText(element.querySelector("span"), alert.text);
  });
}

/** A day that is over has its report; one that never was, nothing yet. */
function drawNoDay() {
  const report = find("#no-day a");
  find("#no-day").hidden = board.day;
  setText(find("#no-day span"), say(board.date ? "day_over" : "day_first"));
  report.hidden = !board.date;
  report.href = `/supervision/statistics?from=${board.date}&to=${board.date}`;
}

function newAlert() {
  return make("li", "", "", icon("alert-triangle"), make("span"));
}

/** Read aloud is what was not there before: not each minute that an alert grows older. */
function sayNew(alerts) {
  const fresh = alerts.filter((alert) => !document.querySelector(`#alert-list [data-name="${CSS.escape(alert.name)}"]`));
  if (fresh.length) setText(find("#aloud"), fresh.map((alert) => alert.text).join(" "));
}

/** Alerts that differ in a number alone (two idle counters) keep apart by their place. */
function unique(alerts) {
  const seen = new Map();
  return alerts.map((alert) => {
    const times = seen.get(alert.name) ?? 0;
    seen.set(alert.name, times + 1);
    return { ...alert, name: `${alert.name} ${times}` };
  });
}

/* ---------------------------------------------------------------- time passes */

/** Ages go on between two pictures; not while the link is lost: then they would look true. */
function tick() {
  if (document.hidden || document.body.classList.contains("lost")) return;
  for (const tile of board.tiles) {
    const element = find(`#tiles [data-name="${tile.counter}"] .elapsed`);
    if (element) setText(element, elapsedOf(tile));
  }
  for (const queue of board.queues) {
    const element = find(`#queues [data-name="${queue.service}"] .oldest`);
    if (element) setText(element, oldestOf(queue));
  }
}
