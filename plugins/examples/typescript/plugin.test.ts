import assert from "node:assert/strict";
import { test } from "node:test";
import { text } from "./cloakroom.js";
import { plugin } from "./plugin.js";

test("the page is left alone but in the morning and in the evening", () => {
  for (const { seen, shown } of plugin.table()) {
    const greets = seen.daypart === "morning" || seen.daypart === "evening";
    assert.equal(shown.banner !== "plain", greets, JSON.stringify(seen));
  }
});

test("a French evening is wished in French", () => {
  const evening = plugin.table().find(({ seen }) => seen.language === "fr" && seen.daypart === "evening");
  assert.equal(evening?.shown.banner, "evening-fr");
  const variants = plugin.describe().slots.flatMap((slot) => slot.variants);
  assert.deepEqual(plugin.render(0, variants.indexOf("evening-fr")), [text("#banner", "Bonsoir")]);
});
