import { Refusal } from "./errors.mjs";

/**
 * Who calls: `{subject, email}` from the claims that the API's JWT authorizer verified (an HTTP API hands claims on
 * as strings). Refuses all but an ID token with a verified e-mail: 403.
 */
export function readCaller(event) {
  const claims = event.requestContext?.authorizer?.jwt?.claims ?? {};
  if (claims.token_use !== "id" || !claims.sub) {
    throw new Refusal(403, "id_token_required", "Send the ID token; access and refresh tokens are not accepted.");
  }
  if (String(claims.email_verified) !== "true" || !claims.email) {
    throw new Refusal(403, "email_not_verified", "Verify the account's e-mail address, then sign in again.");
  }
  return { subject: claims.sub, email: claims.email };
}
