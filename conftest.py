"""What all tests have: nothing of the shell that they are started in, and an end that leaves nothing running."""

import signal

from tools import shell

shell.seal()
# As Ctrl-C does, so that what a test has started is ended: a local AWS, a Terraform and its providers.
for number in (signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_DFL:
        signal.signal(number, signal.default_int_handler)
