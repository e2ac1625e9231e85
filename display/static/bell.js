/**
 * The loudspeaker: announcements one after the other, each once, however often the page comes back.
 *
 * What has been rung is kept by the tab (sessionStorage), so that neither a reload nor a reconnect rings
 * again. Where the browser holds sound back until somebody touches the screen, `onBlocked` says so; where it cannot
 * sound at all, `onMute`.
 */

import { tell } from "/look/history.js";
import { announcement, reading, stillCalled, toRing } from "./stage.js";

const PLACE = "mbote.rung";
const REMEMBERED = 100;
/** A sound that neither ends nor fails is given up: the next visitor must not wait for it. */
const LONGEST_MS = 25_000;
const GONG = "/sound/chime.wav";
const SILENCE = "/sound/silence.wav";

export class Bell {
  #audio = new Audio();
  #board = null;
  #queue = [];
  #rung = JSON.parse(sessionStorage.getItem(PLACE) ?? "[]");
  #ringing = false;
  #clock = null;
  #onBlocked;
  blocked = false;

  constructor({ onBlocked, onMute }) {
    this.#onBlocked = onBlocked;
    this.#audio.preload = "auto";
    addEventListener("pointerdown", () => this.#unblock());
    addEventListener("keydown", () => this.#unblock());
    this.#test(onMute);
  }

  /** The self-test: a browser that cannot sound at all is found out before the first call. */
  async #test(onMute) {
    onMute((await this.#play(SILENCE)) === "failed");
  }

  /** A picture: whatever rings in it and has not been rung here waits its turn. */
  take(board) {
    this.#board = board;
    this.#clock = reading(this.#clock, Date.parse(board.at), performance.now());
    const waiting = new Set(this.#queue.map((ring) => announcement(board, ring)));
    const news = toRing(board, this.#rung, this.#clock.age).filter((ring) => !waiting.has(announcement(board, ring)));
    this.#queue.push(...news);
    if (!this.#ringing) this.#ring();
  }

  async #ring() {
    this.#ringing = true;
    while (this.#queue.length > 0 && !this.blocked) {
      const ring = this.#queue.shift();
      if (!stillCalled(this.#board, ring)) continue;
      if (await this.#once(ring)) continue;
      this.#queue.unshift(ring);
    }
    this.#ringing = false;
  }

  /** False when the browser did not let it sound: then it has not been rung. */
  async #once(ring) {
    const name = announcement(this.#board, ring);
    this.#remember([...this.#rung, name]);
    this.#audio.volume = this.#board.volume / 100;
    if (this.#board.volume === 0) return true; // quiet hours, or a screen that is only seen
    let outcome = ring.sound ? await this.#play(ring.sound) : await this.#play(GONG);
    if (outcome === "failed" && ring.sound) outcome = await this.#play(GONG);
    if (outcome !== "blocked" && !ring.group) tell("announce", { call: ring.call, repeat: ring.repeat });
    if (outcome === "blocked") this.#remember(this.#rung.filter((one) => one !== name));
    return outcome !== "blocked";
  }

  #remember(rung) {
    this.#rung = rung.slice(-REMEMBERED);
    sessionStorage.setItem(PLACE, JSON.stringify(this.#rung));
  }

  /** "played", "failed" (no such sound, no loudspeaker) or "blocked" (the browser wants a touch first). */
  async #play(url) {
    const over = this.#over();
    this.#audio.src = url;
    try {
      await this.#audio.play();
    } catch (error) {
      over.stop();
      return error.name === "NotAllowedError" ? this.#block() : "failed";
    }
    return over.outcome;
  }

  #over() {
    const ends = new AbortController();
    const outcome = new Promise((resolve) => {
      const settle = (how) => {
        ends.abort();
        clearTimeout(patience);
        resolve(how);
      };
      const patience = setTimeout(() => settle("failed"), LONGEST_MS);
      this.#audio.addEventListener("ended", () => settle("played"), { signal: ends.signal });
      this.#audio.addEventListener("error", () => settle("failed"), { signal: ends.signal });
      ends.signal.addEventListener("abort", () => clearTimeout(patience));
    });
    return { outcome, stop: () => ends.abort() };
  }

  #block() {
    this.blocked = true;
    this.#onBlocked(true);
    return "blocked";
  }

  async #unblock() {
    if (!this.blocked) return;
    this.blocked = false;
    this.#onBlocked(false);
    this.#queue = [];
    if ((await this.#play(SILENCE)) === "blocked") return;
    if (this.#board) this.take(this.#board);
  }
}
