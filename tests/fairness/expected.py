"""The figures of an audit, worked out by fairlearn, SciPy and NumPy from a table and what its cells weigh.

The result has the form of the audit's JSON, so that the two are compared key by key. Where several names are
right, as that of the lowest of two groups that are alike, a set of them stands there. Nothing here knows how the
audit computes; each definition is written down once more.
"""

from functools import partial

import numpy
from fairlearn.metrics import MetricFrame, demographic_parity_difference, demographic_parity_ratio, selection_rate
from scipy.stats import entropy

from tables import ANY, upwards

# Shares that differ by less are the same.
SAME = 1e-9


def figures(table, manifest, weights):
    """All figures under one weighting. `manifest` has the variants and the default of each slot, in order."""
    weights = numpy.array(weights)
    slots = [Slot(table, at, *of, weights).figures() for at, of in enumerate(manifest)]
    return {"bits": bits(table, weights), "slots": slots}


def bits(table, weights):
    """Entropies of the joint variant, in bits."""
    joint = [cell[3] for cell in table.cells]
    numbers = {choice: number for number, choice in enumerate(dict.fromkeys(joint))}
    codes = numpy.array([numbers[choice] for choice in joint])
    shares = numpy.bincount(codes, weights, len(numbers))
    by_ids = {}
    for (ids, _, _, _), code, weight in zip(table.cells, codes, weights):
        by_ids.setdefault(ids, numpy.zeros(len(numbers)))[code] += weight
    drawn = sum(of.sum() * entropy(of, base=2) for of in by_ids.values() if of.sum() > 0)
    return {
        "shannon": entropy(shares, base=2),
        "drawn": drawn,
        "worst_case": worst_case(by_ids, shares),
        "bound": numpy.log2(len(numbers)),
    }


def worst_case(by_ids, shares):
    """The most that one variant says for one combination of ids: how much likelier it is there than anywhere."""
    most = 0.0
    for masses in by_ids.values():
        if masses.sum() > 0:
            there = masses > 0
            most = max(most, numpy.log2(masses[there] / masses.sum() / shares[there]).max())
    return most


class Slot:
    """One slot under one weighting."""

    def __init__(self, table, at, variants, default, weights):
        self.table, self.weights = table, weights
        self.name, self.variants, self.default = table.slots[at], variants, variants.index(default)
        self.shown = numpy.array([variants.index(cell[3][at]) for cell in table.cells])
        self.changed = (self.shown != self.default).astype(int)
        # By the ids of the signals, then by the bucket's range.
        self.shape = [len(ids) for ids in table.ids] + [len(table.ranges)]

    def figures(self):
        frame = self.frame(numpy.zeros(len(self.shown), dtype=int))
        return {
            "slot": self.name,
            "shares": self.shares(frame.overall),
            "total_variation": frame.overall["changed"],
            "signals": [self.signal(at) for at in range(len(self.table.signals))],
            "worst_cell": self.worst_cell(),
        }

    def shares(self, rates):
        return [{"variant": name, "share": rates[name_of(at)]} for at, name in enumerate(self.variants)]

    def frame(self, groups, kept=None):
        """The share of each group that sees each variant, and that sees something else than the default."""
        kept = self.weights > 0 if kept is None else kept & (self.weights > 0)
        metrics = {name_of(at): partial(selection_rate, pos_label=at) for at in range(len(self.variants))}
        metrics["changed"] = lambda true, shown, sample_weight: selection_rate(
            true, (shown != self.default).astype(int), sample_weight=sample_weight
        )
        groups, shown, weight = rows(groups[kept], self.shown[kept], self.weights[kept])
        params = {name: {"sample_weight": weight} for name in metrics}
        return MetricFrame(
            metrics=metrics, y_true=shown, y_pred=shown, sensitive_features=groups, sample_params=params
        )

    def signal(self, at):
        name, values = self.table.signals[at], self.table.ids[at][:-1]
        groups = numpy.array([cell[0][at] for cell in self.table.cells])
        is_group = groups != ANY
        masses = {value: self.weights[groups == value].sum() for value in values}
        there = [value for value in values if masses[value] > 0]
        # Nobody is in any group where all that is stated of a signal is that nothing is known.
        frame = self.frame(groups, is_group) if there else None
        weighted, plain = self.flips(at)
        return {
            "signal": name,
            "groups": [self.group(frame, value, masses[value]) for value in values],
            "demographic_parity": self.demographic_parity(frame, groups, is_group) if len(there) > 1 else None,
            "exposure_parity": [
                {"variant": variant, "parity": spread(frame, name_of(number)) if len(there) > 1 else None}
                for number, variant in enumerate(self.variants)
            ],
            "flip_rate": weighted,
            "flip_rate_unweighted": plain,
        }

    def group(self, frame, value, mass):
        if mass <= 0:
            return {"value": value, "weight": 0.0, "total_variation": 0.0, "shares": {}}
        rates = frame.by_group.loc[value]
        shares = {name: rates[name_of(at)] for at, name in enumerate(self.variants)}
        return {"value": value, "weight": mass, "total_variation": rates["changed"], "shares": shares}

    def demographic_parity(self, frame, groups, is_group):
        """By fairlearn's own functions of that name; which group is meant, by its frame."""
        kept = is_group & (self.weights > 0)
        of = {
            "y_true": self.changed[kept], "y_pred": self.changed[kept],
            "sensitive_features": groups[kept], "sample_weight": self.weights[kept],
        }
        found = spread(frame, "changed")
        return found | {
            "difference": demographic_parity_difference(**of), "ratio": ratio(demographic_parity_ratio(**of), found),
        }

    def flips(self, at):
        """How often another value of one signal shows something else, all else being as it was: each change
        weighed by nearness, and all alike."""
        shown, weights = self.shown.reshape(self.shape), self.weights.reshape(self.shape)
        near = nearness(self.table, at)
        values = len(self.table.ids[at]) - 1
        weighted = plain = total = 0.0
        for one in range(values):
            mine, weight = shown.take(one, axis=at), weights.take(one, axis=at)
            total += weight.sum()
            others = (near[one] > 0).sum()
            for other in range(values):
                flipped = (weight * (shown.take(other, axis=at) != mine)).sum()
                if near[one, other] > 0:
                    weighted += flipped * near[one, other] / near[one].sum()
                    plain += flipped / others
        return (weighted / total, plain / total) if total > 0 else (0.0, 0.0)

    def worst_cell(self):
        """The combination of ids in which most changes of one signal flip, each weighed by nearness."""
        cells = [ids for ids, bucket, _, _ in self.table.cells if bucket == self.table.ranges[0]]
        widths = [1.0] if not self.table.splits else [
            (width or 0) / 100 for _, _, width, _ in self.table.cells[: len(self.table.ranges)]
        ]
        lines = dict(zip(cells, self.shown.reshape(-1, len(widths))))
        masses = self.weights.reshape(-1, len(widths)).sum(axis=1)
        near = [nearness(self.table, at) for at in range(len(self.table.signals))]
        rates = [self.dependence(ids, lines, widths, near) for ids in cells]
        rated = [(rate, ids) for rate, ids, mass in zip(rates, cells, masses) if mass > 0 and rate > 0]
        if not rated:
            return None
        most = max(rated)[0]
        worst = {}
        for ids in (ids for rate, ids in rated if rate > most - SAME):
            shares = numpy.bincount(lines[ids], widths, len(self.variants))
            words = ", ".join(f"{signal}={value}" for signal, value in zip(self.table.signals, ids))
            worst[words] = {self.variants[at] for at in numpy.flatnonzero(shares > shares.max() - SAME)}
        return {"flip_rate": most, "cell": set(worst), "variant": worst}

    def dependence(self, ids, lines, widths, near):
        flipped = could = 0.0
        for at, (value, own) in enumerate(zip(ids, self.table.ids)):
            if value == ANY:
                continue
            for other, weight in zip(own[:-1], near[at][own.index(value)]):
                changed = lines[ids[:at] + (other,) + ids[at + 1 :]] != lines[ids]
                flipped += weight * sum(width for width, differs in zip(widths, changed) if differs)
                could += weight
        return flipped / could if could > 0 else 0.0


