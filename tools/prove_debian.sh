#!/usr/bin/env bash
# Prove on a bare Debian 12, in a chroot, what a machine without Docker can: `make demo` from a clean clone, the Dockerfile's steps, and with
# the argument `test` also `make test`. Needs root and debootstrap; uses about 3 GB below $TMPDIR and removes it again.
set -euo pipefail -o monitor # each background job is a group of its own, which can be sent what Ctrl-C sends
cd "$(dirname "${BASH_SOURCE[0]}")/.."
port=8097
tree="$(mktemp -d)/debian"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "${variables[@]}" chroot "$tree" "$@"; }
variables=()

finish() {
  [ -z "${running:-}" ] || kill -TERM -- "-$running" 2>/dev/null || true
  umount -q "$tree/dev/shm" "$tree/proc" || true
  rm -rf --one-file-system "$(dirname "$tree")"
}
trap finish EXIT

# until_true SECONDS COMMAND...
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { echo "gave up waiting: $*" >&2; return 1; }
    sleep 0.5
  done
}

# The processes that live in the chroot.
inhabitants() { find /proc/[0-9]*/root -maxdepth 0 -lname "$tree" 2>/dev/null; }

echo "== a bare Debian"
debootstrap --variant=minbase --include=ca-certificates,make,procps bookworm "$tree" >"$(dirname "$tree")/debootstrap.log"
mount -t proc proc "$tree/proc"
mkdir -p "$tree/dev/shm" && mount -t tmpfs shm "$tree/dev/shm"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
# A network that inspects TLS adds an authority of its own, which the bare system must trust like this one does.
cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/ca-certificates.crt"

echo "== make demo, from a clean clone in a folder with a space"
clone="$tree/srv/city deck"
mkdir -p "$clone"
git ls-files --cached --others --exclude-standard -z | tar --null --files-from=- --create | tar --extract --directory "$clone"
variables=("CITYDECK_PORT=$port")
demo() { inside bash -c 'cd "/srv/city deck" && exec make demo' >"$1" 2>&1 & running=$!; }
ready() { grep -q '^ready after' "$1"; }
for run in first second; do
  log="$(dirname "$tree")/$run.log"
  began=$SECONDS
  demo "$log"
  until_true 600 ready "$log" || { cat "$log"; exit 1; }
  echo "$run run: ready $((SECONDS - began)) s after the command"
  kill -INT -- "-$running"
  wait "$running" || true
  running=
  if inhabitants | grep .; then echo "processes were left" >&2; exit 1; fi
  if compgen -G "$tree/tmp/citydeck-*"; then echo "folders were left" >&2; exit 1; fi
done

echo "== the steps of the Dockerfile"
# The same RUN lines and COPY filter; Debian's own Python 3.11 stands for the image's.
mkdir -p "$tree/build" "$tree/app"
cp pyproject.toml README.md "$tree/build"
git ls-files --cached --others --exclude-standard -z |
  tar --anchored --exclude-from=.dockerignore --null --files-from=- --create | tar --extract --directory "$tree/app"
cp -r demo/site "$tree/site"
inside ln -sf /usr/bin/python3 /usr/local/bin/python
variables=("PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
sed -n 's/^RUN //p' Dockerfile | while read -r step; do
  echo "RUN $step"
  inside bash -euc "cd /build && $step" </dev/null >/dev/null
done
bare=(setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs)
variables=("PATH=/opt/citydeck/bin:/usr/sbin:/usr/bin:/bin" "CITYDECK_SITE=/site" "CITYDECK_REDIS=redis://127.0.0.1:1/0" "PYTHONDONTWRITEBYTECODE=1")
command="$(sed -n 's/^CMD //p' Dockerfile | tr -d '[],"' | sed "s/8050/$port/")"
inside "${bare[@]}" bash -c "cd /app && exec $command" 2>"$(dirname "$tree")/web.log" &
running=$!
health="$(sed -n 's/.*"\(import urllib.*\)"\]$/\1/p' Dockerfile | sed "s/8050/$port/")"
until_true 60 inside "${bare[@]}" python -c "$health" || { cat "$(dirname "$tree")/web.log"; exit 1; }
echo "as uid 10001 the web answers its health check; image: $(du -sm --total "$tree/opt/citydeck" "$tree/app" | tail -1 | cut -f1) MB beside Python's own"
kill -TERM -- "-$running"
wait "$running" || true
running=

if [ "${1:-}" = test ]; then
  echo "== make test"
  variables=()
  inside bash -c 'cd "/srv/city deck" && make test'
fi
echo "proved"
