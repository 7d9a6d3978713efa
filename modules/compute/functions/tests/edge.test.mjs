import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { error } from "./fake-aws.mjs";
import { aws, contextOf, eventOf, operations, reset } from "./support.mjs";

const { createLock, onlyThroughEdge, readValues } = await import("../src/edge.mjs");
const ARN = "arn:aws:secretsmanager:eu-west-1:100000000001:secret:greeter-dev-edge-a1B2c3";

beforeEach(reset);

const carrying = (value) => ({ ...eventOf(), headers: { "x-edge-secret": value } });
const refused = { name: "Refusal", statusCode: 403, code: "not_through_edge" };

/** A lock over `stored`, with a clock that stands still and a count of its reads. */
function lockOf(stored) {
  const state = { stored, reads: 0, now: 10_000 };
  const read = async () => {
    state.reads += 1;
    return state.stored;
  };
  return Object.assign(state, { check: createLock(read, () => state.now) });
}

for (const [title, value] of [
  ["the current value", "new"],
  ["the previous one", "old"],
]) {
  test(`a call that carries ${title} passes, and the values are read once`, async () => {
    const lock = lockOf(["new", "old"]);
    await lock.check(carrying(value));
    await lock.check(carrying(value));
    assert.equal(lock.reads, 1);
  });
}

for (const [title, event] of [
  ["no header", eventOf()],
  ["an empty one", carrying("")],
  ["no headers at all", { routeKey: "GET /greet" }],
]) {
  test(`a call with ${title} is refused and reads nothing`, async () => {
    const lock = lockOf(["new"]);
    await assert.rejects(lock.check(event), refused);
    assert.equal(lock.reads, 0);
  });
}

test("while no value is stored, every call is refused", async () => {
  await assert.rejects(lockOf([]).check(carrying("new")), refused);
});

test("a new value passes as soon as it is stored, if the last read is a second ago", async () => {
  const lock = lockOf(["old"]);
  await lock.check(carrying("old"));
  Object.assign(lock, { stored: ["new", "old"], now: lock.now + 1000 });
  await lock.check(carrying("new"));
  assert.equal(lock.reads, 2);
});

test("wrong values are refused and do not make it read more than once a second", async () => {
  const lock = lockOf(["new"]);
  for (const value of ["wrong", "wronger"]) await assert.rejects(lock.check(carrying(value)), refused);
  assert.equal(lock.reads, 1);
  lock.now += 1000;
  await assert.rejects(lock.check(carrying("wrong")), refused);
  assert.equal(lock.reads, 2);
  await lock.check(carrying("new"));
});

test("a value that is no longer stored is refused after the next read", async () => {
  const lock = lockOf(["old"]);
  await lock.check(carrying("old"));
  Object.assign(lock, { stored: ["newest", "new"], now: lock.now + 1000 });
  await lock.check(carrying("newest"));
  await assert.rejects(lock.check(carrying("old")), refused);
});

test("a value that is no longer stored is refused after five minutes, if nothing else made it read", async () => {
  const lock = lockOf(["leaked"]);
  await lock.check(carrying("leaked"));
  Object.assign(lock, { stored: ["newest", "new"], now: lock.now + 299_999 });
  await lock.check(carrying("leaked"));
  lock.now += 1;
  await assert.rejects(lock.check(carrying("leaked")), refused);
});

test("while the secret cannot be read, a value that is known passes", async () => {
  let fails = false;
  let reads = 0;
  const read = async () => {
    reads += 1;
    if (fails) throw new Error("throttled");
    return ["new"];
  };
  let now = 0;
  const check = createLock(read, () => now);
  await check(carrying("new"));
  [fails, now] = [true, 300_000];
  await check(carrying("new"));
  await check(carrying("new"));
  assert.equal(reads, 2);
  await assert.rejects(check(carrying("other")), { message: "throttled" });
  now += 60_000;
  await check(carrying("new"));
  assert.equal(reads, 4);
});

test("both values of the secret count", async () => {
  aws.secrets = { AWSCURRENT: "new", AWSPREVIOUS: "old" };
  assert.deepEqual((await readValues(ARN, 1000)).sort(), ["new", "old"]);
  assert.deepEqual(aws.calls.map(({ input }) => input.SecretId), [ARN, ARN]);
});

test("a secret without a value, or without a previous one, is no failure", async () => {
  assert.deepEqual(await readValues(ARN, 1000), []);
  aws.secrets = { AWSCURRENT: "new" };
  assert.deepEqual(await readValues(ARN, 1000), ["new"]);
});

test("a secret that may not be read is a failure, and names the step", async () => {
  aws.faults.GetSecretValue = [error("AccessDeniedException"), error("AccessDeniedException")];
  await assert.rejects(readValues(ARN, 1000), { name: "StepFailed", step: "read_secret" });
});

test("behind the lock a route answers only what came through the edge", async () => {
  aws.secrets = { AWSCURRENT: "new" };
  const route = onlyThroughEdge(async () => "answered", ARN);
  await assert.rejects(route(eventOf(), contextOf()), refused);
  assert.deepEqual(operations(), []);
  assert.equal(await route(carrying("new"), contextOf()), "answered");
});

test("without a secret the route is the route itself", () => {
  const route = async () => "answered";
  assert.equal(onlyThroughEdge(route), route);
});
