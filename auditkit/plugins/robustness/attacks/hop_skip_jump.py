"""HopSkipJump on many rows at once: it asks for decisions only, so it serves any model.

The method is that of Chen, Jordan and Wainwright (2020), HopSkipJumpAttack: a query-efficient decision-based attack,
arXiv:1904.02144. What is added for tables: whole numbers are whole when the model is asked, moves along one feature are
among the starts, random points closer than the best are tried now and then (trees have islands), changes that turn out
to be needless are taken back, and what all answers together say is tried (see `guesses`). Every answer is used: the
result for a row is the closest of all the points at which the model was seen to change its mind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auditkit.plugins.robustness.attacks import guesses
from auditkit.plugins.robustness.attacks.decision_search import Broken, Search
from auditkit.plugins.robustness.space import Space

HALVINGS = 8
"""Steps of the search along the line to the origin: the rest is 0.4 % of the distance."""
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Quantiles of a feature that are tried as its only change."""
RANDOM_STARTS = 20
"""Rows of the data, and as many random points, that are tried as starts."""
SCATTERED = 20
"""Random points tried at once around a row."""
GUESSED = 10
"""Boxes of another decision that are tried at once for a row."""
BEYOND = np.array((0.97, 1.0, 1.03, 1.1, 1.25))
"""How far along a plane's normal is gone, as shares of the way to the plane."""
GUESSES_FIRST = 2
"""How often that is done before going along the boundary."""
AT_ONCE = 64
"""Rows for which points are guessed at once, for memory's sake."""
STUCK = 1e-3
"""A row that came nearer by less than this share is not helped by going along a boundary: it may have corners."""
NEAR = 0.1
"""How wide the boundary's direction is felt for, as a share of the distance."""


def hop_skip_jump(
    decide: Callable[[np.ndarray], np.ndarray],
    origins: np.ndarray,
    decided: np.ndarray,
    space: Space,
    data: np.ndarray,
    rng: np.random.Generator,
    max_queries: int,
    progress: Callable[[int, int], None] | None = None,
) -> Broken:
    """Look for the closest point to each row at which the model decides otherwise.

    Args:
        decide: (M, D) in, (M,) decisions out.
        origins: (N, D) rows whose decision is right; NaN where a value is missing.
        decided: (N,) their decisions.
        space: what may change.
        data: (P, D) other rows, from which starts are taken.
        rng: the source of chance.
        max_queries: how often the model may be asked about one row.
        progress: told (queries spent on one row, max_queries) between steps.
    """
    return walk(Search(decide, origins, decided, space, max_queries), data, rng, progress)


def walk(
    search: Search, data: np.ndarray, rng: np.random.Generator, progress: Callable[[int, int], None] | None = None
) -> Broken:
    """Spend the queries of a search; arguments as of `hop_skip_jump`."""
    space, max_queries = search.space, search.max_queries
    told = progress or (lambda done, total: None)
    _start(search, data, rng)
    told(int(search.queries.max(initial=0)), max_queries)
    everyone = np.arange(len(search.origins))
    found = search.open(at_least=1)
    _halve(search, found, search.best[found].copy())
    _take_back(search, everyone, rng)
    cost = int(space.free.sum()) * HALVINGS
    affordable = cost <= max_queries // 5
    kept = cost if affordable else 0
    if affordable:
        _tighten(search, everyone)
    for _ in range(GUESSES_FIRST):
        _guess(search, search.open(at_least=2 * HALVINGS), rng)
    stuck = np.zeros(len(search.origins), dtype=bool)
    for step in range(1, max_queries):
        rows = search.open(at_least=2 * HALVINGS + 10 + kept)
        if not len(rows):
            break
        before = search.distances.copy()
        hopping = rows[~stuck[rows] | (step % 4 == 0)] if step % 3 else rows[:0]
        _hop(search, hopping, step, rng)
        stuck[hopping] = search.distances[hopping] > before[hopping] * (1 - STUCK)
        others = rows[~np.isin(rows, hopping)]
        (_exchange if step % 2 else _scatter)(search, others, rng)
        if step > 1 and step & (step - 1) == 0:  # 2, 4, 8, …: a new guess needs as many answers again to be another
            _guess(search, rows, rng)
        if affordable:
            _tighten(search, rows[search.distances[rows] < before[rows]])
        told(int(search.queries.max()), max_queries)
    _take_back(search, everyone, rng)
    _tighten(search, everyone)
    return Broken(search.best, search.distances, search.queries)


