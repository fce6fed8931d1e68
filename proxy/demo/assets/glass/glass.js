// The looking glass: asks for a look, and draws what the wire says. No state outlives the page.

const at = (id) => document.getElementById(id);
const form = at("visitor");
const WORDS = {
  device: { phone: "Phone", tablet: "Tablet", desktop: "Desktop", tv: "TV", bot: "Bot" },
  referrer: { direct: "Nowhere (typed)", search: "A search", social: "A social post", email: "An email" },
  consent: { all: "Yes", none: "No", silent: "Did not say" },
};
let asked = 0;
let last = null;
let kept = null;

async function ask(path, question) {
  const init = question && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  };
  const answer = await fetch(path, init);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.problem ?? "the demo does not answer");
  return value;
}

function make(tag, text, kind) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function offer(name, values, words = {}) {
  form.elements[name].replaceChildren(...values.map((value) => new Option(words[value] ?? value, value)));
}

function chosen() {
  const { country, device, language, referrer, campaign, consent, path, gpc } = form.elements;
  return {
    country: country.value, device: device.value, language: language.value, referrer: referrer.value,
    campaign: campaign.value, consent: consent.value, gpc: gpc.checked, path: path.value || "/",
  };
}

function choose(choice) {
  for (const [name, value] of Object.entries(choice)) {
    if (name === "gpc") form.elements.gpc.checked = value;
    else form.elements[name].value = value;
  }
}

function drawWire(place, wire, nothing) {
  if (!wire) return place.replaceChildren(make("em", nothing));
  const lines = wire.lines.map((parts) => {
    const line = make("div");
    line.append(...parts.map((part) => (part.kind ? make("mark", part.text, part.kind) : part.text)));
    if (parts.length === 0) line.append("\u00a0");
    return line;
  });
  place.replaceChildren(...lines);
}

const plain = (wire) => (wire ? wire.lines.map((parts) => parts.map((p) => p.text).join("")).join("\n") : null);
const pairs = (variant) => variant.map(([slot, name]) => `${slot}=${name}`).join(", ");

function draw(look) {
  at("steps").replaceChildren(...look.steps.map((step) => {
    const item = make("li", undefined, step.tone);
    item.append(make("b", step.name), make("strong", step.outcome), make("span", step.words));
    return item;
  }));
  const { cell, variant, cache_status: status, age } = look.facts;
  const chips = cell.map(({ name, value, grain }) => make("span", `${name}: ${value}`, `chip ${grain}`));
  at("cell").replaceChildren(...(chips.length ? chips : [make("em", "no plugin has a say here")]));
  const shown = variant.map(([slot, name]) => make("span", `${slot}: ${name}`, "chip"));
  at("variant").replaceChildren(...(shown.length ? shown : [make("em", "none")]));
  const stored = status ? `${status}${age === null ? "" : `, age ${age} s`}` : "not cached, by design";
  at("cache").replaceChildren(make("span", stored));

  const telling = (wire) => `${wire.bytes} bytes, ${wire.telling} parts that tell of the visitor`;
  at("sent-note").textContent = look.sent ? telling(look.sent) : "";
  drawWire(at("sent"), look.sent, "not recorded");
  at("received-note").textContent = look.received_now
    ? telling(look.received)
    : look.received
      ? "Nothing now: served from the cache. This is the request that once brought the stored page."
      : "Nothing: served from the cache.";
  drawWire(at("received"), look.received, "nothing");
  const moved = look.moved_to ? `<p>Status ${Number(look.status)}: the page moved.</p>` : "<p>No page.</p>";
  at("page").srcdoc = look.page ?? moved;
}

function compare() {
  at("comparison").hidden = !kept;
  if (!kept || !last) return;
  const same = pairs(kept.look.facts.variant) === pairs(last.facts.variant);
  const equal = plain(kept.look.received) === plain(last.received);
  at("kept-name").textContent = kept.name;
  const verdict = at("verdict");
  verdict.className = `notice ${equal ? "good" : ""}`;
  verdict.textContent = equal
    ? `${same ? "The same variant" : "Different variants"}, and the origin cannot tell the two visitors apart: ` +
      "its bytes are identical."
    : "The origin's bytes differ: by page, by Global Privacy Control, or because the route is passed through.";
  drawWire(at("kept-received"), kept.look.received, "nothing");
  drawWire(at("now-received"), last.received, "nothing");
}

async function look() {
  const turn = ++asked;
  try {
    const seen = await ask("/look", chosen());
    if (turn !== asked) return;
    last = seen;
    at("problem").hidden = true;
    draw(seen);
    compare();
  } catch (error) {
    at("problem").textContent = `This look failed: ${error.message}.`;
    at("problem").hidden = false;
  }
}

async function count() {
  try {
    const numbers = await ask("/numbers");
    const ratio = numbers.visits > 0 ? 1 - numbers.origin_requests / numbers.visits : 0;
    at("visits").textContent = numbers.visits.toLocaleString("en");
    at("requests").textContent = numbers.origin_requests.toLocaleString("en");
    at("ratio").textContent = `${(Math.max(0, ratio) * 100).toFixed(1)} %`;
    const waited = !at("gathering").hidden;
    at("gathering").hidden = !numbers.gathering;
    at("gathering").textContent =
      `The crowd is still gathering: a cell is released once ${numbers.k} networks share it. ` +
      `First release in about ${numbers.wait_seconds} s; until then everyone sees the default.`;
    if (waited && !numbers.gathering) look();
  } catch {
    at("gathering").textContent = "The demo has stopped.";
    at("gathering").hidden = false;
  }
}

async function start() {
  const options = await ask("/options");
  offer("country", options.countries);
  offer("language", options.languages);
  offer("campaign", ["", ...options.campaigns], { "": "none" });
  for (const name of ["device", "referrer", "consent"]) offer(name, Object.keys(WORDS[name]), WORDS[name]);
  at("presets").replaceChildren(...options.presets.map((preset) => {
    const button = make("button", preset.name);
    button.type = "button";
    button.append(make("small", preset.detail));
    button.addEventListener("click", () => {
      choose(preset.choice);
      for (const other of at("presets").children) other.setAttribute("aria-pressed", other === button);
      look();
    });
    return button;
  }));
  form.addEventListener("change", () => {
    for (const other of at("presets").children) other.setAttribute("aria-pressed", false);
    look();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  at("keep").addEventListener("click", () => {
    const pressed = [...at("presets").children].find((b) => b.getAttribute("aria-pressed") === "true");
    kept = last && { look: last, name: pressed?.firstChild.textContent ?? "the visitor before" };
    compare();
  });
  await count();
  setInterval(count, 2000);
  at("presets").firstChild.click();
}

start();
