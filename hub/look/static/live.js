/**
 * The live link between a screen and the hub.
 *
 * A screen gets whole pictures and keeps none but the newest: by (epoch, seq), an older one is dropped.
 * What is shown is true while this connection has brought a picture and some frame or ping came in the
 * last ten seconds; after that the screen must say so. An ask carries a key made here: repeated under
 * the same key it is answered again, not done again. Nothing is kept to be sent later: who presses
 * while the hub is away is told at once.
 */

import { tell } from "/look/history.js";

export const STALE_MS = 10_000;
const RESEND_MS = 1_000;
/** Until the hub is called again, milliseconds: after a broken line, and when it has turned us away. */
const RETRY_MS = 300;
const RETRY_REFUSED_MS = 5_000;
/** A browser writes down what it keeps when it likes: so long after, a new token is surely there after a power cut. */
const KEPT_MS = 120_000;

/** The hub understood and said no: `code` for programs, the message for people. */
export class Refused extends Error {
  constructor({ code, message, ...facts }) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

/** No answer. `sent`: it left this screen, and nobody here knows whether it was done. */
export class Away extends Error {
  constructor(sent) {
    super(sent ? "no answer" : "no hub");
    this.sent = sent;
  }
}

/** 128 random bits in hexadecimal; crypto.randomUUID is missing on pages served by plain http. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether picture `a` was built before picture `b`. */
export function older(a, b) {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);
}

/**
 * The device's token: taken once from the address (/display#TOKEN), then kept by this tab alone. One that the screen
 * got by pairing itself (keepToken) outlives the browser: nobody stands there with an address each morning.
 */
