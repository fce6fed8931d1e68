// The demo in a real browser: `node tests/browser/run.mjs target/debug/cloakroom`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";

import { Browser, pause, until } from "./webdriver.mjs";

const binary = process.argv[2] ?? "target/debug/cloakroom";
const shopPort = 20_000 + Math.floor(Math.random() * 20_000);
const demo = spawn(binary, ["demo", "--port", String(shopPort)], { stdio: "inherit" });
let browser;

const run = (script, ...args) => browser.run(script, ...args);
const text = (id) => run("return document.getElementById(arguments[0]).innerText", id);
const press = (name) =>
  run("[...document.querySelectorAll('#presets button')].find(b => b.innerText.startsWith(arguments[0])).click()", name);

try {
  browser = await Browser.start();
  const glass = `http://127.0.0.1:${shopPort + 10}/`;
  await until("the looking glass answers", async () => (await fetch(glass)).ok);
  await browser.open(glass);

  await until("Marie sees the spring hero", async () => {
    await press("Marie, Paris");
    await pause(500);
    return (await text("facts")).includes("spring-fr");
  });
  assert.match(await text("sent"), /Cookie:/i);
  assert.match(await text("received"), /^GET \/ HTTP\/1\.1/);
  assert.doesNotMatch(await text("received"), /cookie|iphone|accept-language|2001:db8|utm_campaign/i);
  const page = await run("return document.getElementById('page').srcdoc");
  assert.match(page, /id="hero"/);

  await press("Luc says no");
  await until("Luc sees the default", async () => (await text("facts")).includes("classic"));

  await press("Alone in Brazil");
  await until("nobody is singled out", async () => /crowd/i.test(await text("steps")) && !/device=tv|device: tv/.test(await text("facts")));

  await press("Ava, with GPC");
  await until("Ava is told that her opt-out is honoured", async () =>
    /Opt-out request honored/.test(await run("return document.getElementById('page').srcdoc")));

  await press("Marie’s cart");
  await until("the cart is passed through", async () => /^GET \/cart/.test(await text("received")));

  await run("document.querySelector('#compare button').click()");
  await until("two visitors are compared", async () => (await text("verdict")).length > 10);

  const shop = `http://127.0.0.1:${shopPort}/login`;
  await browser.open(shop);
  await run("document.querySelector('main form input:not([type=hidden])').value = 'Marie'; "
    + "for (const i of document.querySelectorAll('main form input[type=password]')) i.value = 'secret'; "
    + "document.querySelector('main form').submit()");
  await until("the login works through the proxy", async () =>
    (await run("return document.body.innerText")).includes("Marie"));

  assert.deepEqual(await browser.complaints(), []);
  if (process.env.SCREENSHOT) {
    await browser.open(glass);
    await pause(3000);
    await browser.screenshot(process.env.SCREENSHOT);
  }
  console.log("browser: 7 passed, 0 failed");
} finally {
  await browser?.end();
  demo.kill("SIGKILL");
}
