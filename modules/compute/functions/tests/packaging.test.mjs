import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { archive } from "../packaging/archive.mjs";
import { bundle } from "../packaging/bundle.mjs";
import { allowedForNpm, explainMissing, keepOnlyWhatABuildNeeds } from "../packaging/environment.mjs";
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
  assert.deepEqual(keepOnlyWhatABuildNeeds(environment), dropped);
  assert.deepEqual(environment, kept);
});

test("npm gets the withheld variables that the caller names, and no others", () => {
  const tokens = { ACME_TOKEN: "a", NPM_TOKEN: "n" };
  const withheld = { ...tokens, GITHUB_TOKEN: "g", MERIDIAN_NPM_VARIABLES: "ACME_TOKEN, NPM_TOKEN X" };
  assert.deepEqual(allowedForNpm(withheld), tokens);
  assert.deepEqual(allowedForNpm({ GITHUB_TOKEN: "g" }), {});
});

test("a variable that an .npmrc names and npm did not get is named, with how to allow it", () => {
  const text = "//npm.acme.example/:_authToken=${ACME_TOKEN}\nb=${OTHER?}\nc=${ACME_TOKEN}${HOME}\nd=\\${ESCAPED}\n";
  const explain = (withheld) => explainMissing("/home/ada/.npmrc", text, { HOME: "/home/ada" }, withheld);
  const unset = "/home/ada/.npmrc uses OTHER, which is not set.";
  const kept = "/home/ada/.npmrc uses ACME_TOKEN, which is kept from a build. Let npm alone have it: export ";
  assert.deepEqual(explain({ ACME_TOKEN: "a" }), [`${kept}MERIDIAN_NPM_VARIABLES=ACME_TOKEN`, unset]);
  assert.deepEqual(explain({ ACME_TOKEN: "a", NPM_TOKEN: "n", MERIDIAN_NPM_VARIABLES: "NPM_TOKEN" }), [
    `${kept}MERIDIAN_NPM_VARIABLES=NPM_TOKEN,ACME_TOKEN`,
    unset,
  ]);
  assert.deepEqual(explain({ ACME_TOKEN: "a", MERIDIAN_NPM_VARIABLES: "ACME_TOKEN" }), [unset]);
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
  const { "index.mjs": bytes, ...others } = await bundle(root, process.cwd());
  const text = Buffer.from(bytes).toString();
  assert.deepEqual(others, {});
  for (const trace of [root, tmpdir(), process.cwd(), "node_modules"]) assert.ok(!text.includes(trace), trace);
});

test("each file of src/handlers is a function of its own; the first one's bytes stay", async (t) => {
  const root = rootWith(t, "export const handler = () => 1;");
  const before = await bundle(root, process.cwd());
  mkdirSync(join(root, "src", "handlers"));
  writeFileSync(join(root, "src", "handlers", "orders.mjs"), 'export { handler } from "../index.mjs";');
  writeFileSync(join(root, "src", "handlers", "items.py"), "# A file in Python.\n");
  writeFileSync(join(root, "src", "handlers", "notes.md"), "");
  const after = await bundle(root, process.cwd());
  assert.deepEqual(Object.keys(after).sort(), ["index.mjs", "items.py", "orders.mjs"]);
  assert.equal(Buffer.from(after["items.py"]).toString(), "# A file in Python.\n");
  assert.deepEqual(after["index.mjs"], before["index.mjs"]);
  writeFileSync(join(root, "src", "handlers", "index.mjs"), "");
  await assert.rejects(bundle(root, process.cwd()), /src\/handlers\/index\.mjs would replace src\/index\.mjs/);
});

test("a cache that lost a package says which, and what to do", () => {
  const message = "The package esbuild is missing from /no/cache: remove that folder and build again.";
  assert.throws(() => load("/no/cache", "esbuild"), { message });
  assert.equal(typeof load(process.cwd(), "fflate").zipSync, "function");
});
