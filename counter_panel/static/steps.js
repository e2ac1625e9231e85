/** What a panel can ask, and what it offers now. Pure: no page, no clock. */

import { KEYS, STEPS } from "/look/steps.js";

export { KEYS, STEPS };
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
