/**
 * What the centre tells the staff: one quiet line, and a sheet that opens over the page. Nothing behind it moves or is
 * sent, and afterwards the cursor is where it was.
 */

import { setText } from "/look/page.js";

const AWAY_MS = 3_000;
const line = document.getElementById("notices");
const sheet = document.getElementById("notice-sheet");

let told = [];
let shown = null;

if (line) begin();

/** What this reader has not read, the newest first, as the hub says it. */
export function tell(notices) {
  if (!line) return;
  told = notices;
  draw();
}

/** Asks the hub, where the page's own picture does not say it. */
export async function askAgain() {
  const answer = line && (await ask("/desk/notices"));
  if (answer) tell(answer.told);
}

function begin() {
  const error = sheet.querySelector(".error");
  tell(JSON.parse(line.dataset.told));
  line.addEventListener("click", open);
  addEventListener("keydown", (event) => {
    if (event.key !== "F1" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault(); // the browser's own help would cover the work
    if (!event.repeat) open();
  });
  sheet.querySelector("[data-cancel]").addEventListener("click", () => sheet.close());
  sheet.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams({ key: `notice ${shown.letter} read` });
    if (!(await ask(`/desk/notices/${shown.letter}/read`, body))) return complain();
    sheet.close();
    return tell(told.filter(({ letter }) => letter !== shown.letter));
  });

  async function open() {
    if (!told.length || document.querySelector("dialog[open]")) return;
    const [first] = told;
    const said = await ask(`/desk/notices/${first.letter}`);
    if (document.querySelector("dialog[open]")) return; // pressed twice, or the screen has locked meanwhile
    shown = first;
    error.hidden = true;
    setText(sheet.querySelector("#notice-title"), said ? said.title : first.title);
    setText(sheet.querySelector("#notice-by"), said ? said.by : "");
    setText(sheet.querySelector("#notice-text"), said ? said.text : "");
    sheet.querySelector("[type=submit]").disabled = !said; // what could not be shown was not read
    if (!said) complain();
    sheet.showModal();
  }

  function complain() {
    error.hidden = false;
    setText(error, error.dataset.away);
  }
}

/** What the hub answers; null where it does not. */
async function ask(path, body) {
  const headers = { Accept: "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content };
  try {
    const answer = await fetch(path, { method: body ? "POST" : "GET", body, headers, signal: AbortSignal.timeout(AWAY_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function draw() {
  const [first] = told;
  const more = told.length - 1;
  line.hidden = !first;
  setText(line.querySelector("b"), first?.title ?? "");
  setText(line.querySelector("small"), more > 0 ? line.dataset[more === 1 ? "one" : "many"].replace("{count}", more) : "");
}
