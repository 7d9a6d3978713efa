// Runs the function's tests with the locked packages, in a copy: node functions/test.mjs [test file ...]
// Offline once the packages are in the cache. Fails if a line, branch or function of src/ is not covered.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { keepOnlyWhatABuildNeeds } from "./packaging/environment.mjs";
import { BuildFailure } from "./packaging/failure.mjs";
import { ensurePackages, stage } from "./packaging/packages.mjs";

const COVERAGE = ["--experimental-test-coverage", "--test-coverage-include=src/**"].concat(
  ["lines", "branches", "functions"].map((kind) => `--test-coverage-${kind}=100`),
);

function run(root, chosen, withheld) {
  const folder = mkdtempSync(join(tmpdir(), "meridian-function-test-"));
  try {
    stage(root, ["src", "packaging", "tests"], ensurePackages(root, withheld), folder);
    const all = readdirSync(join(folder, "tests")).filter((name) => name.endsWith(".test.mjs"));
    const names = chosen.length ? chosen.map((name) => basename(name)) : all;
    const unknown = names.filter((name) => !all.includes(name));
    if (unknown.length || !names.length) throw new BuildFailure(`No such test file: ${unknown} (there are ${all}).`, 2);
    const files = names.map((name) => join("tests", name));
    const options = ["--test", "--test-concurrency=4", "--test-reporter=spec", ...(chosen.length ? [] : COVERAGE)];
    return spawnSync(process.execPath, [...options, ...files], { cwd: folder, stdio: "inherit" }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  if (Number.parseInt(process.versions.node, 10) < 22) {
    throw new BuildFailure(`Node.js 22 or later is needed to test the function, this is ${process.version}.`);
  }
  const withheld = keepOnlyWhatABuildNeeds(process.env);
  process.exitCode = run(dirname(fileURLToPath(import.meta.url)), process.argv.slice(2), withheld);
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = error.exitCode;
}
