/** What every page of figures has: the days beside by Alt and an arrow, and the paper. */

const find = (selector) => document.querySelector(selector);

document.addEventListener("keydown", (event) => {
  const id = event.altKey && { ArrowLeft: "#before", ArrowRight: "#after" }[event.key];
  if (!id || !find(id)) return;
  event.preventDefault();
  location.assign(find(id).href);
});

const print = find("#print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