def rows(groups, shown, weights):
    """What fairlearn is given: it takes no single row for a list, so one is halved into two."""
    if len(weights) > 1:
        return groups, shown, weights
    return numpy.repeat(groups, 2), numpy.repeat(shown, 2), numpy.repeat(weights / 2, 2)


def name_of(variant):
    """A column's name: a variant may be called like another column."""
    return f"variant {variant}"


def spread(frame, metric):
    rates = frame.by_group[metric]
    found = {
        "difference": frame.difference()[metric],
        "lowest": set(rates.index[rates < rates.min() + SAME]),
        "highest": set(rates.index[rates > rates.max() - SAME]),
        "is_nobody": rates.max() == 0,
    }
    return {"ratio": ratio(frame.ratio()[metric], found)} | found


def ratio(of_fairlearn, found):
    """Where no group is shown something, fairlearn divides 0 by 0; all are alike then, which the audit says."""
    if found["is_nobody"]:
        assert numpy.isnan(of_fairlearn), of_fairlearn
        return 1.0
    return of_fairlearn


def nearness(table, at):
    """One over the distance of two ids of a signal, by position; 0 from an id to itself."""
    signal, values = table.signals[at], table.ids[at][:-1]
    # What is not declared stands by itself, whatever a site calls so.
    paths = [upwards(signal, value) for value in values[:-1]] + [values[-1:]]

    def near(one, other):
        shared = len(set(one) & set(other))
        return 1 / (len(one) + len(other) - 2 * shared)

    # Nobody can be what no visitor is told as.
    told = [value in table.told[at] for value in values]
    return numpy.array([[near(a, b) if a is not b and is_told else 0.0 for b, is_told in zip(paths, told)] for a in paths])


def price_flips(table, at):
    """In how many ways a slot shows something else for another country or language alone, by signal."""
    found = {}
    for axis, signal in enumerate(table.signals):
        lines = {}
        for ids, bucket, _, shown in table.cells:
            lines.setdefault((ids[:axis], ids[axis + 1 :], bucket), set()).add(shown[at])
        count = sum(len(variants) > 1 for variants in lines.values())
        if signal in ("country", "language") and count:
            found[signal] = count
    return found


def unused(table):
    """The signals that never make a difference, `bucket` among them."""
    names = table.signals + (["bucket"] if table.splits else [])
    idle = []
    for axis, name in enumerate(names):
        lines = {}
        for ids, bucket, _, shown in table.cells:
            cell = (*ids, bucket)
            lines.setdefault((cell[:axis], cell[axis + 1 :]), set()).add(shown)
        if all(len(variants) == 1 for variants in lines.values()):
            idle.append(name)
    return idle
