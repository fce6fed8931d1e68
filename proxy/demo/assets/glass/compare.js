// Two looks beside each other, and whether the origin could tell them apart.

import { drawFacts, drawLegend, drawWire, element, receivedNote, tally, textOf } from './draw.js';

const id = (name) => document.getElementById(name);

const verdict = (first, second) => {
  const [a, b] = [first, second].map(({ look }) => look);
  const sameVariant = JSON.stringify(a.facts.variant) === JSON.stringify(b.facts.variant);
  const seen = sameVariant ? 'Both get the same variant' : 'They get different variants';
  if (a.facts.source === 'through' || b.facts.source === 'through') {
    return ['differs', 'Passthrough is the exception: the shop knows whose page that is. Such routes are listed by hand.'];
  }
  if (!a.received || !b.received) return ['differs', `${seen}, but no request of the origin is remembered for both.`];
  if (textOf(a.received) === textOf(b.received)) {
    return ['same', `${seen}, and the origin’s requests are the same ${a.received.bytes} bytes: it cannot tell one from the other.`];
  }
  return ['differs', `${seen}. The requests differ by the visitors’ GPC alone, which must be passed on.`];
};

const side = ({ name, look }) => {
  const [sent, received, facts, legend] = ['pre', 'pre', 'dl', 'p'].map((tag) => element(tag));
  facts.className = 'facts';
  legend.className = 'legend';
  sent.tabIndex = 0;
  received.tabIndex = 0;
  drawWire(sent, look.sent);
  drawWire(received, look.received);
  drawFacts(facts, look);
  drawLegend(legend, look.sent, 'Sent:');
  return element('article', {},
    element('h3', {}, name), facts,
    element('h4', {}, 'Sent ', element('small', {}, tally(look.sent, 'not recorded'))), sent, legend,
    element('h4', {}, 'Received by the origin ', element('small', {}, tally(look.received, '0 bytes'))),
    element('p', { className: 'note' }, receivedNote(look)), received);
};

/** Wires the form up; `ask` sends a look. */
export const startCompare = (ask, presets) => {
  const form = id('compare');
  for (const name of ['first', 'second']) {
    form.elements[name].append(...presets.map((preset, at) => new Option(preset.name, at)));
  }
  form.elements.second.value = '1';
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const chosen = ['first', 'second'].map((name) => presets[form.elements[name].value]);
    try {
      const looks = [];
      // One after the other: the second may be answered from what the first left stored.
      for (const { name, choice } of chosen) looks.push({ name, look: await ask('/look', choice) });
      const [tone, words] = verdict(...looks);
      id('verdict').textContent = words;
      id('verdict').className = `verdict ${tone}`;
      id('pair').replaceChildren(...looks.map(side));
      id('pair').hidden = false;
    } catch (error) {
      id('verdict').textContent = `The comparison failed: ${error.message}`;
      id('verdict').className = 'verdict differs';
    }
    id('verdict').hidden = false;
  });
};
