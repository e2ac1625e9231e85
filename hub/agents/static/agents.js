/** Signing in: show what is typed, and count down until a locked account may try again. */

for (const box of document.querySelectorAll("[data-shows]")) {
  box.closest("label").classList.add("ready");
  box.addEventListener("change", () => {
    for (const name of box.dataset.shows.split(" ")) {
      const input = document.getElementById(name);
      if (input) input.type = box.checked ? "text" : "password";
    }
  });
}

for (const button of document.querySelectorAll("[data-prints]")) {
  button.addEventListener("click", () => print());
}

const CLOCK = /\d+:\d{2}/;
for (const note of document.querySelectorAll("[data-retry]")) {
  const until = performance.now() + Number(note.dataset.retry) * 1_000;
  const button = note.closest("form").querySelector("button[type=submit]");
  const sentence = note.textContent;
  button.disabled = true;
  note.setAttribute("role", "timer"); // read out once, not every second
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1_000));
    note.textContent = sentence.replace(CLOCK, `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
    if (left > 0) return void setTimeout(tick, 1_000);
    button.disabled = false;
    note.hidden = true;
  };
  tick();
}
