/** Tills: what is counted and what is to pay adds up while it is typed. The hub adds it up again. */

import { toast } from "/look/page.js";
import "/look/hits.js";

const GAP = "\u202f";

/** Whole francs in what was typed; NaN for what is none. */
function francs(text) {
  const plain = text.replace(/[\s.\u00a0\u202f]/g, "");
  return plain === "" ? 0 : /^\d{1,12}$/.test(plain) ? Number(plain) : Number.NaN;
}

function grouped(amount) {
  return Number.isNaN(amount) ? "–" : String(amount).replace(/\B(?=(\d{3})+$)/g, GAP);
}

// --- counting: how many of each, what they are worth, what they come to
for (const sheet of document.querySelectorAll("[data-sheet]")) {
  const total = sheet.querySelector("[data-total]");
  const add = () => {
    let sum = 0;
    for (const input of sheet.querySelectorAll("[data-value]")) {
      const worth = francs(input.value) * Number(input.dataset.value);
      input.closest("tr").querySelector("[data-worth]").textContent = worth ? grouped(worth) : "";
      sum += worth;
    }
    total.textContent = grouped(sum);
  };
  sheet.addEventListener("input", add);
  sheet.addEventListener("keydown", (event) => stepDown(event, sheet));
  add();
}

/** Enter and the arrows go through the sheet as the hand goes through the drawer; Enter at its end sends it. */
function stepDown(event, sheet) {
  const inputs = [...sheet.querySelectorAll("[data-value]")];
  const here = inputs.indexOf(event.target);
  const by = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (here < 0 || !by || (event.key === "Enter" && here === inputs.length - 1)) return;
  event.preventDefault();
  inputs[Math.max(0, Math.min(here + by, inputs.length - 1))].select();
}

/** The day on which a period begins, as it may be typed (`1T 2013`, `03/2013`); "" for none. */
function firstDay(said) {
  const plain = said.toUpperCase().replace(/\s/g, "");
  const quarter = /^([1-4])T(\d{4})$/.exec(plain);
  const month = /^(\d{1,2})[/-](\d{4})$/.exec(plain);
  if (quarter) return `${quarter[2]}-${String(quarter[1] * 3 - 2).padStart(2, "0")}-01`;
  return month ? `${month[2]}-${month[1].padStart(2, "0")}-01` : "";
}

// --- paying: what is ticked is due, what is given above it goes back
const pay = document.getElementById("pay-form");
if (pay) {
  const tendered = pay.querySelector("#tendered");
  const due = () => {
    let sum = 0;
    for (const row of pay.querySelectorAll(".dues tbody tr")) {
      const tick = row.querySelector("[data-take]");
      const amount = row.querySelector("[data-amount]");
      if (!tick) amount.placeholder = owed(row) ? grouped(owed(row)) : "";
      if (!tick || tick.checked) sum += francs(amount.value) || owed(row);
    }
    return sum;
  };
  /** What the wages of a row owe by the rate that held when its period began; 0 without wages. */
  const owed = (row) => {
    const wages = francs(row.querySelector("[data-wages]")?.value ?? "");
    const kind = pay.querySelector("[name=payer_kind]")?.value ?? pay.dataset.kind;
    const begins = firstDay(row.querySelector("[data-period]")?.value ?? "");
    const rates = JSON.parse(pay.dataset.rates)[kind === "voluntary" ? "voluntary" : "employer"] ?? [];
    const rate = rates.findLast(([since]) => since <= begins)?.[1] ?? 0;
    return wages ? Math.floor((wages * rate + 5000) / 10_000) : 0;
  };
  const show = () => {
    const sum = due();
    pay.querySelector("[data-due]").textContent = grouped(sum);
    if (!tendered) return; // at another counter nothing is given
    const given = francs(tendered.value);
    const back = given - sum;
    const line = pay.querySelector(".back");
    line.hidden = !given || !back;
    line.classList.toggle("short", back < 0);
    pay.querySelector("[data-change]").textContent = grouped(Math.abs(back));
    const tender = pay.querySelector("[name=tender]:checked").value;
    for (const part of pay.querySelectorAll("[data-tender]")) {
      part.hidden = part.dataset.tender !== tender;
      for (const input of part.querySelectorAll("input")) input.disabled = part.hidden;
    }
  };
  /** Why something else is paid than was prepared is asked once something else is. */
  const word = pay.querySelector("[data-word]");
  const said = () => JSON.stringify([...pay.querySelectorAll(".dues input, #operation")].map((each) => (each.type === "checkbox" ? each.checked : each.value)));
  const before = said();
  const askWhy = () => {
    if (word) word.hidden = said() === before && !word.querySelector(".error");
  };
  for (const happens of ["input", "change"]) {
    pay.addEventListener(happens, show);
    pay.addEventListener(happens, askWhy);
  }
  show();
  askWhy();
  if (tendered) turnToPayer(pay, due, () => (tendered.closest("[hidden]") ? 0 : francs(tendered.value)));
}

/** The screen towards the payer shows what stands here: told after a moment of rest, and only when it is another thing. */
function turnToPayer(form, due, given) {
  const REST_MS = 150;
  let resting = 0;
  let told = "";
  const tell = () => {
    const body = new URLSearchParams({ due: due() || 0, given: given() || "", csrf: form.querySelector("[name=csrf]").value });
    if (String(body) === told) return;
    told = String(body);
    fetch("/desk/cash/payer", { method: "POST", body }).catch(() => (told = ""));
  };
  form.addEventListener("input", () => {
    clearTimeout(resting);
    resting = setTimeout(tell, REST_MS);
  });
  form.addEventListener("submit", () => clearTimeout(resting));
  tell();
}

const lost = document.querySelector(".cash[data-lost]")?.dataset.lost;
document.addEventListener("htmx:sendError", () => lost && toast(lost, "bad"));
