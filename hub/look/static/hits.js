/** A search with its hits: "/" goes to the box, the arrows go from it into what was found and back. */

// htmx hands the hub's own parts of this page to the browser's parser: the policy says that this is meant.
if (globalThis.trustedTypes && !trustedTypes.defaultPolicy) {
  trustedTypes.createPolicy("default", { createHTML: (html) => html });
}

const box = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  if (!box || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
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

// The paper opens beside; this page then says that it was printed, and its next print is a duplicate.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-print][target]")) setTimeout(() => location.replace(location.pathname), 1200);
});
