import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { error } from "./fake-aws.mjs";
import { aws, call, eventOf, lines, REGION, reset } from "./support.mjs";

beforeEach(reset);

const anybody = () => ({ routeKey: "GET /status", headers: {}, requestContext: { requestId: "api-1" } });

test("the status is ok if the table answers, with the one key that the role may read", async () => {
  const { status, headers, body } = await call(anybody());

  assert.equal(status, 200);
  assert.deepEqual(body, { region: REGION, status: "ok" });
  assert.equal(headers["cache-control"], "no-store");
  const Key = { subject: { S: "status" }, greeting_id: { S: "probe" } };
  assert.deepEqual(aws.calls, [{ operation: "GetItem", input: { TableName: "greetings", Key } }]);
});

test("if the table refuses, the answer is 503 and reveals nothing; the log names the step", async () => {
  aws.faults.GetItem = [error("AccessDeniedException")];
  const { status, headers, body } = await call(anybody());

  assert.equal(status, 503);
  assert.equal(headers["retry-after"], "1");
  const message = "The request could not be completed. Please try again.";
  assert.deepEqual(body, { error: { code: "unavailable", message } });
  assert.deepEqual(
    lines.map(({ level, step }) => [level, step]),
    [["ERROR", "get_item"]],
  );
});

test("the status needs no token and writes nothing", async () => {
  await call(eventOf({ routeKey: "GET /status" }));

  assert.equal(aws.items.size, 0);
  assert.deepEqual(aws.messages, []);
});
