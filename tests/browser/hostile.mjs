// Hostile fragments in a real browser: `node tests/browser/hostile.mjs target/debug/cloakroom`.
// Each of them goes through a plugin, as HTML in each way that an edit has, as text, as an attribute and as
// a part that the site includes. None may run, none may ask anybody for anything by itself, and nothing may
// be left of it that a page could run. The same fragments without a door have to do all of that.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { PLACES, configure, room, serveOrigin, serveSink } from "./hostile_site.mjs";
import { Browser, freePort, pause, until } from "./webdriver.mjs";

const WAYS = ["content", "before", "after", "text", "include"];
// Of the hand-written fragments, so many have to do harm where there is no door.
const HARMFUL = 700;
const LEAST = 1_000;
// One in so many edits at least leaves something harmless, and one in so many fragments at most nobody could tell.
const CHANGED = 4;
const SILENT = 16;
// So many of what comes through are named at once.
const SHOWN = 100;
const AT_ONCE = 40;
const SETTLE_MS = 700;
// A connection over which nothing is said for so long was made ahead.
const SILENT_MS = 2_000;
const CLICKED_MS = 50;
// Longer than any page takes that nothing holds up.
const PATIENCE_MS = 20_000;

const binary = process.argv[2] ?? "target/debug/cloakroom";
const corpus = fileURLToPath(new URL("corpus", import.meta.url));
const [port, originPort, sinkPort] = [await freePort(), await freePort(), await freePort()];

// `@RUN@` is a canary with the fragment's number, `@HOST@` a foreign host with it, `@SITE@` the site.
const filled = (text, id, site) => text?.replaceAll("@RUN@", `top.__ran(${id})`)
  .replaceAll("@HOST@", `f${id}.evil.test`).replaceAll("@ID@", String(id)).replaceAll("@SITE@", `127.0.0.1:${site}`);

const seeds = readdirSync(corpus).sort().flatMap((file) =>
  readFileSync(join(corpus, file), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)));
// A number tells the fragment and the way it took.
const WAY_DIGITS = 10;
const number = (seed, way) => (seed + 1) * WAY_DIGITS + way;
const source = (id) => `${JSON.stringify(seeds[Math.floor(id / WAY_DIGITS) - 1])} as ${WAYS[id % WAY_DIGITS] ?? "attribute"}`;

const singles = new Map();
const parts = new Map();
const edits = seeds.flatMap((seed, at) => {
  if (seed.name) {
    const id = number(at, WAYS.length);
    const tag = seed.on ?? "div";
    const shut = tag === "img" ? "" : `x</${tag}>`;
    const value = filled(seed.html, id, port);
    const bare = filled(seed.html, id, originPort).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
    const edit = { id, how: "attribute", name: seed.name, html: value, place: `<${tag} id="b#">${shut}`,
      bare: `<${tag} ${seed.name}="${bare}">${shut}` };
    singles.set(id, edit);
    return [edit];
  }
  return WAYS.map((how, way) => {
    const id = number(at, way);
    const edit = { id, how, html: filled(seed.html, id, port), first: filled(seed.first, id, port),
      bare: filled(seed.html, id, originPort), place: how === "text" ? PLACES[0] : PLACES[(at * 7 + way * 3) % PLACES.length] };
    if (way === 0) singles.set(id, edit);
    if (how !== "include") return edit;
    parts.set(id, { html: (edit.first ?? "") + edit.html });
    return { ...edit, first: undefined, html: `/part/${id}`, place: edit.place };
  });
});

const chunks = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
const pages = [...WAYS, "attribute"].flatMap((how) => chunks(edits.filter((edit) => edit.how === how), room(how)));
// Last, what has to work: the page still shows what an honest plugin brings.
const HONEST = '<p><img src="/in/ok.png" alt="A tent"><img src="https://cdn.test/ok.png" alt=""><a href="/in/sale">Sale</a></p>';
pages.push([{ id: 0, how: "content", html: HONEST, place: PLACES[0] }]);
const controls = chunks([...singles.values()], AT_ONCE);

