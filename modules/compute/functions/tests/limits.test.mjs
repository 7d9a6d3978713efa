// How long a request may take: the arithmetic, then the same watched at the SDK's boundary with a server that stalls.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { beforeEach, test } from "node:test";

import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

import { ANSWER_SHARE, SETTLE_SHARE, startBudget, step } from "../src/budget.mjs";
import { ATTEMPTS, TIMEOUTS } from "../src/clients.mjs";
import { aws, call, contextOf, eventOf, lines, newKey, operations, reset } from "./support.mjs";

beforeEach(reset);

const LAMBDA_TIMEOUT_MS = 5000;

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { result, milliseconds: performance.now() - start };
}

test("by the arithmetic, all steps end before Lambda's timeout and the claim can still be freed", () => {
  const work = LAMBDA_TIMEOUT_MS * (1 - SETTLE_SHARE);
  const settled = LAMBDA_TIMEOUT_MS * (1 - ANSWER_SHARE);
  const oneCall = ATTEMPTS * (TIMEOUTS.requestTimeout + TIMEOUTS.socketTimeout);

  assert.ok(TIMEOUTS.connectionTimeout < TIMEOUTS.requestTimeout);
  assert.equal(TIMEOUTS.throwOnRequestTimeout, true, "without it requestTimeout only warns");
  assert.ok(ATTEMPTS * TIMEOUTS.requestTimeout < work, "a silent service uses up its attempts, not the time");
  assert.ok(oneCall > work, "so the budget, not the SDK, is what bounds a request");
  assert.ok(settled - work >= 500, "time for one call to free or end the claim");
  assert.ok(LAMBDA_TIMEOUT_MS - settled >= 100, "time to write the answer");
});

test("a budget counts down, and its shares with it", () => {
  let left = 5000;
  const budget = startBudget({ getRemainingTimeInMillis: () => left });
  assert.deepEqual([budget.total, budget.work(), budget.settle()], [5000, 3750, 4750]);
  left = 1000;
  assert.deepEqual([budget.total, budget.work(), budget.settle()], [5000, -250, 750]);
});

test("a step without time is not begun", async () => {
  let begun = false;
  const run = () => step("put_item", 0, async () => (begun = true));
  await assert.rejects(run, ({ step: name, cause }) => name === "put_item" && cause.name === "OutOfTime");
  assert.equal(begun, false);
});

test("a step ends with its time even if the call ignores the signal", async () => {
  let signal;
  const never = (options) => {
    signal = options.abortSignal;
    return new Promise(() => {});
  };
  const { milliseconds } = await timed(() => assert.rejects(step("publish", 60, never), { name: "StepFailed" }));
  assert.ok(milliseconds < 500, `${milliseconds} ms`);
  assert.equal(signal.aborted, true);
});

test("a table that never answers is tried twice, then the request fails in time", { timeout: 8000 }, async () => {
  aws.faults.PutItem = ["hang", "hang", "hang"];
  const { result, milliseconds } = await timed(() => call(eventOf(), contextOf(LAMBDA_TIMEOUT_MS)));

  assert.equal(result.status, 503);
  assert.deepEqual(operations(), ["PutItem", "PutItem"]);
  assert.ok(milliseconds >= 2900 && milliseconds < 3900, `${milliseconds} ms`);
  assert.deepEqual([lines[0].step, lines[0].error.name], ["put_item", "TimeoutError"]);
});

test("an answer that trickles in for ever does not outlive the budget", async () => {
  aws.faults.PutItem = ["trickle", "trickle"];
  const { result, milliseconds } = await timed(() => call(eventOf(), contextOf(600)));

  assert.equal(result.status, 503);
  assert.ok(milliseconds < 600, `${milliseconds} ms`);
});

test("a long Retry-After does not exceed the budget", async () => {
  const body = { __type: "ThrottlingException" };
  aws.faults.PutItem = [{ status: 400, body, headers: { "retry-after": "3", "x-amz-retry-after": "3000" } }, "hang"];
  const { result, milliseconds } = await timed(() => call(eventOf(), contextOf(600)));

  assert.equal(result.status, 503);
  assert.ok(milliseconds < 600, `${milliseconds} ms`);
});

test("a failure that passes is tried once more and is not seen outside", async () => {
  const busy = { status: 500, body: { __type: "InternalServerError" } };
  aws.faults = { PutItem: [busy], Publish: [{ status: 500, body: "<x/>", type: "text/xml" }], UpdateItem: [busy] };
  const { status } = await call(eventOf({ key: newKey() }));

  assert.equal(status, 200);
  assert.deepEqual(operations(), ["PutItem", "PutItem", "Publish", "Publish", "UpdateItem", "UpdateItem"]);
  assert.equal(aws.messages.length, 1);
});

test("the clients have these limits, and a host that refuses connections is tried as often", async () => {
  const { dynamo, sns } = await import("../src/clients.mjs");
  for (const { config } of [dynamo, sns]) assert.equal(await config.maxAttempts(), ATTEMPTS);
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.on("listening", resolve));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  await new Promise((resolve) => server.close(resolve));
  const { requestHandler } = dynamo.config;
  const client = new DynamoDBClient({ endpoint, region: "eu-west-1", maxAttempts: ATTEMPTS, requestHandler });
  const probe = new GetItemCommand({ TableName: "t", Key: { subject: { S: "status" } } });
  await assert.rejects(
    client.send(probe),
    ({ code, $metadata }) => code === "ECONNREFUSED" && $metadata.attempts === 2,
  );
});
