/** Choosing a counter: who sits where, and whether the day is open, as it changes. */

import { Link } from "/look/live.js";
import { say, setText } from "/look/page.js";

const WORKING = ["free", "calling", "serving"];
const day = document.querySelector("[data-day]")?.dataset.day;

new Link({ picture: "desk", onPicture: draw, token: document.querySelector("meta[name=socket]").content });

function draw(desk) {
  if (day === "closed" && desk.day) location.replace("/desk/counters"); // nothing is typed on this page
  for (const seat of desk.seats) {
    const tile = document.querySelector(`[data-counter="${CSS.escape(seat.counter)}"]`);
    if (tile) drawSeat(tile, seat);
  }
}

function drawSeat(tile, seat) {
  const word = tile.querySelector("[data-word]");
  tile.dataset.state = seat.state;
  word.classList.toggle("good", WORKING.includes(seat.state));
  setText(word, say(seat.state));
  setText(tile.querySelector("[data-who]"), seat.agent_name ?? seat.agent ?? say("nobody_there"));
}
