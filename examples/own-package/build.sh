#!/bin/sh
# Makes orders.zip: the module's package, the workload, and what that imports. All of it is pure Python, so it fits both
# processors; where yours is not, give pip --platform, --python-version and --only-binary=:all: for the Lambda runtime.
set -eu
cd "$(dirname "$0")"
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cp -r ../../lambda_src "$build/sources" # a copy, because setuptools builds inside the sources
python3 -m pip install --quiet --target "$build/package" --no-deps "$build/sources" -r requirements.txt
cp orders.py "$build/package/"
rm -f orders.zip
zip=$PWD/orders.zip
(cd "$build/package" && python3 -m zipfile -c "$zip" orders.py sfn_callback fastjsonschema)
