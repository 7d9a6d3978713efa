import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { v4 } from "uuid";

import { aws, call, eventOf, lines, newKey, reset } from "./support.mjs";

beforeEach(reset);

const MINUTE = 60_000;

async function refused(event, status, code) {
  const answer = await call(event);
  assert.equal(answer.status, status);
  assert.deepEqual(Object.keys(answer.body), ["error"]);
  assert.deepEqual(Object.keys(answer.body.error), ["code", "message"]);
  assert.equal(answer.body.error.code, code);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.deepEqual(aws.calls, [], "nothing is called for a refused request");
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [["INFO", "refused"]],
  );
  return answer.body.error.message;
}

for (const [title, claims, code] of [
  ["an access token", { token_use: "access" }, "id_token_required"],
  ["a token without a use", { token_use: undefined }, "id_token_required"],
  ["a token without a subject", { sub: undefined }, "id_token_required"],
  ["an e-mail that is not verified", { email_verified: "false" }, "email_not_verified"],
  ["an e-mail that is not verified, as a boolean", { email_verified: false }, "email_not_verified"],
  ["a token that says nothing of verification", { email_verified: undefined }, "email_not_verified"],
  ["a token without an e-mail", { email: undefined }, "email_not_verified"],
]) {
  test(`${title} is refused with 403`, async () => {
    await refused(eventOf({ claims }), 403, code);
  });
}

for (const [title, context] of [
  ["no authorizer", { requestId: "api-1" }],
  ["an authorizer of another kind", { requestId: "api-1", authorizer: { lambda: {} } }],
]) {
  test(`a route with ${title} refuses every caller, with any headers`, async () => {
    await refused({ ...eventOf(), requestContext: context }, 403, "id_token_required");
  });
}

test("a verified e-mail may be said by a boolean", async () => {
  assert.equal((await call(eventOf({ claims: { email_verified: true } }))).status, 200);
});

for (const [title, key] of [
  ["no UUID", "hello"],
  ["a UUID of version 4", v4()],
  ["two keys in one", `${newKey()},${newKey()}`],
  ["a key with spaces", ` ${newKey()}`],
]) {
  test(`as Idempotency-Key, ${title} is refused with 400`, async () => {
    const message = await refused(eventOf({ key }), 400, "invalid_idempotency_key");
    const [example] = message.match(/[0-9a-f-]{36}/);
    assert.equal(example[14], "7");
  });
}

test("an empty Idempotency-Key is refused with 400", async () => {
  const event = eventOf();
  event.headers["idempotency-key"] = "";
  await refused(event, 400, "invalid_idempotency_key");
});

for (const minutes of [-16, 16]) {
  test(`a key made ${minutes} minutes from now is refused with 400`, async () => {
    const key = newKey(Date.now() + minutes * MINUTE);
    assert.match(await refused(eventOf({ key }), 400, "idempotency_key_out_of_window"), /within 15 minutes/);
  });
}

for (const minutes of [-14, 14]) {
  test(`a key made ${minutes} minutes from now is taken`, async () => {
    const key = newKey(Date.now() + minutes * MINUTE);
    assert.equal((await call(eventOf({ key }))).body.greeting_id, key);
  });
}

test("one key in capitals is the same key", async () => {
  const key = newKey();
  await call(eventOf({ key }));
  const { body } = await call(eventOf({ key: key.toUpperCase() }));

  assert.equal(body.greeting_id, key);
  assert.equal(aws.messages.length, 1);
});

test("a request without headers gets its own id", async () => {
  const event = eventOf();
  delete event.headers;
  assert.equal((await call(event)).status, 200);
});

test("an unknown route is refused with 404", async () => {
  await refused(eventOf({ routeKey: "$default" }), 404, "not_found");
});

test("an event that is none is refused with 404", async () => {
  await refused(undefined, 404, "not_found");
});
