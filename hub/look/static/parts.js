/**
 * Pages whose parts the hub draws (htmx): what it sends is taken as meant, a silent or failing hub is told to
 * whoever typed, and a form that comes later than the page is filled in again with what was typed into it.
 * The page says `data-lost` and `data-not-stored`: what to read then.
 */

import { forgetKey, restore } from "./keep.js";
import { toast } from "./page.js";

// htmx hands the hub's own parts of this page to the browser's parser: the policy says that this is meant.
if (globalThis.trustedTypes && !trustedTypes.defaultPolicy) {
  trustedTypes.createPolicy("default", { createHTML: (html) => html });
}

const words = document.querySelector("[data-lost]").dataset;

document.addEventListener("htmx:sendError", () => toast(words.lost, "bad"));
document.addEventListener("htmx:responseError", () => toast(words.notStored, "bad"));
document.addEventListener("refused", ({ detail }) => toast(detail.value, "bad"));
// what is said to be stored is forgotten as soon as it stands there: who reloads at once does not send it twice
for (const swapped of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(swapped, forgetDone);
document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt === document.body) return;
  forgetDone();
  for (const form of all(elt, "form[data-keep]")) restore(form);
});

function forgetDone() {
  for (const done of document.querySelectorAll("[data-keep-done]")) forgetKey(done.dataset.keepDone);
}

function all(element, selector) {
  return [...(element.matches(selector) ? [element] : []), ...element.querySelectorAll(selector)];
}
