"""HopSkipJump on many rows at once: it asks for decisions only, so it serves any model.

The method is that of Chen, Jordan and Wainwright (2020), HopSkipJumpAttack: a query-efficient decision-based attack,
arXiv:1904.02144. What is added for tables: whole numbers are whole when the model is asked, moves along one feature are
among the starts, random points closer than the best are tried now and then (trees have islands), changes that turn out
to be needless are taken back, and what all answers together say is tried (see `guesses`). Every answer is used: the
result for a row is the closest of all the points at which the model was seen to change its mind.
"""

from collections.abc import Callable

import numpy as np

from auditkit.plugins.robustness.attacks import guesses
from auditkit.plugins.robustness.attacks.decision_search import KNOWN, Broken, Search
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
    search: Search, data: np.ndarray, rng: np.random.Generator, progress: Callable[[int, int], None] | None = None
) -> Broken:
    """Look for the closest point to each row at which the model decides otherwise, until its queries are spent.

    Args:
        search: the rows, what may change, and how often the model may be asked.
        data: (P, D) other rows, from which starts are taken.
        rng: the source of chance.
        progress: called with (queries spent on one row, max_queries) between steps.
    """
    space, max_queries = search.space, search.max_queries
    report = progress or (lambda done, total: None)
    _start(search, data, rng)
    report(int(search.queries.max(initial=0)), max_queries)
    all_rows = np.arange(len(search.origins))
    started = search.open(at_least=1)
    _halve(search, started, search.best[started].copy())
    _take_back(search, all_rows, rng)
    tighten_cost = int(space.free.sum()) * HALVINGS
    can_tighten = tighten_cost <= max_queries // 5
    # the last tightening finds the nearest point of a leaf, so its queries are not spent before
    reserve = tighten_cost if can_tighten else 0
    if can_tighten:
        _tighten(search, all_rows)
    for _ in range(GUESSES_FIRST):
        _guess(search, search.open(at_least=2 * HALVINGS), rng)
    is_stuck = np.zeros(len(search.origins), dtype=bool)
    for step in range(1, max_queries):
        rows = search.open(at_least=2 * HALVINGS + 10 + reserve)
        if not len(rows):
            break
        distances_before = search.distances.copy()
        # a stuck row hops every fourth step still: answers since then may have moved its best point
        hopping = rows[~is_stuck[rows] | (step % 4 == 0)] if step % 3 else rows[:0]
        _hop(search, hopping, step, rng)
        is_stuck[hopping] = search.distances[hopping] > distances_before[hopping] * (1 - STUCK)
        (_exchange if step % 2 else _scatter)(search, rows[~np.isin(rows, hopping)], rng)
        if step > 1 and step & (step - 1) == 0:  # 2, 4, 8, …: a new guess needs as many answers again to be another
            _guess(search, rows, rng)
        if can_tighten:
            _tighten(search, rows[search.distances[rows] < distances_before[rows]])
        report(int(search.queries.max()), max_queries)
    _take_back(search, all_rows, rng)
    _tighten(search, all_rows)
    return Broken(search.best, search.distances, search.queries)


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
        indices = points[:, -1].astype(np.int64)
        change = np.where(free[indices], (points[:, :-1] - rows[indices]) / space.scale, 0.0)
        return (change * normals[indices]).sum(axis=1) > KNOWN

    # the last, held feature says which row's plane is meant
    row_number = np.arange(len(rows), dtype=np.float64)[:, None]
    trial_space = Space(
        np.append(space.low, 0), np.append(space.high, len(rows)), np.append(space.scale, 1),
        np.zeros(len(space.low) + 1, dtype=bool), np.append(space.free, False),
    )  # fmt: skip
    search = Search(decide, np.hstack([rows, row_number]), np.zeros(len(rows), dtype=bool), trial_space, max_queries)
    result = hop_skip_jump(search, np.hstack([data, np.zeros((len(data), 1))]), rng)
    return float(np.median(result.distances)) / KNOWN


def try_noise(
    search: Search, broken: Broken, epsilons: tuple[float, ...], draws: int, rng: np.random.Generator
) -> Broken:
    """The attack's result improved by random steps of the lengths `epsilons`, `draws` of each for every row.

    Args:
        search: a new one of the same rows; its budget is set here, above what was spent.
        broken: the attack's result.
        epsilons: in units of the space.
        draws: steps of each length.
        rng: the source of chance.
    """
    origins, space = search.origins, search.space
    search.max_queries = int(broken.queries.max(initial=0)) + draws * len(epsilons)
    search.best, search.distances, search.queries = (values.copy() for values in broken)
    rows = np.repeat(np.arange(len(origins)), draws)
    for epsilon in epsilons:
        noise = rng.standard_normal((len(rows), origins.shape[1])) * (space.free & ~np.isnan(origins[rows]))
        search.ask(rows, origins[rows] + epsilon * guesses.unit_length(noise) * space.scale)
    return Broken(search.best, search.distances, search.queries)


