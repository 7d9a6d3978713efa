// Sets the function's environment, starts the fake AWS, and only then loads the function.
import { after, mock } from "node:test";

import { v7 } from "uuid";

import { EMAIL, startFakeAws } from "./fake-aws.mjs";

export const aws = await startFakeAws();
after(() => aws.stop());

export const REGION = "eu-west-1";
export const SUBJECT = "b0f0c0de-1111-4222-8333-444455556666";
export const REPOSITORY = "https://github.com/example-org/meridian.git";

Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: "testing",
  AWS_SECRET_ACCESS_KEY: "testing",
  AWS_REGION: REGION,
  AWS_ENDPOINT_URL: aws.endpoint,
  REPOSITORY_URL: REPOSITORY,
  TABLE_NAME: "greetings",
  TOPIC_ARN: "arn:aws:sns:eu-west-1:100000000001:verification",
});

export const { handler } = await import("../src/index.mjs");

let requests = 0;

/** Lambda's context with so many milliseconds left; each call is another request. */
export function contextOf(milliseconds = 5000) {
  const end = Date.now() + milliseconds;
  requests += 1;
  return { awsRequestId: `lambda-${requests}`, getRemainingTimeInMillis: () => end - Date.now() };
}

/** An HTTP API event (payload format 2.0) of a signed-in user. */
export function eventOf({ routeKey = "GET /greet", key, claims = {} } = {}) {
  const all = { sub: SUBJECT, email: EMAIL, email_verified: "true", token_use: "id", ...claims };
  const headers = { authorization: "Bearer secret.token.here", ...(key && { "idempotency-key": key }) };
  return {
    version: "2.0",
    routeKey,
    headers,
    requestContext: { requestId: "api-1", authorizer: { jwt: { claims: all } } },
  };
}

/** Empties the fake AWS and the log. */
export function reset() {
  Object.assign(aws, { messages: [], secrets: {}, calls: [], faults: {} });
  aws.items.clear();
  lines.length = 0;
}

export const newKey = (milliseconds = Date.now()) => v7({ msecs: milliseconds });

/** Calls the function as Lambda would; returns {status, headers, body} with the body parsed. */
export async function call(event, context = contextOf()) {
  const { statusCode, headers, body } = await handler(event, context);
  return { status: statusCode, headers, body: JSON.parse(body) };
}

// The function's own log lines, parsed; what the test runner writes goes its way.
export const lines = [];
const write = process.stdout.write.bind(process.stdout);
mock.method(process.stdout, "write", (chunk, ...more) => {
  if (typeof chunk !== "string" || !chunk.startsWith('{"timestamp"')) return write(chunk, ...more);
  lines.push(JSON.parse(chunk));
  return true;
});

/** The operations called so far, in order. */
export const operations = () => aws.calls.map(({ operation }) => operation);
