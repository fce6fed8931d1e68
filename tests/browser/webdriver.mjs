// A browser, driven over WebDriver by ourselves, so that nothing has to be installed from npm.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE = 60_000;

// The name under which WebDriver hands over an element (W3C WebDriver, §11).
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export const TAB = "\uE004";
export const ENTER = "\uE007";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

export async function until(what, attempt) {
  const since = Date.now();
  for (;;) {
    const value = await Promise.resolve().then(attempt).catch(() => null);
    if (value) return value;
    assert.ok(Date.now() - since < PATIENCE, `never: ${what}`);
    await pause(250);
  }
}

export class Browser {
  static async start(size = "1400,2400", more = []) {
    const browser = new Browser();
    const port = await freePort();
    browser.address = `http://127.0.0.1:${port}`;
    browser.profile = mkdtempSync(join(tmpdir(), "browser-"));
    browser.driver = spawn("chromedriver", [`--port=${port}`], { stdio: "ignore" });
    await until("chromedriver is ready", async () => (await browser.command("GET", "/status")).ready);
    const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--hide-scrollbars", `--window-size=${size}`, `--user-data-dir=${browser.profile}`, ...more];
    const capabilities = {
      alwaysMatch: { "goog:chromeOptions": { args }, "goog:loggingPrefs": { browser: "ALL" } },
    };
    browser.session = (await browser.command("POST", "/session", { capabilities })).sessionId;
    return browser;
  }

  async command(method, path, body) {
    const answer = await fetch(this.address + path, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value.message}`);
    return value;
  }

  ask(method, path, body) {
    return this.command(method, `/session/${this.session}${path}`, body);
  }

  open(url) {
    return this.ask("POST", "/url", { url });
  }

  run(script, ...args) {
    return this.ask("POST", "/execute/sync", { script, args });
  }

  devtools(cmd, params = {}) {
    return this.ask("POST", "/goog/cdp/execute", { cmd, params });
  }

  async click(css) {
    const found = await this.ask("POST", "/element", { using: "css selector", value: css });
    await this.ask("POST", `/element/${found[ELEMENT]}/click`, {});
  }

  press(key) {
    const actions = [{ type: "keyDown", value: key }, { type: "keyUp", value: key }];
    return this.ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  async complaints() {
    const entries = await this.ask("POST", "/se/log", { type: "browser" });
    return entries.filter((entry) => entry.level === "SEVERE" && !entry.message.includes("favicon"));
  }

  async screenshot(file) {
    writeFileSync(file, Buffer.from(await this.ask("GET", "/screenshot"), "base64"));
  }

  async end() {
    if (this.session) await this.ask("DELETE", "").catch(() => {});
    this.driver.kill();
    await pause(300);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
