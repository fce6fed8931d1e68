"""Compares every figure of `cloakroom plugin audit` with what fairlearn, SciPy and NumPy make of the same table:
`python compare.py target/debug/cloakroom`.

Every template, every example plugin and rule files by chance are audited, with shares of visitors and without,
and for a site with traffic of its own.
Each difference is an error, and so is a figure that is not compared. That a wrong figure would be noticed is
shown for every one of them, by making it wrong.
"""

import copy
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import tomllib

import expected
import generate
import shop
import tables

TOLERANCE = 1e-9
# What is added to a figure to see whether that is noticed.
WRONG_BY = 1e-6
SEED = 20_260
# Rule files by chance for each number of signals.
FILES = 6
# How often a rule file by chance may be refused, for each that is not.
REFUSED = 20
SECONDS = 120

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "plugins/examples"
BUILT = ROOT / "target/examples/copy/plugins/examples"


def main(binary):
    program = Program(binary)
    tally = Tally()
    chance = random.Random(SEED)
    for path in shipped():
        compare(program, tally, chance, path)
    with tempfile.TemporaryDirectory() as folder:
        for path in by_chance(program, chance, pathlib.Path(folder)):
            compare(program, tally, chance, path)
    assert tally.plugins >= 4 * FILES + 12 and tally.slots_with_price_flips > 0
    print(
        f"{tally.plugins} plugins, {tally.audits} audits: {tally.compared} figures are those of the second "
        f"implementation; {tally.noticed} of {tally.noticed} wrong ones were noticed"
    )


class Tally:
    plugins = audits = compared = noticed = slots_with_price_flips = 0


