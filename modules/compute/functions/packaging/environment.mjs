const ALLOWED = [
  /^(PATH|HOME|TMPDIR|XDG_CACHE_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/,
  /^(https?_proxy|no_proxy)$/i,
  /^npm_config_/i,
];

const FOR_NPM = "MERIDIAN_NPM_VARIABLES";
const REFERENCE = /(?<!\\)\$\{([^${}?]+)\??\}/g;

/**
 * Removes from `environment` all that a build does not need. The build runs where the credentials of a deployment are,
 * and it runs other people's code: npm and esbuild. Returns what it removed.
 */
export function keepOnlyWhatABuildNeeds(environment) {
  const withheld = {};
  for (const name of Object.keys(environment)) {
    if (ALLOWED.some((pattern) => pattern.test(name))) continue;
    withheld[name] = environment[name];
    delete environment[name];
  }
  return withheld;
}

/** Returns the withheld variables that npm alone may have: those that MERIDIAN_NPM_VARIABLES names. */
export function allowedForNpm(withheld) {
  const names = (withheld[FOR_NPM] ?? "").split(/[\s,]+/).filter((name) => name in withheld);
  return Object.fromEntries(names.map((name) => [name, withheld[name]]));
}

/** Returns a sentence for each variable that the text of an .npmrc names and npm did not get. */
export function explainMissing(file, text, environment, withheld) {
  const got = { ...environment, ...allowedForNpm(withheld) };
  const names = new Set(Array.from(text.matchAll(REFERENCE), ([, name]) => name).filter((name) => !(name in got)));
  return [...names].map((name) => {
    if (!(name in withheld)) return `${file} uses ${name}, which is not set.`;
    const allow = [withheld[FOR_NPM], name].filter(Boolean).join(",");
    return `${file} uses ${name}, which is kept from a build. Let npm alone have it: export ${FOR_NPM}=${allow}`;
  });
}
