/** What some steps ask first. A dialog stays open, with what was typed, until the hub has said yes. */

import { icon, make, say, setText } from "/look/page.js";

const find = (selector) => document.querySelector(selector);
/** What each form sends, and what is missing in it. */
const FORMS = {
  hold: (_form, pressed) => [{ reason: pressed.value }, ""],
  pause: (_form, pressed) => [{ reason: pressed.value }, ""],
  transfer: transferTo,
  pick: (form) => [
    { ticket: form.get("ticket"), reason: form.get("reason") },
    form.get("ticket") ? "" : say("pick_missing"),
  ],
};
const READY = { transfer: readyTransfer, pick: readyPick };

let ask = async () => "";
let line = [];
let loading = Promise.resolve();

/** Opens the dialog of a step; `send(step, body)` gives "" when it was done. */
export function openDialog(step, desk, send) {
  const dialog = find(`#${step}-dialog`);
  ask = send;
  complain(dialog, "");
  dialog.querySelector("form").reset();
  READY[step]?.(dialog, desk);
  dialog.showModal();
}

for (const step of Object.keys(FORMS)) {
  const dialog = find(`#${step}-dialog`);
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", byNumber);
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    await loading; // who types fast has pressed Enter before the list is there
    const [body, missing] = FORMS[step](new FormData(event.target), event.submitter);
    const complaint = missing || (await ask(step, body));
    complain(dialog, complaint);
    if (!complaint) dialog.close();
  });
}

function complain(dialog, sentence) {
  const error = dialog.querySelector(".error");
  error.hidden = sentence === "";
  setText(error, sentence);
}

/** 1, 2, 3: the motives, as their keys are printed. */
function byNumber(event) {
  if (event.target.matches("input:not([type=radio]), select")) return;
  const motives = event.currentTarget.querySelectorAll("button[name=reason]");
  motives[Number(event.key) - 1]?.click();
}

/* ----------------------------------------------------------------- transfer */

function readyTransfer(dialog, desk) {
  setText(dialog.querySelector("[data-ticket]"), desk.visit?.ticket ?? "");
  const to = dialog.querySelector("[name=to]");
  for (const option of to.options) option.dataset.here = String(option.value === desk.counter.counter);
  for (const choice of dialog.querySelectorAll("[name=service]")) choice.addEventListener("change", () => narrow(dialog));
  narrow(dialog);
}

/** Only counters that serve the chosen service, and never the one where the visitor is. */
function narrow(dialog) {
  const service = dialog.querySelector("[name=service]:checked")?.value;
  const to = dialog.querySelector("[name=to]");
  for (const option of to.options) {
    const serves = !option.value || !service || option.dataset.services.split(" ").includes(service);
    option.hidden = option.disabled = option.dataset.here === "true" || !serves;
  }
  if (to.selectedOptions[0]?.disabled) to.value = "";
}

function transferTo(form) {
  const [service, to, reason] = ["service", "to", "reason"].map((name) => form.get(name));
  return [{ reason, ...(service && { service }), ...(to && { to }) }, service || to ? "" : say("transfer_missing")];
}

/* --------------------------------------------------------------------- pick */

function readyPick() {
  line = [];
  drawPick();
  loading = loadLine();
}

/** Without it the dialog says that no ticket begins like this, and the agent tries again. */
async function loadLine() {
  const answer = await fetch("/desk/line").catch(() => null);
  if (answer?.ok) line = (await answer.json()).line;
  drawPick();
}

find("#pick-label").addEventListener("input", drawPick);

function drawPick() {
  const typed = find("#pick-label").value.trim().toUpperCase();
  const found = line.filter(({ ticket }) => ticket.includes(typed));
  find("#pick-line").replaceChildren(...found.map((one, i) => choice(one, typed !== "" && i === 0)));
  find("#pick-none").hidden = found.length > 0;
}

function choice({ ticket, id, waited_s: waited }, checked) {
  const radio = make("input");
  Object.assign(radio, { type: "radio", name: "ticket", value: id, checked });
  const minutes = Math.floor(waited / 60);
  const age = make("span", "second push", minutes ? say("span", { minutes }) : say("span_least"));
  return make("label", "", "", radio, icon("ticket"), make("b", "", ticket), age);
}
