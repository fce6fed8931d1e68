// The banner and the preference page in a real browser: `node tests/browser/notice.mjs target/debug/cloakroom`.
// Without JavaScript, by keyboard, under the styles of a site that would rather hear yes, and judged by
// axe-core, which is installed under target/ for this alone. SCREENSHOTS names a folder for pictures.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { axe, findings } from "./axe.mjs";
import { Browser, ENTER, TAB, freePort, until } from "./webdriver.mjs";

const binary = process.argv[2] ?? "target/debug/cloakroom";
const shots = process.env.SCREENSHOTS;

// A site that styles its buttons, and not in favour of a no.
const links = Array.from({ length: 40 }, (_, at) => `<p><a href="/p/${at}">Coat number ${at}</a></p>`).join("");
const page = (lang) => `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 0; font: 18px/1.5 serif; background: #f7f3ea; color: #222 } main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  button { font-size: 9px; border: 0 } form button:first-of-type { opacity: .2; color: #eee; background: #ddd; width: 20px; flex: 0 }
  form button:last-of-type { font-size: 40px; background: #0a0; padding: 3rem } p { text-align: right } h1 { color: #7a3b00 }
  section { background: pink; padding: 9rem } input { display: block }
</style><script>document.title = "scripted"</script></head>
<body><header><a href="/">Shop</a></header><main><h1>Coats for every weather</h1><div id="hero">origin</div>${links}</main></body></html>`;

const RULES = `
name = "hero"
version = "1.0.0"
[signals.device]
reason = "to fit"
[[slot]]
name = "hero"
selector = "#hero"
default = "plain"
[[slot.variant]]
name = "plain"
[[slot.variant]]
name = "phone"
content = "<p>phone</p>"
[[rule]]
when = { device = "phone" }
show = { hero = "phone" }
`;

function configure(folder, port, origin) {
  mkdirSync(join(folder, "shop"));
  writeFileSync(join(folder, "cloakroom.toml"),
    `[listen]\nhttp = "127.0.0.1:${port}"\n[sites]\npaths = ["shop"]\n`);
  writeFileSync(join(folder, "shop/site.toml"), `hosts = ["127.0.0.1"]\norigin = "http://127.0.0.1:${origin}"
[notice]\nbanner = true\nlanguages = ["en", "da", "de", "es", "fr", "it", "nl", "pl", "pt", "sv"]\nprivacy_policy = "/privacy"
[[plugin]]\nname = "hero"\nfile = "hero.toml"
${["/", "/fr", "/strict"].map((path) => `[[route]]\npath = "${path}"\nmode = "personalize"\nplugins = ["hero"]\n`).join("")}`);
  writeFileSync(join(folder, "shop/hero.toml"), RULES);
  // The browser comes from this machine, whose country nobody knows.
  writeFileSync(join(folder, "shop/anywhere.cedar"),
    'permit (principal, action == Action::"see", resource) when { context.personalization };\n');
}

const folder = mkdtempSync(join(tmpdir(), "notice-"));
const [port, originPort] = [await freePort(), await freePort()];
const received = [];
const origin = createServer((request, answer) => {
  received.push(request.url);
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=60" };
  if (request.url === "/strict") headers["content-security-policy"] = "default-src 'none'; form-action 'self'";
  answer.writeHead(200, headers).end(page(request.url === "/fr" ? "fr" : "en"));
}).listen(originPort, "127.0.0.1");
configure(folder, port, originPort);
const proxy = spawn(binary, ["serve", "--config", join(folder, "cloakroom.toml")], { stdio: ["ignore", "ignore", "inherit"] });
const site = `http://127.0.0.1:${port}`;
const preferences = `${site}/_cloakroom/preferences`;
let browser;
let passed = 0;

async function check(what, attempt) {
  await attempt().catch((cause) => {
    throw new Error(`${what}: ${cause.message}`, { cause });
  });
  passed += 1;
}

