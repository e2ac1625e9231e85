/** What the desk's keys can do at a moment. Pure: no page, no clock. */

import { STEPS } from "/look/steps.js";

/** The keys of the bar, always there and in this order: nothing jumps under the finger. */
export const BAR = ["next", "recall", "no_show", "start", "hold", "transfer", "finish"];
/** In the menu, when the hub offers them. */
export const MENU = ["pick", "release", "pause", "unpause", "close"];
/** Steps that ask something first. */
export const WITH_DIALOG = ["hold", "pause", "transfer", "pick"];
export const ICONS = {
  ...Object.fromEntries(Object.entries(STEPS).map(([step, { icon }]) => [step, icon])),
  pick: "search",
  release: "arrow-back-up",
};

/**
 * How a step stands `passed` seconds after the picture: `can`, else `wait` seconds until it can, or `why` it
 * cannot (the code of the refusal).
 */
export function standing(desk, step, passed) {
  const offered = desk.steps.find((one) => one.step === step);
  if (!offered || (offered.until_s !== null && passed >= offered.until_s)) return { can: false, wait: 0, why: "illegal_step" };
  const wait = Math.max(0, Math.ceil(offered.after_s - passed));
  if (offered.why && !offered.after_s) return { can: false, wait: 0, why: offered.why };
  return wait > 0 ? { can: false, wait, why: offered.why } : { can: true, wait: 0, why: "" };
}

/** The default step: the first that the hub offers and the bar has a key for. */
export const main = (desk) => desk.steps.find(({ step }) => BAR.includes(step))?.step ?? "";

/** Seconds left in which the last step can be taken back; 0 when it cannot. */
export const undoLeft = (desk, passed) => (desk.undo ? Math.max(0, Math.ceil(desk.undo.left_s - passed)) : 0);

/** Whether anything on the page changes with time alone. */
export const ticks = (desk) => Boolean(desk.visit || desk.undo || desk.between || desk.counter?.state === "paused");
