#!/bin/sh
# Makes scans.zip for the small functions and, where REPOSITORY names one in ECR, the image for the large one.
set -eu
cd "$(dirname "$0")"
rm -rf build scans.zip
mkdir build
cp -r ../../lambda_src/sfn_callback scans.py build/
find build -name __pycache__ -prune -exec rm -rf {} +
(cd build && python3 -m zipfile -c ../scans.zip scans.py sfn_callback)
[ -n "${REPOSITORY:-}" ] || exit 0
# Lambda takes no image with an attestation: https://docs.aws.amazon.com/lambda/latest/dg/python-image.html
docker build --platform linux/arm64 --provenance=false --tag "$REPOSITORY:latest" .
docker push "$REPOSITORY:latest"
docker inspect --format '{{index .RepoDigests 0}}' "$REPOSITORY:latest"
