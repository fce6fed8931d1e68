// The helper itself: what a plugin says in names arrives in the contract's numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { definePlugin } from "./cloakroom.js";

const slots = {
  one: { default: "b", variants: { a: [], b: [] } },
  two: { default: "c", variants: ["c", "d", "e"] },
};
const signals = { device: { reason: "x", values: ["phone"] } };
const bucket = { new: 10, known: 90 };
const made = (decide) => definePlugin({ name: "x", version: "1", signals, bucket, slots, decide });
const cell = { first: 0, second: 0, third: 0, fourth: 0, fifth: 0, bucket: 0 };

test("the first slot is the most significant digit, and what is not named has its default", () => {
  assert.equal(made(() => ({ one: "b", two: "e" })).decide(cell), 5);
  assert.equal(made(() => ({ one: "a", two: "d" })).decide(cell), 1);
  assert.equal(made(() => ({})).decide(cell), 3);
});

test("the table asks about every cell but the one in which nothing is known", () => {
  const seen = made(() => ({})).table().map((line) => `${line.seen.device} ${line.seen.bucket}`);
  const buckets = ["new", "known", "any"];
  const all = ["phone", "other", "any"].flatMap((device) => buckets.map((range) => `${device} ${range}`));
  assert.deepEqual(seen, all.slice(0, -1));
});

test("the table says what is shown", () => {
  const plugin = made(({ device, bucket }) => ({ one: device === "phone" ? "a" : "b", two: bucket === "new" ? "e" : "d" }));
  for (const { seen, shown } of plugin.table()) {
    const expected = { one: seen.device === "phone" ? "a" : "b", two: seen.bucket === "new" ? "e" : "d" };
    assert.deepEqual(shown, expected);
  }
});

test("a list of variants is for the origin, edits by variant are for the proxy", () => {
  const described = made(() => ({})).describe();
  assert.deepEqual(described.slots.map((slot) => slot.delivery), ["edits", "origin-variant"]);
  assert.deepEqual(described.slots.map((slot) => slot.default), [1, 0]);
  assert.deepEqual(described.bucketRanges, [10, 90]);
  assert.deepEqual(made(() => ({})).render(1, 0), []);
});

test("a slot is price-like where it says so, and nothing but true or false says so", () => {
  const like = (priceLike) => definePlugin({ name: "x", version: "1", decide: () => ({}), slots: { one: { ...slots.one, priceLike }, two: slots.two } });
  const described = (plugin) => plugin.describe().slots.map((slot) => slot.priceLike);
  assert.deepEqual(described(like(true)), [true, false]);
  assert.deepEqual(described(like(false)), [false, false]);
  assert.throws(() => like("yes"), /`priceLike` of the slot `one` is neither true nor false/);
});

test("a variant or a slot that does not exist is named", () => {
  assert.throws(() => made(() => ({ one: "z" })).decide(cell), /the slot `one` has no variant `z`/);
  assert.throws(() => made(() => ({ three: "a" })).decide(cell), /there is no slot `three`/);
});

test("chance and the clock are refused while a plugin decides, and are back afterwards", () => {
  for (const asks of [() => Math.random(), () => Date.now(), () => new Date()]) {
    assert.throws(() => made(() => asks() && {}).decide(cell), /neither chance nor a clock/);
    assert.ok(asks());
  }
  assert.equal(made(() => ({ one: new Date(0).getUTCFullYear() === 1970 ? "a" : "b" })).decide(cell), 0);
});
