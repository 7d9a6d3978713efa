/** The request cannot be served as it is: a 4xx with a code for programs and a sentence for people. */
export class Refusal extends Error {
  constructor(statusCode, code, message, headers = {}) {
    super(message);
    Object.assign(this, { name: "Refusal", statusCode, code, headers });
  }
}

/** A call to AWS failed or took too long; `step` says which one, `cause` holds the SDK's error. */
export class StepFailed extends Error {
  constructor(step, cause) {
    super(`The step ${step} failed.`, { cause });
    Object.assign(this, { name: "StepFailed", step });
  }
}
