/**
 * Reads a page aloud, one thing after the other, and marks on the page what is being read: whoever does not read hears
 * what each picture is, and touches it while it is marked.
 *
 * The kiosk makes the sounds (`/say`), because the browser of a small box has no voice. The next one is asked for while
 * one is heard.
 */

const MARK = "being-read";

/** `language()` is what the sounds are asked for in; `heard()` is told of each, `failed()` when one cannot be had. */
export function readerOf({ language, heard, failed }) {
  let turn = 0;
  let playing = null;
  let marked = null;

  function mark(element) {
    marked?.classList.remove(MARK);
    marked = element ?? null;
    marked?.classList.add(MARK);
    marked?.scrollIntoView({ block: "nearest" });
  }

  function sound({ text }) {
    const made = new Audio(`/say?${new URLSearchParams({ language: language(), text })}`);
    made.preload = "auto";
    return made;
  }

  /** Whether it was heard to its end. */
  const played = (audio) =>
    new Promise((resolve) => {
      audio.addEventListener("ended", () => resolve(true));
      audio.addEventListener("error", () => resolve(false));
      audio.play().catch(() => resolve(false));
    });

  function stop() {
    turn += 1;
    playing?.pause();
    playing = null;
    mark(null);
  }

  /** Items: what is said, and the element that it stands on. What was being read before is left. */
  async function read(items) {
    stop();
    const mine = turn;
    let next = items.length ? sound(items[0]) : null;
    for (const [place, item] of items.entries()) {
      playing = next;
      next = items[place + 1] ? sound(items[place + 1]) : null;
      mark(item.element);
      const whole = await played(playing);
      if (mine !== turn) return;
      heard();
      if (!whole) {
        stop();
        failed();
        return;
      }
    }
    mark(null);
  }

  return { read, stop };
}

/** A label as it is called: D002 is "D, 2"; letters by their names, no zeros in front. */
export const spelled = (label) => [...label.matchAll(/\d+|[A-Z]+/gi)].map(([run]) => (/\d/.test(run) ? String(Number(run)) : [...run].join(" "))).join(", ");

/** What a page says, in its order, each with its element: its sentences, then the words of its buttons. */
export function readable(page) {
  return [...page.querySelectorAll("h1, p, li, button")]
    .filter((each) => !each.closest("[role=img], .key") && !each.parentElement.closest("button, li:not(:has(button)), h1, p") && !each.querySelector("button, li"))
    .map((element) => ({ element, text: said(element) }))
    .filter(({ text }) => text);
}

function said(element) {
  if (element.classList.contains("label")) return spelled(element.textContent);
  const quiet = element.tagName === "BUTTON" && !element.classList.contains("closed") ? "b, span" : "b, span, small";
  const parts = [...element.querySelectorAll(quiet)].filter((each) => !each.querySelector("b, span"));
  return (parts.length ? parts : [element]).map((each) => each.textContent.trim()).filter(Boolean).join(". ");
}