// What may be left in a box: nothing that a browser or a page's programs could act on. `places` is what the
// site itself put there.
const LEFT = `
const BAD = new Set(("script style link meta base iframe frame frameset object embed applet form input textarea select option "
  + "template noscript svg math audio video source track picture portal fencedframe slot title xmp plaintext noembed noframes "
  + "marquee dialog button keygen isindex bgsound layer image canvas map area param model geolocation permission").split(" "));
const NAMES = /^(on|data-|x-|v-|ng-|hx-|[@:#*_([]|t-|th:|bind|wire|jsaction|up-|is$|slot|part$|form|ping|srcdoc|attributionsrc|background|lowsrc|dynsrc|longdesc|usemap|popover|command|accesskey|contenteditable|autofocus|draggable|tabindex|xmlns|xlink|name$|nonce|cite|crossorigin|referrerpolicy|download)/i;
const STYLES = /url|image|src|expression|behavior|import|attr|\\\\|\\/\\*|[{}<@]|fixed|sticky/i;
const found = [];
let changed = 0;
for (const [at, box] of [...arguments[1].querySelectorAll(".box")].entries()) {
  const plain = document.createElement("div");
  plain.innerHTML = arguments[0]?.[at] ?? "";
  if (plain.innerHTML !== box.innerHTML) changed += 1;
  for (const element of box.querySelectorAll("*")) {
    const sites = arguments[0] && (/^b\\d+$/.test(element.id) || element.querySelector("[id^=b]"));
    const wrong = [];
    if (!sites && (BAD.has(element.localName) || element.localName.includes("-") || element.localName.includes(":")
      || element.namespaceURI !== "http://www.w3.org/1999/xhtml" || element.shadowRoot)) wrong.push("element");
    for (const { name, value } of element.attributes) {
      if (name === "id" ? !sites : NAMES.test(name)) wrong.push(name);
      if (name === "style" && STYLES.test(value)) wrong.push(name);
      if (name === "class" && /[;()\\[\\]!={}]|(^|[^a-z0-9])ng[-_:A-Z]/.test(value)) wrong.push(name);
      if (/^(title|alt$|aria-)/.test(name) && /<[a-z/!?]|&(lt|#)/i.test(value)) wrong.push(name);
      if (name === "target" && value !== "_blank") wrong.push(name);
      if (/^(href|src|srcset)$/.test(name) && /account.*[?]/.test(decodeURIComponent(value.replace(/%(?![0-9a-f]{2})/gi, "%25")))) wrong.push(name);
    }
    const [link, source] = [element.matches("a, area") ? element.getAttribute("href") : null, element.getAttribute("src")];
    if (link !== null && !/^(\\/(?![\\/\\\\])|#(?!:)|https:\\/\\/[^@]*$)/.test(link)) { wrong.push("address"); if (arguments[0]) element.click(); }
    if (source !== null && !/^(\\/(?![\\/\\\\])|https:\\/\\/cdn[.]test\\/)/.test(source)) wrong.push("src");
    if (element.matches("[rel*=opener]:not([rel~=noopener])")) wrong.push("rel");
    if (wrong.length) found.push([Number(box.dataset.of), wrong.join(), element.outerHTML.slice(0, 300)]);
  }
}
return { found, changed };`;

const folder = mkdtempSync(join(tmpdir(), "hostile-"));
const visits = [];
const passthrough = [];
const included = new Set();
const hosts = new Set();
const origin = serveOrigin({ pages, controls, parts, singles, passthrough, included }).listen(originPort, "127.0.0.1");
const sink = serveSink(visits).listen(sinkPort, "127.0.0.1");
configure(folder, port, originPort, pages);
const proxy = spawn(binary, ["serve", "--config", join(folder, "cloakroom.toml")], { stdio: ["ignore", "ignore", process.env.SHOW ? "inherit" : "ignore"] });
const site = `http://127.0.0.1:${port}`;
let browser;

// Who asked where, since the last time; an address of the site tells by its `f`.
function asked() {
  const all = visits.splice(0);
  // Whoever has only just come may yet say whom they mean.
  const isSettled = ({ said, since }) => said || Date.now() - since > SILENT_MS;
  visits.push(...all.filter((visit) => !isSettled(visit)));
  const foreign = all.filter(isSettled).flatMap(({ ids, said }) => {
    if (ids.length) return ids.map((id) => [id, "foreign host"]);
    const named = /[\w.-]+\.test/.exec(said)?.[0];
    if (named) hosts.add(named);
    // The browser's own errands name hosts of their own.
    return said ? [] : [[null, "connection ahead"]];
  });
  const identity = passthrough.splice(0).filter((url) => url.includes("account"))
    .map((url) => [Number(/f=(-?\d+)/.exec(url)?.[1] ?? NaN), `passthrough ${url}`]);
  return [...foreign, ...identity];
}

