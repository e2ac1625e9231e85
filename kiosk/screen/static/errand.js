/**
 * From a service to its ticket: what exactly somebody comes for, the papers that it needs, and the list on paper for who
 * lacks one. Whoever has to come back knows it here, and not after three hours.
 */

import { make } from "/look/page.js";

/** Makes the pages of what the kiosk's page has: its words, drawings, buttons, and the way from page to page. */
export function errandPages({ say, icon, button, worded, go, post, take, spoken, startPage, restart, endsAfter, stay, visitNow }) {
  const of = (drawing, words) => make("p", "of", "", icon(drawing), make("span", "", words));

  /** The first words of an errand's papers; the service's where it has none of its own. */
  function papersOf(service, reason) {
    const papers = reason && Object.keys(reason.papers).length ? reason.papers : service.papers;
    return papers[spoken()] ?? Object.values(papers)[0] ?? [];
  }

  /** Where a service leads: to its errands, its papers, or at once to a ticket. */
  function choose(service) {
    go({ service, reason: null });
    if (service.reasons.length) go({ page: "reasons" });
    else forReason(null);
  }

  function forReason(reason) {
    go({ reason });
    if (papersOf(visitNow().service, reason).length) go({ page: "papers" });
    else take();
  }

  function reasons() {
    const { service } = visitNow();
    const tiles = service.reasons.map((each) =>
      make("li", "", "", button(`reason-${each.reason}`, "", () => forReason(each), icon(each.icon), make("b", "", worded(each.labels, each.reason)))),
    );
    const other = make("li", "", "", button("reason-other", "", () => forReason(null), icon("help-circle"), make("b", "", say("reason_other"))));
    const back = button("back", "quiet", () => go({ page: startPage(), service: null }), icon("arrow-left"), make("span", "", say("back")));
    return [
      make(
        "section", "question reasons", "",
        of(service.icon, worded(service.labels, "")),
        make("h1", "", say("reasons_title")),
        make("ul", "services", "", ...tiles, other),
        make("div", "answers", "", back),
      ),
    ];
  }

  /** What it is for, and what has to be ready for it. */
  function listed(title) {
    const { service, reason } = visitNow();
    const [drawing, labels] = reason ? [reason.icon, reason.labels] : [service.icon, service.labels];
    const list = papersOf(service, reason).map((paper) => make("li", "", "", icon("file-text"), make("span", "", paper)));
    return [of(drawing, worded(labels, "")), make("h1", "", title), make("ul", "papers", "", ...list)];
  }

  function papers() {
    const { service } = visitNow();
    const back = () => go(service.reasons.length ? { page: "reasons", reason: null } : { page: startPage(), service: null });
    return [
      make(
        "section", "question", "",
        ...listed(say("papers_title")),
        make(
          "div", "answers three", "",
          button("take", "main", take, icon("ticket"), make("span", "", say("take"))),
          button("missing", "quiet", printList, icon("printer"), make("span", "", say("missing"))),
          button("back", "quiet", back, icon("arrow-left"), make("span", "", say("back"))),
        ),
      ),
    ];
  }

  /** One touch, one list; what it says stays until it is read. */
  async function printList() {
    const { service, reason, busy } = visitNow();
    if (busy) return;
    go({ busy: true });
    const answer = await post("/papers", { service: service.service, reason: reason?.reason ?? "", language: spoken() });
    if (visitNow().service !== service) return;
    go({ page: "list", busy: false, printed: Boolean(answer?.coming) });
    endsAfter(stay);
  }

  function list() {
    const { printed } = visitNow();
    const [words, mood] = printed ? ["list_printing", "good"] : ["list_none", "bad"];
    return [
      make(
        "section", "question list", "",
        ...listed(say("list_title")),
        make("p", `word ${mood}`, "", icon("printer"), make("span", "", say(words))),
        make("p", "second", say("list_bye")),
        make("div", "answers", "", button("done", "quiet", restart, make("span", "", say("done")))),
      ),
    ];
  }

  return { pages: { reasons, papers, list }, choose };
}
