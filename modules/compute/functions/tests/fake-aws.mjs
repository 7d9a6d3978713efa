// A server on the loopback address that speaks as much DynamoDB, Secrets Manager and SNS as the function's SDK clients hear.
import { createServer } from "node:http";

const SNS_OK =
  '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId>' +
  "</PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>";

/** Starts the server. `faults` holds, by operation, what goes wrong with its next calls; `calls` what was called. */
export async function startFakeAws() {
  const state = { items: new Map(), messages: [], secrets: {}, calls: [], faults: {} };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => serve(state, request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(state, { endpoint: `http://127.0.0.1:${server.address().port}`, stop });
}

function serve(state, request, response, body) {
  const target = request.headers["x-amz-target"];
  const operation = target ? target.split(".")[1] : new URLSearchParams(body).get("Action");
  const input = target ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
  state.calls.push({ operation, input });
  const fault = state.faults[operation]?.shift();
  if (fault === "hang") return;
  if (fault?.status) return answer(response, fault);
  const others = { Publish: publish, GetSecretValue: readSecret };
  const result = others[operation] ? others[operation](state, input) : DYNAMO[operation](state.items, input);
  if (fault === "lose") return void request.socket.destroy();
  if (fault === "trickle") return void trickle(response);
  if (typeof fault === "function") fault(state);
  answer(response, result);
}

function answer(response, { status = 200, body, type = "application/x-amz-json-1.0", headers = {} }) {
  response.writeHead(status, { "content-type": type, "x-amzn-requestid": "aws-request-1", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Answers in time, then sends one byte at a time for ever: no idle socket, no complete answer. */
function trickle(response) {
  response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": "100000" });
  const timer = setInterval(() => response.write(" "), 20).unref();
  response.on("close", () => clearInterval(timer));
}

function publish(state, { Message, TopicArn }) {
  state.messages.push({ Message, TopicArn });
  return { body: SNS_OK, type: "text/xml" };
}

function readSecret({ secrets }, { VersionStage }) {
  const SecretString = secrets[VersionStage];
  return SecretString === undefined ? error("ResourceNotFoundException") : { body: { SecretString, VersionStage } };
}

const keyOf = ({ subject, greeting_id }) => `${subject.S}/${greeting_id.S}`;
const refused = (Item) => error("ConditionalCheckFailedException", Item && { Item });

/** An error as DynamoDB sends it, and Secrets Manager. */
export function error(name, more = {}) {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${name} about ${EMAIL}`, ...more };
  return { status: 400, body };
}

/** An error as SNS sends it. */
export function snsError(code, status = 403) {
  const fault = `<Error><Type>Sender</Type><Code>${code}</Code><Message>no ${EMAIL}</Message></Error>`;
  return { status, type: "text/xml", body: `<ErrorResponse>${fault}<RequestId>r-2</RequestId></ErrorResponse>` };
}

export const EMAIL = "ada@example.com";

const DYNAMO = {
  GetItem: () => ({ body: {} }),
  PutItem: (items, { Item, ConditionExpression }) => {
    if (ConditionExpression !== "attribute_not_exists(greeting_id)") return error("ValidationException");
    const stored = items.get(keyOf(Item));
    if (!stored) items.set(keyOf(Item), Item);
    return stored ? refused(stored) : { body: {} };
  },
  UpdateItem: (items, { Key, UpdateExpression, ExpressionAttributeValues: values }) => {
    const stored = items.get(keyOf(Key));
    const [verb, attribute] = UpdateExpression.split(" ");
    if (verb === "REMOVE") return release(stored, values);
    return attribute === "published_at" ? mark(stored, values) : takeOver(stored, values);
  },
};

function release(stored, { ":claimed_by": by }) {
  if (stored?.claimed_by?.S !== by.S) return refused();
  delete stored.claimed_by;
  delete stored.claimed_until;
  return { body: {} };
}

function mark(stored, { ":now": now }) {
  if (!stored) return refused();
  stored.published_at ??= now;
  delete stored.claimed_by;
  delete stored.claimed_until;
  return { body: {} };
}

function takeOver(stored, { ":now": now, ":claimed_by": by, ":claimed_until": until }) {
  const free = !stored?.claimed_until || Number(stored.claimed_until.N) <= Number(now.N);
  if (!stored || stored.published_at || !free) return refused(stored);
  Object.assign(stored, { claimed_by: by, claimed_until: until });
  return { body: {} };
}
