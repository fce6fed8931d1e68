// Draws what a look brought back. Text only ever becomes text nodes, never markup.

const KINDS = {
  address: 'address', identifier: 'identifiers', device: 'device', language: 'language',
  referrer: 'where from', campaign: 'campaign', word: 'their word',
};

export const element = (name, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
};

const part = ({ text, kind }) =>
  kind ? element('mark', { className: kind, title: KINDS[kind] }, text) : document.createTextNode(text);

/** Fills a `pre` with a recorded request. */
export const drawWire = (pre, wire) => {
  pre.replaceChildren(...(wire?.lines ?? []).map((line) => element('span', { className: 'line' }, ...line.map(part))));
};

/** The request as plain text. */
export const textOf = (wire) =>
  (wire?.lines ?? []).map((line) => line.map((p) => p.text).join('')).join('\n');

/** The kinds that occur in a request, as chips. */
export const drawLegend = (place, wire, lead) => {
  const counts = new Map();
  for (const { kind } of (wire?.lines ?? []).flat()) if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const order = Object.keys(KINDS).filter((kind) => counts.has(kind));
  place.replaceChildren(
    ...(order.length ? [element('span', { className: 'lead' }, lead)] : []),
    ...order.map((kind) => {
      const count = counts.get(kind);
      return element('span', { className: `chip ${kind}` }, count > 1 ? `${KINDS[kind]} ×${count}` : KINDS[kind]);
    }),
  );
};

export const drawSteps = (list, steps) => {
  list.replaceChildren(...steps.map(({ name, outcome, words, tone }) =>
    element('li', { className: tone },
      element('p', { className: 'step' }, element('b', {}, name), element('span', {}, outcome)),
      element('p', { className: 'words' }, words))));
};

const fact = (name, value, className = '') =>
  element('div', { className }, element('dt', {}, name), element('dd', {}, value));

export const sourceWords = ({ source, age }) => ({
  cache: age === null ? 'cache' : `cache, ${age} s old`, dressed: 'stored page', stale: 'older copy',
  origin: 'origin, now stored', through: 'passed through',
})[source];

/** Released cell, variant and cache status as chips. */
export const drawFacts = (list, { status, facts }) => {
  const cell = facts.cell.map(({ name, value, grain }) =>
    element('span', { className: `signal ${grain}`, title: { exact: 'released', general: 'made coarser', any: 'held back' }[grain] },
      `${name} `, element('b', {}, value)));
  const variant = facts.variant.map(([slot, name]) =>
    element('span', { className: 'signal exact' }, `${slot} `, element('b', {}, name)));
  list.replaceChildren(
    ...(cell.length ? [fact('Released cell', element('span', { className: 'row' }, ...cell), 'wide')] : []),
    ...(variant.length ? [fact('Variant', element('span', { className: 'row' }, ...variant))] : []),
    fact('Answer', element('span', { className: 'row', title: facts.cache_status ?? '' },
      element('span', { className: 'signal exact' }, `${status} `, element('b', {}, sourceWords(facts))))),
  );
};

/** What the right-hand side means this time. */
export const receivedNote = (look) => {
  if (look.facts.source === 'through') return 'This page is listed as passthrough: the shop must know whose it is.';
  if (look.received_now) return 'Asked just now. These are all the bytes:';
  const nothing = 'Nothing, this time: the answer was stored.';
  return look.received ? `${nothing} This is how the copy was once asked for:` : nothing;
};

export const tally = (wire, none) => {
  if (!wire) return none;
  const what = wire.telling === 0 ? 'nothing about the visitor'
    : wire.telling === 1 ? '1 thing about the visitor' : `${wire.telling} things about the visitor`;
  return `${wire.bytes} bytes, ${what}`;
};
