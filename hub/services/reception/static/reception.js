/** Reception: the keys of the services, "/" for the search, and a word when the hub does not answer. */

import { toast } from "/look/page.js";

const page = document.querySelector(".reception");
const TYPING = "input:not([type=radio], [type=checkbox]), select, textarea";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  if (event.key === "Escape" && event.target.closest(".side")) return leaveSearch();
  if (event.target.matches(TYPING)) return;
  const wanted = event.key === "/" ? document.getElementById("label") : serviceOf(event.key);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.type === "radio") wanted.checked = true;
  wanted.focus();
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

document.addEventListener("htmx:sendError", () => toast(page.dataset.lost, "bad"));
document.addEventListener("htmx:responseError", () => toast(page.dataset.notStored, "bad"));
