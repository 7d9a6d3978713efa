import { answer } from "./answer.mjs";
import { onlyThroughEdge } from "./edge.mjs";
import { Refusal } from "./errors.mjs";
import { handler as greet } from "./greet.mjs";
import { handler as status } from "./status.mjs";

const ROUTES = new Map([
  ["GET /greet", onlyThroughEdge(greet)],
  // Open: the health checks of Route 53 call each region directly.
  ["GET /status", status],
]);

const unknown = async () => {
  throw new Refusal(404, "not_found", "There is no such route. Known are GET /greet and GET /status.");
};

/** The function's entry: an HTTP API event (payload format 2.0) to its route. */
export const handler = (event, context) => answer(event, context, ROUTES.get(event?.routeKey) ?? unknown);