const ran = () => browser.run("return [...new Set(window.__all ?? [])]");

async function harm(url) {
  await browser.open(url);
  await pause(SETTLE_MS);
  return [...(await ran()).map((id) => [id, "ran"]), ...asked()];
}

try {
  assert.ok(seeds.length >= LEAST, `${seeds.length} fragments, at least ${LEAST} are meant`);
  assert.equal(new Set(seeds.map((seed) => JSON.stringify(seed))).size, seeds.length, "each fragment stands there once");
  browser = await Browser.start("1400,2400", [`--host-resolver-rules=MAP * 127.0.0.1:${sinkPort}, EXCLUDE 127.0.0.1`]);
  await browser.ask("POST", "/timeouts", { pageLoad: PATIENCE_MS, script: PATIENCE_MS });
  const since = Date.now();
  await until("the proxy answers", async () => (await fetch(`${site}/page/0`)).ok);

  if (process.env.SHOW) console.log(`ready after ${Date.now() - since} ms`);
  const [harmful, told] = [new Set(), new Set()];
  for (const at of controls.keys()) {
    for (const [id] of await harm(`http://127.0.0.1:${originPort}/control/${at}`)) if (singles.has(id)) harmful.add(id);
    const left = `const left = new Function(arguments[0]); return [...document.querySelectorAll("iframe")].flatMap((frame) => {
      try { return left(null, frame.contentDocument).found.map(([id]) => id) } catch { return [] } });`;
    for (const id of await browser.run(left, LEFT)) told.add(id);
  }
  const silent = [...singles.keys()].filter((id) => !harmful.has(id) && !told.has(id));
  if (process.env.SHOW) for (const id of silent) console.log(`neither does harm nor is told: ${source(id)}`);
  await browser.open("about:blank");
  await pause(SILENT_MS + SETTLE_MS);
  asked();

  const wrong = new Set();
  let changed = 0;
  for (const [at, of] of pages.entries()) {
    const places = of.map((edit, at) => edit.place.replaceAll("#", String(at)));
    try {
      for (const [id, what] of await harm(`${site}/page/${at}`)) wrong.add(`${what}: ${id === null ? `page ${at}` : source(id)}`);
      const before = new Set(await ran());
      const left = await browser.run("const left = new Function(arguments[0]); return left(arguments[1], document);", LEFT, places);
      for (const [id, what, html] of left.found) wrong.add(`left ${what}: ${source(id)}: ${html}`);
      changed += left.changed;
      await pause(CLICKED_MS);
      for (const id of await ran()) if (!before.has(id)) wrong.add(`ran when clicked: ${source(id)}`);
      const marker = await browser.run("return document.getElementById('marker')?.innerText");
      if (marker !== "edited") wrong.add(`page ${at} is gone, or has none of its edits`);
    } catch (cause) {
      // What came through holds the browser up: enough is known.
      wrong.add(`page ${at} cannot be read: ${cause.message}`);
      break;
    }
  }
  await pause(SILENT_MS + SETTLE_MS);
  for (const [id, what] of asked()) wrong.add(`${what}: ${id === null ? "some page" : source(id)}`);
  assert.equal(wrong.size, 0, `${wrong.size} came through:\n${[...wrong].slice(0, SHOWN).join("\n")}`);

  // The last page was the honest one: its pictures were asked for, where they may come from.
  const pictures = await browser.run("return [...document.images].map((picture) => picture.src)");
  assert.deepEqual(pictures, [`${site}/in/ok.png`, "https://cdn.test/ok.png"]);
  assert.ok(hosts.has("cdn.test"), "the host that the site lists was asked");
  assert.equal(included.size, parts.size, "each part was fetched");
  assert.ok(changed >= edits.length / CHANGED, `only ${changed} of ${edits.length} edits changed the page`);
  assert.ok(harmful.size >= HARMFUL, `only ${harmful.size} fragments do harm without a door, ${HARMFUL} are meant to`);
  assert.ok(silent.length <= singles.size / SILENT, `${silent.length} fragments would not be told from harmless ones`);
  console.log(`hostile: ${seeds.length} fragments, ${edits.length} edits on ${pages.length} pages, of which ${changed} changed it: `
    + `none runs, asks or is left; without a door ${harmful.size} run or ask, and ${silent.length} leave no trace`);
} finally {
  await browser?.end();
  proxy.kill("SIGKILL");
  origin.close();
  origin.closeAllConnections();
  sink.close();
  rmSync(folder, { recursive: true, force: true });
}
