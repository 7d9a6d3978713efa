// In its own file, because it lasts as long as a request may and runs in parallel with the others.
import assert from "node:assert/strict";
import { test } from "node:test";

import { aws, call, contextOf, eventOf, lines } from "./support.mjs";

const LAMBDA_TIMEOUT_MS = 5000;

test("if everything stalls, the answer still comes before Lambda's timeout", { timeout: 8000 }, async () => {
  aws.faults = { PutItem: ["hang"], Publish: ["hang", "hang"], UpdateItem: ["hang", "hang"] };
  const start = performance.now();
  const { status } = await call(eventOf(), contextOf(LAMBDA_TIMEOUT_MS));
  const milliseconds = performance.now() - start;

  assert.equal(status, 503);
  assert.ok(milliseconds < LAMBDA_TIMEOUT_MS - 100, `${milliseconds} ms`);
  const failed = lines.map(({ step: name, error }) => [name, error.name]);
  assert.deepEqual(failed, [
    ["release_claim", "OutOfTime"],
    ["publish", "OutOfTime"],
  ]);
});
