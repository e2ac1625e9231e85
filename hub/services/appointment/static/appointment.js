/** Appointments: "/" for the search, "N" for a new one; another service or way shows its own times at once. */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
  if (event.target.matches("input, select, textarea")) return;
  const search = document.getElementById("q");
  if (!search) return;
  if (event.key === "/") {
    event.preventDefault();
    search.select();
  }
  if (event.key.toLowerCase() === "n") location.assign("/desk/appointment/new");
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("#choose select")) target.form.requestSubmit();
});