def _start(search: Search, data: np.ndarray, rng: np.random.Generator) -> None:
    """Moves along one feature, rows of the data, random points: whatever changes the decision is a start."""
    rows, features = search.origins.shape
    free = np.flatnonzero(search.space.free)
    feature_budget = max(1, search.max_queries // 4 // len(LEVELS))
    tried_features = free if len(free) <= feature_budget else np.sort(rng.choice(free, feature_budget, replace=False))
    values = np.nanquantile(data[:, tried_features], LEVELS, axis=0)
    single_changes = np.repeat(search.origins[:, None, :], values.size, axis=1)
    # every level of the first feature, then of the second, and so on
    single_changes[:, np.arange(values.size), np.repeat(tried_features, len(LEVELS))] = values.T.ravel()
    other_rows = data[rng.integers(0, len(data), (rows, RANDOM_STARTS))]
    other_rows = np.where(np.isnan(other_rows), search.origins[:, None, :], other_rows)
    uniform = rng.uniform(search.space.low, search.space.high, (rows, RANDOM_STARTS, features))
    points = np.concatenate([other_rows, uniform, single_changes], axis=1)
    search.ask(np.repeat(np.arange(rows), points.shape[1]), points.reshape(-1, features))


def _halve(search: Search, rows: np.ndarray, ends: np.ndarray) -> None:
    """Walk from `ends` (R, D) towards the origins for as long as the decision stays different, by halving."""
    origin = search.origins[rows]
    near_end, far_end = np.zeros(len(rows)), np.ones(len(rows))
    for _ in range(HALVINGS):
        middle = (near_end + far_end) / 2
        different = search.ask(rows, origin + middle[:, None] * (ends - origin))
        near_end, far_end = np.where(different, near_end, middle), np.where(different, middle, far_end)


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
    change = np.abs(search.space.moved(search.best[rows], search.origins[rows]))
    order = np.argsort(-change, axis=1, kind="stable")
    for position in range(int((change > 0).sum(axis=1).max(initial=0))):
        feature = order[:, position]
        has_change = change[np.arange(len(rows)), feature] > 0
        changed_rows, changed_features = rows[has_change], feature[has_change]
        cell = changed_rows, changed_features
        near_end, far_end = search.origins[cell].copy(), search.best[cell].copy()
        points = search.best[changed_rows].copy()
        for _ in range(HALVINGS):
            middle = (near_end + far_end) / 2
            points[np.arange(len(changed_rows)), changed_features] = middle
            different = search.ask(changed_rows, points)
            near_end, far_end = np.where(different, near_end, middle), np.where(different, middle, far_end)


def _scatter(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Try random points closer than the best, along few features or many: trees have islands off the boundary."""
    if not len(rows):
        return
    space = search.space
    repeated = np.repeat(rows, SCATTERED)
    free = space.free & ~np.isnan(search.origins[repeated])
    noise = rng.standard_normal(free.shape) * free
    is_chosen = rng.random(free.shape) < rng.random((len(repeated), 1))
    noise = guesses.unit_length(np.where(is_chosen, noise, 0.0))
    length = search.distances[repeated] * rng.uniform(0.2, 1, len(repeated))
    search.ask(repeated, search.origins[repeated] + length[:, None] * noise * space.scale)
    _halve(search, rows, search.best[rows].copy())


def _guess(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Try the points at which all answers so far say that another decision is nearer than the best."""
    space, answers = search.space, search.answers
    if not len(rows) or not answers.teach():
        return
    boxes, edges = answers.boxes(rng), search.best[: search.teachers][np.isfinite(search.distances[: search.teachers])]
    parts = []
    for batch in np.array_split(rows, -(-len(rows) // AT_ONCE)):
        origin, best, decisions = search.origins[batch], search.best[batch], search.decided[batch]
        normals = answers.normals(best, decisions, edges)
        length = (space.moved(best, origin) * normals).sum(axis=1)
        onward = origin[:, None] + (length[:, None] * BEYOND)[:, :, None] * (normals * space.scale)[:, None]
        parts.append(np.concatenate([guesses.nearest(boxes, space, origin, decisions, GUESSED), onward], axis=1))
    points = np.concatenate(parts)
    repeated = np.repeat(rows, points.shape[1])
    points = space.snap(points.reshape(-1, points.shape[2]), search.origins[repeated])
    distances = space.distance(points, search.origins[repeated])
    is_closer = (distances > 0) & (distances < search.distances[repeated] * (1 - STUCK))
    before = search.distances[rows].copy()
    search.ask(repeated[is_closer], points[is_closer])
    nearer = rows[search.distances[rows] < before]
    _halve(search, nearer, search.best[nearer].copy())


def _exchange(search: Search, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Put one change back and go as much farther along another feature, where decisions have corners (trees, bins)."""
    space = search.space
    again = np.repeat(rows, SCATTERED)
    origin, indices = search.origins[again], np.arange(len(again))
    free = space.free & ~np.isnan(origin)
    if not len(rows) or int(space.free.sum()) < 2:
        return
    moved = space.moved(search.best[again], origin)
    back = (rng.random(moved.shape) * (moved != 0)).argmax(axis=1)
    moved[indices, back] *= np.where(rng.random(len(indices)) < 0.5, 0.0, rng.random(len(indices)))
    free[indices, back] = False
    on = (rng.random(moved.shape) * free).argmax(axis=1)
    sign = np.where(moved[indices, on] == 0, rng.choice((-1.0, 1.0), len(indices)), np.sign(moved[indices, on]))
    moved[indices, on] = 0
    room = (search.distances[again] * (1 - STUCK)) ** 2 - (moved**2).sum(axis=1)
    moved[indices, on] = sign * np.sqrt(np.maximum(room, 0))
    search.ask(again, origin + np.where(free | (moved != 0), moved, 0) * space.scale)


def _hop(search: Search, rows: np.ndarray, step: int, rng: np.random.Generator) -> None:
    """One round: feel for the direction of the boundary, go along it, come back to the boundary."""
    if not len(rows):
        return
    space = search.space
    best, origin = search.best[rows].copy(), search.origins[rows]
    distance = search.distances[rows]
    count = min(int(25 * np.sqrt(step)), int((search.max_queries - search.queries[rows]).min()) - 2 * HALVINGS)
    direction = _feel(search, rows, best, distance, max(4, count), rng)
    # the step shrinks as in the paper, where the estimate of the direction gets better with it
    length = distance / np.sqrt(step)
    has_crossed = np.zeros(len(rows), dtype=bool)
    end = best.copy()
    for _ in range(HALVINGS):
        walking = np.flatnonzero(~has_crossed)
        if not len(walking):
            break
        points = space.snap(best[walking] + length[walking, None] * direction[walking] * space.scale, origin[walking])
        different = search.ask(rows[walking], points)
        end[walking[different]] = points[different]
        has_crossed[walking[different]] = True
        length[walking] /= 2
    crossed = np.flatnonzero(has_crossed)
    _halve(search, rows[crossed], end[crossed])


def _feel(
    search: Search, rows: np.ndarray, centres: np.ndarray, distance: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """(R, D) unit vectors, in units of the space, into the region of other decisions, by Monte Carlo."""
    space = search.space
    free = space.free & ~np.isnan(search.origins[rows])
    noise = guesses.unit_length(rng.standard_normal((len(rows), count, centres.shape[1])) * free[:, None, :])
    spread = NEAR * distance[:, None, None] * noise
    # a whole number that moves by less than one does not move at all
    spread = np.where(space.whole & (np.abs(noise) > 0.5 / np.sqrt(max(1, int(space.free.sum())))),
                      np.sign(noise) * np.maximum(np.abs(spread), 1 / space.scale), spread)  # fmt: skip
    row_index = np.repeat(np.arange(len(rows)), count)
    points = centres[row_index] + (spread * space.scale).reshape(-1, centres.shape[1])
    points = space.snap(points, search.origins[rows][row_index])
    different = search.ask(rows[row_index], points).reshape(len(rows), count)
    change = space.moved(points, centres[row_index]).reshape(len(rows), count, -1)
    sign = 2.0 * different - 1.0
    mean = sign.mean(axis=1, keepdims=True)
    # the mean is taken off as a baseline; where all agree it would leave nothing
    weight = np.where(np.abs(mean) == 1, sign, sign - mean)
    return guesses.unit_length(np.einsum("rc,rcd->rd", weight, change))
