"""What the measurements of fairness of rankings mean."""

from auditkit.results import NOBODY, SELECTED_MORE, Definition, of_everyone
from auditkit.variants import AMONG_LARGE, defined

EXPOSURE, RELATIVE, TOP, SKEW = "exposure", "relative_exposure", "top_k_share", "skew_at_k"
RATIO, GAP, DIVERGENCE = "exposure_ratio", "top_k_gap", "ndkl"

_SINGH = "Singh and Joachims (2018), Fairness of exposure in rankings, arXiv:1802.07281"
_GEYIK = (
    "Geyik, Ambler and Kenthapudi (2019), Fairness-aware ranking in search and recommendation systems, arXiv:1905.01989"
)
_TIES = "Equal scores share their places evenly, as random order among them does on average."
_NEED = "Equal shares can be wrong, where groups differ in what is ranked."


_DEFINITIONS = {
    EXPOSURE: Definition(
        title="Exposure",
        formula="mean over the group's people of 1 / log2(1 + place), then over lists",
        range="0 to 1",
        direction="none",
        unit="",
        reference=_SINGH,
        pitfalls=f"Depends on how long the lists are: compare relative exposures. {_TIES}",
        harm=SELECTED_MORE,
    ),
    RELATIVE: Definition(
        title="Relative exposure",
        formula="exposure of the group / exposure of everyone in the same list, mean over lists",
        range="0 or more; 1: placed like everyone",
        direction="none",
        unit="",
        reference=_SINGH,
        pitfalls=f"How attention falls with the place is an assumption. {_NEED} {_TIES}",
        harm=SELECTED_MORE,
    ),
    TOP: Definition(
        title="Share of the top k",
        formula="expected people of the group among the first k / k, mean over lists",
        range="0 to 1",
        direction="none",
        unit="share",
        reference="interval: Wilson (1927), JASA 22; over many lists: Student (1908), Biometrika 6",
        pitfalls=f"Compare with the group's share of the list (table). {_TIES}",
        harm=NOBODY,
    ),
    SKEW: Definition(
        title="Skew at k",
        formula="ln(share of the top k / share of the list)",
        range="any number; 0: as in the list",
        direction="none",
        unit="nats",
        reference=f"{_GEYIK}, definition 1, natural logarithm",
        pitfalls=f"Undefined where nobody of the group is in the top; then read the share and top_k_gap. {_TIES}",
        harm=SELECTED_MORE,
    ),
    RATIO: Definition(
        title="Exposure ratio",
        formula="min over groups / max over groups of the relative exposure",
        range="0 to 1",
        direction="higher",
        unit="",
        reference=f"{_SINGH}; interval: all pairs of groups at once",
        pitfalls=f"{_NEED} The smallest of many ratios is small by chance in small groups: read the interval and the "
        "adjusted "
        "p-value, not the point.",
        harm=SELECTED_MORE,
        more_groups="shrinks",
    ),
    GAP: Definition(
        title="Largest gap between the top k and the list",
        formula="max over groups of |share of the top k - share of the list|",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=f"after {_GEYIK}; interval: all groups at once",
        pitfalls=f"{_NEED} With k = 10 a single person is 10 points: read the interval and the adjusted p-value.",
        harm=NOBODY,
        more_groups="grows",
    ),
    DIVERGENCE: Definition(
        title="NDKL: divergence of every top from the list",
        formula="sum over places i of KL(mix of groups in the first i, mix in the list) / log2(1 + i), over the sum of "
        "1 / log2(1 + i); natural logarithm; mean over lists",
        range="0 or more; 0: every top is mixed as the list",
        direction="lower",
        unit="nats",
        reference=f"{_GEYIK}, definition 3",
        pitfalls="Above 0 by chance, and the more so the shorter the list: compare with what chance gives (table). "
        "All groups "
        f"make it together; those named have the lowest and the highest relative exposure. {_TIES}",
        harm=NOBODY,
    ),
}
# What does not compare groups is about one group, and only groups have it.
_DEFINITIONS = {
    name: definition.model_copy(update={"only_groups": definition.more_groups == "neither"})
    for name, definition in _DEFINITIONS.items()
}
# Who is in the top is decided by another count than the decisions are.
_DEFINITIONS |= {name: _DEFINITIONS[name].model_copy(update={"made_of": "further"}) for name in (TOP, SKEW, GAP)}
_DEFINITIONS |= of_everyone({name: _DEFINITIONS[name] for name in (EXPOSURE, RELATIVE, RATIO, DIVERGENCE)})
DEFINITIONS = {**defined(_DEFINITIONS, [RATIO]), **defined({GAP: _DEFINITIONS[GAP]}, [GAP], [AMONG_LARGE])}
