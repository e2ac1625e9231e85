/** The agency page: wires to the simulated metal. What is shown here was said by a box; nothing is guessed. */

const KEPT_SLIPS = 4;
const QR_URL = "/demo/qr.svg?text=";
const strip = document.getElementById("strip");
const lamp = document.getElementById("printer-lamp");
const word = document.getElementById("printer-word");
const fault = document.getElementById("fault");

const away = document.getElementById("away");
/** A finger rests so long at least: what leaves sooner is as short as an electric spike, and no press. */
const SHORTEST_MS = 80;
const AWAY_MS = 6000;

/* --- hands -------------------------------------------------------------------------------- */

/** Until the wires are heard nothing is touched: the paper that came of it would come out where nobody looks. */
let heard;
const wired = new Promise((resolve) => (heard = resolve));
const hands = new Map();

/**
 * Each box is handled by one hand: the next touch begins once the one before was felt, and `rest` ms after it. Two that
 * were sent side by side could arrive together on a busy machine, and a press without any length is none.
 */
function touch(box, command, rest = 0) {
  const done = (hands.get(box) ?? wired).then(() => felt(box, command)).then(() => new Promise((go) => setTimeout(go, rest)));
  hands.set(box, done);
}

/** Do it, and say so where the box or the hub was not there to feel it. */
async function felt(box, command) {
  let there = false;
  try {
    const answer = await fetch(`/demo/touch/${box}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
    });
    there = answer.ok;
  } catch {
    /* the hub itself is starting again */
  }
  if (there) return;
  away.hidden = false;
  clearTimeout(away.timer);
  away.timer = setTimeout(() => (away.hidden = true), AWAY_MS);
}

/* --- fingers ------------------------------------------------------------------------------ */

/** A real press lasts: the pin goes low when the finger comes down and high when it leaves. */
for (const button of document.querySelectorAll("button[data-pin]")) {
  const { box, pin } = button.dataset;
  let down = false;
  const level = (high) => {
    if (high === !down) return;
    down = !high;
    button.classList.toggle("down", down);
    touch(box, { pin: Number(pin), level: Number(high) }, SHORTEST_MS);
  };
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    level(false);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(end, () => level(true));
  button.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && !event.repeat) level(false);
  });
  button.addEventListener("keyup", () => level(true));
  button.addEventListener("blur", () => level(true));
}

fault.addEventListener("change", () => touch("printer", { fault: fault.value || null }));

/* --- screens ------------------------------------------------------------------------------ */

/** Each screen is drawn at its real size and shown as large as its place allows. */
const fit = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scale = target.clientWidth / Number(target.dataset.width);
    target.style.setProperty("--scale", String(scale));
    target.style.setProperty("--height", `${Number(target.dataset.height) * scale}px`);
    target.style.setProperty("--w", `${target.dataset.width}px`);
    target.style.setProperty("--h", `${target.dataset.height}px`);
  }
});
for (const screen of document.querySelectorAll(".screen")) fit.observe(screen);

const showScreen = document.getElementById("show-screen");
const kioskScreen = document.getElementById("kiosk-screen");
showScreen.addEventListener("click", () => {
  const frame = kioskScreen.querySelector("iframe");
  kioskScreen.hidden = !kioskScreen.hidden;
  showScreen.setAttribute("aria-expanded", String(!kioskScreen.hidden));
  if (!kioskScreen.hidden && !frame.src) frame.src = frame.dataset.src;
});

/* --- paper -------------------------------------------------------------------------------- */

function drawn(line) {
  const element = document.createElement(line.kind === "qr" ? "img" : "p");
  element.className = `line ${line.kind} ${line.align}`;
  if (line.kind === "qr") {
    element.src = QR_URL + encodeURIComponent(line.text);
    element.alt = line.text;
  } else {
    element.textContent = line.text || "\u00a0";
    element.style.setProperty("--size", String(Math.min(line.height, 8)));
    element.classList.toggle("bold", line.bold);
  }
  return element;
}

/** The slip in the slot, begun when its first line comes. */
function slip() {
  const open = strip.querySelector(".slip:not(.cut)");
  if (open) return open;
  const fresh = document.createElement("div");
  fresh.className = "slip";
  strip.prepend(fresh);
  return fresh;
}

function paper(line) {
  const current = slip();
  if (line.kind !== "cut") {
    current.append(drawn(line));
    return;
  }
  current.classList.add("cut");
  current.tabIndex = 0;
  const tear = () => current.classList.add("torn");
  current.addEventListener("click", tear);
  current.addEventListener("keydown", (event) => event.key === "Enter" && tear());
  current.addEventListener("transitionend", () => current.classList.contains("torn") && current.remove());
  for (const old of [...strip.querySelectorAll(".slip.cut")].slice(KEPT_SLIPS)) old.remove();
}

/* --- what the boxes say ------------------------------------------------------------------- */

const words = Object.fromEntries([...fault.options].map((option) => [option.value || "ok", option.textContent]));

function printer(state) {
  lamp.dataset.state = state;
  word.textContent = words[state] ?? state;
  fault.value = state === "ok" ? "" : state;
}

function hear(said) {
  if (said.paper) paper(said.paper);
  if (said.printer) {
    printer(said.printer); // what a newcomer at the printer's wire is told first
    heard();
  }
  if ("lamp" in said) {
    const light = document.querySelector(`[data-box="${said.box}"][data-lamp="${said.lamp}"]`);
    light?.classList.toggle("on", said.on);
  }
  if ("display" in said) {
    const number = document.querySelector(`[data-display="${said.display}"]`);
    if (number) number.textContent = said.text || "\u00a0";
  }
  if (said.gone) {
    for (const number of said.box === "panel" ? document.querySelectorAll("[data-display]") : []) number.textContent = "\u00a0";
  }
}

const wires = new EventSource("/demo/wires");
wires.onmessage = (event) => hear(JSON.parse(event.data));