const shot = async (name) => shots && browser.screenshot(join(shots, `${name}.png`));
const banner = () => browser.run("return document.querySelector('.cloakroom-notice') !== null");
const focused = () => browser.run("const a = document.activeElement; return [a.tagName, a.value ?? a.innerText]");
const shows = (words) => until(words, async () => (await browser.run("return document.body.innerText")).includes(words));
const screen = (width, height) =>
  browser.devtools("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
const scheme = (value) =>
  browser.devtools("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
const forget = () => browser.ask("DELETE", "/cookie");
const choice = async () =>
  (await browser.ask("GET", "/cookie")).find((cookie) => cookie.name === "cloakroom_consent");

// What makes one button more inviting than another.
const LOOK = `return [...document.querySelectorAll(arguments[0])].map((button) => {
  const style = getComputedStyle(button), box = button.getBoundingClientRect();
  const of = (name) => style.getPropertyValue(name);
  return { width: Math.round(box.width), height: Math.round(box.height), look: ["color", "background-color",
    "background-image", "font-size", "font-weight", "font-family", "border-top-width", "border-top-color", "opacity",
    "text-decoration-line", "visibility", "box-shadow", "padding-top", "padding-left", "cursor"].map(of).join("; ") };
})`;

async function alike(css) {
  const [one, other, ...more] = await browser.run(LOOK, css);
  assert.equal(more.length, 0);
  assert.deepEqual(one, other);
  assert.ok(one.width >= 100 && one.height >= 44, `${one.width} × ${one.height}`);
}

try {
  const source = axe();
  if (shots) mkdirSync(shots, { recursive: true });
  browser = await Browser.start("1280,900");
  await until("the proxy answers", async () => (await fetch(preferences)).ok);
  await browser.devtools("Emulation.setScriptExecutionDisabled", { value: true });
  await screen(1280, 900);

  await check("the banner is there without JavaScript, and its buttons are alike", async () => {
    await browser.open(`${site}/`);
    assert.ok(await banner());
    assert.equal(await browser.ask("GET", "/title"), "Shop", "scripts are off");
    await alike(".cloakroom-notice button");
    await shot("banner-desktop");
  });

  await check("it comes first by keyboard and traps nobody", async () => {
    const order = [];
    for (let at = 0; at < 4; at += 1) {
      await browser.press(TAB);
      order.push(await focused());
      if (at === 0) await shot("banner-focus");
    }
    assert.deepEqual(order.map(([tag, words]) => (tag === "BUTTON" ? words : tag)), ["none", "all", "A", "A"]);
  });

  await check("what is focused behind it is never hidden by it", async () => {
    for (let at = 0; at < 42; at += 1) {
      await browser.press(TAB);
      const [bottom, top, tag] = await browser.run(`return [document.activeElement.getBoundingClientRect().bottom,
        document.querySelector(".cloakroom-notice").getBoundingClientRect().top, document.activeElement.tagName]`);
      if (tag !== "A") break;
      assert.ok(bottom <= top, `link ${at} ends at ${bottom}, the banner begins at ${top}`);
    }
  });

  await check("a no by keyboard is kept, and brings the visitor back", async () => {
    await browser.open(`${site}/`);
    await browser.press(TAB);
    await browser.press(ENTER);
    await until("the banner is gone", async () => !(await banner()));
    assert.equal(await browser.ask("GET", "/url"), `${site}/`);
    const { value, httpOnly, secure, sameSite } = await choice();
    assert.deepEqual([value, httpOnly, secure, sameSite], ["none", true, true, "Lax"]);
  });

  await check("a yes by a click is kept too", async () => {
    await forget();
    await browser.open(`${site}/`);
    await browser.click(".cloakroom-notice button[value=all]");
    await until("the banner is gone", async () => !(await banner()));
    assert.equal((await choice()).value, "all");
  });

  await check("the preference page shows it, and takes it back", async () => {
    await browser.open(`${preferences}?language=en`);
    await shows("Your choice: yes.");
    await alike(".cloakroom-page .both button");
    await screen(1280, 2300);
    await shot("preferences-desktop");
    await screen(1280, 900);
    await browser.click("input[name=personalization][value=no]");
    await browser.click("form:has(fieldset) button");
    await shows("Your choice is saved.");
    assert.equal((await choice()).value, "measurement");
    await shot("preferences-saved");
    await browser.click(".both button[value=none]");
    await shows("Your choice: no.");
    assert.equal((await choice()).value, "none");
  });

  await check("a page whose policy forbids every style still asks", async () => {
    await forget();
    await browser.open(`${site}/strict`);
    assert.ok(await banner());
    await shot("banner-unstyled");
    await browser.click(".cloakroom-notice button[value=none]");
    await until("the banner is gone", async () => !(await banner()));
  });

  await check("small screens show all of it, and some of the page", async () => {
    await forget();
    // The last one is a desktop at twice the size.
    for (const [width, height] of [[320, 640], [640, 450]]) {
      await screen(width, height);
      await browser.open(`${site}/fr`);
      const [top, bottom, room] = await browser.run(`const boxes = [...document.querySelectorAll(
        ".cloakroom-notice, .cloakroom-notice button")].map((part) => part.getBoundingClientRect());
        return [Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom)), innerHeight]`);
      assert.ok(bottom <= room && top >= room * 0.2, `${width} × ${height}: from ${top} to ${bottom} of ${room}`);
    }
    await screen(320, 640);
    for (const path of ["/fr", "/_cloakroom/preferences?language=de"]) {
      await browser.open(site + path);
      const [wide, room] = await browser.run("return [document.documentElement.scrollWidth, innerWidth]");
      assert.ok(wide <= room, `${path}: ${wide} > ${room}`);
      await shot(`phone${path.replace(/\W+/g, "-")}`);
    }
    await screen(390, 844);
    await browser.open(`${site}/fr`);
    await alike(".cloakroom-notice button");
    const height = await browser.run("return document.querySelector('.cloakroom-notice').getBoundingClientRect().height");
    assert.ok(height <= 844 * 0.6, `${height}`);
    await shot("banner-phone");
    await browser.open(`${preferences}?language=fr`);
    await shot("preferences-phone");
    await screen(1280, 900);
  });

  await check("on paper it is not", async () => {
    await browser.open(`${site}/`);
    await browser.devtools("Emulation.setEmulatedMedia", { media: "print" });
    assert.equal(await browser.run("return getComputedStyle(document.querySelector('.cloakroom-notice')).display"), "none");
    await browser.devtools("Emulation.setEmulatedMedia", { media: "" });
  });

  await browser.devtools("Emulation.setScriptExecutionDisabled", { value: false });
  await check("axe-core has nothing against banner and page, light or dark, in any language", async () => {
    for (const light of ["light", "dark"]) {
      await scheme(light);
      await browser.open(`${site}/`);
      assert.deepEqual(await findings(browser, source, ".cloakroom-notice"), []);
      await shot(`banner-${light}`);
      for (const tag of ["en", "da", "de", "es", "fr", "it", "nl", "pl", "pt", "sv"]) {
        await browser.open(`${preferences}?language=${tag}&done=cleared`);
        assert.deepEqual(await findings(browser, source), [], tag);
      }
      await shot(`preferences-${light}`);
    }
    // And it would have found something.
    await browser.run("document.querySelector('main p').innerHTML = '<button></button>'");
    assert.match((await findings(browser, source)).join(), /button-name/);
  });

  assert.deepEqual(received.filter((path) => path.startsWith("/_cloakroom")), []);
  assert.deepEqual((await browser.complaints()).filter((entry) => !entry.message.includes("/strict")), []);
  console.log(`notice: ${passed} passed, 0 failed`);
} finally {
  await browser?.end();
  proxy.kill("SIGKILL");
  origin.close();
  origin.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
