/**
 * Unsaved work: what is typed into `<form data-keep id="…">` outlives a reload, a crash and a hub that is away.
 *
 * It belongs to the visit during which it was begun and never slips into another one: for the same visit it
 * is filled in again; when the page is built for another visit it is offered, by name. What was begun while
 * nobody was at the counter goes to the visit that is called meanwhile. `data-keep="page"` for a form that
 * has nothing to do with the visit. It stays in this tab (sessionStorage) and belongs to one agent.
 *
 * It is forgotten when the hub has it: the page that says so holds `data-keep-done="KEY"`, the value of the
 * form's hidden field `key`; a script that sends a form itself calls forget(form). The key is kept with the
 * rest, so that what was sent and never answered is sent again as the same request.
 */

import { icon, make, say } from "./page.js";

const FORMS = "form[data-keep]";
const PREFIX = "mbote.keep";
const NEVER = "[type=password], [type=file], [data-keep-not], [type=hidden]:not([name=key])";
const { agent, visit: visitAtLoad } = document.body.dataset;

/** Forgets what was typed into a form: the hub has it. */
export function forget(form) {
  sessionStorage.removeItem(place(form, form.dataset.keptFor ?? visitOf(form)));
  delete form.dataset.keptFor;
}

/** Fills in what was typed before, or offers it; for a form that came later than the page. */
export function restore(form) {
  const mine = read(place(form, visitOf(form)));
  if (mine) fill(form, mine);
  else offer(form);
}

forgetOthers();
for (const done of document.querySelectorAll("[data-keep-done]")) forgetKey(done.dataset.keepDone);
for (const form of document.querySelectorAll(FORMS)) restore(form);
for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => save(event.target.form));
document.addEventListener("visit", ({ detail }) => detail.visit && document.querySelectorAll(FORMS).forEach(adopt));

function visitOf(form) {
  return form.dataset.keep === "page" ? "" : (document.body.dataset.visit ?? visitAtLoad ?? "");
}

function place(form, visit) {
  return [PREFIX, agent, form.id, visit].join(" ");
}

function read(key) {
  return JSON.parse(sessionStorage.getItem(key));
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && !field.matches(NEVER));
}

function save(form) {
  if (!form?.matches(FORMS)) return;
  form.dataset.keptFor ??= visitOf(form);
  const values = fields(form).map((field) => [field.name, field.value, Boolean(field.checked)]);
  const label = document.body.dataset.visitLabel ?? "";
  const before = read(place(form, form.dataset.keptFor));
  const kept = { label: before?.label ?? label, at: Date.now(), values };
  sessionStorage.setItem(place(form, form.dataset.keptFor), JSON.stringify(kept));
}

function fill(form, { values }) {
  form.dataset.keptFor = visitOf(form);
  const left = [...values];
  for (const field of fields(form)) {
    const ticked = field.matches("[type=checkbox], [type=radio]");
    const at = left.findIndex(([name, value]) => name === field.name && (!ticked || value === field.value));
    if (at < 0) continue;
    const [[, value, checked]] = left.splice(at, 1);
    if (ticked) field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** The newest that was typed into this form for another visit, to be taken up or thrown away. */
function offer(form) {
  const others = Object.keys(sessionStorage).filter((key) => key.startsWith(`${place(form, "").trimEnd()} `));
  const [newest] = others.map((key) => ({ key, ...read(key) })).sort((a, b) => b.at - a.at);
  if (!newest) return;
  const words = newest.label ? say("kept", { visit: newest.label }) : say("kept_none");
  const note = make("p", "notice warn kept", "", icon("file-text"), make("span", "", words));
  note.append(choice("kept_take", "", () => fill(form, newest)), choice("kept_drop", "quiet", () => {}));
  note.addEventListener("click", ({ target }) => {
    if (!target.closest("button")) return;
    sessionStorage.removeItem(newest.key);
    note.remove();
  });
  form.before(note);
}

function choice(words, style, act) {
  const button = make("button", style, say(words));
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

/** Begun while nobody was at the counter: it is for whoever has been called now. */
function adopt(form) {
  if (form.dataset.keptFor !== "" || form.dataset.keep === "page") return;
  const begun = read(place(form, ""));
  sessionStorage.removeItem(place(form, ""));
  form.dataset.keptFor = visitOf(form);
  if (begun) sessionStorage.setItem(place(form, form.dataset.keptFor), JSON.stringify({ ...begun, label: document.body.dataset.visitLabel }));
}

/** Forgets what was typed into the form of that key: the hub has it. */
export function forgetKey(key) {
  for (const place of Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX))) {
    if (read(place).values.some(([name, value]) => name === "key" && value === key)) sessionStorage.removeItem(place);
  }
}

/** Another agent's work is not this one's to see. */
function forgetOthers() {
  for (const place of Object.keys(sessionStorage)) {
    if (place.startsWith(PREFIX) && !place.startsWith(`${PREFIX} ${agent} `)) sessionStorage.removeItem(place);
  }
}
