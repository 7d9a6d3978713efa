import { Refusal } from "./errors.mjs";

/**
 * Makes this request the one that publishes the greeting's message. Returns undefined if it is, the stored item if the
 * message is out already. Refuses with 409 while another request holds the claim. Throws StepFailed.
 */
export async function claim(greeting, greetings, budget, now) {
  const attempts = [
    () => greetings.put(greeting, budget.work()),
    () => greetings.takeOver(greeting, now(), budget.work()),
  ];
  let until = 0;
  for (const attempt of attempts) {
    const stored = await storedInstead(attempt);
    if (!stored || stored.claimed_by?.S === greeting.claim.by) return undefined;
    if (stored.published_at) return stored;
    until = Number(stored.claimed_until?.N ?? 0);
    if (until > now()) break;
  }
  const seconds = Math.max(1, Math.ceil((until - now()) / 1000));
  const message = "Another request with this Idempotency-Key is being served. Try again in a few seconds.";
  throw new Refusal(409, "in_progress", message, { "retry-after": String(seconds) });
}

/**
 * The stored item that stood in the way, or undefined if the write was done. The item may be our own: the SDK
 * repeats a write whose answer was lost, and the repetition then finds the first one's work.
 */
async function storedInstead(write) {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (error.cause?.name === "ConditionalCheckFailedException" && error.cause.Item) return error.cause.Item;
    throw error;
  }
}
