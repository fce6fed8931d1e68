// axe-core, the judge of accessibility, which is installed under target/ for the browser checks alone.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const AXE = "axe-core@4.14.1";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const tools = join(process.env.CARGO_TARGET_DIR ?? "target", "browser");

// The source of the judge.
export function axe() {
  const file = join(tools, "node_modules/axe-core/axe.min.js");
  if (!existsSync(file)) {
    mkdirSync(tools, { recursive: true });
    execFileSync("npm", ["install", "--prefix", tools, "--ignore-scripts", "--no-audit", "--no-fund", AXE],
      { stdio: "inherit" });
  }
  return readFileSync(file, "utf8");
}

// What it has against a page, or a part of it.
export async function findings(browser, source, within) {
  await browser.run(`${source}; return true`);
  return browser.ask("POST", "/execute/async", {
    script: `const done = arguments[arguments.length - 1];
      axe.run(arguments[0] ?? document, { runOnly: arguments[1] })
        .then((found) => done(found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" "))),
          (error) => done([String(error)]));`,
    args: [within ?? null, RULES],
  });
}
