/** What is measured of a page as it stands (measures.py): each says what is wrong, in words that find it again. */

/** What is not for eyes: words for a reader of screens alone, drawings, and what stands on no page. */
const SILENT = ".hidden-text, .visually-hidden, .sr-only, [hidden], svg, script, style, noscript, template, option";
/** A letter's box is higher than what is drawn of it: by so much of its size, above and below. */
const LETTER_BOX = 0.16;

const isShown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(SILENT);
const nameOf = (e) => e.dataset.id || e.id || (typeof e.className === "string" && e.className ? `${e.tagName}.${e.className}` : e.tagName);
const hides = (value) => value === "hidden" || value === "clip";
const scrolls = (value) => value === "auto" || value === "scroll";
/** Within something that is read from left to right whatever the page's language: a code, a number. */
const isOwnWay = (e) => e.closest("[dir=ltr]:not(html)") !== null;
/** Keys of our letters and digits stand as on a keyboard, in every language. */
const isSign = (e) => /^[A-Z0-9]{1,3}$/.test(e.textContent.trim());
const said = (text) => `«${text.trim().replace(/\s+/g, " ").slice(0, 40)}»`;

/** Who hides a part of a box of letters; '' when nobody does, or when it comes into sight by scrolling its own place. */
function whoCuts(box, from) {
  let { left, right, top, bottom } = box;
  let fixed = false;
  const air = Math.max(4, LETTER_BOX * parseFloat(getComputedStyle(from).fontSize));
  for (let e = from; e && e !== document.documentElement; e = e.parentElement) {
    const style = getComputedStyle(e);
    const edge = e.getBoundingClientRect();
    if (e.tagName !== "BODY" && style.display !== "inline" && style.display !== "contents") {
      if (hides(style.overflowX) && edge.width <= 2) return ""; // for a reader of screens alone
      if (hides(style.overflowX) && (left < edge.left - 2 || right > edge.right + 2)) return nameOf(e);
      if (hides(style.overflowY) && (top < edge.top - air || bottom > edge.bottom + air)) return nameOf(e);
      if (scrolls(style.overflowX)) [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      if (scrolls(style.overflowY)) [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
      if (right <= left || bottom <= top) return "";
    }
    fixed = style.position === "fixed";
    if (fixed) break;
  }
  if (left < -1 || right > innerWidth + 1) return "the window's side";
  const still = fixed || [document.body, document.documentElement].some((e) => hides(getComputedStyle(e).overflowY));
  return still && (top < -air || bottom > innerHeight + air) ? "the window" : "";
}

/** Words of which a part cannot be seen, and such as end in dots. */
function cut() {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const around = text.parentElement;
    if (!text.data.trim() || !isShown(around)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      const by = box.width < 1 ? "" : whoCuts(box, around);
      if (by) found.add(`${said(text.data)} cut by ${by}`);
    }
    for (let e = around; e && e !== document.body; e = e.parentElement) {
      if (getComputedStyle(e).textOverflow === "ellipsis" && e.scrollWidth - e.clientWidth > 1) found.add(`${said(text.data)} ends in dots`);
    }
  }
  for (const e of document.querySelectorAll("button, select, input:not([type=text]):not([type=search])")) {
    if (isShown(e) && e.tagName !== "INPUT" && e.scrollWidth - e.clientWidth > 2) found.add(`${said(e.textContent)} spills`);
  }
  return [...found];
}

/** Boxes beyond the window's sides but for those in a place that scrolls by itself; and the page that can be pushed. */
function outside() {
  const held = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (scrolls(getComputedStyle(p).overflowX)) return true;
    return false;
  };
  const found = [...document.body.querySelectorAll("*")].filter((e) => {
    if (!isShown(e) || getComputedStyle(e).display === "inline") return false;
    const { left, right, width } = e.getBoundingClientRect();
    return width > 1 && (left < -1 || right > innerWidth + 1) && !held(e);
  });
  const { scrollWidth, clientWidth } = document.documentElement;
  return [...found.map(nameOf), ...(scrollWidth > clientWidth ? [`the page is ${scrollWidth - clientWidth} too wide`] : [])];
}

