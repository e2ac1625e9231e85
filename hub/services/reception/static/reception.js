/** Reception: the keys of the services, "/" for the search, and a word when the hub does not answer. */

import "/look/parts.js";

const page = document.querySelector(".reception");
const TYPING = "input:not([type=radio], [type=checkbox]), select, textarea";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  if (event.key === "Escape" && event.target.closest(".side")) return leaveSearch();
  if (event.target.matches(TYPING)) return;
  const wanted = event.key === "/" ? document.getElementById("label") : serviceOf(event.key);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.type === "radio") wanted.click();
  wanted.focus();
});

// A priority chosen with the hand goes on to its motive; arrow keys still go through them all.
document.addEventListener("click", ({ target, detail }) => {
  if (detail && target.matches?.(".chips input:checked:not([value=normal]), .chips label")) {
    setTimeout(() => page.querySelector(".motive input").focus());
  }
});

/** The service whose prefix is on that key. */
function serviceOf(key) {
  return page.querySelector(`input[name=service][data-key="${CSS.escape(key.toUpperCase())}"]`);
}

function leaveSearch() {
  document.getElementById("label").value = "";
  document.getElementById("found").replaceChildren();
  page.querySelector("input[name=service]").focus();
}

// What the hub has is no longer kept for later.
document.addEventListener("htmx:beforeSwap", async ({ detail }) => {
  const form = document.getElementById("give-form");
  if (detail.target.id !== "give" || detail.xhr.status >= 300) return;
  const { forget } = await import("/look/keep.js");
  forget(form);
});
