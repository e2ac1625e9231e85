/**
 * From "an appointment, please" to its slip: what for, which day, what time, and a telephone number or a name by which
 * it is found again. It can be taken back on the page that says it.
 */

import { make } from "/look/page.js";

/** So many times stand on one page. */
const ON_A_PAGE = 20;
/** Languages in which days are named; in the others in French, as the rest of their pages. */
const DATED = { fr: "fr", en: "en-GB", ar: "ar-u-nu-latn", pt: "pt" };

/** Makes its pages of what the kiosk's page has. */
export function bookingPages({ say, icon, button, worded, go, post, newKey, restart, spoken, pictureNow, visitNow }) {
  const labelled = (service) => worded(service.labels, service.service);
  const of = (drawing, words) => make("p", "of", "", icon(drawing), make("span", "", words));
  const back = (page) => button("back", "quiet", () => go({ page, said: "", typed: "" }), icon("arrow-left"), make("span", "", say("back")));
  const warned = (said) => (visitNow().busy ? [make("p", "second", say("scan_asking"))] : said ? [make("p", "said-no", "", icon("alert-triangle"), make("span", "", said))] : []);

  /** `lundi 30 novembre`: a day of the calendar, whatever the box's time zone. */
  function dated(day) {
    const format = new Intl.DateTimeFormat(DATED[spoken()] ?? "fr", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
    const said = format.format(new Date(`${day}T12:00:00Z`));
    return spoken() in DATED && spoken() !== "fr" ? said : said.replace(/ 1 /, " 1er ");
  }

  const begin = () => go({ page: "wanted", aim: "book", service: null, day: null, time: "", typed: "", said: "", mine: null });

  function wanted() {
    const tiles = pictureNow()
      .services.filter((each) => each.appointments)
      .map((each) => make("li", "", "", button(`want-${each.service}`, "", () => look(each), icon(each.icon), make("b", "", labelled(each)))));
    return [
      make(
        "section", "question reasons wanted", "",
        of("calendar-event", say("meeting_book")),
        make("h1", "", say("book_what")),
        ...warned(visitNow().said),
        make("ul", "services", "", ...tiles),
        make("div", "answers", "", back("meeting")),
      ),
    ];
  }

  /* ------------------------------------------------------------------ day and time */

  /** The free days of a service from `since` on ('' from today); `said` stands on the page that follows. */
  async function look(service, since = "", said = "") {
    if (visitNow().busy) return;
    const { page } = visitNow();
    go({ service, busy: true, said: "" });
    const { problem, days } = (await post("/agenda/times", { service: service.service, day: since })) ?? { problem: "away" };
    if (visitNow().service !== service || visitNow().page !== page) return;
    if (problem) go({ busy: false, said: say(`meeting_${problem}`) || say("meeting_other") });
    else if (!days.length) go({ busy: false, said: say("book_full") });
    else go({ page: "days", busy: false, days, day: null, first: since ? visitNow().first : days[0].day, said });
  }

  function days() {
    const { service, days: found, first, said } = visitNow();
    const tiles = found.map((each) =>
      button(`day-${each.day}`, "", () => go({ page: "hours", day: each, from: 0, said: "" }), icon("calendar-event"), make("b", "", dated(each.day))),
    );
    const last = found[found.length - 1].day;
    const later = button("later", "", () => look(service, next(last)), icon("arrow-down"), make("b", "", say("book_later")));
    const sooner = found[0].day === first ? [] : [button("sooner", "", () => look(service), icon("arrow-up"), make("b", "", say("book_sooner")))];
    return [
      make(
        "section", "question days", "",
        of(service.icon, labelled(service)),
        make("h1", "", say("book_day")),
        ...warned(said),
        make("div", "choices", "", ...sooner, ...tiles, later),
        make("div", "answers", "", back("wanted")),
      ),
    ];
  }

  /** The day after one, ISO. */
  const next = (day) => new Date(Date.parse(`${day}T12:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

  function hours() {
    const { day, from, said } = visitNow();
    const tiles = day.times
      .slice(from, from + ON_A_PAGE)
      .map((time) => button(`time-${time}`, "hour", () => go({ page: "phone", time, bookKey: newKey(), typed: "", said: "" }), make("b", "", time)));
    const turn = (id, to, drawing) => button(id, "hour turn", () => go({ from: to }), icon(drawing), make("b", "", say(`book_hours_${id}`)));
    const sooner = from > 0 ? [turn("sooner", Math.max(0, from - ON_A_PAGE), "arrow-up")] : [];
    const later = from + ON_A_PAGE < day.times.length ? [turn("later", from + ON_A_PAGE, "arrow-down")] : [];
    return [
      make(
        "section", "question", "",
        of("calendar-event", dated(day.day)),
        make("h1", "", say("book_time")),
        ...warned(said),
        make("div", "hours", "", ...sooner, ...tiles, ...later),
        make("div", "answers", "", back("days")),
      ),
    ];
  }

  /** What is being booked, in one line. */
  function summary() {
    const { service, day, time } = visitNow();
    return [labelled(service), dated(day.day), time].join(" · ");
  }

  /* ------------------------------------------------------------------ booked */

  /** One touch, one key: asked again after no answer, it is the same appointment. `who`: `telephone` or `name`. */
  async function book(who) {
    const { service, day, time, bookKey: tap } = visitNow();
    go({ busy: true, said: "" });
    const body = { service: service.service, day: day.day, time, language: spoken(), tap, ...who };
    const answer = (await post("/agenda/book", body)) ?? { problem: "away" };
    if (visitNow().bookKey !== tap) return;
    const { problem } = answer;
    const said = say(`meeting_${problem}`) || say("meeting_other");
    if (!problem) go({ page: "booked", busy: false, typed: "", said: "", booked: answer, mine: { code: answer.code, facts: { time }, from: "booked" } });
    else if (problem === "slot_taken" || problem === "no_slot") {
      go({ page: "wanted", busy: false, typed: "" });
      look(service, "", said);
    } else go({ busy: false, said: problem === "away" ? say("book_again") : said });
  }

  function booked() {
    const { booked: made, service, said } = visitNow();
    const code = [made.code.slice(0, 4), made.code.slice(4)].join(" ");
    const paper = made.paper
      ? make("div", "advice good", "", icon("printer"), make("p", "", "", make("span", "", say("book_paper"))))
      : make("div", "advice mind", "", icon("printer"), make("p", "", "", make("span", "", say("book_no_paper")), make("b", "secret", code)));
    return [
      make(
        "section", "question own booked", "",
        make("p", "over", say("meeting_yours")),
        make("h1", "label", made.time),
        make("p", "when", dated(made.day)),
        of(service.icon, labelled(service)),
        ...warned(said),
        paper,
        make(
          "div", "answers", "",
          button("give-up", "quiet", () => go({ page: "giveup", said: "" }), icon("x"), make("span", "", say("meeting_give_up"))),
          button("done", "main", restart, icon("check"), make("span", "", say("done"))),
        ),
      ),
    ];
  }

  return { pages: { wanted, days, hours, booked }, begin, look, book, summary };
}
