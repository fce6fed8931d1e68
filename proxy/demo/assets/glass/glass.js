// The looking glass: chooses a visitor, looks, and shows both sides.

import { drawFacts, drawLegend, drawSteps, drawWire, element, receivedNote, tally } from './draw.js';
import { startCompare } from './compare.js';

const id = (name) => document.getElementById(name);
const form = id('choice');
const names = new Intl.DisplayNames(['en'], { type: 'region' });
const tongues = new Intl.DisplayNames(['en'], { type: 'language' });
let options;
let wasGathering = false;
let turn = 0;

const ask = async (path, question) => {
  const answer = await fetch(path, question && {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(question),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.problem ?? 'no answer');
  return body;
};

const choice = () => {
  const chosen = Object.fromEntries(new FormData(form));
  return { ...chosen, gpc: form.elements.gpc.checked };
};

const choose = (wanted) => {
  for (const [name, value] of Object.entries(wanted)) {
    const field = form.elements[name];
    if (name === 'gpc') field.checked = value;
    else {
      // A page reached through a link in the frame is on no list yet.
      if (name === 'path' && ![...field.options].some((o) => o.value === value)) field.add(new Option(value, value));
      field.value = value;
    }
  }
};

const press = () => {
  const now = JSON.stringify(Object.entries(choice()).sort());
  for (const button of id('presets').children) {
    button.setAttribute('aria-pressed', String(button.dataset.choice === now));
  }
};

const show = (look, chosen) => {
  drawWire(id('sent'), look.sent);
  id('sent-tally').textContent = tally(look.sent, 'not recorded');
  drawLegend(id('sent-legend'), look.sent, look.facts.source === 'through' ? 'It tells:' : 'Left at the door:');
  drawSteps(id('steps'), look.steps);
  drawWire(id('received'), look.received);
  id('received').hidden = !look.received;
  const nothing = look.facts.source !== 'through' && !look.received_now;
  id('received-tally').textContent = nothing ? '0 bytes this time' : tally(look.received, '0 bytes');
  id('received-tally').classList.toggle('telling', !nothing && look.received?.telling > 0);
  id('received-note').textContent = receivedNote(look);
  id('received').classList.toggle('past', nothing);
  drawLegend(id('received-legend'), look.received, 'Reached the origin:');
  if (look.received && look.received.telling === 0) {
    id('received-legend').prepend(element('span', { className: 'chip clear' }, 'nothing about the visitor'));
  }
  drawFacts(id('facts'), look);
  id('address').textContent = options.shop_url.replace(/^https?:\/\//, '') + chosen.path;
  id('browser').dataset.device = chosen.device;
  id('page').srcdoc = look.page ?? plain(look);
};

const plain = ({ status, moved_to }) => {
  const page = document.implementation.createHTMLDocument('No page');
  page.body.textContent = moved_to ? `The shop answers ${status}: go to ${moved_to}` : `The shop answers ${status}.`;
  page.body.style.cssText = 'font:16px/1.5 sans-serif;padding:40px';
  return page.documentElement.outerHTML;
};

const look = async () => {
  const mine = ++turn;
  const chosen = choice();
  press();
  id('picture').setAttribute('aria-busy', 'true');
  try {
    const seen = await ask('/look', chosen);
    // A later look has overtaken this one.
    if (mine !== turn) return;
    show(seen, chosen);
    const told = seen.received_now ? tally(seen.received, '') : 'nothing this time';
    id('status').textContent = `Looked. The visitor sent ${tally(seen.sent, 'unrecorded bytes')}; the origin received ${told}.`;
    id('status').className = 'status quiet';
  } catch (error) {
    if (mine !== turn) return;
    id('status').textContent = `That look failed: ${error.message}. The picture shows the one before.`;
    id('status').className = 'status problem';
  }
  id('picture').setAttribute('aria-busy', 'false');
  refresh();
};

const refresh = async () => {
  try {
    const n = await ask('/numbers');
    id('visits').textContent = n.visits.toLocaleString('en');
    id('asked').textContent = n.origin_requests.toLocaleString('en');
    id('ratio').textContent = n.visits ? `${(Math.max(0, 1 - n.origin_requests / n.visits) * 100).toFixed(1)} %` : '–';
    id('crowd').textContent = `${n.k} / ${n.epoch_seconds} s`;
    id('gathering').hidden = !n.gathering;
    id('gathering').textContent = `The crowd is still gathering. A combination is released once ${n.k} networks share it; `
      + `the first release comes in about ${n.wait_seconds} s, and until then everybody sees the default.`;
    if (wasGathering && !n.gathering) look();
    wasGathering = n.gathering;
  } catch { /* The demo was stopped; the next tick asks again. */ }
};

const followLinks = () => {
  const inside = id('page').contentDocument;
  inside?.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link) return;
    event.preventDefault();
    const url = new URL(link.getAttribute('href'), `${options.shop_url}/`);
    if (url.origin !== new URL(options.shop_url).origin) return;
    choose({ path: url.pathname + url.search });
    look();
  });
  outline();
};

const outline = () => {
  const inside = id('page').contentDocument;
  if (!inside?.head) return;
  inside.getElementById('cloakroom-outline')?.remove();
  if (!id('outline').checked) return;
  const style = inside.createElement('style');
  style.id = 'cloakroom-outline';
  style.textContent = '#hero,#banner{outline:4px dashed #f0b93f!important;outline-offset:-6px}';
  inside.head.append(style);
};

const start = async () => {
  options = await ask('/options');
  const fill = (name, values, label) => form.elements[name].append(...values.map((v) => new Option(label(v), v)));
  fill('country', options.countries, (code) => names.of(code));
  fill('language', options.languages, (tag) => tongues.of(tag));
  fill('campaign', options.campaigns, (name) => name);
  id('open-shop').href = options.shop_url;
  for (const { name, detail, choice: wanted } of options.presets) {
    const button = element('button', { type: 'button' }, element('b', {}, name), element('span', {}, detail));
    button.dataset.choice = JSON.stringify(Object.entries(wanted).sort());
    button.addEventListener('click', () => { choose(wanted); look(); });
    id('presets').append(button);
  }
  choose(options.presets[0].choice);
  form.addEventListener('change', look);
  form.addEventListener('submit', (event) => { event.preventDefault(); look(); });
  id('page').addEventListener('load', followLinks);
  id('outline').addEventListener('change', outline);
  startCompare(ask, options.presets);
  await look();
  setInterval(() => { if (!document.hidden) refresh(); }, 1000);
};

start().catch((error) => {
  id('status').textContent = `The looking glass could not start: ${error.message}`;
  id('status').className = 'status problem';
});
