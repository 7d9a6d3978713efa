import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";

export const ATTEMPTS = 2;

// requestTimeout alone only warns (smithy node-http-handler 4.4 and later), and ends when the headers are in:
// socketTimeout is what bounds a body that stops coming.
export const TIMEOUTS = {
  connectionTimeout: 1000,
  requestTimeout: 1500,
  socketTimeout: 1500,
  throwOnRequestTimeout: true,
};

const settings = () => ({ maxAttempts: ATTEMPTS, retryMode: "standard", requestHandler: { ...TIMEOUTS } });

// Once per container; region, credentials and endpoint come from the environment that Lambda sets.
export const dynamo = new DynamoDBClient(settings());
export const secrets = new SecretsManagerClient(settings());
export const sns = new SNSClient(settings());
