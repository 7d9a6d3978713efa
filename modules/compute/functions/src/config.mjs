/** Reads one setting; an Error names the variable that is missing or empty. */
export function required(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`The environment variable ${name} is missing: the compute module sets it on the function.`);
  }
  return value;
}
