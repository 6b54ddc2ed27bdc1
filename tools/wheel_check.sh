#!/usr/bin/env bash
# Install dist/*.whl into a fresh virtual environment and run it from another folder.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
env=$top/build/wheel-env
rm -rf "$env" "$top/build/wheel-run"
mkdir -p "$top/build/wheel-run"
.venv/bin/python -m venv "$env"
"$env/bin/python" -m pip install --quiet --disable-pip-version-check "$top"/dist/softnet-*.whl
cd "$top/build/wheel-run"
unset PYTHONPATH SOFTNET_PURE
"$env/bin/python" - <<'PY'
import importlib.util
from importlib.metadata import files

import softnet

here = [str(f) for f in files("softnet") or []]
compiled = [f for f in here if f.endswith(".so")]
assert "softnet/py.typed" in here, "the wheel lacks py.typed"
assert not [f for f in here if f.endswith(".c") and "/native/" not in f], "generated C in the wheel"
assert "site-packages" in softnet.__file__, softnet.__file__
print(f"wheel: softnet {softnet.__version__}, {len(here)} files, {len(compiled)} compiled modules")
PY
"$env/bin/softnet" demo
"$env/bin/python" -m softnet --help >/dev/null
echo "wheel: installed and run from a fresh environment"
