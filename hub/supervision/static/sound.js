/** What an alert does beside its line: a tone when one begins, and a number on the tab and on the application's sign. */

import { say, setIcon, setText } from "/look/page.js";

const PLACE = "mbote board sound";
const button = document.querySelector("#sound");
const title = document.title;
let heard = null;
let speaker = null;

/** Tones by how bad it is: frequencies in hertz, one after the other. An emergency does not sound like a long queue. */
const TONES = { alarm: [880, 660, 880, 660], bad: [660, 880], warn: [520] };

button.hidden = false;
button.addEventListener("click", () => {
  localStorage.setItem(PLACE, on() ? "off" : "on");
  drawButton();
  if (on()) sound(TONES.warn);
});
/* A browser lets a page sound once somebody has touched it. */
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, wake, { once: true });
drawButton();

function on() {
  return localStorage.getItem(PLACE) !== "off";
}

function wake() {
  speaker ??= new AudioContext();
  speaker.resume();
}

function drawButton() {
  const words = say(on() ? "sound_on" : "sound_off");
  button.setAttribute("aria-pressed", String(on()));
  setIcon(button.querySelector(".icon"), on() ? "volume" : "volume-off");
  setText(button.querySelector("span"), words);
  button.title = words;
}

/** What makes an alert the same while its minutes grow. */
const nameOf = ({ code, about, text }) => `${code} ${about || text.replace(/\d+/g, "#")}`;

/** Sounds for alerts that were not there before; those that a page finds on opening are read, not heard. */
export function hearAlerts(alerts, count) {
  document.title = count ? `(${count}) ${title}` : title;
  navigator.setAppBadge?.(count).catch(() => {});
  const fresh = heard ? alerts.filter((alert) => !heard.has(nameOf(alert))) : [];
  heard = new Set(alerts.map(nameOf));
  if (!fresh.length || !on()) return;
  const worst = fresh.find((alert) => alert.code === "alarm") ? "alarm" : fresh.some((alert) => alert.level === "bad") ? "bad" : "warn";
  document.body.dataset.sounded = worst;
  sound(TONES[worst]);
}

function sound(tones) {
  if (!speaker || speaker.state !== "running") return;
  tones.forEach((hertz, index) => {
    const [tone, volume] = [speaker.createOscillator(), speaker.createGain()];
    const begin = speaker.currentTime + index * 0.22;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.25, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.2);
    tone.connect(volume).connect(speaker.destination);
    tone.start(begin);
    tone.stop(begin + 0.21);
  });
}
