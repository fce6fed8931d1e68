// The demo in a real browser: `node tests/browser/run.mjs target/debug/cloakroom`.
// Speaks WebDriver to chromedriver by itself, so that nothing has to be installed from npm.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE = 60_000;
const binary = process.argv[2] ?? "target/debug/cloakroom";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function until(what, attempt) {
  const since = Date.now();
  for (;;) {
    const value = await Promise.resolve().then(attempt).catch(() => null);
    if (value) return value;
    assert.ok(Date.now() - since < PATIENCE, `never: ${what}`);
    await pause(250);
  }
}

const [driverPort, shopPort] = [await freePort(), 20_000 + Math.floor(Math.random() * 20_000)];
const profile = mkdtempSync(join(tmpdir(), "browser-"));
const demo = spawn(binary, ["demo", "--port", String(shopPort)], { stdio: "inherit" });
const driver = spawn("chromedriver", [`--port=${driverPort}`], { stdio: "ignore" });
let session;

async function command(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${driverPort}${path}`, {
    method,
    body: body && JSON.stringify(body),
  });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value.message}`);
  return value;
}

const run = (script, ...args) => command("POST", `/session/${session}/execute/sync`, { script, args });
const text = (id) => run("return document.getElementById(arguments[0]).innerText", id);
const press = (name) =>
  run("[...document.querySelectorAll('#presets button')].find(b => b.innerText.startsWith(arguments[0])).click()", name);

try {
  await until("chromedriver is ready", async () => (await command("GET", "/status")).ready);
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1400,2400", `--user-data-dir=${profile}`];
  const capabilities = { alwaysMatch: { "goog:chromeOptions": { args }, "goog:loggingPrefs": { browser: "ALL" } } };
  session = (await command("POST", "/session", { capabilities })).sessionId;
  const glass = `http://127.0.0.1:${shopPort + 10}/`;
  await until("the looking glass answers", async () => (await fetch(glass)).ok);
  await command("POST", `/session/${session}/url`, { url: glass });

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

  await press("Marie’s cart");
  await until("the cart is passed through", async () => /^GET \/cart/.test(await text("received")));

  await run("document.querySelector('#compare button').click()");
  await until("two visitors are compared", async () => (await text("verdict")).length > 10);

  const shop = `http://127.0.0.1:${shopPort}/login`;
  await command("POST", `/session/${session}/url`, { url: shop });
  await run("document.querySelector('main form input:not([type=hidden])').value = 'Marie'; "
    + "for (const i of document.querySelectorAll('main form input[type=password]')) i.value = 'secret'; "
    + "document.querySelector('main form').submit()");
  await until("the login works through the proxy", async () =>
    (await run("return document.body.innerText")).includes("Marie"));

  const complaints = (await command("POST", `/session/${session}/se/log`, { type: "browser" }))
    .filter((entry) => entry.level === "SEVERE" && !entry.message.includes("favicon"));
  assert.deepEqual(complaints, []);
  if (process.env.SCREENSHOT) {
    const { writeFileSync } = await import("node:fs");
    await command("POST", `/session/${session}/url`, { url: glass });
    await pause(3000);
    writeFileSync(process.env.SCREENSHOT, Buffer.from(await command("GET", `/session/${session}/screenshot`), "base64"));
  }
  console.log("browser: 6 passed, 0 failed");
} finally {
  if (session) await command("DELETE", `/session/${session}`).catch(() => {});
  driver.kill();
  demo.kill("SIGKILL");
  await pause(300);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
