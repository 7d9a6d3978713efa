const HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

// All that a caller learns about a failure on our side; the cause is in the log.
export const SORRY = "The request could not be completed. Please try again.";

/** An HTTP API answer (payload format 2.0) with a JSON body. */
export function json(statusCode, body, headers = {}) {
  return { statusCode, headers: { ...HEADERS, ...headers }, body: JSON.stringify(body) };
}

/** An HTTP API answer in the one form that all errors have. */
export function failure(statusCode, code, message, headers = {}) {
  return json(statusCode, { error: { code, message } }, headers);
}
