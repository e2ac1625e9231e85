/**
 * Deposits by keyboard. In a list: Enter goes to the next row, Space says that a document is there, Ctrl+Enter deposits.
 * With the validators: Space ticks, Ctrl+A ticks all, Enter applies, the arrows change the row, V R C choose, a digit
 * says why.
 */

import { toast } from "/look/page.js";

// htmx hands the hub's own parts of this page to the browser's parser: the policy says that this is meant.
if (globalThis.trustedTypes && !trustedTypes.defaultPolicy) {
  trustedTypes.createPolicy("default", { createHTML: (html) => html });
}

const draft = document.querySelector(".deposits.draft");
const list = document.querySelector(".deposits.validation");
const plain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;
const typing = (event) => event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea");

// --- the first page -----------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (!document.querySelector("[data-first]") || !plain(event) || typing(event) || event.target.closest("dialog")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("q").select();
  }
  if (event.key.toLowerCase() === "n") document.getElementById("new")?.click();
  if (event.key.toLowerCase() === "v") document.querySelector("a[href$='/validation']")?.click();
});

// The paper opens beside; this page then says that it was printed, and its next print is a duplicate.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-print]")) setTimeout(() => location.replace(location.pathname), 1200);
});

// --- a draft ------------------------------------------------------------------------------------

if (draft) {
  const form = draft.querySelector("form[data-keep]");
  const press = (what) => form.querySelector(`button[name=do][value="${what}"]`)?.click();
  const tick = (row, there) => {
    const box = row.querySelector(".tick");
    if (box.checked === there) return;
    box.checked = there;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  form.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      press("deposit");
    } else if (key === "Enter" && plain(event) && target.matches("input")) {
      event.preventDefault();
      enter(target);
    } else if (key === " " && target.matches(".issued")) {
      event.preventDefault();
      const row = target.closest("tr");
      tick(row, !row.querySelector(".tick").checked);
    } else if (["ArrowDown", "ArrowUp"].includes(key) && target.matches(".when, .few, .about, .tick") && target.closest("tr")) {
      event.preventDefault();
      walk(target, key === "ArrowDown" ? 1 : -1);
    }
  });

  // Whatever is written about a document says that it is there.
  form.addEventListener("input", ({ target }) => {
    if (target.matches(".when, .motive") && target.value) tick(target.closest("tr"), true);
  });
  form.addEventListener("change", ({ target }) => {
    if (target.matches(".tick")) target.closest("tr").classList.toggle("there", target.checked);
    if (target.matches("[data-shape]")) press(`shape:${target.dataset.shape}`);
  });

  /** Enter: to the next row of a list, to the next field above, or whatever the field itself says. */
  function enter(field) {
    const says = field.dataset.enter;
    if (says && form.elements[says]) return form.elements[says].focus();
    if (says && !field.value.trim() && !field.dataset.shape) return onwards(field);
    if (says) return press(says);
    if (field.closest("tr")) return walk(field.matches(".issued") ? field : field.closest("tr").querySelector(".issued"), 1);
    onwards(field);
  }

  /** To the same field of the row above or below; from the last row to the button that deposits. */
  function walk(field, by) {
    const kind = [...field.classList].find((name) => ["issued", "when", "few", "about", "tick"].includes(name));
    const selector = field.matches(".issued") ? ".issued" : `.${kind}`;
    const all = [...form.querySelectorAll(`tbody ${selector}`)];
    const next = all[all.indexOf(field) + by];
    (next ?? (by > 0 ? document.getElementById("deposit-now") : field)).focus();
  }

  /** To the next field that can be typed into. */
  function onwards(field) {
    const all = [...form.querySelectorAll("input:not([type=hidden], [type=checkbox]), select, button.main")];
    all[all.indexOf(field) + 1]?.focus();
  }

  document.addEventListener("htmx:sendError", () => toast(draft.dataset.lost, "bad"));
}

// --- the validators -------------------------------------------------------------------------------

if (list) {
  const form = document.getElementById("decide");
  const boxes = form ? [...form.querySelectorAll("input[name=document]")] : [];
  const row = (box) => box.closest("tr");
  const every = document.getElementById("tick-all");
  let here = -1;

  const count = () => {
    const shown = document.getElementById("ticked");
    if (shown) shown.textContent = boxes.filter((box) => box.checked).length;
    for (const box of boxes) row(box).classList.toggle("ticked", box.checked);
    if (every) every.checked = boxes.length > 0 && boxes.every((box) => box.checked);
  };
  const go = (to) => {
    if (!boxes.length) return;
    if (here >= 0) row(boxes[here]).classList.remove("here");
    here = Math.max(0, Math.min(to, boxes.length - 1));
    row(boxes[here]).classList.add("here");
    boxes[here].focus({ preventScroll: true });
    row(boxes[here]).scrollIntoView({ block: "nearest" });
  };

  /** A digit says why, and ticks the row. */
  const motive = (box, digit) => {
    const select = row(box).querySelector(".why select");
    if (!select || digit >= select.options.length) return;
    select.selectedIndex = digit;
    if (!box.checked) box.click();
    if (select.value === "other") row(box).querySelector(".why input").focus();
  };

  document.addEventListener("keydown", (event) => {
    if (!form || event.target.closest("dialog, .filter, summary")) return;
    if (event.ctrlKey && event.key.toLowerCase() === "a" && !typing(event)) {
      event.preventDefault();
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
      count();
    } else if (!plain(event) || typing(event)) {
      return;
    } else if (event.key === "Enter" && !event.target.closest("a, button")) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === " " && here >= 0 && event.target !== boxes[here]) {
      event.preventDefault();
      boxes[here].click();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      go(here + (event.key === "ArrowDown" ? 1 : -1));
    } else if (/^[1-9]$/.test(event.key) && here >= 0) {
      motive(boxes[here], Number(event.key));
    } else {
      form.querySelector(`[name=outcome][data-key="${event.key.toUpperCase()}"]`)?.click();
    }
  });
  every?.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
  });
  form?.addEventListener("change", count);
  form?.addEventListener("focusin", ({ target }) => boxes.includes(target) && boxes.indexOf(target) !== here && go(boxes.indexOf(target)));
  count();
  if (boxes.length) go(Math.max(0, boxes.findIndex((box) => box.checked)));
}
