"""A section of the report that a plugin wrote, as data: no template, no HTML, no picture."""

from typing import Self

from pydantic import model_validator

from auditkit.results.base import Record
from auditkit.results.findings import Figure, Table


class Section(Record):
    """Paragraphs, then figures, then tables; the one theme sets them, so that no plugin is needed to render."""

    id: str = ""
    """Set by the run, as are title, plugin and version."""
    title: str = ""
    plugin: str = ""
    plugin_version: str = ""
    paragraphs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    """Drawn from their data; a picture that was made elsewhere is refused."""
    tables: tuple[Table, ...] = ()

    @model_validator(mode="after")
    def _drawn_from_data(self) -> Self:
        for figure in self.figures:
            # an image could hold anything, also what was taken out of the numbers
            if figure.image is not None or figure.mark == "image":
                raise ValueError(f"figure {figure.name!r} of a section must be drawn from data; an image was given")
        return self
