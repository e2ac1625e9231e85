/**
 * A witness for the judge of runs: what a page asked, heard and showed.
 *
 * Off unless whoever drives the browser made `window.mboteHistory = []` before the page's own script ran; then every
 * ask, its answer and every picture drawn is pushed there, in our own words, with the time in milliseconds since 1970.
 * The driver turns them into lines of quality/history-format.md.
 */

export function tell(kind, facts) {
  globalThis.mboteHistory?.push({ kind, at: performance.timeOrigin + performance.now(), ...facts });
}
