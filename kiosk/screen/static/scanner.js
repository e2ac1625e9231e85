/**
 * A scanner is a keyboard that is faster than hands: what it types, ended by Enter or Tab, is one code.
 *
 * The page has no field to type into, so nothing is taken from anybody: keys that come one by one stay what they
 * are, and a burst is kept from the button that happens to have the focus.
 */

/** Between two keys of one code, by the keys' own time: a busy page changes nothing. Hands take longer. */
const GAP_MS = 100;
/** Less than this is no burst; the kiosk says what is too short for a code, or too long. */
const BURST = 3;
const LONGEST = 1_100;

/** Hands over each code that is typed in a burst. */
export function listenToScanner(heard) {
  let typed = "";
  let last = -Infinity;

  function keyDown(event) {
    if (event.repeat) return;
    const within = event.timeStamp - last <= GAP_MS;
    if (!within) typed = "";
    const burst = typed.length >= BURST;
    if (event.key === "Enter" || event.key === "Tab") {
      if (burst) {
        keep(event);
        heard(typed);
      }
      typed = "";
    } else if (event.ctrlKey || event.altKey || event.metaKey) {
      // control characters inside a code: no shortcut of the browser, and nothing that the kiosk could read
      if (!burst) return;
      keep(event);
      type("\u0000");
    } else if (event.key.length === 1) {
      // a space alone is somebody's key: it touches the button that has the focus
      if (event.key !== " " || typed) keep(event);
      type(event.key);
    }
    last = event.timeStamp;
  }

  const type = (key) => (typed = typed.length < LONGEST ? typed + key : typed);

  function keep(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  addEventListener("keydown", keyDown, { capture: true });
}
