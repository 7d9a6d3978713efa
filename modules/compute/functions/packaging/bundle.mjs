import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { BuildFailure } from "./failure.mjs";
import { load, stage } from "./packages.mjs";

// Everything that decides the bytes is said here; nothing is taken from files around the sources.
const OPTIONS = {
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

const HANDLERS = "src/handlers";

/**
 * Returns name and bytes of one minified file for each function: `index.mjs`, and one for each file of src/handlers.
 * It holds the sources below `root` and the packages that this function uses. Files in Python stay as they are.
 */
export async function bundle(root, packages) {
  const { build } = load(packages, "esbuild");
  const folder = mkdtempSync(join(tmpdir(), "meridian-function-"));
  try {
    stage(root, ["src"], packages, folder);
    const files = {};
    for (const entry of handlers(folder, ".py")) files[basename(entry)] = readFileSync(join(folder, entry));
    for (const entry of ["src/index.mjs", ...handlers(folder, ".mjs")]) {
      const result = await build({ ...OPTIONS, entryPoints: [entry], absWorkingDir: folder });
      refuseForeignImports(result.metafile);
      files[basename(entry)] = result.outputFiles[0].contents;
    }
    return files;
  } catch (error) {
    if (!error.errors) throw error;
    throw new BuildFailure(`The function could not be bundled.\n  ${error.errors.map(sentence).join("\n  ")}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function handlers(folder, suffix) {
  if (!existsSync(join(folder, HANDLERS))) return [];
  const names = readdirSync(join(folder, HANDLERS)).filter((name) => name.endsWith(suffix));
  if (names.includes("index.mjs")) {
    throw new BuildFailure(`${HANDLERS}/index.mjs would replace src/index.mjs in the zip: give it another name.`);
  }
  return names.sort().map((name) => `${HANDLERS}/${name}`);
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
