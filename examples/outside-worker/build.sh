#!/bin/sh
# Makes outside.zip: the module's package, the workload that hands chunks on, and the recognition.
set -eu
cd "$(dirname "$0")"
rm -f outside.zip
python3 -m zipfile -c outside.zip ../../lambda_src/sfn_callback hand_on.py recognition.py
