import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { required } from "../src/config.mjs";

test("a setting that is there is returned", () => {
  process.env.SOME_SETTING = "value";
  assert.equal(required("SOME_SETTING"), "value");
});

for (const [title, value] of [
  ["missing", undefined],
  ["empty", ""],
]) {
  test(`a setting that is ${title} stops the start and is named`, () => {
    delete process.env.SOME_SETTING;
    if (value !== undefined) process.env.SOME_SETTING = value;
    assert.throws(() => required("SOME_SETTING"), /environment variable SOME_SETTING is missing/);
  });
}

const SETTINGS = {
  TABLE_NAME: "t",
  TOPIC_ARN: "arn:aws:sns:eu-west-1:1:t",
  REPOSITORY_URL: "https://x",
  AWS_REGION: "eu-west-1",
};

function start(environment) {
  const script = 'await import("./src/index.mjs")';
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { env: environment, encoding: "utf8" });
}

test("the function starts with its settings", () => {
  const { status, stderr } = start(SETTINGS);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

for (const name of Object.keys(SETTINGS)) {
  test(`the function does not start without ${name}`, () => {
    const { status, stderr } = start({ ...SETTINGS, [name]: "" });
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`environment variable ${name} is missing`));
  });
}
