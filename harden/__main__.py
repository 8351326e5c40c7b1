"""Run `python -m harden`."""

import sys

from harden.cli import main

if __name__ == "__main__":
    sys.exit(main())
