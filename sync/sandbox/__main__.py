"""`python -m sync.sandbox`: the same program as `manage.py wonde_sandbox`, without Django."""

import sys

from sync.sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
