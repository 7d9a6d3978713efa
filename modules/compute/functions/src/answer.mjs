import { Refusal, StepFailed } from "./errors.mjs";
import { describe, log } from "./log.mjs";
import { failure, SORRY } from "./responses.mjs";

const RETRY_AFTER = { "retry-after": "1" };

/**
 * Runs a route and turns what it throws into an answer; logs one line for the request, and one for each failure that
 * did not change the answer. No line holds a token, a claim's value or an e-mail address.
 */
export async function answer(event, context, route) {
  const started = Date.now();
  const write = (level, fields) => log(level, { ...identify(event, context), ...fields });
  const warn = (error) => write("WARN", { message: "A step failed; the answer stays.", ...cause(error) });
  try {
    const response = await route(event, context, warn);
    write("INFO", { message: "answered", status: response.statusCode, duration_ms: Date.now() - started });
    return response;
  } catch (error) {
    const response = respond(error);
    const outcome = { status: response.statusCode, duration_ms: Date.now() - started };
    if (error instanceof Refusal) write("INFO", { message: "refused", code: error.code, ...outcome });
    else write("ERROR", { message: "failed", ...outcome, ...cause(error) });
    return response;
  }
}

function respond(error) {
  if (error instanceof Refusal) return failure(error.statusCode, error.code, error.message, error.headers);
  if (error instanceof StepFailed) return failure(503, "unavailable", SORRY, RETRY_AFTER);
  return failure(500, "internal_error", SORRY);
}

function cause(error) {
  return error instanceof StepFailed
    ? { step: error.step, error: describe(error.cause) }
    : { step: "unexpected", error: describe(error) };
}

const identify = (event, context) => ({
  requestId: context.awsRequestId,
  api_request_id: event?.requestContext?.requestId,
  region: process.env.AWS_REGION,
  route: event?.routeKey,
});
