import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { error } from "./fake-aws.mjs";
import { aws, call, eventOf, newKey, operations, REGION, reset, SUBJECT } from "./support.mjs";

beforeEach(reset);

/** Puts an item as an earlier request would have left it; returns the event that retries that request. */
function stored(more) {
  const key = newKey();
  const item = { subject: { S: SUBJECT }, greeting_id: { S: key }, region: { S: REGION }, ...more };
  aws.items.set(`${SUBJECT}/${key}`, item);
  return eventOf({ key });
}

const claimUntil = (time) => ({ claimed_by: { S: "another-request" }, claimed_until: { N: String(time) } });

test("of two requests at once with one key, one publishes and the other must wait", async () => {
  const event = eventOf({ key: newKey() });
  const answers = await Promise.all([call(event), call(event)]);

  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, 409]);
  const { headers, body } = answers.find(({ status }) => status === 409);
  assert.equal(body.error.code, "in_progress");
  assert.match(headers["retry-after"], /^[1-6]$/);
  assert.equal(aws.messages.length, 1);
  assert.equal(aws.items.size, 1);
});

test("a living claim is respected without touching the item", async () => {
  const { status, headers } = await call(stored(claimUntil(Date.now() + 2500)));

  assert.equal(status, 409);
  assert.equal(headers["retry-after"], "3");
  assert.deepEqual(operations(), ["PutItem"]);
});

test("a claim that has ended is taken over", async () => {
  const { status } = await call(stored(claimUntil(Date.now() - 1)));

  assert.equal(status, 200);
  assert.equal(aws.messages.length, 1);
  assert.deepEqual(operations(), ["PutItem", "UpdateItem", "Publish", "UpdateItem"]);
});

test("the loser of a race for an ended claim must wait", async () => {
  const event = stored({});
  const [item] = aws.items.values();
  // The rival comes after the stored item was read: the answer still shows it unclaimed.
  aws.faults.PutItem = [error("ConditionalCheckFailedException", { Item: { ...item } })];
  Object.assign(item, claimUntil(Date.now() + 5000));
  const { status } = await call(event);

  assert.equal(status, 409);
  assert.equal(aws.messages.length, 0);
  assert.deepEqual(operations(), ["PutItem", "UpdateItem"]);
});

test("who loses to one that is already done answers the stored greeting", async () => {
  const event = stored({});
  const [item] = aws.items.values();
  aws.faults.PutItem = [error("ConditionalCheckFailedException", { Item: { ...item } })];
  item.published_at = { S: new Date().toISOString() };
  const { status } = await call(event);

  assert.equal(status, 200);
  assert.equal(aws.messages.length, 0);
});

test("a claim that is lost and free again still does not publish", async () => {
  const event = stored({});
  const [item] = aws.items.values();
  aws.faults.UpdateItem = [error("ConditionalCheckFailedException", { Item: { ...item } })];
  const { status, headers } = await call(event);

  assert.equal(status, 409);
  assert.equal(headers["retry-after"], "1");
});

test("a refusal that does not say what is stored is a failure, not a guess", async () => {
  aws.faults.PutItem = [error("ConditionalCheckFailedException")];
  const { status } = await call(eventOf({ key: newKey() }));

  assert.equal(status, 503);
  assert.deepEqual(aws.messages, []);
});

test("a write whose answer was lost is recognised as our own when the SDK repeats it", async () => {
  aws.faults.PutItem = ["lose"];
  const { status } = await call(eventOf());

  assert.equal(status, 200);
  assert.deepEqual(operations(), ["PutItem", "PutItem", "Publish", "UpdateItem"]);
  assert.equal(aws.messages.length, 1);
});

test("so is a lost answer to the take-over", async () => {
  const event = stored({});
  aws.faults.UpdateItem = ["lose"];
  const { status } = await call(event);

  assert.equal(status, 200);
  assert.deepEqual(operations(), ["PutItem", "UpdateItem", "UpdateItem", "Publish", "UpdateItem"]);
});
