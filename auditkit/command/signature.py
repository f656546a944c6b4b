"""The commands around a signature: make a key, sign a run folder, verify one."""

import getpass
import json as json_module
import os
import pathlib
import sys
from collections.abc import Sequence

from auditkit.errors import ConfigError
from auditkit.host import Host
from auditkit.signing import verification
from auditkit.signing.keys import PASSPHRASE, Signer, new_pair, open_to_others, read_signer, read_verifier
from auditkit.text import printable


def keygen(file: str, *, json: bool) -> int:
    """Make a pair of keys; an existing file is never overwritten."""
    pair = new_pair(pathlib.Path(file), os.environ.get(PASSPHRASE))
    if json:
        print(json_module.dumps({"private": str(pair.private), "public": str(pair.public), "key": pair.id}))
        return 0
    print(f"private key: {pair.private}\npublic key: {pair.public}\nkey: {pair.id}")
    sealed = "is encrypted" if os.environ.get(PASSPHRASE) else f"is not encrypted; {PASSPHRASE} would encrypt it"
    print(f"auditkit: {pair.private.name} {sealed}. Keep it secret, and hand out {pair.public.name}", file=sys.stderr)
    return 0


def open_key(key: pathlib.Path, folder: pathlib.Path) -> Signer:
    """The private key that is to sign this folder.

    Raises:
        ConfigError: it cannot be used, or lies in the run folder, which is handed on.
    """
    signer = read_signer(key, _passphrase)
    # links are resolved: one that leads into the folder is as bad as a key in it
    if key.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"key: {key.name} lies in the run folder, which is handed on; keep it elsewhere")
    if open_to_others(key):
        print(f"auditkit: other users of this machine can read {key.name}: chmod 600 {key}", file=sys.stderr)
    return signer


def sign(folder: str, key: str, *, replace: bool, json: bool) -> int:
    """Sign a finished run folder."""
    path = pathlib.Path(folder)
    signer = open_key(pathlib.Path(key), path)
    file = verification.sign(path, signer, replace=replace, host=Host())
    print(json_module.dumps({"file": str(file), "key": signer.id}) if json else f"signed: {file.name}, key {signer.id}")
    return 0


def verify(folder: str, public_key: str | None, plugins: Sequence[str], *, required: bool, json: bool) -> int:
    """Exit code 0 where nothing speaks against the folder, else 1."""
    verifier = None if public_key is None else read_verifier(pathlib.Path(public_key))
    account = verification.verify(pathlib.Path(folder), verifier, required=required, host=Host(plugins))
    lines = "\n".join(printable(line) for line in _lines(account))
    print(json_module.dumps(_document(account), sort_keys=True) if json else lines)
    return 1 if account.problems else 0


def _lines(account: verification.Account) -> list[str]:
    count = len(account.problems)
    if count:
        return [f"not to be relied on: {count} problem{'s' * (count != 1)}", *account.problems]
    remade = account.remade or verification.Remade()
    return [
        "intact: every file is as it was when the audit was sealed",
        _signature(account),
        *([f"made again from results.json, and the same: {', '.join(remade.same)}"] if remade.same else []),
        *(f"not made again: {text}" for text in remade.not_compared),
    ]


def _signature(account: verification.Account) -> str:
    if account.signed == "yes":
        return f"signed: by the owner of the given key {account.key_id}"
    if account.signed == "not checked":
        return (
            f"signed, but by whom was not checked: the signature names the key {account.key_id}; "
            f"give the signer's public key with {account.mend[0]}"
        )
    return "not signed: whoever can write to this folder could have changed it and sealed it anew"


def _document(account: verification.Account) -> dict[str, object]:
    remade = account.remade or verification.Remade()
    return {
        "verified": not account.problems,
        "intact": account.intact,
        "problems": list(account.problems),
        "signed": account.signed,
        "key": account.key_id,
        "made_again": list(remade.same),
        "not_made_again": list(remade.not_compared),
    }


def _passphrase() -> str | None:
    """From the environment, or asked for at a terminal."""
    passphrase = os.environ.get(PASSPHRASE)
    return passphrase if passphrase or not sys.stdin.isatty() else getpass.getpass("Passphrase of the key: ")
