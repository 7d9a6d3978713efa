import { StepFailed } from "./errors.mjs";

// Shares of the function's time: the calls a request needs end before the first share begins, so that
// the claim can still be settled; the last share is for writing the answer.
export const SETTLE_SHARE = 0.25;
export const ANSWER_SHARE = 0.05;

/**
 * Divides the time that the function has left.
 * `total`: milliseconds at the start; `work()`, `settle()`: milliseconds that such a step may still take.
 */
export function startBudget(context) {
  const total = context.getRemainingTimeInMillis();
  const left = (share) => context.getRemainingTimeInMillis() - total * share;
  return { total, work: () => left(SETTLE_SHARE), settle: () => left(ANSWER_SHARE) };
}

/**
 * Runs one call to AWS within `milliseconds`, independent of the SDK: its own timeouts do not cover a server's
 * Retry-After or an answer that trickles in. Throws StepFailed.
 */
export async function step(name, milliseconds, call) {
  if (milliseconds <= 0) throw new StepFailed(name, outOfTime());
  const controller = new AbortController();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(outOfTime());
      controller.abort();
    }, milliseconds);
  });
  const called = Promise.resolve({ abortSignal: controller.signal }).then(call);
  const failed = (cause) => {
    throw new StepFailed(name, cause);
  };
  return Promise.race([called, late])
    .catch(failed)
    .finally(() => clearTimeout(timer));
}

const outOfTime = () => Object.assign(new Error("The time for this step is over."), { name: "OutOfTime" });
