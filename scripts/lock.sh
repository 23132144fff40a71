#!/usr/bin/env bash
# Pins every dependency with its hashes, for every platform and Python >= 3.11, without any index address.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-emit-index-url --no-emit-find-links "$@"
}
compile pyproject.toml --group build --output-file requirements.lock
compile pyproject.toml --group build --group dev --constraints requirements.lock --output-file requirements-dev.lock
