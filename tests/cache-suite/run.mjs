// The public HTTP cache test suite, the one behind cache-tests.fyi, with Cloakroom as the cache:
// `node tests/cache-suite/run.mjs [folder of the suite] [id…]`. With ids, these tests alone run, and nothing is
// compared. The program is built here, with the feature that lets the suite's own fields through.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { freePort, until } from "../browser/webdriver.mjs";
import { differences, expected } from "./expected.mjs";
import { configure } from "./site.mjs";
import { load } from "./suite.mjs";

// So many tests of a kind may fail: of the newest suite, 150 of 160 and 90 of 105 have to pass.
const MAY_FAIL = { required: 10, optimal: 15 };

const root = resolve(import.meta.dirname, "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const work = join(target, "cache-suite");
const folder = resolve(process.argv[2] ?? join(work, "package"));
const asked = process.argv.slice(3);

mkdirSync(work, { recursive: true });
refusesRelease();
const binary = build();
const suite = await load(folder);
const ids = new Set(asked.length > 0 ? asked : suite.tests.keys());
const results = await testing(ids);
asked.length > 0 ? tell(results) : compare(results);

// A build without debug assertions must not have the fields, whatever its features are.
function refusesRelease() {
  for (const file of ["proxy/boundary/src/cache_tests.rs", "proxy/origin/src/cache_tests.rs"]) {
    const build = (assertions) => spawnSync("rustc", ["--edition", "2024", "--crate-type", "lib", "--emit", "metadata",
      "-C", `debug-assertions=${assertions}`, "-o", join(work, "refused.rmeta"), file], { cwd: root, encoding: "utf8" });
    const refused = (assertions) => build(assertions).stderr.includes("for the cache test suite alone");
    if (!refused("off") || refused("on")) throw new Error(`${file} could become part of a release`);
  }
}

// Builds the program into a place of its own, so that nobody takes it for the one without the feature. A test stands
// beside it, so that its dependencies have the same features as everywhere.
function build() {
  const names = ["--bin", "cloakroom", "--test", "tidy", "--features", "cloakroom-cli/cache-tests"];
  const built = spawnSync("cargo", ["build", "--locked", "--workspace", ...names], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(1);
  const binary = join(work, "cloakroom");
  rmSync(binary, { force: true });
  copyFileSync(join(target, "debug/cloakroom"), binary);
  return binary;
}

async function testing(ids) {
  const temporary = mkdtempSync(join(tmpdir(), "cache-suite-"));
  const [port, originPort] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${port}`;
  const log = openSync(join(work, "cloakroom.log"), "w");
  const main = configure(temporary, port, originPort);
  const children = [suite.serve(originPort, temporary), spawn(binary, ["serve", "--config", main], { stdio: ["ignore", log, log] })];
  try {
    const answers = async (address) => (await fetch(address).catch(() => undefined))?.status === 404;
    await until("the origin answers", () => answers(`http://127.0.0.1:${originPort}/state/none`));
    await until("the proxy answers", () => answers(`${base}/state/none`));
    return { ...await suite.run(base, ids) };
  } finally {
    children.forEach((child) => child.kill());
    rmSync(temporary, { recursive: true });
  }
}

function tell(results) {
  for (const id of ids) console.log(`${id}: ${results[id] === true ? "passes" : (results[id] ?? ["is no test"]).join(": ")}`);
}

// Compares a run of all tests with what is known.
function compare(results) {
  const passed = new Set([...ids].filter((id) => suite.passes(results, id)));
  writeFileSync(join(work, "results.json"), JSON.stringify(results, null, 2));
  const listed = expected(join(root, "proxy/docs/CACHE-TESTS.md"));
  const wrong = differences(suite.tests, listed, passed);
  for (const kind of ["required", "optimal", "check"]) {
    const all = [...suite.tests].filter(([, test]) => test.kind === kind).map(([id]) => id);
    const count = all.filter((id) => passed.has(id)).length;
    console.log(`${kind}: ${count} of ${all.length}`);
    const failed = all.length - count;
    if (failed > (MAY_FAIL[kind] ?? Infinity)) wrong.push(`${failed} ${kind} tests fail; at most ${MAY_FAIL[kind]} may`);
  }
  wrong.forEach((difference) => console.error(difference));
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
