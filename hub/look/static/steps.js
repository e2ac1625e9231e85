/** What can be asked at a counter, for every page that has keys for it: the panel and the desk. */

/** Each step: its key on the keyboard (if any) and its icon. The order is that of the keys. */
export const STEPS = {
  next: { key: "F2", icon: "arrow-right" },
  recall: { key: "F3", icon: "bell-ringing" },
  no_show: { key: "F4", icon: "user-x" },
  start: { key: "F5", icon: "player-play" },
  hold: { key: "F6", icon: "player-pause" },
  transfer: { key: "F7", icon: "corner-up-right" },
  finish: { key: "F8", icon: "check" },
  resume: { icon: "player-play" },
  unpause: { icon: "player-play" },
  open: { icon: "door-enter" },
  release: { icon: "x" },
  pause: { icon: "coffee" },
  close: { icon: "door-exit" },
};
export const KEYS = Object.fromEntries(
  Object.entries(STEPS).flatMap(([step, { key }]) => (key ? [[key, step]] : [])),
);
