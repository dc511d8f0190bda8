#!/bin/sh
# Ingot @VERSION@ in one file: this script, then a compressed archive with the runtime and the program.
#
# The first start unpacks the archive into a cache folder named by its content; later starts only look whether that
# folder is whole. The first of these that can be used holds it: $INGOT_CACHE_DIR, $XDG_CACHE_HOME/ingot,
# $HOME/.cache/ingot, /var/cache/ingot, /tmp/ingot-<user id>.

content=@CONTENT@
files='@FILES@'
listing='@LISTING@'

# Whether folder $1 is ours alone and every file in it is as it was unpacked, by size and by the archive's own date: a
# file cut short, removed or written to since shows.
is_whole() {
  [ -O "$1" ] && [ ! -L "$1" ] || return 1
  # shellcheck disable=SC2086
  found=$(cd "$1" 2>/dev/null && LC_ALL=C TZ=UTC0 ls -dln . $files 2>/dev/null) || return 1
  # shellcheck disable=SC2046,SC2086
  set -- $found
  case $1 in d????-??-*) ;; *) return 1 ;; esac
  shift 9
  seen=
  while [ $# -ge 9 ]; do
    case $1 in -????-??-*) ;; *) return 1 ;; esac
    seen="$seen $5 $6 $7 $8 $9"
    shift 9
  done
  [ "$seen" = "$listing" ]
}

# Unpacks into folder $1/$content. Files are unpacked aside and moved in one by one, each move atomic and each file the
# same whoever moves it: starts at the same time do not disturb each other, and after a kill a file is there whole or
# not at all.
unpack() (
  umask 077
  mkdir -p "$1" || exit 1
  find "$1" -maxdepth 1 -type d -name '.ingot-*' -mmin +60 -exec rm -rf {} +
  aside=$1/.ingot-$content.$$
  mkdir "$aside" || exit 1
  trap 'rm -rf "$aside"; rmdir "$1"' EXIT # The folder itself only where nothing came of it.
  trap 'exit 1' HUP INT TERM
  tail -c +@OFFSET@ "$0" | tar -xzof - -C "$aside" && is_whole "$aside" || exit 1
  "$aside/ingot" --version >/dev/null || exit 1 # The file system may forbid execution.
  mkdir -p "$1/$content" && [ -O "$1/$content" ] && chmod 700 "$1/$content" && mv -f "$aside"/* "$1/$content/"
) </dev/null 2>/dev/null

start() {
  folder=$1/$content
  shift
  export DENO_DIR="$folder/deno" DENO_NO_UPDATE_CHECK=1
  exec "$folder/ingot" run --quiet --allow-all --no-prompt --no-config --no-lock --no-npm --no-remote \
    --v8-flags=@FLAGS@ \
    "$folder/main.js" "$@"
}

tried=
# Starts from cache folder $1 if that can be made to work; the other arguments are the program's. Whoever runs this as
# another user keeps out of that user's folders: $2 must be ours (empty when it does not matter).
try() {
  root=$1 owned=$2
  shift 2
  [ -z "$owned" ] || [ -O "$owned" ] || return
  tried="$tried $root"
  is_whole "$root/$content" || { unpack "$root" && is_whole "$root/$content"; } && start "$root" "$@"
}

[ -z "$INGOT_CACHE_DIR" ] || try "$INGOT_CACHE_DIR" "" "$@"
[ -z "$XDG_CACHE_HOME" ] || try "$XDG_CACHE_HOME/ingot" "$XDG_CACHE_HOME" "$@"
[ -z "$HOME" ] || try "$HOME/.cache/ingot" "$HOME" "$@"
try /var/cache/ingot /var/cache "$@"
shared=/tmp/ingot-$(id -u)
mkdir -m 700 "$shared" 2>/dev/null
[ -L "$shared" ] || try "$shared" "$shared" "$@"

echo "ingot: cannot unpack, tried$tried: check that this file is complete, or set INGOT_CACHE_DIR to a folder of yours" \
  "with 150 MB free where programs may run" >&2
exit 1
