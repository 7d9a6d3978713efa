import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { archive } from "../packaging/archive.mjs";
import { bundle } from "../packaging/bundle.mjs";
import { keepOnlyWhatABuildNeeds } from "../packaging/environment.mjs";
import { load } from "../packaging/packages.mjs";

const bytes = (text) => new TextEncoder().encode(text);

test("a build keeps what it needs and no credentials", () => {
  const kept = {
    PATH: "/bin",
    HOME: "/home/ada",
    TMPDIR: "/tmp",
    XDG_CACHE_HOME: "/cache",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    SSL_CERT_FILE: "/ca.pem",
    HTTPS_PROXY: "p",
    http_proxy: "p",
    no_proxy: "x",
    npm_config_cache: "/npm",
    NPM_CONFIG_CACHE: "/npm",
  };
  const dropped = {
    AWS_ACCESS_KEY_ID: "x",
    AWS_PROFILE: "x",
    TF_VAR_secret: "x",
    TG_WORKING_DIR: "x",
    GITHUB_TOKEN: "x",
    NODE_OPTIONS: "--require x",
    NODE_PATH: "x",
    ESBUILD_BINARY_PATH: "x",
    MY_PATH: "x",
    AWS_HTTPS_PROXY: "x",
  };
  const environment = { ...kept, ...dropped };
  keepOnlyWhatABuildNeeds(environment);
  assert.deepEqual(environment, kept);
});

test("an archive is the same in every time zone and for every order of its files", () => {
  const zones = [
    "UTC",
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Africa/Monrovia",
  ];
  const archives = zones.map((zone, index) => {
    process.env.TZ = zone;
    const files = [
      ["b.txt", bytes("b")],
      ["a.txt", bytes("a")],
    ];
    return Buffer.from(archive(Object.fromEntries(index % 2 ? files : files.reverse()), process.cwd())).toString("hex");
  });
  assert.equal(new Set(archives).size, 1);
});

/** A folder with one source file, src/index.mjs, removed after the test. */
function rootWith(t, source) {
  const root = mkdtempSync(join(tmpdir(), "meridian-function-root-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src", "index.mjs"), source);
  return root;
}

test("a bundle that would need `require` at run time is refused: an ES module has none", async (t) => {
  const root = rootWith(t, 'export const handler = () => require("node:fs");');
  await assert.rejects(bundle(root, process.cwd()), { name: "Error", message: /need node:fs \(require-call\)/ });
});

test("a source that cannot be bundled is named with its line", async (t) => {
  const root = rootWith(t, '\nimport "not-in-the-lock-file";');
  await assert.rejects(
    bundle(root, process.cwd()),
    /could not be bundled\.\n {2}src\/index\.mjs:2: .*not-in-the-lock-file/,
  );
});

test("nothing of the folder enters the bundle", async (t) => {
  const root = rootWith(t, 'import { v7 } from "uuid";\nexport const handler = () => v7();');
  const text = Buffer.from(await bundle(root, process.cwd())).toString();
  for (const trace of [root, tmpdir(), process.cwd(), "node_modules"]) assert.ok(!text.includes(trace), trace);
});

test("a cache that lost a package says which, and what to do", () => {
  const message = "The package esbuild is missing from /no/cache: remove that folder and build again.";
  assert.throws(() => load("/no/cache", "esbuild"), { message });
  assert.equal(typeof load(process.cwd(), "fflate").zipSync, "function");
});
