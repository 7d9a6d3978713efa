/** Something the person who builds can put right: printed as one sentence; `exitCode` is 1, or 2 for wrong usage. */
export class BuildFailure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
