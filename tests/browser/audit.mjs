// The page of an audit, read and printed: `node tests/browser/audit.mjs target/debug/cloakroom`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { axe, findings } from "./axe.mjs";
import { Browser } from "./webdriver.mjs";

const binary = resolve(process.argv[2] ?? "target/debug/cloakroom");
const folder = mkdtempSync(join(tmpdir(), "audit-"));

const AUDIT = `
[audit]
traffic = "traffic.toml"
price_like = ["hero.hero"]
[audit.limits]
flip_rate = 0.5
`;
const TRAFFIC = `
networks = 20000
[country]
FR = 0.4
DE = 0.2
GB = 0.2
US = 0.05
other = 0.15
[campaign]
spring = 0.1
none = 0.9
`;

function page(plugin, exit, ...more) {
  const args = ["plugin", "audit", plugin, "--format", "html", ...more];
  const ended = spawnSync(binary, args, { cwd: join(folder, "policies"), encoding: "utf8" });
  assert.equal(ended.status, exit, ended.stderr);
  const path = join(folder, "page.html");
  writeFileSync(path, ended.stdout);
  return pathToFileURL(path).href;
}

let browser;
try {
  cpSync("policies", join(folder, "policies"), { recursive: true });
  cpSync("plugins/templates", join(folder, "plugins/templates"), { recursive: true });
  const site = join(folder, "policies/shop/site.toml");
  writeFileSync(site, readFileSync(site, "utf8") + AUDIT);
  writeFileSync(join(folder, "policies/shop/traffic.toml"), TRAFFIC);
  const hero = join(folder, "plugins/templates/hero.toml");
  const hostile = join(folder, "hostile.toml");
  const attack = "<script>document.title='ran'</script>";
  writeFileSync(hostile, readFileSync(hero, "utf8").replace("to speak of delivery and weather where the visitor is", attack));

  browser = await Browser.start("1100,1500");
  const told = async () => (await browser.run("return document.body.innerText")).replace(/\s+/g, " ");
  for (const [plugin, exit, ...more] of [
    [hero, 3, "--site", "shop"], [hero, 0], [hostile, 3, "--site", "shop", "--as", "hero", "--against", hero],
  ]) {
    await browser.open(page(plugin, exit, ...more));
    const text = await told();
    for (const words of ["Who sees what", "What a page gives away", "Are groups treated alike?", "spring-fr", "What it asks to know"]) {
      assert.ok(text.includes(words), `${words}: ${text}`);
    }
    if (exit === 3) {
      for (const words of ["Beyond", "Why it may not be shown", "it is price-like and differs by country", "20,000 (as stated)"]) {
        assert.ok(text.includes(words), `${words}: ${text}`);
      }
    }
    // Nothing runs, and nothing is loaded beside the page itself.
    assert.equal(await browser.run("return document.scripts.length"), 0);
    assert.equal(await browser.run("return performance.getEntriesByType('resource').length"), 0);
    assert.notEqual(await browser.run("return document.title"), "ran");
    assert.deepEqual(await findings(browser, axe()), []);
    // Nothing sticks out at the side, on a telephone neither.
    for (const width of [1100, 390]) {
      await browser.ask("POST", "/window/rect", { width, height: 1200 });
      const wide = await browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assert.ok(wide <= 0, `${wide} pixels too wide at ${width}`);
    }
    if (more.includes("--against")) {
      assert.ok(text.includes(attack), "text of the author is shown as it is");
      continue;
    }
    const pdf = Buffer.from(await browser.ask("POST", "/print", { background: true, page: { width: 21, height: 29.7 } }), "base64");
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
    assert.equal(pages, 1, "an audit is one sheet of paper");
  }
  assert.deepEqual(await browser.complaints(), []);
  console.log("the page of an audit is read, and printed on one sheet");
} finally {
  await browser?.end();
  rmSync(folder, { recursive: true, force: true });
}
