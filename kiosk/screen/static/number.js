/**
 * The page on which somebody types their number: a matricule, or an employer's. It is then looked up like one that was
 * scanned, says the same, and stands on no page once it is sent.
 */

import { make } from "/look/page.js";

const SHORTEST = 5;
const LONGEST = 12;
const DIGITS = [..."1234567890"];
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Makes the page of what the kiosk's page has; `look(typed)` is what becomes of a number. */
export function numberPage({ say, icon, button, go, look, visitNow }) {
  function number() {
    const { typed, letters } = visitNow();
    const keys = (letters ? LETTERS : DIGITS).map((sign) => button(`key-${sign}`, "key", () => type(sign), make("b", "", sign)));
    const eraser = button("erase", "key erase", () => go({ typed: typed.slice(0, -1) }), icon("backspace"), make("span", "hidden-text", say("code_erase")));
    const other = button("letters", "key", () => go({ letters: !letters }), make("b", "", letters ? "123" : "ABC"));
    const search = button("search", "main", () => look(typed), icon("search"), make("span", "", say("number_yes")));
    search.disabled = typed.length < SHORTEST;
    return [
      make(
        "section", "question code", "",
        make("h1", "", say("number_title")),
        make("p", "second", say("number_note")),
        shown(typed),
        make("div", letters ? "keys" : "keys digits", "", ...keys, other, eraser),
        make("div", "answers", "", button("back", "quiet", () => go({ page: "home", typed: "" }), icon("arrow-left"), make("span", "", say("back"))), search),
      ),
    ];
  }

  /** What was typed so far; a reader of screens hears it sign by sign. */
  function shown(typed) {
    const row = make("p", "typed-number", "", make("span", "", typed));
    row.dir = "ltr";
    row.setAttribute("role", "img");
    row.setAttribute("aria-label", [...typed].join(" ") || say("number_title"));
    return row;
  }

  function type(sign) {
    const { typed } = visitNow();
    if (typed.length < LONGEST) go({ typed: typed + sign });
  }

  return number;
}
