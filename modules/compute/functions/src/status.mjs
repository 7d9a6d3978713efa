import { GetItemCommand } from "@aws-sdk/client-dynamodb";

import { startBudget, step } from "./budget.mjs";
import { dynamo } from "./clients.mjs";
import { required } from "./config.mjs";
import { json } from "./responses.mjs";

// The one key that the function's role may read. Nothing needs to be stored there: an empty answer is an answer.
const PROBE = { subject: { S: "status" }, greeting_id: { S: "probe" } };

/**
 * GET /status: 200 if the table of this region answers, else StepFailed.
 * `deps`: region, dynamo, tableName, context.
 */
export async function status(event, { region, dynamo, tableName, context }) {
  const command = new GetItemCommand({ TableName: tableName, Key: PROBE });
  await step("get_item", startBudget(context).work(), (options) => dynamo.send(command, options));
  return json(200, { region, status: "ok" });
}

const deps = { region: required("AWS_REGION"), dynamo, tableName: required("TABLE_NAME") };

export const handler = (event, context) => status(event, { ...deps, context });
