// What must not compile. A line that compiles after all is an error of `tsc`.
import { definePlugin } from "./cloakroom.js";

const common = { name: "x", version: "1" };
const signals = { device: { reason: "x", values: ["phone"] } } as const;
const slots = { hero: { default: "a", variants: { a: [], b: [] } } } as const;

// @ts-expect-error no such signal
definePlugin({ ...common, slots, signals: { devise: { reason: "x", values: ["phone"] } }, decide: () => ({}) });

// @ts-expect-error a signal that was not asked for
definePlugin({ ...common, slots, signals, decide: ({ country }) => ({}) });

// @ts-expect-error a range of a bucket that was not declared
definePlugin({ ...common, slots, signals, decide: ({ bucket }) => ({}) });

// @ts-expect-error a value that was not declared
definePlugin({ ...common, slots, signals, decide: ({ device }) => (device === "tablet" ? { hero: "b" } : {}) });

// @ts-expect-error a range that was not declared
definePlugin({ ...common, slots, bucket: { new: 10, old: 90 }, decide: (seen) => (seen.bucket === "nwe" ? {} : {}) });

// @ts-expect-error a variant that does not exist
definePlugin({ ...common, slots, signals, decide: () => ({ hero: "c" }) });

// @ts-expect-error a slot that does not exist
definePlugin({ ...common, slots, signals, decide: () => ({ heroine: "a" }) });

// @ts-expect-error a default that is no variant
definePlugin({ ...common, slots: { hero: { default: "c", variants: { a: [], b: [] } } }, decide: () => ({}) });

// @ts-expect-error a variant without its edits, where another has some
definePlugin({ ...common, slots: { hero: { default: "a", variants: { a: [], b: "text" } } }, decide: () => ({}) });