KNOWN = 0.2
"""The distance of the boundary in the trial on which the attack is tried."""


def known_ratio(
    origins: np.ndarray, space: Space, data: np.ndarray, rng: np.random.Generator, max_queries: int
) -> float | None:
    """How much farther than the truth the attack finds a boundary whose distance is known; 1 is perfect.

    Each of a few rows gets a plane at a distance of `KNOWN`, across many features at once.

    Args:
        origins: (N, D) rows.
        space: as for the attack; whole numbers may be broken here, else the distance would not be known.
        data: (P, D) rows from which starts are taken.
        rng: the source of chance.
        max_queries: as for the attack.

    Returns:
        The median over the rows; None where no row has a feature that may change.
    """
    rows = origins[(space.free & ~np.isnan(origins)).any(axis=1)][:10]
    if not len(rows):
        return None
    free = space.free & ~np.isnan(rows)
    towards = np.where((space.low + space.high) / 2 >= rows, 1.0, -1.0)
    normals = np.where(free, towards * rng.uniform(0.5, 1, rows.shape), 0.0)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)

    def decide(points: np.ndarray) -> np.ndarray:
        at = points[:, -1].astype(np.int64)
        moved = np.where(free[at], (points[:, :-1] - rows[at]) / space.scale, 0.0)
        return (moved * normals[at]).sum(axis=1) > KNOWN

    # the last, held feature says which row's plane is meant
    number = np.arange(len(rows), dtype=np.float64)[:, None]
    trial = Space(
        np.append(space.low, 0), np.append(space.high, len(rows)), np.append(space.scale, 1),
        np.zeros(len(space.low) + 1, dtype=bool), np.append(space.free, False),
    )  # fmt: skip
    found = hop_skip_jump(
        decide, np.hstack([rows, number]), np.zeros(len(rows), dtype=bool), trial,
        np.hstack([data, np.zeros((len(data), 1))]), rng, max_queries,
    )  # fmt: skip
    return float(np.median(found.distances)) / KNOWN


def try_noise(
    search_from: Broken,
    decide: Callable[[np.ndarray], np.ndarray],
    origins: np.ndarray,
    decided: np.ndarray,
    space: Space,
    epsilons: tuple[float, ...],
    draws: int,
    rng: np.random.Generator,
) -> Broken:
    """The attack's result improved by random steps of the lengths `epsilons`, `draws` of each for every row."""
    search = Search(decide, origins, decided, space, int(search_from.queries.max(initial=0)) + draws * len(epsilons))
    search.best, search.distances = search_from.points.copy(), search_from.distances.copy()
    search.queries = search_from.queries.copy()
    rows = np.repeat(np.arange(len(origins)), draws)
    for epsilon in epsilons:
        noise = rng.standard_normal((len(rows), origins.shape[1])) * (space.free & ~np.isnan(origins[rows]))
        noise /= np.maximum(np.linalg.norm(noise, axis=1, keepdims=True), 1e-12)
        search.ask(rows, origins[rows] + epsilon * noise * space.scale)
    return Broken(search.best, search.distances, search.queries)


