/** Inquiry: the box that finds, the keyboard through its answers and the sheet's tabs, and what belongs to which visit. */

import "/look/parts.js";

const box = document.getElementById("q");
const found = document.getElementById("found");
const view = document.getElementById("view");
const TYPING = "input:not([type=radio], [type=checkbox]), select, textarea";

/* ------------------------------------------------------------------ the box */

/** The answer that Enter opens; none until there are answers. */
let chosen = 0;

const options = () => [...found.querySelectorAll("[role=option]")];

function choose(place) {
  const all = options();
  chosen = Math.max(0, Math.min(place, all.length - 1));
  for (const [i, option] of all.entries()) option.setAttribute("aria-selected", String(i === chosen));
  const now = all[chosen];
  box.setAttribute("aria-expanded", String(all.length > 0));
  if (now) box.setAttribute("aria-activedescendant", now.id);
  else box.removeAttribute("aria-activedescendant");
}

/** Only now may the list stand elsewhere than at its top: to look makes the browser lay the page out, in this turn. */
function step(move) {
  choose(chosen + move);
  options()[chosen]?.scrollIntoView({ block: "nearest" });
}

function leave() {
  box.value = "";
  box.dispatchEvent(new Event("change", { bubbles: true }));
  found.replaceChildren();
  choose(0);
}

/** Opens what is chosen; who types faster than the hub answers has it opened as soon as the answer is there. */
let opening = false;

function open() {
  const option = options()[chosen];
  opening = !option && box.value.trim().length > 1;
  option?.click();
}

box.addEventListener("keydown", (event) => {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move) step(move);
  else if (event.key === "Escape") leave();
  else if (event.key === "Enter") open();
  else return;
  event.preventDefault();
});
box.addEventListener("input", () => {
  opening = false;
  found.classList.add("old"); // answers to what was typed before: Enter waits for the new ones
});
found.addEventListener("htmx:afterSwap", () => {
  found.classList.remove("old");
  choose(0);
});
found.addEventListener("htmx:afterSettle", () => opening && open()); // only now is an answer more than a plain link
document.addEventListener("focusin", ({ target }) => found.classList.toggle("away", !target.closest(".finder")));

/* ----------------------------------------------------------------- the keys */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  const typing = event.target.matches(TYPING);
  if (event.key === "F9" || (event.key === "/" && !typing)) {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (!typing && /^[1-9]$/.test(event.key)) {
    view.querySelectorAll(".tabs a")[Number(event.key) - 1]?.click();
  } else if (event.key === "Escape") {
    event.target.closest("details[data-popover]")?.removeAttribute("open");
  }
});
document.addEventListener("click", ({ target }) => {
  for (const popover of document.querySelectorAll("details[data-popover][open]")) {
    if (!popover.contains(target)) popover.open = false;
  }
});

/* ---------------------------------------------------------------- the sheet */

document.addEventListener("htmx:beforeRequest", ({ detail }) => detail.target === view && view.setAttribute("aria-busy", "true"));
// The next key is the sheet's. Before the swap: afterwards the browser would lay the new page out for it, and only to blur.
document.addEventListener("htmx:beforeSwap", ({ detail: { target, shouldSwap } }) => {
  if (target !== view || !shouldSwap) return;
  if (!document.activeElement?.closest("#note, #hand")) document.activeElement?.blur();
});
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target !== view) return;
  view.removeAttribute("aria-busy");
  leave();
  tellStale();
  setTimeout(lookAtIt); // it makes the browser lay the page out: on an old PC that is long enough for a turn of its own
});

/** From its top; what is read first is its name, unless somebody writes or has gone on already. */
function lookAtIt() {
  scrollTo(0, 0);
  if (document.activeElement !== document.body) return;
  view.querySelector("h2")?.focus({ preventScroll: true });
  if (view.querySelector("[data-asked]")) document.getElementById("contact-channel")?.focus();
}
// Back to a page that can no longer be shown (the visit is over): the whole page says so.
document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
document.addEventListener("htmx:historyRestore", tellStale);

/* ---------------------------------------------------------------- the visit */

document.addEventListener("visit", ({ detail: { before } }) => {
  tellStale();
  const [form, whose] = [document.getElementById("note-form"), document.getElementById("note-for")];
  const { keptFor } = form?.dataset ?? {};
  if (!keptFor || (keptFor !== before?.id && keptFor !== document.body.dataset.visit)) return;
  whose.hidden = keptFor === document.body.dataset.visit;
  if (!whose.hidden) whose.textContent = whose.dataset.words.replace("{label}", before.ticket);
});

/** A sheet that was opened for somebody who is gone says so; it stays, for whoever is still writing about it. */
function tellStale() {
  const sheet = view.querySelector("[data-opened-for]");
  if (!sheet) return;
  const { visit } = document.body.dataset;
  const gone = Boolean(sheet.dataset.openedFor) && sheet.dataset.openedFor !== visit;
  sheet.classList.toggle("stale", gone);
  sheet.querySelector(".stale-note").hidden = !gone;
}

// What was typed for one visit is sent for that visit, whoever is at the counter when it is sent.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "note-form") return;
  detail.parameters.visit = detail.elt.dataset.keptFor ?? document.body.dataset.visit ?? "";
  const party = view.querySelector("[data-ref]")?.dataset.ref;
  if (party) detail.parameters.party = party;
});

// Who was added, and who was taken out: the sheet's own button follows.
document.addEventListener("purpose", () => {
  const shown = view.querySelector("[data-ref]");
  const named = [...document.querySelectorAll("#hand .names a")].some((link) => link.pathname === `/desk/inquiry/file/${shown?.dataset.ref}`);
  const add = shown?.querySelector(".add");
  if (add) add.hidden = named;
});
