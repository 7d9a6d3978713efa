import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { EMAIL, error, snsError } from "./fake-aws.mjs";
import {
  aws,
  call,
  contextOf,
  eventOf,
  lines,
  newKey,
  operations,
  REGION,
  REPOSITORY,
  reset,
  SUBJECT,
} from "./support.mjs";

beforeEach(reset);

const onlyItem = () => {
  assert.equal(aws.items.size, 1);
  return [...aws.items.values()][0];
};

test("a greeting writes one item, publishes one message and answers both ids", async () => {
  const before = Date.now();
  const { status, headers, body } = await call(eventOf());

  assert.equal(status, 200);
  assert.deepEqual(headers, { "content-type": "application/json", "cache-control": "no-store" });
  assert.deepEqual(Object.keys(body), ["region", "greeting_id", "message"]);
  assert.equal(body.region, REGION);
  assert.match(body.greeting_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(body.message, "Greetings from eu-west-1.");

  const { published_at, created_at, expires_at, ...rest } = onlyItem();
  assert.deepEqual(rest, { subject: { S: SUBJECT }, greeting_id: { S: body.greeting_id }, region: { S: REGION } });
  assert.ok(Date.parse(created_at.S) >= before);
  assert.equal(Number(expires_at.N), Math.floor(Date.parse(created_at.S) / 1000) + 30 * 24 * 3600);
  assert.ok(Date.parse(published_at.S) >= Date.parse(created_at.S));
  assert.deepEqual(operations(), ["PutItem", "Publish", "UpdateItem"]);
});

test("the message has exactly the fields of the wire contract, in their order", async () => {
  await call(eventOf());

  const expected = `{"email":"${EMAIL}","source":"Lambda","region":"${REGION}","repo":"${REPOSITORY}"}`;
  assert.deepEqual(aws.messages, [{ Message: expected, TopicArn: process.env.TOPIC_ARN }]);
});

test("the item is claimed while the message is on its way, a little longer than the function may live", async () => {
  let during;
  aws.faults.Publish = [() => (during = { ...onlyItem() })];
  const before = Date.now();
  const context = contextOf(5000);
  await call(eventOf(), context);

  assert.equal(during.claimed_by.S, context.awsRequestId);
  const lives = Number(during.claimed_until.N) - before;
  assert.ok(lives > 5000 && lives < 6500, `${lives} ms`);
});

test("no e-mail address is in the table", async () => {
  await call(eventOf());
  assert.ok(!JSON.stringify(onlyItem()).includes(EMAIL));
});

test("a retry after success answers the stored greeting and publishes nothing", async () => {
  const event = eventOf({ key: newKey() });
  const first = await call(event);
  onlyItem().region = { S: "us-east-1" };
  const second = await call(event);

  assert.deepEqual([first.status, second.status], [200, 200]);
  assert.equal(second.body.greeting_id, event.headers["idempotency-key"]);
  assert.deepEqual([second.body.region, second.body.message], ["us-east-1", "Greetings from us-east-1."]);
  assert.equal(aws.messages.length, 1);
  assert.equal(aws.items.size, 1);
});

test("the key of one user is no key of another", async () => {
  const key = newKey();
  await call(eventOf({ key }));
  const { status } = await call(eventOf({ key, claims: { sub: "another" } }));

  assert.equal(status, 200);
  assert.equal(aws.items.size, 2);
  assert.equal(aws.messages.length, 2);
});

test("a publish that fails answers 503, frees the claim, and a retry ends with one item and one message", async () => {
  const event = eventOf({ key: newKey() });
  aws.faults.Publish = [snsError("AuthorizationError")];
  const failed = await call(event);

  assert.equal(failed.status, 503);
  assert.deepEqual(failed.body.error, {
    code: "unavailable",
    message: "The request could not be completed. Please try again.",
  });
  const { created_at, claimed_by, claimed_until, published_at } = onlyItem();
  assert.deepEqual([claimed_by, claimed_until, published_at], [undefined, undefined, undefined]);
  const [line] = lines.filter(({ level }) => level === "ERROR");
  assert.equal(line.step, "publish");
  assert.equal(line.error.name, "AuthorizationErrorException");

  const retried = await call(event);
  assert.equal(retried.status, 200);
  assert.equal(aws.messages.length, 1);
  assert.equal(onlyItem().created_at, created_at);
  assert.ok(onlyItem().published_at);
  assert.deepEqual(operations(), [
    "PutItem",
    "Publish",
    "UpdateItem",
    "PutItem",
    "UpdateItem",
    "Publish",
    "UpdateItem",
  ]);
});

test("if the claim cannot be freed either, both failures are logged and the first one is answered", async () => {
  aws.faults = { Publish: [snsError("AuthorizationError")], UpdateItem: [error("AccessDeniedException")] };
  const { status } = await call(eventOf());

  assert.equal(status, 503);
  const failed = lines.map(({ level, step }) => [level, step]);
  assert.deepEqual(failed, [
    ["WARN", "release_claim"],
    ["ERROR", "publish"],
  ]);
});

test("a message that went out but could not be marked is a success: a 5xx would ask for a second one", async () => {
  aws.faults.UpdateItem = [error("AccessDeniedException")];
  const { status } = await call(eventOf());

  assert.equal(status, 200);
  assert.equal(aws.messages.length, 1);
  assert.deepEqual(
    lines.map(({ level, step }) => [level, step]),
    [
      ["WARN", "mark_published"],
      ["INFO", undefined],
    ],
  );
  assert.ok(onlyItem().claimed_until, "the claim stays, so a hasty retry does not publish either");
});

test("an item that could not be written publishes nothing", async () => {
  aws.faults.PutItem = [error("ResourceNotFoundException")];
  const { status } = await call(eventOf());

  assert.equal(status, 503);
  assert.deepEqual(operations(), ["PutItem"]);
  assert.equal(lines[0].step, "put_item");
  assert.equal(lines[0].error.name, "ResourceNotFoundException");
});
