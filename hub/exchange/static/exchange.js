/** What the head office refused, by keyboard: the arrows change the row, Enter opens it, R sends it again. */

const rows = [...document.querySelectorAll(".work tr[data-row]")];

function go(row) {
  for (const each of rows) each.tabIndex = each === row ? 0 : -1;
  row?.focus();
}

for (const row of rows) {
  row.addEventListener("keydown", (event) => {
    if (event.target !== row || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = rows.indexOf(row);
    const does = {
      ArrowDown: () => go(rows[Math.min(at + 1, rows.length - 1)]),
      ArrowUp: () => go(rows[Math.max(at - 1, 0)]),
      Enter: () => row.querySelector("[data-open]")?.click(),
      r: () => row.querySelector("[data-again]")?.click(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
}
