// What the hostile corpus needs around it: the origin that serves the pages, the sink where every foreign
// host leads, and the site's files, in which each fragment is an edit of a plugin or a part to include.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createTcp } from "node:net";
import { join } from "node:path";

// The bounds of the contract: slots of a plugin, and edits and includes of a variant.
const SLOTS = 8;
const EDITS = 32;
const INCLUDES = 8;

// Where the elements that edits name may stand in the page: `#` is the element's number. Parsers
// change their minds in many of them.
export const PLACES = [
  '<div id="b#">x</div>',
  '<p id="b#">x</p>',
  '<table><tr><td id="b#">x</td></tr></table>',
  '<ul><li id="b#">x</li></ul>',
  '<button type="button" id="b#">x</button>',
  '<a href="/in" id="b#">x</a>',
  '<pre id="b#">x</pre>',
  '<my-box id="b#">x</my-box>',
  '<table><caption id="b#">x</caption></table>',
  '<svg><foreignObject><div id="b#">x</div></foreignObject></svg>',
  '<form action="/in"><label id="b#">x</label></form>',
  '<dialog open id="b#">x</dialog>',
  '<h2 id="b#">x</h2>',
  '<math><annotation-xml encoding="text/html"><div id="b#">x</div></annotation-xml></math>',
  '<table><tbody id="b#"><tr><td>x</td></tr></tbody></table>',
  '<b><i><span id="b#">x</span></i></b>',
];

// Programs of a page that act on attributes and text, each in the manner of one that many sites use.
// What they find in a box is run, so that "executes" means something for them.
const FRAMEWORKS = `
const RUNS = /^(x-|v-|@|:|#|ng-|data-(ng-|action$|on|bind$|script$|hx-on|x-|v-)|hx-on|_$|\\*|\\(|\\[|bind:|on:|wire:|jsaction$|up-|unicorn|th:|t-on)/i;
const LOADS = /^(data-)?(hx-(get|post|put)|src|srcset|background|bg|lazy|original|href|url|remote|poster|image|include|fetch|ujs|turbo-src|up-href|ic-get-from)$/i;
const TEXTS = [/\\{\\{[{=]*([^]*?)\\}\\}/, /\\$\\{([^]*?)\\}/, /\\[\\[([^]*?)\\]\\]/, /<%[=-]?([^]*?)%>/, /#\\{([^]*?)\\}/, /\\{%([^]*?)%\\}/];
const attempt = (code) => { try { (0, eval)(code) } catch {} };
const interpolate = (text) => { for (const form of TEXTS) { const found = form.exec(text); if (found) attempt(found[1]) } };
const fetched = (url) => { const picture = new Image(); picture.src = url };
const boxes = () => [...document.querySelectorAll(".box")];
function frameworks() {
  for (const box of boxes()) {
    box.normalize();
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_ALL);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) interpolate(node.data);
      if (node.nodeType === Node.COMMENT_NODE) attempt(node.data.replace(/^\\s*(directive:\\s*\\S+|ko\\s+\\w+:)/, ""));
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      for (const { name, value } of [...node.attributes]) {
        interpolate(value);
        if (RUNS.test(name)) attempt(value);
        if (LOADS.test(name) && (name.includes("-") || node.localName.includes("-"))) fetched(value.trim().split(/[\\s,]/)[0]);
        if (name === "class") attempt((/(?:^|\\s)(?:data-|x-)?ng[-_:][\\w-]+:([^;]*)/i.exec(value) ?? [])[1] ?? "");
      }
    }
  }
  for (const name of ["cart", "config", "settings", "user", "analytics", "dataLayer", "jQuery"]) clobbered(name, window[name]);
  for (const name of ["currentScript", "cookie", "defaultView", "forms", "getElementById", "body", "baseURI"]) clobbered(name, document[name]);
}
function clobbered(name, found) {
  const element = found instanceof HTMLCollection ? found[0] : found instanceof Window ? found.frameElement : found;
  if (element instanceof Element && (element.id === name || element.getAttribute("name") === name))
    top.__ran(Number(element.closest(".box").dataset.of));
}
function poke() {
  for (const element of document.querySelectorAll(".box *"))
    for (const type of ["focus", "blur", "mouseover", "mouseenter", "pointerdown", "keydown", "toggle", "wheel", "input", "animationstart", "load", "error"])
      element.dispatchEvent(new Event(type, { bubbles: false }));
}
window.alert = window.prompt = window.confirm = window.print = () => top.__ran(-1);
addEventListener("load", () => { frameworks(); poke(); });`;

