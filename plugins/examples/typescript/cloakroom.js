// What every plugin in JavaScript needs: turns the contract's small numbers into names and back, and sees to
// it that a plugin depends on nothing but what it is asked. It keeps nothing between two calls. What each part
// is for stands, with its types, in `cloakroom.d.ts`.

export const OTHER = "other";
export const ANY = "any";

const markup = (tag) => (selector, content) => ({ tag, val: { selector, content } });
export const setContent = markup("set-content");
export const before = markup("before");
export const after = markup("after");
export const text = markup("text");
export const include = markup("include");
export const remove = (selector) => ({ tag: "remove", val: selector });
export const setAttribute = (selector, name, value) => ({ tag: "set-attribute", val: { selector, name, value } });

export function definePlugin({ name, version, signals = {}, bucket = {}, slots, decide }) {
  // The contract's id of a value is its position here.
  const wanted = Object.entries(signals).map(([name, use]) => ({ name, ids: [...use.values, OTHER, ANY] }));
  const ranges = [...Object.keys(bucket), ANY];
  const places = Object.entries(slots).map(([name, slot]) => {
    const variants = Array.isArray(slot.variants) ? slot.variants : Object.keys(slot.variants);
    if (![undefined, true, false].includes(slot.priceLike)) {
      throw new Error(`\`priceLike\` of the slot \`${name}\` is neither true nor false`);
    }
    return { name, variants, default: position(variants, slot.default, name) };
  });

  const named = (ids, range) => {
    const seen = Object.fromEntries(wanted.map(({ name, ids: names }, at) => [name, names[ids[at]]]));
    return ranges.length === 1 ? seen : { ...seen, bucket: ranges[range] };
  };
  // The first slot is the most significant digit.
  const choice = (shown) => {
    const unknown = Object.keys(shown).find((slot) => !Object.hasOwn(slots, slot));
    if (unknown !== undefined) throw new Error(`there is no slot \`${unknown}\``);
    return places.reduce((digits, { name, variants, default: standard }) => {
      const digit = shown[name] === undefined ? standard : position(variants, shown[name], name);
      return digits * variants.length + digit;
    }, 0);
  };

  const plugin = {
    describe: () => ({
      name,
      version,
      slots: places.map((place) => {
        const { variants, priceLike = false } = slots[place.name];
        return { ...place, delivery: Array.isArray(variants) ? "origin-variant" : "edits", priceLike };
      }),
      signals: Object.entries(signals).map(([name, { reason, values }]) => ({ name, reason, values })),
      bucketRanges: Object.values(bucket),
    }),
    decide: ({ first, second, third, fourth, fifth, bucket: range }) =>
      choice(withoutChance(() => decide(named([first, second, third, fourth, fifth], range)))),
    render: (slot, variant) => slots[places[slot].name].variants[places[slot].variants[variant]] ?? [],
  };

  // The proxy does not ask for this: it is for tests.
  plugin.table = () => {
    const cells = [...combinations([...wanted.map(({ ids }) => ids.length), ranges.length])];
    // In the last one nothing is known. The proxy shows the default there, without asking.
    return cells.slice(0, -1).map((digits) => {
      const [range, ...ids] = [digits.at(-1), ...digits.slice(0, -1)];
      const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = ids;
      let rest = plugin.decide({ first, second, third, fourth, fifth, bucket: range });
      const shown = {};
      for (const { name, variants } of places.toReversed()) {
        shown[name] = variants[rest % variants.length];
        rest = Math.floor(rest / variants.length);
      }
      return { seen: named(ids, range), shown };
    });
  };
  return plugin;
}

function position(variants, variant, slot) {
  const at = variants.indexOf(variant);
  if (at < 0) throw new Error(`the slot \`${slot}\` has no variant \`${variant}\``);
  return at;
}

function* combinations([values, ...others]) {
  if (values === undefined) return yield [];
  for (let id = 0; id < values; id += 1) for (const rest of combinations(others)) yield [id, ...rest];
}

const refuse = () => {
  throw new Error("a plugin has neither chance nor a clock: `bucket`, `daypart` and `weekpart` are signals");
};

class Calendar extends Date {
  constructor(...given) {
    if (given.length === 0) refuse();
    super(...given);
  }
  static now = refuse;
}

// The engine has no clock, but a generator that begins where it stood when the plugin was built: what it
// returns looks like chance and is not.
function withoutChance(call) {
  const { random } = Math;
  const { Date } = globalThis;
  Object.assign(Math, { random: refuse });
  Object.assign(globalThis, { Date: Calendar });
  try {
    return call();
  } finally {
    Object.assign(Math, { random });
    Object.assign(globalThis, { Date });
  }
}