/** Lines of words that begin at the wrong side of their box, but for those that are meant to end where it ends. */
function misplaced(rtl) {
  const found = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const { display, textAlign } = getComputedStyle(e);
    if (!own.length || !isShown(e) || !/block|list-item/.test(display) || /center|end/.test(textAlign)) continue;
    const range = document.createRange();
    range.selectNodeContents(own[0]);
    const rects = [...range.getClientRects()].filter(({ width }) => width > 1);
    const middle = rects.length ? (rects[0].top + rects[0].bottom) / 2 : 0;
    const line = rects.filter(({ top, bottom }) => top < middle && middle < bottom); // numbers among Arabic are their own
    const box = e.getBoundingClientRect();
    if (!line.length || e.closest("button, select") || isOwnWay(e)) continue;
    const [first, last] = [Math.min(...line.map(({ left }) => left)) - box.left, box.right - Math.max(...line.map(({ right }) => right))];
    if (rtl ? last > first + 40 : first > last + 40) found.push(`${said(own[0].data)} begins at the wrong side`);
  }
  return found;
}

/** How many pairs of neighbours stand in a row, and those against the direction of reading: in Arabic the first is right. */
function against() {
  const wrong = new Set();
  const rtl = document.documentElement.dir === "rtl";
  let pairs = 0;
  for (const e of document.body.querySelectorAll("*")) {
    const { display, direction } = getComputedStyle(e);
    if (!/flex|grid|table-row/.test(display) || isOwnWay(e) || !isShown(e)) continue;
    const kids = [...e.children]
      .filter((kid) => (isShown(kid) || kid.tagName === "svg") && kid.checkVisibility() && !/absolute|fixed/.test(getComputedStyle(kid).position))
      .map((kid) => [kid, kid.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1 && box.height > 1);
    kids.slice(1).forEach(([kid, box], i) => {
      const [before, other] = kids[i];
      const beside = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) >= 0.5 * Math.min(box.height, other.height);
      const apart = box.right <= other.left + 2 || other.right <= box.left + 2;
      if (!beside || !apart || (isSign(before) && direction === "ltr")) return;
      pairs += 1;
      if (box.left < other.left !== rtl) wrong.add(`${nameOf(before)} stands after ${nameOf(kid)} in ${nameOf(e)}`);
    });
  }
  return [pairs, [...wrong, ...misplaced(rtl)]];
}

/** Everything that a key should come to, marked so that it is known again; of a group of choices one. */
function reachable() {
  document.activeElement?.blur();
  getSelection().removeAllRanges();
  const root = document.querySelector("dialog[open]") ?? document;
  const groups = new Set();
  const all = [...root.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const wanted = all.filter((e) => isShown(e) && !e.disabled && e.tabIndex >= 0 && e.type !== "hidden");
  wanted.forEach((e, i) => (e.dataset.reached = e.type === "radio" ? `radio ${e.name}` : `${i} ${nameOf(e)}`));
  return wanted.filter((e) => e.type !== "radio" || (!groups.has(e.name) && groups.add(e.name))).map((e) => e.dataset.reached);
}

/** Those that are there yet: what hides by itself when all has been seen (the kiosk's "La suite") needs no key then. */
const stillThere = () => [...document.querySelectorAll("[data-reached]")].filter(isShown).map((e) => e.dataset.reached);

/** A ring around an element, or around the tile that it is the button of. */
function ringed(e) {
  return [e, e.parentElement, e.parentElement?.parentElement].some((each) => {
    const { outlineStyle, outlineWidth, boxShadow } = each ? getComputedStyle(each) : {};
    return (outlineStyle && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || (each === e && boxShadow !== "none");
  });
}

/** Where the focus is, and whether that can be seen: in the window, with a ring around it. */
function focus() {
  const e = document.activeElement;
  if (!e || e === document.body || !e.dataset.reached) return ["", true];
  const { top, bottom, left, right } = e.getBoundingClientRect();
  const inSight = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  return [e.dataset.reached, inSight && ringed(e)];
}

/** How often Tab stays within a field before it goes on: a date's has its day, month, year and calendar. */
const pieces = () => 4 * document.querySelectorAll("input:is([type=date], [type=time], [type=month], [type=week])").length;

/** What lies over the middle of the element that has the focus: a bar that stays while the page goes by; '' where nothing does. */
function over() {
  const e = document.activeElement;
  if (!e || e === document.body) return "";
  const { left, right, top, bottom } = e.getBoundingClientRect();
  const x = Math.min(innerWidth - 1, Math.max(0, (left + right) / 2));
  const o = document.elementFromPoint(x, (top + bottom) / 2);
  const own = !o || o === e || e.contains(o) || o.contains(e) || o.closest("label")?.contains(e);
  return own ? "" : `${nameOf(e)} ${said(e.textContent)} under ${nameOf(o)}`;
}
