/**
 * Scans: files are sent one after the other to the row they were given to, with how far each is; a scan opens beside the
 * rows. P shows the scan of the row where the hand is (or the next one), the brackets [ ] turn its pages, Escape closes.
 */

import { toast } from "/look/page.js";

const room = document.querySelector(".deposits");
const csrf = () => document.querySelector("input[name=csrf]")?.value ?? "";
const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

/** What the hub takes (T13): more is not even sent. */
const MOST = 10 * 1024 * 1024;

// --- giving files -------------------------------------------------------------------------------

/** Sends one file; resolves with the hub's answer, or with what is to be said. */
function send(file, where, progress) {
  if (file.size > MOST) return Promise.resolve({ said: room.dataset.large });
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", where);
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.setRequestHeader("X-Key", key());
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.slice(-120)));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(Math.floor((100 * event.loaded) / event.total));
    request.onload = () => resolve(request.status === 201 ? {} : { said: request.response?.said ?? room.dataset.failed });
    request.onerror = () => resolve({ said: room.dataset.failed });
    request.send(file);
  });
}

async function give(input, files) {
  const label = input.closest(".give");
  const words = label.querySelector("span");
  const before = words.textContent;
  let sent = 0;
  label.classList.add("busy");
  input.disabled = true;
  for (const file of files) {
    const place = files.length > 1 ? `${sent + 1}/${files.length} ` : "";
    words.textContent = `${place}${room.dataset.sending}`;
    const answer = await send(file, input.dataset.send, (percent) => {
      words.textContent = percent < 100 ? `${place}${percent} %` : `${place}${room.dataset.sending}`;
    });
    if (answer.said) toast(`${file.name} : ${answer.said}`, "bad");
    else sent += 1;
  }
  label.classList.remove("busy");
  input.disabled = false;
  words.textContent = before;
  if (sent === files.length) return location.reload();
  if (sent) setTimeout(() => location.reload(), 4000);
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("input[data-send]") && target.files.length) give(target, [...target.files]);
});
for (const row of document.querySelectorAll("[data-drop]")) {
  const input = row.querySelector("input[data-send]");
  row.addEventListener("dragover", (event) => {
    event.preventDefault();
    row.classList.add("over");
  });
  row.addEventListener("dragleave", () => row.classList.remove("over"));
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    row.classList.remove("over");
    if (event.dataTransfer.files.length) give(input, [...event.dataTransfer.files]);
  });
}
// A file that misses its row is not opened in the page's place.
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());

// --- looking at them ----------------------------------------------------------------------------

const preview = document.getElementById("preview");
if (preview) {
  const picture = preview.querySelector("img");
  const sheet = preview.querySelector(".sheet");
  const shots = () => [...document.querySelectorAll("a[data-scan]")];
  let shown = null;
  let page = 1;

  const draw = () => {
    picture.src = `/desk/deposit/scans/${shown.dataset.scan}/pages/${page}`;
    preview.querySelector(".count").textContent = `${page} / ${shown.dataset.pages}`;
    preview.querySelector(".open").href = `/desk/deposit/scans/${shown.dataset.scan}?page=${page}`;
  };
  const open = (shot) => {
    for (const each of shots()) each.toggleAttribute("aria-current", each === shot);
    shown = shot;
    page = 1;
    preview.hidden = false;
    preview.querySelector(".flags").hidden = !shot.dataset.flags;
    preview.querySelector(".flags span").textContent = shot.dataset.flags;
    draw();
  };
  const close = () => {
    preview.hidden = true;
    shown?.removeAttribute("aria-current");
    shown = null;
  };
  const turn = (by) => {
    page = Math.max(1, Math.min(page + by, Number(shown.dataset.pages)));
    draw();
  };

  picture.addEventListener("error", () => toast(preview.dataset.lost, "bad"));
  sheet.addEventListener("click", () => sheet.classList.toggle("large"));
  document.addEventListener("click", (event) => {
    const shot = event.target.closest("a[data-scan]");
    if (shot && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (shot === shown) close();
      else open(shot);
    }
  });
  preview.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.turn) turn(Number(button.dataset.turn));
    else if (button) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=checkbox], [type=radio], [type=file]), select, textarea")) return;
    if (event.key.toLowerCase() === "p") {
      const row = document.querySelector("tr.here") ?? event.target.closest("tr");
      const own = row ? [...row.querySelectorAll("a[data-scan]")] : [];
      const all = own.length ? own : shots();
      const next = all[(all.indexOf(shown) + 1) % all.length];
      if (next && next !== shown) open(next);
      else close();
    } else if (shown && event.key === "[") turn(-1);
    else if (shown && event.key === "]") turn(1);
    else if (shown && event.key === "Escape") close();
  });
}
