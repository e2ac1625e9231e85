/** The pages of what somebody holds under the reader: how to hold it, and what there is to say of it. */

import { make } from "/look/page.js";

const READS = { scan_how_ticket: "ticket", scan_how_paper: "file-text", scan_how_card: "id-badge-2" };

/** Makes them of what the kiosk's page has. */
export function scanPages({ say, icon, button, worded, go, take, serviceOf, refreshLine, priorityButton, backButton, visitNow }) {
  function reader() {
    return [
      make(
        "section", "question", "",
        make("p", "of", "", icon("scan"), make("span", "", say("scan"))),
        make("h1", "", say("scan_title")),
        make("ul", "papers reads", "", ...Object.entries(READS).map(([how, picture]) => make("li", "", "", icon(picture), make("span", "", say(how))))),
        make("p", "second", say("scan_note")),
        make(
          "div", "answers three", "",
          button("code", "quiet", () => go({ page: "code" }), icon("ticket"), make("span", "", say("code_type"))),
          button("number", "quiet", () => go({ page: "number" }), icon("id-badge-2"), make("span", "", say("number"))),
          backButton(),
        ),
      ),
    ];
  }

  const said = (scanned) => (scanned.words ? say(scanned.words, scanned.facts) : say("scan_asking"));

  /** What there is to say, and one touch to the ticket it leads to. */
  function scan() {
    const { scan: scanned } = visitNow();
    const service = serviceOf(scanned.service);
    if (!service) return [make("section", "result", "", make("p", "word good", "", icon("scan"), make("span", "", said(scanned))))];
    const line = make("p", "ahead", "");
    const queue = make("div", "to", "", icon(service.icon), make("b", "", worded(service.labels, "")), line);
    refreshLine(line, service);
    const main = button("take", "main", () => takeFor(service), icon("ticket"), make("span", "", say("take_plain")));
    return [
      make(
        "section", "question scanned", "",
        make("h1", "", said(scanned)),
        make("p", "of", "", icon("ticket"), make("span", "", say("scan_then"))),
        queue,
        ...(service.closed ? [] : [main]),
        make("div", "more", "", priorityButton(), othersButton()),
      ),
    ];
  }

  /** What was said is read by now: the first page asks its question, and the paper still goes with the ticket. */
  function othersButton() {
    const touch = () => go({ page: "home", scan: { ...visitNow().scan, service: "", read: true } });
    return button("others", "", touch, icon("arrow-left"), make("b", "", say("scan_other")));
  }

  function takeFor(service) {
    go({ service, reason: null });
    take();
  }

  return { pages: { reader, scan }, said };
}
