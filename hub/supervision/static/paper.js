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

/** What takes a while says so; coming back with the browser's own key finds the form as it was. */
for (const form of document.querySelectorAll("form[data-busy]")) {
  const [button, said] = [form.querySelector("button[type=submit]"), form.querySelector("[role=status]")];
  const show = (busy) => {
    button.disabled = busy;
    said.textContent = busy ? form.dataset.busy : "";
  };
  form.addEventListener("submit", () => show(true));
  addEventListener("pageshow", () => show(false));
}
