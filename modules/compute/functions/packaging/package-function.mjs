import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { archive } from "./archive.mjs";
import { bundle } from "./bundle.mjs";
import { BuildFailure } from "./failure.mjs";
import { ensurePackages } from "./packages.mjs";

const INPUTS = /^(src\/.+\.(?:mjs|py)|packaging\/.+\.mjs|build\.mjs|package\.json|package-lock\.json)$/;

/**
 * Builds `dist/function.zip` below `root`, unless the one there was made from the same inputs.
 * Returns {state: "built" | "unchanged", size: bytes, sha256}. If `wanted` (64 hex digits) is given, any other bytes
 * are a BuildFailure and dist is removed. `withheld` are the variables of which npm gets those that it is allowed.
 */
export async function packageFunction(root, wanted, withheld) {
  const dist = join(root, "dist");
  const paths = { dist, zip: join(dist, "function.zip"), record: join(dist, "function.json") };
  const inputs = inputsOf(root);
  const existing = readExisting(paths, inputs);
  const bytes = existing ?? (await build(root, withheld));
  const sha256 = sha256Of(bytes);
  if (wanted && wanted !== sha256) {
    rmSync(dist, { recursive: true, force: true });
    throw new BuildFailure(`The function's zip is not the released one: wanted sha256 ${wanted}, found ${sha256}.`);
  }
  if (!existing) {
    mkdirSync(dist, { recursive: true });
    writeWhole(paths.zip, bytes);
    writeWhole(paths.record, `${JSON.stringify({ inputs, sha256 })}\n`);
  }
  return { state: existing ? "unchanged" : "built", size: bytes.length, sha256 };
}

async function build(root, withheld) {
  const packages = ensurePackages(root, withheld);
  return archive(await bundle(root, packages), packages);
}

/** One hash for all that the zip is made from: names and contents, never dates or modes. */
function inputsOf(root) {
  const all = readdirSync(root, { recursive: true }).map((name) => name.replaceAll("\\", "/"));
  const hash = createHash("sha256");
  for (const name of all.filter((name) => INPUTS.test(name)).sort()) {
    hash.update(`${name}\0${sha256Of(readFileSync(join(root, name)))}\0`);
  }
  return hash.digest("hex");
}

/** The zip that is there, if its record says it comes from these inputs and its bytes are still those recorded. */
function readExisting({ zip, record }, inputs) {
  try {
    const known = JSON.parse(readFileSync(record, "utf8"));
    const bytes = readFileSync(zip);
    return known.inputs === inputs && known.sha256 === sha256Of(bytes) ? bytes : undefined;
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function writeWhole(path, content) {
  const partial = `${path}.${randomUUID()}`;
  try {
    writeFileSync(partial, content, { mode: 0o644 });
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
}

const sha256Of = (bytes) => createHash("sha256").update(bytes).digest("hex");
