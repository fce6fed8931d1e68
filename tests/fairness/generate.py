"""Rule files and statements of shares by chance, from a seed: the same ones every time."""

import tables

VOCABULARY = {
    "country": ["FR", "DE", "europe", "US", "CA", "north-america", "JP", "asia", "BR"],
    "device": ["phone", "tablet", "handheld", "desktop", "tv", "stationary", "bot"],
    "language": ["fr", "de", "en"],
    "referrer": ["search", "social", "external", "internal", "direct"],
    "campaign": ["spring", "autumn", "none"],
    "daypart": ["night", "morning", "evening"],
    "weekpart": ["workday", "weekend"],
    "visit": ["new", "returning"],
    "interest": ["tents", "boots"],
}
# Values that visitors have and that no rule names.
BESIDE = {"country": ["IT", "KR", "AU", "MX"], "language": ["it"], "device": ["other"], "referrer": ["other"]}
# Of one slot. The first one is not always the default.
VARIANTS = ["plain", "warm", "short", "loud"]
# The most cells of a file: the second implementation goes through pairs of them.
MOST_CELLS = 6_000


def rule_file(random, signals):
    """A rule file with rules over some of as many signals, with splits or without; it may be refused."""
    mine = random.sample(sorted(VOCABULARY), signals)
    slots = {f"slot-{number}": random.sample(VARIANTS, random.randint(2, 4)) for number in range(random.randint(1, 3))}
    defaults = {slot: random.choice(variants) for slot, variants in slots.items()}
    splits = random.random() < 0.5
    rules, used = [], set()
    for number in range(random.randint(signals, signals + 3)):
        # Each signal is looked at by some rule.
        looked = {mine[number % signals], *random.sample(mine, random.randint(0, signals - 1))}
        parts, negated = [], random.random() < 0.25
        for signal in sorted(looked):
            used.add(signal)
            values = sorted(random.sample(VOCABULARY[signal], random.randint(1, 2)))
            part = f"{signal} = {values}".replace("'", '"')
            parts.append(f"not = {{ {part} }}" if negated else part)
            negated = False
        slot = random.choice(sorted(slots))
        others = [variant for variant in slots[slot] if variant != defaults[slot]]
        if splits and random.random() < 0.6:
            weights = shares_of_hundred(random, slots[slot])
            shown = f"split = {{ {slot} = {{ {weights} }} }}"
        else:
            shown = f'show = {{ {slot} = "{random.choice(others)}" }}'
        rules.append(f"[[rule]]\npriority = {random.randint(0, 3)}\nwhen = {{ {', '.join(parts)} }}\n{shown}\n")
    head = 'name = "generated"\nversion = "1"\n'
    head += "".join(f'[signals.{signal}]\nreason = "a test"\n' for signal in sorted(used))
    for slot, variants in slots.items():
        named = ", ".join(f'{{ name = "{variant}" }}' for variant in variants)
        like = f"price_like = {str(random.random() < 0.5).lower()}\n"
        head += f'[[slot]]\nname = "{slot}"\nselector = "p"\ndefault = "{defaults[slot]}"\n{like}variant = [{named}]\n'
    return head + "".join(rules)


def shares_of_hundred(random, variants):
    cuts = sorted(random.sample(range(1, 100), len(variants) - 1))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 100])]
    return ", ".join(f"{variant} = {weight}" for variant, weight in zip(variants, weights))


def by_signal(random, table, possible):
    """Shares for some of a plugin's signals, some of them of values that the plugin does not declare. `possible`
    are the values of a signal."""
    stated = {}
    for signal in table.signals:
        if stated and random.random() < 0.3:
            continue
        values = [value for value in possible(signal) if random.random() < 0.8] or ["any"]
        stated[signal] = add_up_to_one(random, values)
    return stated


def by_row(random, table, possible):
    """Shares of combinations, each of which leaves some signals out; as `by_signal`."""
    parts = add_up_to_one(random, [str(number) for number in range(random.randint(1, 12))])
    rows = []
    for share in parts.values():
        signals = [signal for signal in table.signals if random.random() < 0.7]
        rows.append({signal: random.choice(possible(signal)) for signal in signals} | {"share": share})
    return {"cell": rows}


def anywhere(table, signal):
    """What a visitor of some site can be."""
    every = table.declared(signal) + VOCABULARY.get(signal, []) + BESIDE.get(signal, []) + ["other", "any"]
    has_no_other = signal in tables.CLOSED and "other" not in tables.CLOSED[signal]
    return [value for value in dict.fromkeys(every) if value != "other" or not has_no_other]


def add_up_to_one(random, names):
    """Shares with six digits, some of them 0."""
    cuts = sorted(random.choice([0, 250_000, random.randint(0, 1_000_000)]) for _ in names[1:])
    parts = [after - before for before, after in zip([0, *cuts], [*cuts, 1_000_000])]
    return {name: part / 1_000_000 for name, part in zip(names, parts)}


def as_toml(shares):
    """What is stated, as a file says it."""
    if "cell" in shares:
        rows = ([f"{key} = {quoted(value)}" for key, value in row.items()] for row in shares["cell"])
        return "".join("[[cell]]\n" + "\n".join(row) + "\n" for row in rows)
    return "".join(
        f"[{signal}]\n" + "".join(f"{value} = {share:.6f}\n" for value, share in values.items())
        for signal, values in shares.items()
    )


def quoted(value):
    return f'"{value}"' if isinstance(value, str) else f"{value:.6f}"
