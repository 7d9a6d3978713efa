import { validate, version } from "uuid";

import { Refusal } from "./errors.mjs";

export const WINDOW_MS = 15 * 60 * 1000;

/**
 * The header Idempotency-Key in lower case, or undefined if there is none (an HTTP API hands on header names in
 * lower case). Refuses with 400 what is not a UUIDv7 made within 15 minutes of `now` (epoch milliseconds).
 */
export function readIdempotencyKey(event, now) {
  const key = event.headers?.["idempotency-key"]?.toLowerCase();
  if (key === undefined) return undefined;
  if (!validate(key) || version(key) !== 7) {
    const example = "018f6d7e-95a4-7c3a-9d52-5f0f6a1b2c3d";
    throw new Refusal(400, "invalid_idempotency_key", `Idempotency-Key must be one UUIDv7, such as ${example}.`);
  }
  if (Math.abs(createdAt(key) - now) > WINDOW_MS) {
    const message = "The time in Idempotency-Key must be within 15 minutes of now. Make a new key.";
    throw new Refusal(400, "idempotency_key_out_of_window", message);
  }
  return key;
}

// RFC 9562 section 5.7: the first 48 bits are the epoch time in milliseconds.
const createdAt = (uuid) => Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16);
