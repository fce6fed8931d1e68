// The suite itself (http-tests/cache-tests): its origin, its client, and what it says of its tests.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// How many of its tests run at a time. Most of them wait, so that something can become stale.
const AT_ONCE = 40;

// Reads the suite from a folder: a checkout, or what npm unpacks.
export async function load(folder) {
  const newer = existsSync(join(folder, "test-engine"));
  const part = (path) => import(pathToFileURL(join(folder, path)).href);
  const engine = newer ? "test-engine/" : "";
  const { default: sets } = await part("tests/index.mjs");
  const { runTests } = await part(`${engine}client/runner.mjs`);
  const { testResults } = await part(`${engine}client/test.mjs`);
  const tests = new Map(sets.flatMap((set) => set.tests)
    .filter((test) => !test.browser_only)
    .map((test) => [test.id, { kind: test.kind ?? "required", name: test.name, needs: test.depends_on ?? [] }]));

  // What came of each test: `true`, or why not.
  async function run(base, ids) {
    const chosen = sets.map((set) => ({ ...set, tests: set.tests.filter((test) => ids.has(test.id)) }));
    ids.forEach((id) => delete testResults[id]);
    const arguments_ = newer ? [chosen, false, base, AT_ONCE] : [chosen, fetch, false, base, AT_ONCE];
    await runTests(...arguments_);
    return testResults;
  }

  // The origin that the suite brings.
  function serve(port, folderOfPid) {
    const settings = { npm_config_protocol: "http", npm_config_port: `${port}`, npm_config_pidfile: join(folderOfPid, "origin.pid") };
    const server = join(folder, newer ? "test-engine/server/server.mjs" : "server/server.mjs");
    return spawn(process.execPath, [server], { cwd: folder, env: { ...process.env, ...settings }, stdio: "ignore" });
  }

  // Whether a test passed, and all those that it is built on.
  const passes = (results, id) => results[id] === true && tests.get(id).needs.every((needed) => passes(results, needed));

  return { tests, run, serve, passes };
}
