// What every example has to do, written once more and as plainly as possible.
import assert from "node:assert/strict";

const signals = {
  language: { reason: "To be understood.", values: ["de", "fr"] },
  daypart: { reason: "Nobody says good morning at night.", values: ["evening", "morning"] },
};

function greeting({ language, daypart }) {
  if (daypart !== "morning" && daypart !== "evening") return "plain";
  return `${daypart}-${language === "fr" || language === "de" ? language : "en"}`;
}

// Compares `cloakroom --json plugin table` with that, cell by cell.
export function expectGreeting(what, table, name) {
  assert.equal(table.name, name, what);
  assert.equal(table.version, "1.0.0", what);
  const told = table.signals.map(({ signal, reason, values }) => [signal, { reason, values: values.toSorted() }]);
  assert.deepEqual(Object.fromEntries(told), signals, what);
  assert.equal(table.cells, 16, what);
  assert.deepEqual(table.slots.map(({ slot }) => slot), ["banner"], what);
  const [{ rules }] = table.slots;
  for (const language of ["de", "fr", "other", "any"]) {
    for (const daypart of ["evening", "morning", "other", "any"]) {
      const cell = { language, daypart };
      const rule = rules.find(({ when }) => when.every((condition) => holds(condition, cell)));
      assert.equal(rule?.variant, greeting(cell), `${what}: ${JSON.stringify(cell)}`);
    }
  }
}

// `language is fr or de`, `language is not fr`.
function holds(condition, cell) {
  const [, signal, not, values] = condition.match(/^(\w+) is (not )?(.+)$/);
  assert.ok(signal in cell, condition);
  return values.split(" or ").includes(cell[signal]) !== Boolean(not);
}
