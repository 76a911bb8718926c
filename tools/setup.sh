#!/usr/bin/env bash
# Make .venv ready for `demo` or `test`: nothing to do when it is, since pyproject.toml and this folder are as they were.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
purpose="${1:?demo or test}"

# The interpreters tried, in order: not every library has a wheel for a newer one yet.
interpreter() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo "$candidate"; return; }
  done
  return 1
}

# Installs Debian packages when it may; says which are missing when it may not.
install() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@" >/dev/null; then return 0; fi
  fi
  echo "missing packages: $* (as root: apt-get install $*)" >&2
  return 1
}

programs() {
  local missing=()
  command -v chromedriver >/dev/null || missing+=(chromium chromium-driver)
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v java >/dev/null || missing+=(default-jre-headless)
  command -v mvn >/dev/null || missing+=(maven)
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null || missing+=(postgresql)
  [ ${#missing[@]} = 0 ] || install "${missing[@]}" || echo "going on without them: the tests that need them are skipped" >&2
}

if [ "$purpose" = test ]; then programs; fi

stamp=".venv/ready-for-$purpose"
wanted="$(cat pyproject.toml tools/setup.sh | cksum) $PWD"
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

if ! python="$(interpreter)"; then
  install python3 python3-venv
  python="$(interpreter)" || { echo "Python 3.11, 3.12 or 3.13 is needed" >&2; exit 1; }
fi
version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
"$python" -c 'import ensurepip, venv' 2>/dev/null || install "python$version-venv" || exit 1

echo "preparing .venv for $purpose; this happens once"
extras="$purpose"
if [ "$purpose" = test ]; then extras=demo,test; fi
# The Redis that comes as a wheel ends with Python 3.12.
if [ "$version" = 3.13 ] && ! command -v redis-server >/dev/null; then install redis-server; fi
if [ "$(cat .venv/made-in 2>/dev/null)" != "$PWD" ] || ! .venv/bin/python -c '' 2>/dev/null; then
  "$python" -m venv --clear .venv
  echo "$PWD" >.venv/made-in
fi
# The checkout's own metadata is built from a copy, so that no build folder is left here.
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
cp pyproject.toml README.md "$copy"
.venv/bin/python -m pip install --quiet --disable-pip-version-check "$copy[$extras]"
echo "$wanted" >"$stamp"
if [ "$purpose" = test ]; then echo "$wanted" >.venv/ready-for-demo; fi
