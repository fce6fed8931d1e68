// The types of `cloakroom.js`: the contract (`personalizer.wit`) in names. What a plugin may be shown and may
// answer follows from what it declares, so that a misspelt signal, value, slot or variant does not compile.

/** The closed vocabulary. `bucket` is declared apart. */
export type SignalName =
  | "country" | "device" | "os" | "language" | "referrer" | "campaign"
  | "daypart" | "weekpart" | "visit" | "interest" | "save_data" | "color_scheme";

/** A value that the plugin does not name. */
export const OTHER = "other";
/** Nothing may be known: no consent, or no crowd. */
export const ANY = "any";

/** A signal that the plugin wants to see. */
export interface Signal {
  /** Why, for the people who approve the plugin: 1 to 400 bytes. */
  readonly reason: string;
  /** The values that it tells apart, at any grain (`FR`, `europe`): 1 to 250. */
  readonly values: readonly string[];
}

/** A place in a page, with everything that can stand there. */
export interface Slot {
  /** The variant that is shown when nothing is known. */
  readonly default: string;
  /**
   * 1 to 64 variants: with the edits that make each of them, at most 32, or only their names where the origin
   * shall be told the variant and make it itself.
   */
  readonly variants: Readonly<Record<string, readonly Edit[]>> | readonly string[];
  /**
   * Whether it shows a price, an offer, or anything else of which nobody should get another version for being in
   * another country or speaking another language. Where it does differ by them, the plugin is not installed.
   */
  readonly priceLike?: boolean;
}

type Names<S extends Slot> = S["variants"] extends readonly (infer Name)[] ? Name : keyof S["variants"];

type Checked<S extends Slot> = S["default"] extends Names<S> ? unknown : "its default is none of its variants";

/** What a plugin knows when it decides: for each signal a value, `other` or `any`. */
export type Seen<Signals, Bucket> = {
  readonly [Name in keyof Signals]: Signals[Name] extends { readonly values: readonly (infer Value)[] }
    ? Value | typeof OTHER | typeof ANY
    : never;
} & ([keyof Bucket] extends [never] ? unknown : { readonly bucket: keyof Bucket | typeof ANY });

/** A variant for each slot. A slot that is not named shows its default. */
export type Shown<Slots extends Record<string, Slot>> = {
  readonly [Name in keyof Slots]?: Names<Slots[Name]>;
};

/** What a plugin declares, and how it decides. */
export interface Definition<Signals, Bucket, Slots extends Record<string, Slot>> {
  /** 1 to 64 of a-z, 0-9 and `-`; so are the names of slots and variants. */
  readonly name: string;
  /** For people: 1 to 64 bytes, no control character. */
  readonly version: string;
  /** At most 4. */
  readonly signals?: Signals & { readonly [Name in Exclude<keyof Signals, SignalName>]: "there is no such signal" };
  /** The ranges into which visitors are split at random, in hundredths that add up to 100: 2 to 100 of them. */
  readonly bucket?: Bucket;
  /** 1 to 8, with at most 1,000 combinations of their variants. */
  readonly slots: Slots & { readonly [Name in keyof Slots]: Checked<Slots[Name]> };
  /** Depends on `seen` alone: it is asked once about everything it can ever see, and never again. */
  readonly decide: (seen: Seen<Signals, Bucket>) => Shown<Slots>;
}

/** What a module has to export as `plugin`. */
export interface Plugin<Signals, Bucket, Slots extends Record<string, Slot>> {
  describe(): Manifest;
  decide(cell: Cell): number;
  render(slot: number, variant: number): readonly Edit[];
  /** For tests: everything that the plugin can be asked, and what it answers. */
  table(): { readonly seen: Seen<Signals, Bucket>; readonly shown: Required<Shown<Slots>> }[];
}

/** Makes the contract's interface of a plugin in names; throws where these contradict each other. */
export function definePlugin<
  const Slots extends Record<string, Slot>,
  const Signals extends Readonly<Record<string, Signal>> = {},
  const Bucket extends Readonly<Record<string, number>> = {},
>(definition: Definition<Signals, Bucket, Slots>): Plugin<Signals, Bucket, Slots>;

/** A change to the page. The functions below make them. */
export type Edit =
  | { readonly tag: "set-content" | "before" | "after" | "text" | "include"; readonly val: Markup }
  | { readonly tag: "remove"; readonly val: string }
  | { readonly tag: "set-attribute"; readonly val: { selector: string; name: string; value: string } };

/** `selector` is a CSS selector without attribute selectors, at most 256 bytes; `content` has at most 64 KiB. */
export interface Markup { readonly selector: string; readonly content: string }

/** Replaces what stands inside the selected elements by HTML, which is sanitized. */
export function setContent(selector: string, html: string): Edit;
/** Puts HTML, which is sanitized, before the selected elements. */
export function before(selector: string, html: string): Edit;
/** Puts HTML, which is sanitized, after the selected elements. */
export function after(selector: string, html: string): Edit;
/** Replaces what stands inside the selected elements by text. */
export function text(selector: string, words: string): Edit;
/** Replaces what stands inside the selected elements by what the site has at `path`, a route marked `fragment`. */
export function include(selector: string, path: string): Edit;
/** Removes the selected elements. */
export function remove(selector: string): Edit;
/** Sets an attribute of the selected elements; `value` has at most 2,048 bytes. */
export function setAttribute(selector: string, name: string, value: string): Edit;

/** The contract's records, for whoever looks beneath the names. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly slots: {
    name: string;
    variants: string[];
    default: number;
    delivery: "edits" | "origin-variant";
    priceLike: boolean;
  }[];
  readonly signals: { name: string; reason: string; values: readonly string[] }[];
  readonly bucketRanges: number[];
}

/** Positions of values: below the declared ones, then that of `other`, then that of `any`. */
export interface Cell {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
  readonly fifth: number;
  readonly bucket: number;
}
