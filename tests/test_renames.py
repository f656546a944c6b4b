"""Words of plugins by their old names end in one clear error each."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from auditkit.checks import Check
from auditkit.errors import PluginError
from auditkit.renames import RENAMED
from auditkit.results import Control, canonical
from auditkit.trainers import Trainer


def test_an_old_class_fact_of_a_trainer_is_refused_too():
    with pytest.raises(PluginError, match="Late: `occasion` is now `applies_when`"):
        type("Late", (Trainer,), {"__module__": __name__, "occasion": "on Sundays"})


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_class_fact_is_refused_by_its_new_name(old, new):
    with pytest.raises(PluginError, match=f"Late: `{old}` is now `{new}`"):
        type("Late", (Check,), {"__module__": __name__, "__doc__": "Is it late?", old: frozenset()})
    type("Early", (Check,), {"__module__": __name__, "__doc__": "Is it early?", new: frozenset()})


def test_what_becomes_of_a_guarded_number_is_saved_under_the_key_of_every_schema():
    control = Control.within("c", "?", None, on_failure="note")
    assert b'"otherwise": "note"' in canonical(control) and b"on_failure" not in canonical(control)
    assert Control.model_validate_json(canonical(control)) == control


def test_the_key_of_the_file_is_no_argument():
    with pytest.raises(PluginError, match="Control: `otherwise` is now `on_failure`; rename it"):
        Control(name="c", question="?", value=None, holds=None, otherwise="note")
    with pytest.raises(PluginError, match="Control: `otherwise` is now `on_failure`; rename it"):
        Control.within("c", "?", None, otherwise="note")
    with pytest.raises(ValidationError, match="guard"):
        Control.within("c", "?", None, guard=("a",))


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_word_is_refused_as_a_parameter_and_in_a_plain_base_class(old, new):
    facts = {"__module__": __name__, "__doc__": "Is it late?"}
    with pytest.raises(PluginError, match=f"Late: `{old}` is now `{new}`"):
        type("Late", (Check,), {**facts, "__annotations__": {old: str}, old: "x"})
    with pytest.raises(PluginError, match=f"Late: `{old}` is now `{new}`"):
        type("Late", (type("Mixin", (), {old: "x"}), Check), facts)
