/**
 * What is at the foot of every page, at the same place: reading aloud, larger text, contrast, everything lower, help.
 * Each is somebody's own, and gone with them.
 */

import { make } from "/look/page.js";

const DRAWINGS = { listen: "volume", large_text: "text-size", contrast: "contrast", lower: "arrow-bar-to-down", help: "hand-stop" };
/** Larger text in two steps: a fifth larger on the same pages, then twice as large, on pages that scroll. */
const SIZES = [
  { next: "large_text", classes: [] },
  { next: "larger_text", classes: ["large"] },
  { next: "normal_text", classes: ["largest"] },
];
const SWITCHES = ["contrast", "lower"];

/** `page` is what may be longer than the panel, `place` where the tools stand, `listen` the reading aloud. */
export function toolsOf({ say, icon, button, pressed, page, place, help, redraw, listen }) {
  let size = 0;
  const body = document.body.classList;

  const tool = (name, touch, word = name) => button(name, name, touch, icon(DRAWINGS[name]), make("span", "", say(word)));
  const switchOf = (name) => pressed(tool(name, () => (body.toggle(name), redraw())), body.contains(name));

  function draw() {
    place.replaceChildren(
      ...(listen.possible() ? [pressed(tool("listen", listen.toggle), listen.on())] : []),
      pressed(tool("large_text", () => (setSize((size + 1) % SIZES.length), redraw()), SIZES[size].next), size > 0),
      ...SWITCHES.map(switchOf),
      tool("help", help),
    );
  }

  function setSize(next) {
    body.remove(...SIZES[size].classes);
    body.add(...SIZES[next].classes);
    size = next;
  }

  function reset() {
    setSize(0);
    body.remove(...SWITCHES);
  }

  /** What scrolls: the middle, or with the largest text the whole. */
  const scroller = () => (body.contains("largest") ? document.scrollingElement : page);

  /** Where a page is longer than the panel: a touch instead of a finger that has to slide. */
  function further() {
    const touch = () => scroller().scrollBy({ top: 0.6 * innerHeight, behavior: "smooth" });
    return button("further", "further", touch, icon("arrow-down"), make("span", "", say("further")));
  }

  function showFurther() {
    const made = page.querySelector(".further");
    if (!made) return;
    made.hidden = true;
    const { scrollHeight, clientHeight, scrollTop } = scroller();
    made.hidden = scrollHeight - clientHeight - scrollTop < 8;
  }

  return { draw, reset, further, showFurther };
}
