"""``python -m sfn_callback_operator``."""

import sys

from sfn_callback_operator.cli import main

if __name__ == "__main__":
    sys.exit(main())
