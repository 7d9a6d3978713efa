import { PublishCommand } from "@aws-sdk/client-sns";
import { v7 } from "uuid";

import { startBudget, step } from "./budget.mjs";
import { readCaller } from "./caller.mjs";
import { claim } from "./claim.mjs";
import { dynamo, sns } from "./clients.mjs";
import { required } from "./config.mjs";
import { createGreetings } from "./greetings.mjs";
import { readIdempotencyKey } from "./idempotency-key.mjs";
import { json } from "./responses.mjs";

const KEEP_SECONDS = 30 * 24 * 60 * 60;
const CLAIM_EXTRA_MS = 1000;

/**
 * GET /greet: one item in this region's table and one message on its topic, also after retries with one key.
 * `deps`: region, repository, greetings, publish(message, milliseconds), now(), newId(), context, warn(StepFailed).
 */
export async function greet(event, deps) {
  const caller = readCaller(event);
  const budget = startBudget(deps.context);
  const greeting = newGreeting(event, caller, budget, deps);
  const published = await claim(greeting, deps.greetings, budget, deps.now);
  if (!published) {
    const message = { email: caller.email, source: "Lambda", region: deps.region, repo: deps.repository };
    await publish(greeting, message, budget, deps);
  }
  const region = published?.region.S ?? greeting.region;
  return json(200, { region, greeting_id: greeting.greetingId, message: `Greetings from ${region}.` });
}

function newGreeting(event, { subject }, budget, { region, now, newId, context }) {
  const start = now();
  return {
    subject,
    greetingId: readIdempotencyKey(event, start) ?? newId(),
    region,
    createdAt: new Date(start).toISOString(),
    expiresAt: Math.floor(start / 1000) + KEEP_SECONDS,
    // Outlives this invocation: no second one publishes while this one still may.
    claim: { by: context.awsRequestId, until: Math.ceil(start + budget.total) + CLAIM_EXTRA_MS },
  };
}

/**
 * A message that could not be sent is a failure and frees the claim. A message that went out and could not be marked
 * is a success: a 5xx would only ask for the retry that sends it twice.
 */
async function publish(greeting, message, budget, { greetings, now, publish: send, warn }) {
  try {
    await send(JSON.stringify(message), budget.work());
  } catch (error) {
    await greetings.release(greeting, budget.settle()).catch(warn);
    throw error;
  }
  await greetings.markPublished(greeting, new Date(now()).toISOString(), budget.settle()).catch(warn);
}

const TableName = required("TABLE_NAME");
const TopicArn = required("TOPIC_ARN");

const deps = {
  region: required("AWS_REGION"),
  repository: required("REPOSITORY_URL"),
  greetings: createGreetings(dynamo, TableName),
  publish: (Message, milliseconds) =>
    step("publish", milliseconds, (options) => sns.send(new PublishCommand({ TopicArn, Message }), options)),
  now: Date.now,
  newId: v7,
};

export const handler = (event, context, warn) => greet(event, { ...deps, context, warn });
