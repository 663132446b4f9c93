"""``python -m sfn_callback_operator``."""

from sfn_callback_operator.cli import run

if __name__ == "__main__":
    run()