class Program:
    """The program whose figures are compared."""

    def __init__(self, binary):
        self.binary = pathlib.Path(binary).resolve()

    def table(self, path):
        """None if the plugin is refused."""
        ended = self.run("plugin", "table", path, "--format", "csv")
        return tables.Table(ended.stdout) if ended.returncode == 0 else None

    def audit(self, path, *more):
        """What an audit says, whether or not it is within what is allowed."""
        ended = self.run("--json", "plugin", "audit", path, *more)
        try:
            said = json.loads(ended.stdout)
        except json.JSONDecodeError:
            sys.exit(f"{path}: the audit ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
        assert ended.returncode == (0 if said["within_limits"] else 3), ended
        return said

    def run(self, *args):
        command = [self.binary, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def shipped():
    """Templates, and the example plugins as they were built."""
    templates = sorted((ROOT / "plugins/templates").glob("*.toml"))
    assert len(templates) >= 9, f"only {templates} found"
    examples = [folder for folder in sorted(EXAMPLES.iterdir()) if folder.is_dir()]
    assert len(examples) >= 6, f"only {examples} found"
    built = [BUILT / folder.name / "greeting.wasm" for folder in examples]
    for component in built:
        if not component.exists():
            sys.exit(f"{component} is not built: run `node tests/examples/follow.mjs` first")
    return templates + built


def by_chance(program, chance, folder):
    for signals in (1, 2, 3, 4):
        found = 0
        for attempt in range(FILES * REFUSED):
            path = folder / f"{signals}-{attempt}.toml"
            path.write_text(generate.rule_file(chance, signals))
            table = program.table(path)
            if table is None or len(table.cells) > generate.MOST_CELLS:
                continue
            yield path
            found += 1
            if found == FILES:
                break
        assert found == FILES, f"only {found} files with {signals} signals"


def compare(program, tally, chance, path):
    table = program.table(path)
    assert table is not None, f"{path} is refused"
    tally.plugins += 1
    for site_is_given in (False, True):
        even = {}
        if site_is_given:
            table.told = [shop.told(table, signal) for signal in table.signals]
        for stated in statements(chance, table, site_is_given):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                args = []
                if "traffic" in stated:
                    args += shop.write(folder, stated["traffic"])
                if "prior" in stated:
                    prior = folder / "prior.toml"
                    prior.write_text(generate.as_toml(stated["prior"]))
                    args += ["--prior", prior]
                said = program.audit(path, *args)
            try:
                assert [slot["price_like"] for slot in said["slots"]] == price_like(path, table), "price-like"
                judge(tally, table, said, stated, even)
            except AssertionError as wrong:
                rules = path.read_text() if path.suffix == ".toml" else ""
                shares = [f"# {name}\n{generate.as_toml(shares)}" for name, shares in stated.items()]
                sys.exit("\n".join([f"{path}: {wrong}", rules, *shares]))


def statements(chance, table, site_is_given):
    """What is stated of visitors, by its name, for each audit of a plugin."""
    if not table.signals:
        return [] if site_is_given else [{}]
    if site_is_given:
        values = lambda signal: [*shop.VALUES[signal], tables.ANY]
        traffic = generate.by_signal(chance, table, values)
        return [{"traffic": traffic, "prior": generate.by_row(chance, table, values)}]
    values = lambda signal: generate.anywhere(table, signal)
    priors = [generate.by_signal(chance, table, values), generate.by_row(chance, table, values)]
    return [{}, *({"prior": prior} for prior in priors)]


def price_like(path, table):
    """Which slots are declared price-like. None of a component is."""
    if path.suffix != ".toml":
        return [False] * len(table.slots)
    declared = {slot["name"]: slot.get("price_like", False) for slot in tomllib.loads(path.read_text())["slot"]}
    return [declared[name] for name in table.slots]


def judge(tally, table, said, stated, even):
    """Compares all figures of one audit. `even` keeps those of the plugin that no shares change."""
    tally.audits += 1
    manifest = manifest_of(said)
    if not even:
        even.update(expected.figures(table, manifest, table.weights()))
    right = [{"weighting": "uniform"} | even]
    for name, shares in stated.items():
        right.append({"weighting": name} | expected.figures(table, manifest, table.weights(shares)))
    found = Comparison(right, said["figures"])
    assert not found.differences, "; ".join(found.differences[:5])
    tally.compared += found.compared
    tally.compared += by_slot(tally, table, said)
    for wrong in wrong_ones(said["figures"][-1]):
        assert Comparison(right[-1], wrong).differences, "a wrong figure is not noticed"
        tally.noticed += 1
    another = None if stated else with_another_variant(table, manifest)
    if another:
        figures = expected.figures(another, manifest, another.weights())
        assert Comparison(figures, said["figures"][0], skip="weighting").differences, "a wrong cell is not noticed"


def manifest_of(said):
    """By slot its variants and its default."""
    return [
        (
            [variant["name"] for variant in slot["variants"]],
            next(variant["name"] for variant in slot["variants"] if variant["default"]),
        )
        for slot in said["slots"]
    ]


def by_slot(tally, table, said):
    """What an audit says whatever cells weigh; the number of facts."""
    assert said["unused_signals"] == expected.unused(table), said["unused_signals"]
    facts = 1
    told = [shop.told(table, signal) for signal in table.signals]
    is_told = lambda ids: all(value in values for values, value in zip(told, ids))
    for at, slot in enumerate(said["slots"]):
        shown = {cell[3][at] for cell in table.cells}
        on_site = {cell[3][at] for cell in table.cells if said["site"] is None or is_told(cell[0])}
        for variant in slot["variants"]:
            name = variant["name"]
            right = "yes" if name in on_site else "not_on_site" if name in shown else "no"
            assert variant["shown"] == right, (slot["name"], variant)
            facts += 1
        flips = expected.price_flips(table, at) if slot["price_like"] else {}
        assert {flip["signal"]: flip["count"] for flip in slot["price_flips"]} == flips, (slot, flips)
        facts += 1
        tally.slots_with_price_flips += bool(flips)
        facts += by_line(said, at)
    return facts


def by_line(said, at):
    """Rules that show the same variant have the share of that variant together; the number of variants."""
    judged = next(figures for figures in said["figures"] if figures["weighting"] == said["judged_by"])
    assert said["judged_by"] == ("uniform" if said["site"] is None else "traffic")
    shares = {of["variant"]: of["share"] for of in judged["slots"][at]["shares"]}
    lines = said["rules"][at]["lines"]
    for variant, share in shares.items():
        sum_of_lines = sum(line["share"] for line in lines if line["variant"] == variant)
        assert abs(sum_of_lines - share) <= TOLERANCE, (lines, shares)
    return len(shares)


class Comparison:
    """Two trees of figures, key by key."""

    def __init__(self, right, said, skip=None):
        self.differences, self.compared, self.skip = [], 0, skip
        self.walk("figures", right, said)

    def walk(self, place, right, said):
        if isinstance(right, dict):
            self.keys(place, right, said)
        elif isinstance(right, list):
            if not isinstance(said, list) or len(said) != len(right):
                self.differences.append(f"{place}: {said} has another length than {right}")
                return
            for at, (one, other) in enumerate(zip(right, said)):
                self.walk(f"{place}[{at}]", one, other)
        else:
            self.leaf(place, right, said)

    def keys(self, place, right, said):
        meant = {key for key in right if key != "is_nobody"}
        if not isinstance(said, dict) or set(said) - {self.skip} != meant:
            self.differences.append(f"{place}: {said} has other keys than {sorted(meant)}")
            return
        for key in sorted(meant):
            of = right[key]
            # Which variant is right depends on the cell that is named.
            if key == "variant" and isinstance(of, dict):
                of = of.get(said["cell"], set())
            self.walk(f"{place}.{key}", of, said[key])

    def leaf(self, place, right, said):
        self.compared += 1
        if isinstance(right, set):
            same = said in right
        elif right is None or isinstance(right, str):
            same = said == right
        else:
            same = isinstance(said, (int, float)) and abs(said - float(right)) <= TOLERANCE
        if not same:
            self.differences.append(f"{place}: the audit says {said}, the second implementation {right}")


def wrong_ones(figures):
    """The figures once for each of them, with that one wrong, one missing, or another name in its place."""
    wrong = copy.deepcopy(figures)
    for holder, key in places(wrong):
        kept = holder[key]
        if isinstance(kept, float):
            holder[key] = kept + WRONG_BY
        elif kept is None:
            holder[key] = 0.0
        else:
            holder[key] = f"not {kept}"
        yield wrong
        holder[key] = kept
    for holder, key in list(places(wrong)):
        if isinstance(holder, dict):
            kept = holder.pop(key)
            yield wrong
            holder[key] = kept


def places(tree):
    """Where a figure or a name stands."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(value, (dict, list)):
            yield from places(value)
        else:
            yield tree, key


def with_another_variant(table, manifest):
    """The table with another variant in the first cell that weighs something; None if there is no other."""
    variants = manifest[0][0]
    if len(variants) == 1:
        return None
    another = copy.copy(table)
    another.cells = list(table.cells)
    at = next(at for at, weight in enumerate(table.weights()) if weight > 0)
    ids, bucket, width, shown = table.cells[at]
    other = variants[(variants.index(shown[0]) + 1) % len(variants)]
    another.cells[at] = (ids, bucket, width, (other, *shown[1:]))
    return another


if __name__ == "__main__":
    main(*sys.argv[1:])
