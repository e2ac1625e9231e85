/**
 * Which call stands where on the waiting-room screen, and for how long. Pure: no page, no clock.
 *
 * The large place belongs to one call at a time. Calls that ring take turns there, oldest first, each
 * for at least `minimum_s`; all of them stand in the list at once. A call keeps the large place while
 * its visitor is awaited, and leaves it when the visit has begun or ended, but not before its minimum.
 * One taken back by its counter leaves at once: it sends somebody to the wrong place.
 *
 * A call is announced when the hub says that it rings and this screen has not announced it yet. What
 * was called while the link was lost is placed without announcing it: it is true, but not new.
 *
 * Times are milliseconds of one monotonic clock, handed in.
 */

/** How many calls the list under the large place holds. */
export const LISTED = 4;
/** A ring older than this is not rung any more. */
export const RING_MS = 15_000;
/** What two clocks may drift apart, a tenth of a percent: twenty times more than a bad crystal. */
const DRIFT = 0.001;
/** Announcements remembered: some hours of a busy agency. */
const REMEMBERED = 400;

/** The beginning. `announced` are the names of announcements that this screen made before a reload. */
export function opening(announced = []) {
  return { board: null, large: null, turns: [], announced };
}

/** The name of one announcement: a restored hub (new epoch) may count its calls anew. */
export const announcement = (board, call) => `${board.epoch}.${call.call}.${call.repeat}`;

/** The stage after a picture has come. */
export function take(stage, board, now) {
  const unseen = board.calls.filter((call) => !stage.announced.includes(announcement(board, call)));
  const rings = new Set(board.rings.map((ring) => `${ring.call}.${ring.repeat}`));
  const ringing = unseen.filter((call) => call.state === "called" && rings.has(`${call.call}.${call.repeat}`));
  const loud = ringing.toReversed().map((call) => ({ call: call.call, repeat: call.repeat, loud: true }));
  const again = new Set(loud.map((turn) => turn.call));
  const seen = [...stage.announced, ...unseen.map((call) => announcement(board, call))].slice(-REMEMBERED);
  const turns = stage.turns.filter((turn) => !again.has(turn.call));
  const silent = loud.length === 0 ? quietly(unseen) : [];
  return settle({ ...stage, board, announced: seen, turns: [...turns, ...silent, ...loud] }, now);
}

/** The newest call that this screen has missed while nobody told it: it takes the place without a flash. */
function quietly(unseen) {
  const newest = unseen.find((call) => call.state === "called");
  return newest ? [{ call: newest.call, repeat: newest.repeat, loud: false }] : [];
}

/** The stage after time has passed. */
export function settle(stage, now) {
  if (!stage.board) return stage;
  const calls = new Map(stage.board.calls.map((call) => [call.call, call]));
  const awaited = (turn) => calls.get(turn.call)?.state === "called";
  const turns = stage.turns.filter(awaited);
  const [next, ...later] = turns;
  const large = stage.large && calls.has(stage.large.call) ? stage.large : null;
  if (large && next?.call === large.call) return settle({ ...stage, large: place(next, now), turns: later }, now);
  if (large && now - large.since < minimum(stage)) return { ...stage, large, turns };
  if (next) return { ...stage, large: place(next, now), turns: later };
  if (large && awaited(large)) return { ...stage, large, turns };
  const standing = stage.board.calls.find((call) => call.state === "called");
  return { ...stage, turns, large: standing ? place({ ...standing, loud: false }, now) : null };
}

const place = (turn, now) => ({ call: turn.call, repeat: turn.repeat, loud: turn.loud, since: now });
const minimum = (stage) => stage.board.minimum_s * 1000;

/** When time alone changes the stage: the end of the large call's minimum, if somebody waits for its place. */
export function changesAt(stage) {
  if (!stage.board || !stage.large) return Infinity;
  const call = stage.board.calls.find((one) => one.call === stage.large.call);
  const leaves = stage.turns.length > 0 || call?.state !== "called";
  return leaves ? stage.large.since + minimum(stage) : Infinity;
}

/**
 * What is shown. `link` is the link's state: "waiting", "live" or "lost".
 * `scene`: "waiting" (no picture yet), "lost", "closed", "quiet" (open, nobody called) or "call".
 */
export function view(stage, link) {
  const { board } = stage;
  if (link === "lost") return { scene: "lost", large: null, previous: listed(board, null) };
  if (!board) return { scene: "waiting", large: null, previous: [] };
  const large = stage.large && board.calls.find((call) => call.call === stage.large.call);
  if (!board.day && !large) return { scene: "closed", large: null, previous: [] };
  const previous = listed(board, large?.call ?? null);
  if (!large) return { scene: "quiet", large: null, previous };
  return { scene: "call", large: { ...large, loud: stage.large.loud, since: stage.large.since }, previous };
}

function listed(board, large) {
  return (board?.calls ?? []).filter((call) => call.call !== large).slice(0, LISTED);
}

/** Whom the counter of a sign calls or serves; null when nobody. A call that ended here never stands on its sign. */
export function atSign(stage) {
  return stage.board.calls.find((call) => call.state !== "ended") ?? null;
}

/**
 * How old a picture is when it is read, in ms, by the hub's wall clock (`at`) against our monotonic one (`now`).
 *
 * `clock` is what the last picture gave. The freshest picture so far is taken as new. The hub's clock may be set
 * back (then everything starts again from this picture), and the two may drift apart (then age is forgiven
 * slowly); neither may silence a screen for good.
 */
export function reading(clock, at, now) {
  const ahead = at - now;
  const known = clock && at >= clock.at ? clock.ahead - DRIFT * (now - clock.now) : -Infinity;
  const best = Math.max(ahead, known);
  return { at, now, ahead: best, age: best - ahead };
}

/** A group that enters rings like a call, once: under a name of its own. */
const groupRings = (board) =>
  (board.groups ?? []).filter((one) => one.rings).map((one) => ({ call: `g${one.group}`, repeat: 1, sound: one.sound, group: true }));

/** The rings of a picture that this loudspeaker has not rung, oldest first, then who enters. `age` is the picture's, in ms. */
export function toRing(board, rung, age) {
  if (age > RING_MS) return [];
  const place = new Map(board.calls.map((call, index) => [call.call, index]));
  const unheard = (ring) => !rung.includes(announcement(board, ring));
  const calls = board.rings.filter((ring) => unheard(ring) && stillCalled(board, ring));
  return [...calls.toSorted((a, b) => place.get(b.call) - place.get(a.call)), ...groupRings(board).filter(unheard).toReversed()];
}

/** Whether a ring still calls somebody: not when the visitor has come, left, or was called once more. */
export function stillCalled(board, ring) {
  if (ring.group) return (board.groups ?? []).some((one) => `g${one.group}` === ring.call);
  return board.calls.some((call) => call.call === ring.call && call.repeat === ring.repeat && call.state === "called");
}

/** The announced range in whole minutes, or null when nobody knows. Low is cut, high is rounded up. */
export function minutes(queue) {
  if (queue.low_s === null || queue.high_s === null) return null;
  const high = Math.max(1, Math.ceil(queue.high_s / 60));
  return { low: Math.min(Math.floor(queue.low_s / 60), high), high };
}
