/**
 * The screen towards the payer: whole pictures in, three figures out. It asks for nothing and keeps nothing; without its
 * hub, without a payment and while the cashier's screen is locked it is empty.
 */

import { Link } from "/look/live.js";

const GAP = "\u202f";
/** More digits than these, and the figures are drawn smaller. */
const DIGITS = 7;
/** A session that ended may have gone on under another one: the page is asked again this often, milliseconds. */
const AGAIN_MS = 5_000;
const words = JSON.parse(document.documentElement.dataset.words);
let asking = 0;

const link = new Link({
  picture: "facing",
  only: true,
  token: document.querySelector("meta[name=socket]").content,
  onPicture: draw,
  onState: follow,
});

function draw(picture) {
  const { state, due, given, back } = picture;
  document.body.dataset.state = state;
  figure("due", state === "done" ? "paid" : "due", state === "idle" ? null : due);
  figure("given", "given", given);
  figure("back", back < 0 ? "missing" : "back", given === null || back === 0 ? null : Math.abs(back));
  document.getElementById("back").classList.toggle("short", back < 0);
}

function figure(place, word, amount) {
  const section = document.getElementById(place);
  section.hidden = amount === null || amount === undefined;
  if (section.hidden) return;
  const [first, second] = words.map((each) => each[word]);
  section.querySelector("h2 span").textContent = first;
  section.querySelector("h2 small").textContent = second ?? "";
  section.querySelector("b").textContent = String(amount).replace(/\B(?=(\d{3})+$)/g, GAP);
  section.classList.toggle("long", String(amount).length > DIGITS);
}

/** What may no longer be true is not shown. */
function follow() {
  if (link.state === "lost" || link.refused) draw({ state: "idle", due: 0, given: null, back: null });
  if (link.refused && !asking) asking = setInterval(again, AGAIN_MS);
  if (!link.refused) asking = clearInterval(asking);
}

/** The page once more, under the session that its browser has now; a sign-in page is never shown to a payer. */
async function again() {
  const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  if (answer?.status === 200) location.reload();
}
