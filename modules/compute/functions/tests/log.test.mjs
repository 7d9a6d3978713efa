import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { answer } from "../src/answer.mjs";
import { describe, log } from "../src/log.mjs";
import { EMAIL, error, snsError } from "./fake-aws.mjs";
import { aws, call, contextOf, eventOf, lines, newKey, REGION, reset, SUBJECT } from "./support.mjs";

beforeEach(reset);

test("a served request is one line with both request ids, region, route, status and time", async () => {
  const context = contextOf();
  await call(eventOf(), context);

  const [{ timestamp, duration_ms, ...line }] = lines;
  assert.equal(lines.length, 1);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(duration_ms >= 0);
  const ids = { requestId: context.awsRequestId, api_request_id: "api-1" };
  assert.deepEqual(line, {
    level: "INFO",
    ...ids,
    region: REGION,
    route: "GET /greet",
    message: "answered",
    status: 200,
  });
});

test("a failure is one line that names the step and AWS's own request id", async () => {
  aws.faults.PutItem = [error("AccessDeniedException")];
  await call(eventOf());

  assert.equal(lines.length, 1);
  const [{ level, step, status, region, error: cause }] = lines;
  assert.deepEqual([level, step, status, region], ["ERROR", "put_item", 503, REGION]);
  assert.deepEqual(cause, {
    name: "AccessDeniedException",
    http_status: 400,
    aws_request_id: "aws-request-1",
    attempts: 1,
  });
});

test("no line holds a token, a claim's value or an e-mail address, though AWS quotes them", async () => {
  const claims = { nickname: "queen-of-engines" };
  const scenes = [
    {},
    { PutItem: [error("ValidationException", { Item: { subject: { S: SUBJECT } } })] },
    { Publish: [snsError("InvalidParameter", 400)] },
    { Publish: [snsError("AuthorizationError")], UpdateItem: [error("ValidationException")] },
    { UpdateItem: [error("ValidationException")] },
    { PutItem: ["hang"] },
  ];
  for (const faults of scenes) {
    aws.faults = faults;
    await call(eventOf({ claims, key: newKey() }), contextOf(400));
  }
  await call(eventOf({ claims: { ...claims, email_verified: "false" } }));
  await call(eventOf({ claims, key: "not-a-key-but-a-secret" }));
  await call(eventOf({ claims, routeKey: "GET /other" }));

  assert.ok(lines.length > scenes.length + 2);
  const text = JSON.stringify(lines);
  for (const secret of [EMAIL, SUBJECT, "secret.token", claims.nickname, "not-a-key-but-a-secret", "queen"]) {
    assert.ok(!text.includes(secret), `${secret} is in ${text}`);
  }
});

test("an unexpected error is a 500 with the fixed sentence, and the log names its place", async () => {
  const broken = async () => {
    throw new TypeError(`cannot read ${EMAIL}`);
  };
  const response = await answer(eventOf(), contextOf(), broken);

  assert.equal(response.statusCode, 500);
  const message = "The request could not be completed. Please try again.";
  assert.deepEqual(JSON.parse(response.body), { error: { code: "internal_error", message } });
  const [{ level, step, error: cause }] = lines;
  assert.deepEqual([level, step, cause.name], ["ERROR", "unexpected", "TypeError"]);
  assert.match(cause.at, /^broken \(.*log\.test\.mjs:\d+:\d+\)$/);
  assert.ok(!JSON.stringify(lines).includes(EMAIL));
});

test("a message that imitates a stack frame is not taken for one", () => {
  const { at } = describe(new Error(`first\n    at ${EMAIL} (somewhere:1:1)`));
  assert.match(at, /log\.test\.mjs/);
});

test("a message that was changed after the fact makes the place unknown, not leaked", () => {
  const changed = new Error("first");
  assert.match(changed.stack, /^Error: first\n/, "from here on the stack keeps the first message");
  changed.message += `\n    at ${EMAIL}`;
  assert.equal(describe(changed).at, undefined);
});

test("an error without frames, and what is no error at all, can be described", () => {
  const bare = Object.assign(new Error("bare"), { stack: "Error: bare" });
  assert.deepEqual(describe(bare), {
    name: "Error",
    code: undefined,
    http_status: undefined,
    aws_request_id: undefined,
    attempts: undefined,
    at: undefined,
  });
  assert.equal(describe("text").name, "string");
  assert.equal(describe(undefined).name, "undefined");
});

test("a log entry is one line, also with line breaks in it", () => {
  log("INFO", { message: "two\nlines" });
  assert.equal(lines.at(-1).message, "two\nlines");
});
