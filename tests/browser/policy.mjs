// The policy of a site's pages in a real browser: `node tests/browser/policy.mjs target/debug/cloakroom`.
// A page of a site that asked for it works as before, and what is put into it by hand, as no edit could,
// reaches nobody but whom the site lists.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serveSink } from "./hostile_site.mjs";
import { Browser, freePort, pause, until } from "./webdriver.mjs";

const SETTLE_MS = 700;
const binary = process.argv[2] ?? "target/debug/cloakroom";
const [port, originPort, sinkPort] = [await freePort(), await freePort(), await freePort()];

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script>window.blocked = []; addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));</script>
<script src="/app.js"></script><script src="http://scripts.test/their.js"></script><style>h1 { color: rgb(1, 2, 3) }</style></head>
<body><h1 style="text-align: center">Shop</h1><img src="/a.svg" alt=""><img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" alt="">
<form action="/found"><button onclick="window.clicked = true; event.preventDefault()">Find</button></form></body></html>`;
const FILES = {
  "/": ["text/html; charset=utf-8", PAGE],
  "/app.js": ["text/javascript", "window.app = eval('6 * 7')"],
  "/a.svg": ["image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
};

// Each would tell somebody else of the page, without being asked to.
const PUT_IN = [
  '<img src="http://f1.evil.test/p">',
  '<img srcset="https://f2.evil.test/p 1x">',
  '<link rel="stylesheet" href="http://f3.evil.test/p">',
  '<iframe src="http://f4.evil.test/p"></iframe>',
  '<video poster="http://f5.evil.test/p"></video>',
  '<p style="background: url(http://f6.evil.test/p)">x</p>',
  '<object data="http://f7.evil.test/p"></object>',
  '<embed src="/a.svg">',
  '<style>@font-face { font-family: f; src: url(http://f9.evil.test/p) } p { font-family: f }</style>',
];

// How many of them name another host.
const FOREIGN = 8;

const folder = mkdtempSync(join(tmpdir(), "policy-"));
mkdirSync(join(folder, "shop"));
writeFileSync(join(folder, "cloakroom.toml"), `[listen]\nhttp = "127.0.0.1:${port}"\n[sites]\npaths = ["shop"]\n`);
writeFileSync(join(folder, "shop/site.toml"), `hosts = ["127.0.0.1"]\norigin = "http://127.0.0.1:${originPort}"
[output]\nhosts = ["cdn.test"]\ncontent_security_policy = true\n`);
const visits = [];
const origin = createServer((request, answer) => {
  const [type, body] = FILES[request.url] ?? ["text/plain", "found"];
  answer.writeHead(200, { "content-type": type, "cache-control": "max-age=60" }).end(body);
}).listen(originPort, "127.0.0.1");
const sink = serveSink(visits).listen(sinkPort, "127.0.0.1");
const proxy = spawn(binary, ["serve", "--config", join(folder, "cloakroom.toml")], { stdio: "ignore" });
const site = `http://127.0.0.1:${port}/`;
let browser;

const putIn = () => browser.run(`for (const html of arguments[0]) document.body.insertAdjacentHTML("beforeend", html);`, PUT_IN);
const asked = () => [...new Set(visits.flatMap(({ said }) => /[\w.-]+\.test\b/.exec(said)?.[0] ?? []))].sort();

try {
  browser = await Browser.start("1400,900", [`--host-resolver-rules=MAP * 127.0.0.1:${sinkPort}, EXCLUDE 127.0.0.1`]);
  await until("the proxy answers", async () => (await fetch(site)).ok);
  // Without the policy they reach whom they name.
  await browser.open(`http://127.0.0.1:${originPort}/`);
  await putIn();
  await pause(SETTLE_MS);
  assert.ok(asked().length > FOREIGN, `only ${asked()} are asked without a policy`);
  visits.length = 0;

  await browser.open(site);
  await browser.click("button");
  const works = await browser.run(`const style = getComputedStyle(document.querySelector("h1"));
    return [window.app, window.clicked, style.color, style.textAlign, [...document.images].map((image) => image.complete && image.naturalWidth > 0), blocked]`);
  assert.deepEqual(works, [42, true, "rgb(1, 2, 3)", "center", [true, true], []]);
  assert.deepEqual(asked(), ["scripts.test"], "the page's own scripts come as before");

  await putIn();
  await browser.run(`document.body.insertAdjacentHTML("beforeend", '<img src="https://cdn.test/p">')`);
  await pause(SETTLE_MS);
  assert.deepEqual(asked(), ["cdn.test", "scripts.test"]);
  const blocked = new Set(await browser.run("return blocked"));
  for (const directive of ["img-src", "style-src-elem", "frame-src", "object-src", "font-src"]) {
    assert.ok(blocked.has(directive), `${directive} among ${[...blocked]}`);
  }

  await browser.run(`const base = document.createElement("base"); base.href = "http://f10.evil.test/"; document.head.prepend(base)`);
  assert.equal(await browser.run("return document.baseURI"), site);
  await browser.run(`const form = document.createElement("form"); form.action = "http://f11.evil.test/"; document.body.append(form); form.submit()`);
  await pause(SETTLE_MS);
  assert.deepEqual(asked(), ["cdn.test", "scripts.test"]);
  console.log(`policy: the page works, ${PUT_IN.length + 2} things put into it by hand reach nobody`);
} finally {
  await browser?.end();
  proxy.kill("SIGKILL");
  origin.close();
  origin.closeAllConnections();
  sink.close();
  rmSync(folder, { recursive: true, force: true });
}
