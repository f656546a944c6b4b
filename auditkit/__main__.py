"""`python -m auditkit` is the command `auditkit`."""

import sys

from auditkit import supervisor


def main() -> None:
    """Run the command, in a child where it may run foreign code."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in supervisor.SUPERVISED and not {"-h", "--help"} & set(arguments):
        sys.exit(supervisor.supervise(arguments))
    from auditkit.cli import main as unsupervised  # heavy: only where this process runs the command itself

    unsupervised()


if __name__ == "__main__":
    main()