def _start(search: Search, data: np.ndarray, rng: np.random.Generator) -> None:
    """Moves along one feature, rows of the data, random points: whatever changes the decision is a start."""
    rows, features = search.origins.shape
    free = np.flatnonzero(search.space.free)
    room = max(1, search.max_queries // 4 // len(LEVELS))
    tried = free if len(free) <= room else np.sort(rng.choice(free, room, replace=False))
    values = np.nanquantile(data[:, tried], LEVELS, axis=0)
    single = np.repeat(search.origins[:, None, :], len(LEVELS) * len(tried), axis=1)
    for place, feature in enumerate(tried):
        at = slice(place * len(LEVELS), (place + 1) * len(LEVELS))
        single[:, at, feature] = values[:, place]
    others = data[rng.integers(0, len(data), (rows, RANDOM_STARTS))]
    others = np.where(np.isnan(others), search.origins[:, None, :], others)
    uniform = rng.uniform(search.space.low, search.space.high, (rows, RANDOM_STARTS, features))
    points = np.concatenate([others, uniform, single], axis=1)
    search.ask(np.repeat(np.arange(rows), points.shape[1]), points.reshape(-1, features))


def _halve(search: Search, rows: np.ndarray, ends: np.ndarray) -> None:
    """Walk from `ends` (R, D) towards the origins for as long as the decision stays different, by halving."""
    origin = search.origins[rows]
    near, far = np.zeros(len(rows)), np.ones(len(rows))
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        different = search.ask(rows, origin + middle[:, None] * (ends - origin))
        near, far = np.where(different, near, middle), np.where(different, middle, far)


def _take_back(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Put features back one by one where the decision stays different without their change."""
    for feature in rng.permutation(np.flatnonzero(search.space.free)):
        changed = rows[search.best[rows, feature] != search.origins[rows, feature]]
        changed = changed[np.isfinite(search.distances[changed]) & ~np.isnan(search.origins[changed, feature])]
        if len(changed):
            points = search.best[changed].copy()
            points[:, feature] = search.origins[changed, feature]
            search.ask(changed, points)


def _tighten(search: Search, rows: np.ndarray) -> None:
    """Bring features back one by one, the largest change first, as far as the decision stays different.

    In a leaf of a tree this ends at the leaf's nearest point, for each feature has its own bounds there.
    """
    rows = rows[np.isfinite(search.distances[rows]) & (search.max_queries > search.queries[rows])]
    if not len(rows):
        return
    moved = np.abs(search.space.moved(search.best[rows], search.origins[rows]))
    order = np.argsort(-moved, axis=1, kind="stable")
    for place in range(int((moved > 0).sum(axis=1).max(initial=0))):
        feature = order[:, place]
        changed = moved[np.arange(len(rows)), feature] > 0
        at, of = rows[changed], feature[changed]
        near, far = search.origins[at, of].copy(), search.best[at, of].copy()
        points = search.best[at].copy()
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            points[np.arange(len(at)), of] = middle
            different = search.ask(at, points)
            near, far = np.where(different, near, middle), np.where(different, middle, far)


def _scatter(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Try random points closer than the best, along few features or many: trees have islands off the boundary."""
    if not len(rows):
        return
    space = search.space
    again = np.repeat(rows, SCATTERED)
    free = space.free & ~np.isnan(search.origins[again])
    noise = rng.standard_normal(free.shape) * free
    few = rng.random(free.shape) < rng.random((len(again), 1))
    noise = np.where(few.any(axis=1, keepdims=True) & few, noise, 0.0)
    noise /= np.maximum(np.linalg.norm(noise, axis=1, keepdims=True), 1e-12)
    length = search.distances[again] * rng.uniform(0.2, 1, len(again))
    search.ask(again, search.origins[again] + length[:, None] * noise * space.scale)
    _halve(search, rows, search.best[rows].copy())


def _guess(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Try the points at which all answers so far say that another decision is nearer than the best."""
    space, answers = search.space, search.answers
    if not len(rows) or not answers.teach():
        return
    boxes, edge = answers.boxes(rng), search.best[: search.teachers][np.isfinite(search.distances[: search.teachers])]
    parts = []
    for some in np.array_split(rows, -(-len(rows) // AT_ONCE)):
        origin, best, own = search.origins[some], search.best[some], search.decided[some]
        normals = answers.normals(best, own, edge)
        length = (space.moved(best, origin) * normals).sum(axis=1)
        onward = origin[:, None] + (length[:, None] * BEYOND)[:, :, None] * (normals * space.scale)[:, None]
        parts.append(np.concatenate([guesses.nearest(boxes, space, origin, own, GUESSED), onward], axis=1))
    points = np.concatenate(parts)
    again = np.repeat(rows, points.shape[1])
    points = space.snap(points.reshape(-1, points.shape[2]), search.origins[again])
    gone = space.distance(points, search.origins[again])
    closer = (gone > 0) & (gone < search.distances[again] * (1 - STUCK))
    before = search.distances[rows].copy()
    search.ask(again[closer], points[closer])
    nearer = rows[search.distances[rows] < before]
    _halve(search, nearer, search.best[nearer].copy())


def _exchange(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Put one change back and go as much farther along another feature, where decisions have corners (trees, bins)."""
    space = search.space
    again = np.repeat(rows, SCATTERED)
    origin, at = search.origins[again], np.arange(len(again))
    free = space.free & ~np.isnan(origin)
    if not len(rows) or int(space.free.sum()) < 2:
        return
    moved = space.moved(search.best[again], origin)
    back = (rng.random(moved.shape) * (moved != 0)).argmax(axis=1)
    moved[at, back] *= np.where(rng.random(len(at)) < 0.5, 0.0, rng.random(len(at)))
    free[at, back] = False
    on = (rng.random(moved.shape) * free).argmax(axis=1)
    sign = np.where(moved[at, on] == 0, rng.choice((-1.0, 1.0), len(at)), np.sign(moved[at, on]))
    moved[at, on] = 0
    room = (search.distances[again] * (1 - STUCK)) ** 2 - (moved**2).sum(axis=1)
    moved[at, on] = sign * np.sqrt(np.maximum(room, 0))
    search.ask(again, origin + np.where(free | (moved != 0), moved, 0) * space.scale)


def _hop(search: Search, rows: np.ndarray, step: int, rng: np.random.Generator) -> None:
    """One round: feel for the direction of the boundary, go along it, come back to the boundary."""
    if not len(rows):
        return
    space = search.space
    here, origin = search.best[rows].copy(), search.origins[rows]
    distance = search.distances[rows]
    count = min(int(25 * np.sqrt(step)), int((search.max_queries - search.queries[rows]).min()) - 2 * HALVINGS)
    direction = _feel(search, rows, here, distance, max(4, count), rng)
    length = distance / np.sqrt(step)
    ahead = np.zeros(len(rows), dtype=bool)
    there = here.copy()
    for _ in range(HALVINGS):
        going = np.flatnonzero(~ahead)
        if not len(going):
            break
        tried = space.snap(here[going] + length[going, None] * direction[going] * space.scale, origin[going])
        different = search.ask(rows[going], tried)
        there[going[different]] = tried[different]
        ahead[going[different]] = True
        length[going] /= 2
    found = np.flatnonzero(ahead)
    _halve(search, rows[found], there[found])


def _feel(
    search: Search, rows: np.ndarray, here: np.ndarray, distance: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """(R, D) unit vectors, in units of the space, into the region of other decisions, by Monte Carlo."""
    space = search.space
    free = space.free & ~np.isnan(search.origins[rows])
    noise = rng.standard_normal((len(rows), count, here.shape[1])) * free[:, None, :]
    noise /= np.maximum(np.linalg.norm(noise, axis=2, keepdims=True), 1e-12)
    spread = NEAR * distance[:, None, None] * noise
    # a whole number that moves by less than one does not move at all
    spread = np.where(space.whole & (np.abs(noise) > 0.5 / np.sqrt(max(1, int(space.free.sum())))),
                      np.sign(noise) * np.maximum(np.abs(spread), 1 / space.scale), spread)  # fmt: skip
    again = np.repeat(np.arange(len(rows)), count)
    points = here[again] + (spread * space.scale).reshape(-1, here.shape[1])
    points = space.snap(points, search.origins[rows][again])
    different = search.ask(rows[again], points).reshape(len(rows), count)
    moved = space.moved(points, here[again]).reshape(len(rows), count, -1)
    sign = 2.0 * different - 1.0
    mean = sign.mean(axis=1, keepdims=True)
    weight = np.where(np.abs(mean) == 1, sign, sign - mean)
    direction = np.einsum("rc,rcd->rd", weight, moved)
    return direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-12)
