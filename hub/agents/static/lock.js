/**
 * The locked screen. The page stays as it is behind a cover, so nothing typed is lost; what it could do, the hub refuses
 * meanwhile. It locks by F10 or a button marked data-lock, or when nobody touched it for so long as the hub says.
 *
 * Whoever goes on gets a new session: its token is put into every form and head of this page and of the browser's
 * other tabs, and the live link opens again with it (event "session" on the document, heard by /look/live.js).
 * The cover is no wall: the hub's refusal is. It keeps eyes and hands off.
 */

const STAY_MS = 60_000;
const RETRY_MS = 3_000;
const TOUCHES = ["pointerdown", "keydown", "wheel", "input"];

const cover = document.getElementById("lock");
if (cover) begin();

function begin() {
  const form = cover.querySelector("form");
  const error = cover.querySelector("#lock-error");
  const after = Number(cover.dataset.after) * 1_000;
  const tabs = new BroadcastChannel("mbote.lock");
  let touched = performance.now();
  let told = touched;

  cover.querySelector("a[href='/login']").search = new URLSearchParams({ next: location.pathname + location.search });
  for (const kind of TOUCHES) addEventListener(kind, touch, { capture: true, passive: true });
  addEventListener("keydown", (event) => {
    if (event.key !== "F10" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    lock();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-lock]") && lock());
  document.addEventListener("locked", show); // the hub has refused a part of this page
  document.addEventListener("visibilitychange", () => document.hidden || watch());
  cover.addEventListener("cancel", (event) => event.preventDefault());
  cover.addEventListener("close", () => cover.dataset.locked && cover.showModal()); // a second Escape closes it all the same
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    unlock();
  });
  tabs.addEventListener("message", ({ data }) => (data.locked ? show() : goOn(data)));
  watch();

  /** A hand is there; the hub hears of it once a minute, so that whoever types for long is not taken for absent. */
  function touch() {
    if (cover.open) return;
    touched = performance.now();
    if (touched - told < STAY_MS) return;
    told = touched;
    post("/stay").then((answer) => [401, 403].includes(answer.status) && show(), () => {});
  }

  function watch() {
    const idle = performance.now() - touched;
    if (cover.open) return;
    if (idle >= after) lock();
    else setTimeout(watch, after - idle);
  }

  function lock() {
    if (!cover.open) tabs.postMessage({ locked: true });
    show();
    tell();
  }

  /** The hub is to know, also when it is away just now. */
  function tell() {
    post("/lock").catch(() => setTimeout(() => cover.open && tell(), RETRY_MS));
  }

  function show() {
    if (cover.open) return;
    cover.dataset.locked = "yes";
    form.secret.value = form.factor.value = error.textContent = "";
    cover.showModal();
    form.secret.focus();
  }

  async function unlock() {
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const headers = { Accept: "application/json" };
      const answer = await fetch("/unlock", { method: "POST", body: new URLSearchParams(new FormData(form)), headers });
      const said = await answer.json();
      if (answer.ok) tabs.postMessage(said);
      if (answer.ok) goOn(said);
      else refuse(said.error, button);
    } catch {
      error.textContent = error.dataset.away;
    } finally {
      button.disabled = Boolean(button.dataset.until);
    }
  }

  function refuse({ code, field, message, retry_s: wait }, button) {
    error.textContent = message;
    if (code === "factor_needed") cover.querySelector("#lock-second").hidden = false;
    const at = field === "factor" ? form.factor : form.secret;
    if (code !== "factor_needed") at.value = "";
    at.focus();
    if (!wait) return;
    button.dataset.until = wait;
    setTimeout(() => {
      delete button.dataset.until;
      button.disabled = false;
    }, wait * 1_000);
  }

  function goOn({ csrf, socket }) {
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = csrf;
    for (const [name, content] of [["csrf", csrf], ["socket", socket]]) {
      document.querySelector(`meta[name=${name}]`)?.setAttribute("content", content);
    }
    form.secret.value = form.factor.value = "";
    cover.querySelector("#lock-second").hidden = true;
    delete cover.dataset.locked;
    cover.close();
    touched = told = performance.now();
    document.dispatchEvent(new CustomEvent("session", { detail: { csrf, socket } }));
    watch();
  }

  function post(path) {
    const csrf = document.querySelector("meta[name=csrf]").content;
    return fetch(path, { method: "POST", headers: { "X-CSRF-Token": csrf, Accept: "application/json" } });
  }
}
