/** Certificates: "/" looks for somebody, the arrows go through what was found, and a print makes the page know of it. */

import { toast } from "/look/page.js";

// htmx hands the hub's own parts of this page to the browser's parser: the policy says that this is meant.
if (globalThis.trustedTypes && !trustedTypes.defaultPolicy) {
  trustedTypes.createPolicy("default", { createHTML: (html) => html });
}

const page = document.querySelector(".certificates");
const box = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  if (event.key === "/" && !event.target.matches("input, select, textarea")) {
    event.preventDefault();
    box.select();
  }
  if (["ArrowDown", "ArrowUp"].includes(event.key)) walk(event);
});

/** From the box into the list of those found and back. */
function walk(event) {
  const links = [...document.querySelectorAll("#hits a")];
  const here = links.indexOf(document.activeElement);
  if (!links.length || (here < 0 && document.activeElement !== box)) return;
  event.preventDefault();
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  (next < 0 ? box : links[Math.min(next, links.length - 1)]).focus();
}

// Whoever comes from nowhere in particular begins by looking for somebody.
if (!document.querySelector("#view [autofocus]") && document.querySelector("#view .empty")) box.focus();

// The paper opens beside; this page then says that it was printed, and its next print is a duplicate.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-print]")) setTimeout(() => location.replace(location.pathname), 1200);
});
document.addEventListener("htmx:sendError", () => toast(page.dataset.lost, "bad"));
