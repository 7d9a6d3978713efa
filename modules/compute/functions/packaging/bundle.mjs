import { mkdtempSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BuildFailure } from "./failure.mjs";
import { load, stage } from "./packages.mjs";

// Everything that decides the bytes is said here; nothing is taken from files around the sources.
const OPTIONS = {
  entryPoints: ["src/index.mjs"],
  bundle: true,
  minify: true,
  charset: "utf8",
  platform: "node",
  target: "node22",
  format: "esm",
  // The SDK's ES modules, of which esbuild keeps only what is used: 350 kB; its CommonJS form would be 570 kB.
  mainFields: ["module", "main"],
  legalComments: "none",
  sourcemap: false,
  tsconfigRaw: {},
  write: false,
  metafile: true,
  logLevel: "silent",
};

/** Returns the bytes of `index.mjs`: the sources below `root` and the packages they use, in one minified file. */
export async function bundle(root, packages) {
  const { build } = load(packages, "esbuild");
  const folder = mkdtempSync(join(tmpdir(), "meridian-function-"));
  try {
    stage(root, ["src"], packages, folder);
    const result = await build({ ...OPTIONS, absWorkingDir: folder });
    refuseForeignImports(result.metafile);
    return result.outputFiles[0].contents;
  } catch (error) {
    if (!error.errors) throw error;
    throw new BuildFailure(`The function could not be bundled.\n  ${error.errors.map(sentence).join("\n  ")}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is not in the bundle must come with Node.js, and by `import`: an ES module has no `require`. */
function refuseForeignImports(metafile) {
  const [{ imports }] = Object.values(metafile.outputs);
  const foreign = imports.find(({ path, kind }) => !isBuiltin(path) || kind === "require-call");
  if (foreign) throw new BuildFailure(`The bundle would need ${foreign.path} (${foreign.kind}) at run time.`);
}

function sentence({ location, text }) {
  return location ? `${location.file}:${location.line}: ${text}` : text;
}
