"""The parameters of `language.counterfactual`."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from auditkit.plugins.language.counterfactual.shipped_words import SHIPPED
from auditkit.plugins.language.counterfactual.substitutions import Substitution

Range = tuple[float, float]


class Parameters(BaseModel):
    """What a user may set for `language.counterfactual`."""

    base: str | None = Field(
        default=None,
        description="the column that says of which base prompt a row is a variant; unless named, the unit where groups "
        "differ within it",
    )
    varies: tuple[str, ...] = Field(
        default=(), description="the group columns that say the variant; empty: all that differ within a base prompt"
    )
    substitutions: dict[str, dict[str, tuple[str, ...]]] = Field(
        default={},
        description="{attribute: {group: its words}} with which a live model's prompts are written for another group; "
        "each group has as many words as the others, in the same order",
    )
    shipped: tuple[Literal["gender", "religion", "age", "name"], ...] = Field(
        default=("gender", "religion", "age", "name"), description="auditkit's own tables of such words that are used"
    )
    questions: int = Field(default=1000, ge=1, description="further prompts that a live model is asked, at most")
    scores: tuple[Literal["refused", "length"], ...] = Field(
        default=("refused", "length"), description="what is compared: whether the answer declines; its words"
    )
    grade: Range | None = Field(
        default=None, description="the lowest and highest grade, where answers give one: the one number in this range"
    )
    column: str | None = Field(
        default=None, description="a column of numbers about recorded answers that is compared, such as a reward"
    )
    column_range: Range | None = Field(default=None, description="the lowest and highest number that it can hold")
    phrases: tuple[str, ...] = Field(default=(), description="further phrases that a refusal says, in any capitals")
    permutations: int = Field(
        default=999, ge=99, description="shuffles behind each p-value; more where many are tested"
    )
    trials: int = Field(default=200, ge=50, description="shuffles behind the control of the intervals")

    @property
    def tables(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The tables of words: the user's, and those shipped whose name the user has not taken."""
        return {**{name: dict(SHIPPED[name]) for name in self.shipped}, **self.substitutions}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, table in self.substitutions.items():
            try:
                Substitution(table)
            except ValueError as error:
                raise ValueError(f"substitutions: {name}: {error}") from error
        for name in ("grade", "column_range"):
            ends = getattr(self, name)
            if ends is not None and not ends[0] < ends[1]:
                raise ValueError(f"{name} must be the lowest and the highest number; {list(ends)} was given")
        if self.column_range is not None and self.column is None:
            raise ValueError("column_range must stand beside column, whose numbers it is about; name the column")
        if not (self.scores or self.grade or self.column):
            raise ValueError("scores must name what is compared, unless grade or column does; none of them does")
        return self
