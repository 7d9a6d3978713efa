/**
 * Writes one JSON line. Lambda reads `timestamp` and `level` from lines that are JSON already
 * (Lambda developer guide, "Log-level filtering"); console.log would wrap the line as a string.
 */
export function log(level, fields) {
  process.stdout.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, ...fields })}\n`);
}

/**
 * What may be logged about an error. Messages are left out: they may quote what the caller sent,
 * and so is the error itself: the SDK hangs the request on it.
 */
export function describe(error) {
  const { httpStatusCode, requestId, attempts } = error?.$metadata ?? {};
  const { name = typeof error, code } = error ?? {};
  return { name, code, http_status: httpStatusCode, aws_request_id: requestId, attempts, at: origin(error) };
}

/** The first stack frame of an error that did not come from AWS, without the message above it. */
function origin(error) {
  if (!(error instanceof Error) || error.$metadata) return undefined;
  const start = error.stack.indexOf(error.message);
  return start < 0 ? undefined : error.stack.slice(start + error.message.length).match(/^ {4}at (.+)$/m)?.[1];
}
