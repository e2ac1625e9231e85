/**
 * The page on which somebody types their number: a matricule, or an employer's. It is then looked up like one that was
 * scanned, says the same, and stands on no page once it is sent.
 */

import { make } from "/look/page.js";
import { DIGITS, LETTERS } from "./keys.js";

const SHORTEST = 5;
const LONGEST = 12;

/** Makes the page of what the kiosk's page has; `look(typed)` is what becomes of a number. */
export function numberPage({ say, icon, button, go, look, visitNow, keyboard }) {
  return function number() {
    const { typed, letters } = visitNow();
    const other = button("letters", "key", () => go({ letters: !letters }), make("b", "", letters ? "123" : "ABC"));
    const search = button("search", "main", () => look(typed), icon("search"), make("span", "", say("number_yes")));
    search.disabled = typed.length < SHORTEST;
    return [
      make(
        "section", "question code", "",
        make("h1", "", say("number_title")),
        make("p", "second", say("number_note")),
        keyboard.shown(say("number_title")),
        keyboard.keys(letters ? LETTERS : DIGITS, LONGEST, other),
        make("div", "answers", "", button("back", "quiet", () => go({ page: "home", typed: "" }), icon("arrow-left"), make("span", "", say("back"))), search),
      ),
    ];
  };
}
