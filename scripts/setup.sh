#!/usr/bin/env bash
# Prepares a Debian or Ubuntu machine: system packages where missing, then .venv/ from the lock file.
# With --dev: also what tests and checks need (Chromium, poppler, development packages).
# A second run that finds nothing to do takes a fraction of a second.
set -euo pipefail
cd "$(dirname "$0")/.."

dev=false
[[ "${1:-}" == "--dev" ]] && dev=true
say() { printf '%s\n' "$*" >&2; }
die() { say "make setup : $*"; exit 1; }

if command -v python3 >/dev/null; then
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || die "Python 3.11 ou plus est nécessaire ; python3 est ici $(python3 -V 2>&1)."
fi

# --- system packages ------------------------------------------------------------------------------------------------
has_postgis() { compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null \
  && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

packages=()
command -v python3 >/dev/null || packages+=(python3 python3-venv)
has_venv || packages+=(python3-venv)
wants_postgres=false
if [[ -z "${ACCUEIL30_DATABASE_URL:-}" ]] && ! has_postgis; then wants_postgres=true; fi
if $dev; then
  has_postgis || wants_postgres=true # the tests always use a cluster of their own
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || packages+=(chromium)
  command -v pdftotext >/dev/null || packages+=(poppler-utils)
fi

if $wants_postgres || ((${#packages[@]})); then
  command -v apt-get >/dev/null || die "cette machine n'a pas apt-get. Installez PostgreSQL 15 ou plus avec PostGIS 3, Python 3.11 ou plus${packages[*]:+, ${packages[*]}}, puis relancez."
  as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || die "il manque des paquets et sudo est absent. Installez en administrateur : postgresql-15 postgresql-15-postgis-3 ${packages[*]:-}"
    as_root=(sudo)
  fi
  apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }
  say "Installation des paquets système manquants (quelques minutes la première fois)..."
  apt update
  if $wants_postgres; then
    # The service has a private cluster: the package must not start a server of its own on port 5432.
    if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
      apt install --no-install-recommends -y postgresql-common >/dev/null
      "${as_root[@]}" sed -i "s/^#\?create_main_cluster.*/create_main_cluster = false/" /etc/postgresql-common/createcluster.conf
    fi
    if apt-cache show postgresql-15-postgis-3 >/dev/null 2>&1; then
      packages+=(postgresql-15 postgresql-15-postgis-3)
    else
      packages+=(postgresql postgresql-postgis) # Ubuntu: its own version, 15 or newer
    fi
  fi
  apt install --no-install-recommends -y "${packages[@]}" >/dev/null
fi

# --- Python environment ---------------------------------------------------------------------------------------------

lock=requirements.lock
$dev && lock=requirements-dev.lock
stamp() { cat "$1" pyproject.toml | sha256sum | cut -d' ' -f1; }
done_file=.venv/.done-$lock

# A virtual environment remembers its folder: one that was copied or half-made is made again.
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  || ! grep -qsF "$PWD/.venv/bin/python" .venv/bin/pip; then
  say "Création de l'environnement Python .venv/ ..."
  rm -rf .venv
  python3 -m venv .venv
fi
if [[ -f $done_file && "$(cat "$done_file")" == "$(stamp $lock)" ]]; then exit 0; fi
say "Installation des bibliothèques Python ($lock)..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement "$lock" \
  || die "l'installation des bibliothèques a échoué (voir ci-dessus). Vérifiez l'accès au dépôt de paquets Python, puis relancez."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# Compiling the search kernel once here spares the first visitor.
.venv/bin/python -c 'import routing.search, routing.isochrone' || die "le noyau de calcul ne se charge pas (voir ci-dessus)."
stamp $lock > "$done_file"
$dev && stamp requirements.lock > .venv/.done-requirements.lock
exit 0
