#!/bin/sh
# Makes publish.zip, or the zip that is named: the function, the module's package, and AWS's SDK of durable functions. All of it
# is pure Python, so it fits both processors; boto3 is in Lambda's runtime already.
set -eu
cd "$(dirname "$0")"
zip=$(realpath "${1:-publish.zip}")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cp -r ../../lambda_src "$build/sources" # a copy, because setuptools builds inside the sources
python3 -m pip install --quiet --target "$build/package" --no-deps "$build/sources" -r requirements.txt
cp publish.py "$build/package/"
rm -f "$zip"
(cd "$build/package" && python3 -m zipfile -c "$zip" publish.py sfn_callback aws_durable_execution_sdk_python)
