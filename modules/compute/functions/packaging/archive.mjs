import { load } from "./packages.mjs";

// A zip holds local time without a zone, and fflate takes the date's local fields: the same everywhere.
const firstOf1980 = () => new Date(1980, 0, 1);
const UNIX = 3;
const PLAIN_FILE_0644 = 0o100644 << 16;

/**
 * Returns the bytes of a zip of `files` (name to bytes), the same for the same files on every machine: stored, because
 * versions of zlib compress differently; one date, one mode, sorted names.
 */
export function archive(files, packages) {
  const { zipSync } = load(packages, "fflate");
  const options = { level: 0, mtime: firstOf1980(), os: UNIX, attrs: PLAIN_FILE_0644 };
  const names = Object.keys(files).sort();
  return zipSync(Object.fromEntries(names.map((name) => [name, [files[name], options]])));
}
