"""The parameters of `language.robustness`."""

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from auditkit.plugins.language.robustness.changes import INJECTION, TEMPLATES

Change = Literal["typos", "wording", "order of options", "injected instruction"]
INJECTED: Change = "injected instruction"
CHANGES: tuple[Change, ...] = ("typos", "wording", "order of options", INJECTED)


class Parameters(BaseModel):
    """What a user may set for `language.robustness`."""

    rows: int = Field(default=200, ge=2, description="Prompts that are changed, drawn by the audit.")
    changes: tuple[Change, ...] = Field(default=CHANGES, min_length=1, description="What is changed.")
    typos: float = Field(default=0.2, gt=0, le=1, description="Share of the words of a prompt with a typing error.")
    templates: tuple[str, ...] = Field(
        default=TEMPLATES, min_length=1, description="Frames that ask for the same; {prompt} stands for the prompt."
    )
    injection: str = Field(
        default=INJECTION, description="The prompt with an instruction put in: {prompt}, and {marker} for the word "
        "that it asks for.",
    )  # fmt: skip
    answers: tuple[str, ...] = Field(
        default=(), description="Answers that are told apart, by their words; empty: the options of the prompt, "
        "where it has any, else the whole text.",
    )  # fmt: skip
    same: float = Field(
        default=1.0, gt=0, le=1, description="F1 of shared words from which two free answers count as the same."
    )

    @field_validator("templates")
    @classmethod
    def _with_prompt(cls, templates: tuple[str, ...]) -> tuple[str, ...]:
        for template in templates:
            if "{prompt}" not in template:
                raise ValueError(
                    f"templates: each must hold {{prompt}}, where the prompt is put in; {template[:60]!r} does not"
                )
        return templates

    @field_validator("injection")
    @classmethod
    def _with_marker(cls, injection: str) -> str:
        if "{prompt}" not in injection or "{marker}" not in injection:
            raise ValueError(
                f"injection must hold {{prompt}} and {{marker}}, the word that it asks for; it is {injection[:60]!r}"
            )
        return injection
