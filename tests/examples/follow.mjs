// Follows the README of each example word by word, as somebody would who has never seen it:
// `node tests/examples/follow.mjs target/debug/cloakroom [example…]`.
//
// Every `sh` block is run in a fresh copy of the folder, and again in a project that `plugin new` starts from it;
// what comes out has to do what all examples do. A tool that is missing is a failure, and so is an example that
// nobody would have noticed to be left out.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import { expectGreeting } from "./greeting.mjs";

const STARTED = "spring-2";
const BLOCK_SECONDS = 900;

const root = resolve(import.meta.dirname, "../..");
const binary = resolve(process.argv[2] ?? "target/debug/cloakroom");
const work = join(root, "target/examples");
const kept = join(work, "kept");

const examples = readdirSync(join(root, "plugins/examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
assert.ok(examples.length >= 4, `only ${examples} found`);
const chosen = process.argv.length > 3 ? process.argv.slice(3) : examples;

prepare();
for (const example of chosen) {
  follow(example, join(work, "copy/plugins/examples", example), "greeting");
  const started = join(work, "started", example);
  run(root, binary, ["plugin", "new", "--lang", example, STARTED, started]);
  follow(`${example}, started by plugin new`, started, STARTED);
}

// A copy of what is in the repository, without what was built there, and an environment of its own for Python. What
// is slow to fetch or to build, and is not looked at here, is kept from one run to the next.
function prepare() {
  for (const folder of ["copy", "started", "bin"]) rmSync(join(work, folder), { recursive: true, force: true });
  const listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "plugins", "Cargo.toml"];
  const files = execFileSync("git", listed, { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of files.filter((file) => existsSync(join(root, file)))) {
    cpSync(join(root, file), join(work, "copy", file));
  }
  mkdirSync(join(work, "bin"));
  symlinkSync(binary, join(work, "bin/cloakroom"));
  const python = join(kept, "python");
  if (!existsSync(join(python, "bin/pip"))) run(root, "python3", ["-m", "venv", python]);
  const path = [join(work, "bin"), join(python, "bin"), process.env.PATH].join(delimiter);
  Object.assign(process.env, { PATH: path, PIP_DISABLE_PIP_VERSION_CHECK: "1", NO_COLOR: "1" });
}

function follow(what, folder, name) {
  const start = Date.now();
  keep(folder);
  const blocks = [...readFileSync(join(folder, "README.md"), "utf8").matchAll(/^```sh\n(.*?)^```$/gms)];
  assert.ok(blocks.length > 0, `${what}: the README has no command`);
  for (const [, commands] of blocks) {
    run(folder, "sh", ["-eu", "-c", commands]);
  }
  const table = run(folder, "cloakroom", ["--json", "plugin", "table", `${name}.wasm`]);
  expectGreeting(what, JSON.parse(table), name);
  console.log(`${what}: as its README says (${Math.round((Date.now() - start) / 1000)} s)`);
}

// Dependencies that cargo has built stay built: they are the same for the copy and the started project.
function keep(folder) {
  if (!existsSync(join(folder, "Cargo.toml"))) return;
  mkdirSync(join(kept, "cargo"), { recursive: true });
  symlinkSync(join(kept, "cargo"), join(folder, "target"));
}

function run(folder, command, args) {
  const options = { cwd: folder, encoding: "utf8", timeout: BLOCK_SECONDS * 1000 };
  const ended = spawnSync(command, args, options);
  if (ended.error || ended.status !== 0) {
    const said = `${ended.stdout ?? ""}${ended.stderr ?? ""}`;
    console.error(`${said}\nin ${folder}:\n${[command, ...args].join(" ")}\n${ended.error ?? `exit ${ended.status}`}`);
    process.exit(1);
  }
  return ended.stdout;
}