const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script>window.__ran ??= window === top ? (id) => (window.__all ??= []).push(id) : top.__ran;</script>
<script>${FRAMEWORKS}</script></head><body><h1>Shop</h1>`;

const box = (edit, inside) => `<div class="box" data-of="${edit.id}">${inside}</div>\n`;

// The page with an element for each edit, as the site wrote it.
function page(edits) {
  const boxes = edits.map((edit, at) => box(edit, edit.place.replaceAll("#", String(at))));
  return `${head}<p id="marker">unedited</p>${boxes.join("")}</body></html>`;
}

// A fragment as it would be without a door.
const raw = (edit) => `${head}${box(edit, (edit.first ?? "") + edit.bare)}</body></html>`;

const control = (edits) => `<!doctype html><meta charset="utf-8"><title>control</title>
<script>window.__all = []; window.__ran = (id) => __all.push(id);</script>${edits
  .map((edit) => `<iframe sandbox="allow-scripts allow-same-origin allow-forms" src="/raw/${edit.id}"></iframe>`).join("")}`;

// The origin: `pages` are lists of edits, `controls` too.
export function serveOrigin({ pages, controls, parts, singles, passthrough, included }) {
  const html = { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=600" };
  const answers = { page: (at) => page(pages[at]), control: (at) => control(controls[at]),
    raw: (id) => raw(singles.get(id)), part: (id) => parts.get(id).html };
  return createHttp((request, answer) => {
    const [, kind, number] = /^\/(page|control|raw|part)\/(\d+)$/.exec(request.url) ?? [];
    const known = { page: pages, control: controls, raw: singles, part: parts }[kind];
    if (known && (known.has?.(Number(number)) ?? Number(number) in known)) {
      if (kind === "part") included.add(Number(number));
      return answer.writeHead(200, html).end(answers[kind](Number(number)));
    }
    passthrough.push(request.url);
    return answer.writeHead(request.url.startsWith("/in") ? 200 : 404, html).end();
  });
}

// Every foreign host in one place. A connection counts, whatever is said on it: the first bytes hold the
// host in `Host` or in a TLS greeting, and none at all are a connection made ahead.
export function serveSink(visits) {
  return createTcp((socket) => {
    const visit = { ids: [], said: "", since: Date.now() };
    visits.push(visit);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      visit.said += bytes.toString("latin1").slice(0, 2_000);
      const id = /f(-?\d+)\.evil\.test/.exec(visit.said)?.[1];
      if (id) visit.ids.push(Number(id));
      const script = /^GET \S+\.js\b/.test(visit.said);
      const body = script && id ? `try { top.__ran(${id}) } catch {}` : "";
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: ${script ? "text/javascript" : "text/html"}\r\n`
        + `Access-Control-Allow-Origin: *\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    });
  });
}

// A TOML text: JSON's spelling is TOML's, but for one character and the halves of pairs.
const quoted = (text) => JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007F");

function written(edit, at) {
  const value = edit.name ? `attributes = { ${quoted(edit.name)} = ${quoted(edit.html)} }` : `${edit.how} = ${quoted(edit.html)}`;
  const first = edit.first ? `{ selector = "#b${at}", ${edit.how} = ${quoted(edit.first)} }, ` : "";
  return `${first}{ selector = "#b${at}", ${value} }`;
}

// How many edits fit on a page of this kind: a page's edits are spread over all slots of one plugin.
export const room = (how) => (how === "include" ? SLOTS * INCLUDES : (SLOTS - 1) * (EDITS / 2 - 1));

function plugin(edits) {
  const slots = Array.from({ length: SLOTS }, () => []);
  edits.forEach((edit, at) => slots[at % SLOTS].push(written(edit, at)));
  const names = slots.map((_, slot) => `s${slot}`);
  slots[0].push('{ selector = "#marker", text = "edited" }');
  return `name = "hostile"\nversion = "1"\n[signals.device]\nreason = "none is needed"\n${slots
    .map((list, slot) => `[[slot]]\nname = "s${slot}"\ndefault = "shown"\n[[slot.variant]]\nname = "shown"\nedit = [\n${list
      .join(",\n")}\n]\n[[slot.variant]]\nname = "plain"\n`).join("")}[[rule]]\nwhen = { device = "tv" }\nshow = { ${names
    .map((name) => `${name} = "plain"`).join(", ")} }\n`;
}

export function configure(folder, port, origin, pages) {
  mkdirSync(join(folder, "shop"));
  writeFileSync(join(folder, "cloakroom.toml"), `[listen]\nhttp = "127.0.0.1:${port}"\n[sites]\npaths = ["shop"]\n`);
  const routes = pages.map((edits, at) => {
    writeFileSync(join(folder, `shop/p${at}.toml`), plugin(edits));
    return `[[plugin]]\nname = "p${at}"\nfile = "p${at}.toml"\n[[route]]\npath = "/page/${at}"\nmode = "personalize"\nplugins = ["p${at}"]\n`;
  });
  writeFileSync(join(folder, "shop/site.toml"), `hosts = ["127.0.0.1"]\norigin = "http://127.0.0.1:${origin}"
[output]\nhosts = ["cdn.test"]
[[route]]\npath = "/part/*"\nfragment = true\ndistinct_paths = 10000\n[[route]]\npath = "/account/*"\nmode = "passthrough"
${routes.join("")}`);
}
