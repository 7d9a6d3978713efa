import { PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

import { step } from "./budget.mjs";

/**
 * The table of greetings. A greeting is {subject, greetingId, region, createdAt, expiresAt, claim}; a claim is
 * {by, until}: who may publish the message, and until when (epoch milliseconds) others keep away.
 */
export function createGreetings(dynamo, tableName) {
  const keyOf = ({ subject, greetingId }) => ({ subject: { S: subject }, greeting_id: { S: greetingId } });

  const update = (name, milliseconds, greeting, expressions, values) =>
    step(name, milliseconds, (options) => {
      const names = { TableName: tableName, Key: keyOf(greeting), ...expressions };
      return dynamo.send(new UpdateItemCommand({ ...names, ExpressionAttributeValues: values }), options);
    });

  return {
    /** Writes the greeting with its claim; StepFailed whose cause carries the stored item if there is one already. */
    put: (greeting, milliseconds) =>
      step("put_item", milliseconds, (options) => {
        const Item = { ...keyOf(greeting), ...attributes(greeting), ...claimOf(greeting) };
        const condition = { ConditionExpression: "attribute_not_exists(greeting_id)", ...RETURN_STORED };
        return dynamo.send(new PutItemCommand({ TableName: tableName, Item, ...condition }), options);
      }),

    /** Claims a stored greeting whose message is not out and whose claim has ended; fails as `put` does. */
    takeOver: (greeting, now, milliseconds) => {
      const free = "(attribute_not_exists(claimed_until) OR claimed_until <= :now)";
      const expressions = {
        UpdateExpression: "SET claimed_by = :claimed_by, claimed_until = :claimed_until",
        ConditionExpression: `attribute_exists(greeting_id) AND attribute_not_exists(published_at) AND ${free}`,
        ...RETURN_STORED,
      };
      const { claimed_by, claimed_until } = claimOf(greeting);
      const values = { ":claimed_by": claimed_by, ":claimed_until": claimed_until, ":now": { N: String(now) } };
      return update("take_over", milliseconds, greeting, expressions, values);
    },

    /** Notes that the message is out; ends the claim. */
    markPublished: (greeting, publishedAt, milliseconds) => {
      const expressions = {
        UpdateExpression: "SET published_at = if_not_exists(published_at, :now) REMOVE claimed_by, claimed_until",
        ConditionExpression: "attribute_exists(greeting_id)",
      };
      return update("mark_published", milliseconds, greeting, expressions, { ":now": { S: publishedAt } });
    },

    /** Ends the claim, if it is still ours, so that a retry need not wait for its end. */
    release: (greeting, milliseconds) => {
      const expressions = {
        UpdateExpression: "REMOVE claimed_by, claimed_until",
        ConditionExpression: "claimed_by = :claimed_by",
      };
      return update("release_claim", milliseconds, greeting, expressions, {
        ":claimed_by": { S: greeting.claim.by },
      });
    },
  };
}

const RETURN_STORED = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" };

const attributes = ({ region, createdAt, expiresAt }) => ({
  region: { S: region },
  created_at: { S: createdAt },
  expires_at: { N: String(expiresAt) },
});

const claimOf = ({ claim }) => ({ claimed_by: { S: claim.by }, claimed_until: { N: String(claim.until) } });
