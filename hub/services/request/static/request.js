/** Requests: "/" for a number, "N" for a new one; what was printed is seen once the page has been drawn again. */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  if (event.target.matches("input, select, textarea")) return;
  if (event.key === "/" && document.getElementById("q")) {
    event.preventDefault();
    document.getElementById("q").select();
  }
  if (event.key.toLowerCase() === "n" && document.getElementById("q")) location.assign("/desk/request/new");
});

document.addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-print]")) setTimeout(() => location.replace(location.pathname), 1200);
});
