// The tests that are known to fail, with the reason of each: the tables of `proxy/docs/CACHE-TESTS.md`.
import { readFileSync } from "node:fs";

const ROW = /^\| `([\w.-]+)` \| (required|optimal|check) \| (.+) \|$/;

// Reads the tables: from the id of a test to its kind and reason.
export function expected(file) {
  const rows = readFileSync(file, "utf8").split("\n").map((line) => ROW.exec(line)).filter(Boolean);
  const listed = new Map(rows.map(([, id, kind, why]) => [id, { kind, why }]));
  if (listed.size !== rows.length) throw new Error(`${file} lists a test twice`);
  return listed;
}

// What is wrong with a run: nothing, if the tests that fail are those that are listed.
export function differences(tests, listed, passed) {
  const wrong = [];
  for (const [id, { kind, name }] of tests) {
    const known = listed.get(id);
    if (known && known.kind !== kind) wrong.push(`${id} is listed as ${known.kind} and is ${kind}`);
    if (known && passed.has(id)) wrong.push(`${id} is listed, and passes`);
    if (!known && !passed.has(id)) wrong.push(`${id} (${kind}) fails, and is not listed: ${name}`);
  }
  return wrong;
}
