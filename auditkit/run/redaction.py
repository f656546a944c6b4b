"""What an audit passes through before it is written: nothing leaves that tells of people or of the machine."""

from collections.abc import Iterable, Iterator

from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.redaction import Scrubber, removed
from auditkit.results import AuditResult
from auditkit.run.foreign_fields import ForeignFields
from auditkit.run.foreign_text import ForeignText
from auditkit.run.text_tokens import WITHHELD
from auditkit.value_spelling import spelling


def scrubber_for(models: Iterable[Model], data: AuditData) -> Scrubber:
    """What cleans the texts of an audit; it knows the data, and the names of the models and of their classes."""
    text = ForeignText(data)
    names = [name for name in (*_names_in(data), *_names_of(models)) if isinstance(name, str)]
    # a table without a head line has somebody's values in the place of names
    telling = [name for name in dict.fromkeys(names) if text.allowed(name, "owner") != name]
    unnamed = {name: f"{WITHHELD} {number}" for number, name in enumerate(telling, 1)}
    return Scrubber([name for name in names if name not in unnamed], ForeignFields(text).withheld, unnamed)


def scrubbed_result(scrubber: Scrubber, result: AuditResult) -> AuditResult:
    """The result as it may be written; it says so where something was taken out of it."""
    # the whole result at once, so that a name gets the same stand-in wherever it occurs
    clean = scrubber.record(result)
    count, sentences = removed(clean), []
    if count:
        held = "held an e-mail address, a key, an account number or a name of the machine"
        sentences.append(f"{_texts(count)} {held}; [removed: …] stands in the place of each")
    withheld = removed(clean, WITHHELD)
    if withheld:
        kept = "they are written nowhere" if clean.data.disclosure == "publish" else "run.log alone has them"
        held = f"held words or numbers that may tell of few people; {WITHHELD} stands in their place, and {kept}"
        sentences.append(f"{_texts(withheld)} {held}")
    if not sentences:
        return clean
    notes = (*clean.provenance.notes, *sentences)
    return clean.model_copy(update={"provenance": clean.provenance.model_copy(update={"notes": notes})})


def _texts(count: int) -> str:
    return f"{count:,} text{'s' * (count != 1)}"


def _names_in(data: AuditData) -> Iterator[object]:
    yield from (data.name, data.label_name)
    if hasattr(data.inputs, "columns"):
        for feature in data.schema:
            yield from (feature.name, *map(spelling, feature.categories))
    else:
        yield from data.feature_names
    for attribute, values in data.cells.values.items():
        yield from (attribute, *values)


def _names_of(models: Iterable[Model]) -> Iterator[object]:
    for model in models:
        yield from (model.name, *map(spelling, model.classes or ()))
