"""How many selections make the difference between above and below four fifths; in whole numbers, so exact."""

LINE = 0.8
"""Four fifths, 29 CFR 1607.4(D)."""


def shortfall(x: int, n: int, most: int, of: int) -> int:
    """How many more of the group would have to be selected to reach four fifths, all else being equal.

    Args:
        x: selected in the group.
        n: people of the group, above 0.
        most: selected in the group with the highest rate.
        of: people of that group, above 0.
    """
    return max(0, -((5 * x * of - 4 * most * n) // (5 * of)))


def selections_to_turn(x: int, n: int, most: int, of: int) -> int | None:
    """How many selections, moved between the two groups, would bring the ratio to the other side of four fifths.

    Below it, each move selects one more of the group and one fewer of the highest group; at or above it, the other
    way round. None where no number of such moves does it.

    Args: as `shortfall`.

    Source: the Questions and Answers on the Uniform Guidelines (44 FR no. 43, 2 March 1979) hold numbers too small to
    act on where one different person for one job would shift the result; this counts how many different persons.
    """
    # Below four fifths is 5 x of < 4 most n; each move changes the difference of the two sides by 5 of + 4 n.
    step, gap = 5 * of + 4 * n, 5 * x * of - 4 * most * n
    if gap < 0:
        moves = -(gap // step)
        return moves if moves <= min(n - x, most) else None
    moves = gap // step + 1
    return moves if moves <= min(x, of - most) else None
