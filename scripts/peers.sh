#!/usr/bin/env bash
# Development only: the engines we are compared with, in .peers/ and nowhere else. Nothing of the service needs them.
#   .peers/engines/   Valhalla and OSRM, the executables of their wheels (their Python part is not used)
#   .peers/venv/      pandana and pyrosm, with their own libraries
# Versions are pinned: a figure of docs/validation.md or docs/benchmarks.md is one of these. From the package index
# that pip is configured with. Delete .peers/ to start again.
set -euo pipefail
cd "$(dirname "$0")/.."

VALHALLA=3.9.1
OSRM=26.10.0
PANDANA=0.8
PYROSM=0.25.0

say() { printf '%s\n' "$*" >&2; }
die() { say "make peers : $*"; exit 1; }
wanted="valhalla $VALHALLA, osrm $OSRM, pandana $PANDANA, pyrosm $PYROSM"
done_file=.peers/versions
if [[ -f $done_file && "$(cat $done_file)" == "$wanted" ]]; then exit 0; fi
[[ "$(uname -sm)" == "Linux x86_64" ]] || die "les moteurs de comparaison n'existent ici que pour Linux x86_64."
[[ -x .venv/bin/python ]] || die "faites d'abord « make setup »."

# Their wheels are for Python 3.12 and later; the executables inside are for no Python at all.
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
say "Téléchargement de Valhalla $VALHALLA et d'OSRM $OSRM..."
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest "$wheels" \
  --python-version 312 --platform manylinux_2_28_x86_64 --only-binary :all: \
  "pyvalhalla==$VALHALLA" "osrm-bindings==$OSRM" || die "le téléchargement a échoué (voir ci-dessus)."
rm -rf .peers/engines .peers/versions
mkdir -p .peers/engines
.venv/bin/python - "$wheels" .peers/engines <<'PYTHON'
import sys
import zipfile
from pathlib import Path

for wheel in Path(sys.argv[1]).glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        parts = ("/bin/", ".libs/", "/profiles/", "/valhalla_build_config.py")
        kept = [name for name in archive.namelist() if any(part in name for part in parts)]
        archive.extractall(sys.argv[2], kept)
PYTHON
.venv/bin/python .peers/engines/valhalla/valhalla_build_config.py > .peers/engines/valhalla/config.json # its defaults
chmod +x .peers/engines/*/bin/*
for program in valhalla/bin/valhalla_build_tiles valhalla/bin/valhalla_service osrm/bin/osrm-extract osrm/bin/osrm-routed; do
  missing=$(ldd ".peers/engines/$program" | awk '/not found/ { print $1 }' | sort -u | tr '\n' ' ')
  [[ -z $missing ]] || die "il manque à $program : $missing"
done

say "Installation de pandana $PANDANA et de pyrosm $PYROSM..."
python3 -m venv --clear .peers/venv
.peers/venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
  "pandana==$PANDANA" "pyrosm==$PYROSM" || die "l'installation a échoué (voir ci-dessus)."
printf '%s' "$wanted" > $done_file
say "Moteurs prêts : $wanted."
