/**
 * A screen without a token shows a code; an administrator who stands before it types it on the devices page, and the
 * screen gets its token. Only this screen knows the secret with which it asks whether that has happened.
 */

import { keepToken, otherToken } from "./live.js";

const RETRY_MS = 5_000;

/** Makes this screen known, for as long as it takes; `onCode` as for `pair`. The page begins anew with its token. */
export async function join(kind, onCode) {
  if (!otherToken()) keepToken(await pair(kind, onCode));
}

/**
 * Asks for a token for a screen of this kind, for as long as it takes. `onCode(code)` shows each code, "" while the
 * hub is away or has too many waiting. Gives the token.
 */
async function pair(kind, onCode) {
  for (;;) {
    try {
      const { code, secret, left_s: left, look_s: look } = await post("/pairing", { kind });
      onCode(code);
      for (const end = performance.now() + left * 1_000; performance.now() < end; ) {
        await pause(look * 1_000);
        const { token } = await post("/pairing/claim", { secret });
        if (token) return token;
      }
    } catch {
      onCode("");
      await pause(RETRY_MS);
    }
  }
}

/** Without cookies: the screen asks for itself, not for an agent who is signed in in the same browser. */
async function post(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch(path, { method: "POST", credentials: "omit", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
