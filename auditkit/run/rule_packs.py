"""The rule packs that an audit is held against."""

import pathlib
from collections.abc import Sequence

from auditkit.errors import ConfigError, closest
from auditkit.host import Host
from auditkit.rulepacks import RulePack, load_pack
from auditkit.text import one_line


def chosen_packs(host: Host, rules: Sequence[str]) -> list[RulePack]:
    """The packs by their ids, or by the paths of their files.

    Raises:
        ConfigError: nobody offers such a pack, and there is no such file.
        PluginError: a pack cannot be read.
    """
    offered = {file.stem: file for file in host.rules()}
    packs = []
    for name in rules:
        path = pathlib.Path(name)
        if name not in offered and not (path.suffix == ".toml" and path.is_file()):
            raise ConfigError(f"rules: there is no rule pack {one_line(name)!r}; {closest(name, offered)}")
        packs.append(load_pack(offered.get(name, path)))
    return packs


def named_by(packs: Sequence[RulePack]) -> set[str]:
    """What the packs name as evidence: `check.measurement`, `check` or `family`."""
    return {key for pack in packs for clause in pack.clauses for key in clause.evidence}
