import { createHash, timingSafeEqual } from "node:crypto";

import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";

import { startBudget, step } from "./budget.mjs";
import { secrets } from "./clients.mjs";
import { Refusal } from "./errors.mjs";

const HEADER = "x-edge-secret";
// Two values count at once, so that a new one can be stored before the edge sends it.
const STAGES = ["AWSCURRENT", "AWSPREVIOUS"];
const READ_AGAIN_MS = 1000;
// After this a value that is no longer stored is refused.
const MINUTE_MS = 60_000;
const FORGET_MS = 5 * MINUTE_MS;

/**
 * Returns a check that refuses with 403 what does not carry one of the stored values.
 * `read(milliseconds)`: the values that count; `now()`: epoch milliseconds. It reads for a value that it does not know,
 * at most once a second, and every five minutes for one that it knows. Throws StepFailed if it has to read and cannot;
 * a value that it knows passes then, and it reads again after a minute.
 */
export function createLock(read, now) {
  let accepted = [];
  let readAt = -Infinity;
  const knows = (given) => accepted.some((one) => timingSafeEqual(one, given));

  return async (event, milliseconds) => {
    const value = event.headers?.[HEADER];
    const given = value && digest(value);
    const known = given && knows(given);
    if (given && now() - readAt >= (known ? FORGET_MS : READ_AGAIN_MS)) {
      const began = now();
      try {
        accepted = (await read(milliseconds)).map(digest);
        readAt = began;
      } catch (error) {
        if (!known) throw error;
        readAt = began - FORGET_MS + MINUTE_MS;
      }
    }
    if (!given || !knows(given)) throw new Refusal(403, "not_through_edge", "Call the API by its public name.");
  };
}

const digest = (value) => createHash("sha256").update(value).digest();

/** Returns the values of a secret that count; none where it has no value yet. */
export async function readValues(SecretId, milliseconds) {
  const values = await Promise.all(
    STAGES.map((VersionStage) =>
      step("read_secret", milliseconds, (options) =>
        secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }), options),
      ).then(
        ({ SecretString }) => SecretString,
        (error) => {
          if (error.cause?.name !== "ResourceNotFoundException") throw error;
        },
      ),
    ),
  );
  return values.filter(Boolean);
}

/** Returns the route behind the lock, or the route itself where EDGE_SECRET_ARN names no secret. */
export function onlyThroughEdge(route, secret = process.env.EDGE_SECRET_ARN) {
  if (!secret) return route;
  const check = createLock((milliseconds) => readValues(secret, milliseconds), Date.now);
  return async (event, context, warn) => {
    await check(event, startBudget(context).work());
    return route(event, context, warn);
  };
}
