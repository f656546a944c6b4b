"""`python -m auditkit` is the command `auditkit`."""

from auditkit.cli import main

main()
