const ALLOWED = [
  /^(PATH|HOME|TMPDIR|XDG_CACHE_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/,
  /^(https?_proxy|no_proxy)$/i,
  /^npm_config_/i,
];

/**
 * Removes from `environment` all that a build does not need. The build runs where the credentials of a deployment are,
 * and it runs other people's code: npm and esbuild.
 */
export function keepOnlyWhatABuildNeeds(environment) {
  for (const name of Object.keys(environment)) {
    if (!ALLOWED.some((pattern) => pattern.test(name))) delete environment[name];
  }
}