export function takeToken() {
  const place = tokenPlace();
  const given = decodeURIComponent(location.hash.slice(1));
  if (given) {
    sessionStorage.setItem(place, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(place) ?? localStorage.getItem(place) ?? "";
}

/**
 * Whether the token of the address, which the hub does not know, stands before another one that this screen was given
 * itself: then the page begins anew with that one.
 */
export function otherToken() {
  const [given, own] = [sessionStorage.getItem(tokenPlace()), localStorage.getItem(tokenPlace())];
  if (!given || !own || given === own) return false;
  sessionStorage.removeItem(tokenPlace());
  location.reload();
  return true;
}

/** Keeps the token that this screen was given on being paired, and begins anew with it. */
export function keepToken(token) {
  sessionStorage.removeItem(tokenPlace());
  localStorage.setItem(tokenPlace(), token);
  location.reload();
}

/**
 * Whether this token outlives the browser, so that the hub may give another one in its place: not the one of an
 * address, which somebody has written down elsewhere.
 */
function outlives(token) {
  return Boolean(token) && !sessionStorage.getItem(tokenPlace()) && localStorage.getItem(tokenPlace()) === token;
}

function tokenPlace() {
  return `mbote.token ${location.pathname}`;
}

/**
 * What a screen knows of its hub.
 *
 * `picture` names the event that carries this screen's pictures. `onPicture(picture)` gets each one
 * that is not older than the last; `onState(link)` is told when `state`, `connected` or `refused` change:
 *   state      "waiting" before the first picture, "live", or "lost" after ten silent seconds
 *   connected  whether an ask would leave now
 *   refused    the code with which the hub turned this screen away, or ""
 * `only`: this window wants its own pictures and none of those that its session could have besides.
 */
export class Link {
  #socket;
  #newest = null;
  #heardAt = performance.now();
  #trusted = false;
  #watching = 0;
  #onPicture;
  #onState;
  state = "waiting";
  connected = false;
  refused = "";

  constructor({ picture, onPicture, onState = () => {}, token = takeToken(), others = {}, only = false }) {
    this.#onPicture = onPicture;
    this.#onState = onState;
    this.#socket = globalThis.io({
      transports: ["websocket"],
      auth: (give) => give({ ...(token && { token }), ...(outlives(token) && { renews: true }), ...(only && { only: [picture] }), ...this.#seen() }),
      reconnectionDelay: RETRY_MS,
      reconnectionDelayMax: 1_500,
      timeout: 4_000,
    });
    this.#socket.on(picture, (content) => this.#take(content));
    for (const [event, receive] of Object.entries(others)) this.#socket.on(event, receive);
    this.#socket.on("token", ({ token: next }) => {
      if (!outlives(token) || typeof next !== "string") return;
      localStorage.setItem(tokenPlace(), next);
      setTimeout(() => {
        token = next; // the old one opens until the hub has heard this one
        this.#socket.disconnect().connect();
      }, KEPT_MS);
    });
    this.#follow();
    this.#watch();
    document.addEventListener("session", ({ detail }) => {
      token = detail.socket; // a locked screen goes on under a new session
      this.#socket.disconnect().connect();
    });
    addEventListener("hashchange", () => location.hash.length > 1 && takeToken() && location.reload());
  }

  /**
   * Asks the hub to do `what` and gives its answer. Sent again under the same key while no answer comes.
   * Throws Refused, or Away when there is no hub or no answer within `patience` milliseconds.
   */
  async ask(what, body = {}, { key = newKey(), patience = 3_000 } = {}) {
    const message = { what, key, ...body };
    const deadline = performance.now() + patience;
    let sent = false;
    while (performance.now() < deadline && (this.connected || (sent && (await this.#back(deadline))))) {
      sent = true;
      tell("invoke", { what, key, body });
      const answer = await this.#send(message, Math.min(RESEND_MS, deadline - performance.now()));
      tell(answer === undefined ? "info" : answer?.error ? "fail" : "ok", { key, answer });
      if (answer?.error) throw new Refused(answer.error);
      if (answer !== undefined) return answer;
    }
    throw new Away(sent);
  }

  /** The newest picture's place: a hub restored from a backup must know that it is behind. */
  #seen() {
    return this.#newest ? { seen: [this.#newest.epoch, this.#newest.seq] } : {};
  }

  /** The answer to one message; undefined when none came in time or the connection broke. */
  #send(message, patience) {
    return new Promise((resolve) => {
      const gone = () => resolve(undefined);
      this.#socket.once("disconnect", gone);
      this.#socket.timeout(patience).emit("ask", message, (late, answer) => {
        this.#socket.off("disconnect", gone);
        resolve(late ? undefined : (answer ?? null));
      });
    });
  }

  /** Whether the hub is back before the deadline: what was sent once is worth asking about again. */
  #back(deadline) {
    return new Promise((resolve) => {
      const connected = () => settle(true);
      const timer = setTimeout(() => settle(false), deadline - performance.now());
      const settle = (back) => {
        clearTimeout(timer);
        this.#socket.off("connect", connected);
        resolve(back);
      };
      this.#socket.once("connect", connected);
    });
  }

  #follow() {
    const socket = this.#socket;
    socket.io.on("open", () => socket.io.engine.on("packet", () => this.#heard()));
    socket.on("connect", () => this.#change({ connected: true, refused: "" }));
    socket.on("disconnect", () => {
      this.#trusted = false;
      this.#change({ connected: false });
      this.#comeBack(RETRY_MS); // hung up on: whether for good is known soon
    });
    socket.on("connect_error", (error) => {
      if (socket.active) return;
      this.#change({ refused: error.data?.code ?? error.message ?? "refused" });
      this.#comeBack();
    });
  }

  /** A hub that turned us away is asked again: tokens are given and taken while screens hang on walls. */
  #comeBack(after = RETRY_REFUSED_MS) {
    if (!this.#socket.active) setTimeout(() => this.#socket.connect(), after);
  }

  #take(picture) {
    if (this.#newest && older(picture, this.#newest)) return;
    this.#newest = picture;
    this.#trusted = true;
    this.#onPicture(picture);
    this.#heard();
  }

  /** A frame on a connection that has brought its picture: nothing was lost on it, so what is shown is true. */
  #heard() {
    if (!this.#trusted) return;
    this.#heardAt = performance.now();
    if (this.state === "live") return;
    this.#change({ state: "live" });
    this.#watch();
  }

  /** One timer for the whole silence, set again only when it ends: an idle screen wakes every ten seconds. */
  #watch() {
    clearTimeout(this.#watching);
    const silent = performance.now() - this.#heardAt;
    if (silent >= STALE_MS) this.#change({ state: "lost" });
    else this.#watching = setTimeout(() => this.#watch(), STALE_MS - silent);
  }

  #change(news) {
    const before = [this.state, this.connected, this.refused].join();
    Object.assign(this, news);
    if ([this.state, this.connected, this.refused].join() !== before) this.#onState(this);
  }
}
