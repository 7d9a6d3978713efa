import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

import { allowedForNpm, explainMissing } from "./environment.mjs";
import { BuildFailure } from "./failure.mjs";

const LOCKED = ["package-lock.json", "package.json"];
const NPM = "npm ci --ignore-scripts --no-audit --no-fund --include=dev --include=optional".split(" ");
const PARTIAL = ".partial-";
const HOUR_MS = 60 * 60 * 1000;

/**
 * Returns the folder whose node_modules holds exactly the locked packages; installs them if they are not there yet.
 * A folder appears under its name only when it is complete, so parallel and interrupted builds do no harm.
 * `withheld`: what `keepOnlyWhatABuildNeeds` returned.
 */
export function ensurePackages(root, withheld) {
  const cache = cacheFolder();
  const folder = join(cache, keyOf(root));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  const partial = join(cache, PARTIAL + randomUUID());
  try {
    mkdirSync(partial);
    for (const name of LOCKED) cpSync(join(root, name), join(partial, name));
    install(partial, withheld);
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Returns the locked package of that name. */
export function load(packages, name) {
  try {
    return createRequire(join(packages, "package.json"))(name);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    throw new BuildFailure(`The package ${name} is missing from ${packages}: remove that folder and build again.`);
  }
}

/** Makes `to` a folder with copies of the given parts of `root`, in which the packages resolve before any other's. */
export function stage(root, parts, packages, to) {
  for (const part of parts) cpSync(join(root, part), join(to, part), { recursive: true });
  symlinkSync(join(packages, "node_modules"), join(to, "node_modules"));
}

function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "meridian", "function");
}

// esbuild brings a program of its own for each platform, hence the platform.
function keyOf(root) {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const name of LOCKED) hash.update(`\0${name}\0`).update(readFileSync(join(root, name)));
  return hash.digest("hex");
}

function install(folder, withheld) {
  const [program, ...args] = NPM;
  const env = { ...process.env, ...allowedForNpm(withheld) };
  const done = spawnSync(program, args, { cwd: folder, encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
  if (done.error?.code === "ENOENT") {
    throw new BuildFailure("npm was not found on PATH. It comes with Node.js 22; `meridian doctor` says more.");
  }
  if (done.error) throw done.error;
  if (done.status !== 0) {
    const reason = done.stderr
      .split("\n")
      .filter((line) => /^npm (error|ERR!)/.test(line))
      .slice(0, 3);
    const what = `\`${NPM.join(" ")}\` failed (exit ${done.status ?? done.signal}).`;
    throw new BuildFailure([what, ...reason, ...missing(withheld)].join("\n  "));
  }
}

/** What npm may lack: its own files name variables, and it says only that it was refused. */
function missing(withheld) {
  const { stdout } = spawnSync("npm", ["config", "get", "userconfig", "globalconfig"], { encoding: "utf8" });
  const files = Array.from(stdout.matchAll(/^\w+=(.+)$/gm), ([, file]) => file).filter((file) => existsSync(file));
  return files.flatMap((file) => explainMissing(file, readFileSync(file, "utf8"), process.env, withheld));
}

function publish(partial, folder) {
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another build was faster; its folder is as good as ours.
    if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  }
}

function removeLeftovers(cache) {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(PARTIAL))) {
    const path = join(cache, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > HOUR_MS) rmSync(path, { recursive: true, force: true });
  }
}
