/** What a panel can ask, and what it offers now. Pure: no page, no clock. */

/** Each step: its key on the keyboard (if any) and its icon. The order is that of the keys. */
export const STEPS = {
  next: { key: "F2", icon: "arrow-right" },
  recall: { key: "F3", icon: "bell-ringing" },
  no_show: { key: "F4", icon: "user-x" },
  start: { key: "F5", icon: "player-play" },
  hold: { key: "F6", icon: "player-pause" },
  transfer: { key: "F7", icon: "corner-up-right" },
  finish: { key: "F8", icon: "check" },
  resume: { icon: "player-play" },
  unpause: { icon: "player-play" },
  open: { icon: "door-enter" },
  release: { icon: "x" },
  pause: { icon: "coffee" },
  close: { icon: "door-exit" },
};
export const KEYS = Object.fromEntries(
  Object.entries(STEPS).flatMap(([step, { key }]) => (key ? [[key, step]] : [])),
);
/** Always on the panel, enabled or not: nothing jumps under the finger. */
export const FIXED = ["recall", "no_show", "start", "hold", "transfer", "finish"];
/** Behind the menu: done a few times a day. */
export const MENU = ["resume", "release", "pause", "close"];
/** Steps that ask something first. */
export const WITH_DIALOG = ["open", "transfer", "hold", "pause"];
/** Finish, absent and transfer can be taken back for so long. */
export const UNDO_S = 60;

/**
 * What the panel offers for a counter: the default (biggest) step, and whether each other one is possible.
 * A step that somebody else's screen must choose (`pick`, `undo`) is never the default.
 */
export function offer(face, { connected, busy }) {
  const possible = new Set(connected && !busy ? face.next_actions : []);
  const first = face.next_actions.find((step) => step in STEPS && !["release", "close", "pause"].includes(step));
  const main = first ?? "next";
  return {
    main,
    mainPossible: possible.has(main),
    others: FIXED.map((step) => ({ step, possible: possible.has(step) })),
    menu: MENU.filter((step) => face.next_actions.includes(step)).map((step) => ({ step, possible: possible.has(step) })),
    undo: face.next_actions.includes("undo") && possible.has("undo"),
  };
}

/** What stands in the middle: "calling" and "serving" have a ticket; else why there is none. */
export function scene(picture, face) {
  if (face.ticket && face.state !== "closed") return face.state;
  if (!picture.day) return "day_closed";
  return face.state;
}

/** How long the state has lasted, in seconds, `passed` ms after its picture came. */
export const elapsed = (face, passed) => face.elapsed_s + passed / 1000;
