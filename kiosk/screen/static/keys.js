/**
 * Keys to type with on the panel: somebody's digits, or the letters of their name. What was typed stands in `visit`, so
 * that it is gone with its visitor.
 */

import { make } from "/look/page.js";

export const DIGITS = [..."1234567890"];
export const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Makes them of what the kiosk's page has: its words, drawings, buttons, and the way from page to page. */
export function keyboardOf({ say, icon, button, go, visitNow }) {
  function type(sign, longest) {
    const { typed, busy } = visitNow();
    if (!busy && typed.length < longest) go({ typed: typed + sign, said: "" });
  }

  function erase() {
    const { typed, busy } = visitNow();
    if (!busy) go({ typed: typed.slice(0, -1), said: "" });
  }

  /** The keys, then others of the page's own, then the one that takes back. */
  function keys(signs, longest, ...others) {
    const made = signs.map((sign) => button(`key-${sign}`, "key", () => type(sign, longest), make("b", "", sign)));
    const eraser = button("erase", "key erase", erase, icon("backspace"), make("span", "hidden-text", say("code_erase")));
    const board = make("div", signs === DIGITS ? "keys digits" : "keys", "", ...made, ...others, eraser);
    board.dir = "ltr"; // as on a keyboard, in every language
    return board;
  }

  const space = (longest) => button("key-space", "key space", () => visitNow().typed && type(" ", longest), make("b", "", say("key_space")));

  /** What was typed so far; a reader of screens hears it sign by sign. */
  function shown(otherwise) {
    const { typed } = visitNow();
    const row = make("p", typed.length > 14 ? "typed-number long" : "typed-number", "", make("span", "", typed));
    row.dir = "ltr";
    row.setAttribute("role", "img");
    row.setAttribute("aria-label", [...typed].join(" ") || otherwise);
    return row;
  }

  return { keys, space, shown };
}
