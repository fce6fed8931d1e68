"""A plugin's table as `plugin table --format csv` writes it, and what each cell of it weighs.

Only that CSV and shares that somebody states enter, never anything that an audit has worked out: this is where
the second implementation begins.
"""

import csv
import io
import itertools

ANY, OTHER = "any", "other"

# The signals whose values are the same on every site, with all of them.
CLOSED = {
    "device": ["phone", "tablet", "desktop", "tv", "bot", OTHER],
    "referrer": ["direct", "search", "social", "email", OTHER, "internal"],
    "daypart": ["night", "morning", "afternoon", "evening"],
    "os": ["android", "ios", "windows", "macos", "linux", OTHER],
    "weekpart": ["workday", "weekend"],
    "save_data": ["on", "off"],
    "color_scheme": ["dark", "light", OTHER],
    "visit": ["new", "returning"],
}

# How values generalize, by signal: what is not named here generalizes to `any`.
ABOVE = {
    "country": {
        "FR": "europe", "DE": "europe", "IT": "europe", "GB": "europe", "CH": "europe", "PL": "europe",
        "US": "north-america", "CA": "north-america", "MX": "north-america",
        "BR": "south-america", "JP": "asia", "KR": "asia", "ZA": "africa", "AU": "oceania",
    },
    "device": {"phone": "handheld", "tablet": "handheld", "desktop": "stationary", "tv": "stationary"},
    "referrer": {kind: "external" for kind in ["direct", "search", "social", "email", OTHER]},
}


def upwards(signal, value):
    """The value and what it generalizes to, without `any`."""
    above = ABOVE.get(signal, {})
    path = [value]
    while path[-1] in above:
        path.append(above[path[-1]])
    return path


class Table:
    """All cells of a plugin.

    `signals` names them in order; `ids` has for each what is seen of it, `other` and `any` last. `cells` has a
    tuple for each cell: an id a signal, the bucket's range (None without one), the hundredths that fall into it
    (None where that is not known, and without a split), and the variant of each slot.
    """

    def __init__(self, text):
        head, *rows = csv.reader(io.StringIO(text))
        self.splits = "bucket_percent" in head
        known = head.index("bucket") if self.splits else sum(not name.startswith("slot:") for name in head)
        first = known + 2 if self.splits else known
        self.signals = head[:known]
        self.slots = [name.removeprefix("slot:") for name in head[first:]]
        self.cells = []
        for row in rows:
            bucket, width = (row[known], row[known + 1]) if self.splits else (None, None)
            width = int(width) if width else None
            self.cells.append((tuple(row[:known]), bucket, width, tuple(row[first:])))
        self.ids = [list(dict.fromkeys(cell[0][at] for cell in self.cells)) for at in range(known)]
        self.ranges = list(dict.fromkeys(cell[1] for cell in self.cells))
        expected = len(self.ranges)
        for ids in self.ids:
            assert ids[-2:] == [OTHER, ANY], f"{ids} do not end as ids do"
            expected *= len(ids)
        assert len(self.cells) == expected, f"{len(self.cells)} cells, not {expected}"
        self.told = [self.told_anywhere(signal, own) for signal, own in zip(self.signals, self.ids)]

    def told_anywhere(self, signal, own):
        """The ids that some visitor of some site can have: `other` is nobody where a plugin declares all values."""
        if signal not in CLOSED or any(self.seen_as(signal, value) == OTHER for value in self.every(signal)):
            return set(own)
        return set(own) - {OTHER}

    def every(self, signal):
        """All values of a closed signal, generalized ones too."""
        above = ABOVE.get(signal, {})
        return [*CLOSED[signal], *above.values()]

    def declared(self, signal):
        """The values that the plugin tells apart."""
        return self.ids[self.signals.index(signal)][:-2]

    def seen_as(self, signal, value):
        """The id under which the plugin sees a value that a visitor can have."""
        declared = self.declared(signal)
        if value == ANY:
            return ANY
        for name in upwards(signal, value):
            if name in declared:
                return name
        hides = any(value in upwards(signal, below)[1:] for below in declared)
        return ANY if hides else OTHER

    def weights(self, shares=None):
        """What each cell weighs; together 1. `shares` is None where all combinations count the same."""
        of_ids = self._of_ids(shares)
        widths = [100 if not self.splits else width or 0 for _, _, width, _ in self.cells]
        return [of_ids[ids] * width / 100 for (ids, _, _, _), width in zip(self.cells, widths)]

    def _of_ids(self, shares):
        every = list(itertools.product(*self.ids))
        if shares is None:
            shares = {}
        rows = shares["cell"] if "cell" in shares else None
        if rows is None:
            return {ids: self._of_row(ids, lambda signal: shares.get(signal)) for ids in every}
        one = [({s: {v: 1} for s, v in row.items() if s != "share"}, row["share"]) for row in rows]
        return {ids: sum(share * self._of_row(ids, row.get) for row, share in one) for ids in every}

    def _of_row(self, ids, stated):
        weight = 1
        for signal, own, value in zip(self.signals, self.ids, ids):
            values = stated(signal)
            if values is None:
                told = self.told[self.signals.index(signal)]
                weight *= (value in told) / len(told)
            else:
                weight *= sum(share for name, share in values.items() if self.seen_as(signal, name) == value)
        return weight
