/** Small things that every page needs: words from the page, icons, text that changes in place. */

const SVG = "http://www.w3.org/2000/svg";
/** Where the icons are: in their file, until `spriteTaken`; then in the page. */
let sprite = "/look/vendor/icons.svg";

/**
 * The sprite becomes part of the page, once: drawing another icon then fetches nothing, never blinks, and goes on
 * while the hub is away. A browser asks for a file again for each new <use>. Resolves, whether it came or not.
 */
export const spriteTaken = new Promise((resolve) => {
  const request = new XMLHttpRequest();
  request.responseType = "document";
  request.overrideMimeType("image/svg+xml");
  request.onload = () => resolve(request.responseXML && keep(request.responseXML.documentElement));
  request.onerror = () => resolve();
  request.open("GET", sprite);
  request.send();
});

function keep(icons) {
  const holder = document.importNode(icons, true);
  holder.setAttribute("class", "sprite");
  holder.setAttribute("aria-hidden", "true");
  document.body.append(holder);
  sprite = "";
}

/** The words that the server put on <html data-words>, `{names}` filled. */
const WORDS = JSON.parse(document.documentElement.dataset.words ?? "{}");

export function say(name, values = {}) {
  const sentence = WORDS[name] ?? "";
  return sentence.replace(/\{(\w+)\}/g, (_, value) => String(values[value] ?? ""));
}

/** Whether the page has a word of that name. */
export const hasWord = (name) => Object.hasOwn(WORDS, name);

/** One icon of the sprite, hidden from screen readers: its word always stands beside it. */
export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Points an icon that is already in the page at another drawing. */
export function setIcon(svg, name) {
  const href = `${sprite}#icon-${name}`;
  const use = svg.firstElementChild;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** Writes text only where it differs: nothing is laid out again for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with a class, text and children. */
export function make(tag, className = "", text = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

/** "04:12", or "1:02:05" from an hour on. */
export function clockwork(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${pad(minutes)}:${pad(rest)}`;
}

/** A word at the foot of the screen, read out, gone after a while. `kind`: "", "bad" or "good". */
export function toast(text, kind = "", stay_ms = 6_000) {
  const place = document.querySelector(".toasts");
  if (!place) return;
  const note = make("p", `toast ${kind}`.trim(), text);
  place.replaceChildren(note);
  setTimeout(() => note.remove(), stay_ms);
}
