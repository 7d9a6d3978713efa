// Builds dist/function.zip beside this file: node functions/build.mjs [--sha256 HEX]
// Runs from any folder. Exit 0: the zip is there; 1: it could not be built or is not the wanted one; 2: wrong usage.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { keepOnlyWhatABuildNeeds } from "./packaging/environment.mjs";
import { BuildFailure } from "./packaging/failure.mjs";
import { packageFunction } from "./packaging/package-function.mjs";

const NODE_MAJOR = 22;

function wantedSha256() {
  const usage = "Usage: node functions/build.mjs [--sha256 HEX], where HEX is 64 hexadecimal digits.";
  try {
    const { sha256 } = parseArgs({ options: { sha256: { type: "string" } } }).values;
    if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw new BuildFailure(usage, 2);
    return sha256?.toLowerCase();
  } catch (error) {
    if (!error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
    throw new BuildFailure(usage, 2);
  }
}

async function main() {
  const started = performance.now();
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) {
    throw new BuildFailure(
      `Node.js ${NODE_MAJOR} or later is needed to build the function, this is ${process.version}.`,
    );
  }
  const wanted = wantedSha256();
  const withheld = keepOnlyWhatABuildNeeds(process.env);
  const { state, size, sha256 } = await packageFunction(dirname(fileURLToPath(import.meta.url)), wanted, withheld);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`function.zip ${state}: ${size} bytes, sha256 ${sha256}, ${seconds} s`);
}

try {
  await main();
} catch (error) {
  // What a system call refuses (a full disk, a folder that may not be written) is for the user to put right, too.
  if (!(error instanceof BuildFailure) && !error.syscall) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = error.exitCode ?? 1;
}
