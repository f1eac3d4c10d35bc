#!/bin/bash
# The Debian packages, from the tarball to what a user sees:
#   1. `meson dist` makes the tarball of this checkout, with what is not committed yet,
#   2. pipelines/package.sh builds the packages of it, beginning on a bare Debian, and lintian looks at them,
#   3. they are installed on a Debian that has nothing else,
#   4. README's lines run there with nothing set,
#   5. and so do the tests of debian/tests, by autopkgtest,
#   6. pipelines/Containerfile is carried out, on its own release.
#
#   .ci/packages.sh [suite]...        default: bookworm trixie
#
# Needs root or sudo. Everything lives under NACLIP_CI_DIR (default: naclip-ci in TMPDIR or /var/tmp) in packages/SUITE:
# the packages in `packages`. The chroot that builds is used again while debian/control stays the same, with its compiler's
# cache, and so are apt's downloads; the one that installs is a new one each time. Ends with
# `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."
. .ci/steps.sh
ccache_path=/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin

ok() { echo "ok $*"; passed=$((passed + 1)); }
bad() { echo "failed $*"; failed=$((failed + 1)); }
# Runs a command and counts it.
check() {
  local name=$1
  shift
  if "$@"; then ok "$suite: $name"; else bad "$suite: $name"; return 1; fi
}

# A Debian as debootstrap leaves it, from which the others are copied. Nothing in them has to survive a power cut.
make_base() {
  chroot=$folder/base
  [ -e "$folder/base.stamp" ] && return
  bootstrap "$suite" || return 1
  echo force-unsafe-io | $as_root tee "$chroot/etc/dpkg/dpkg.cfg.d/unsafe-io" >/dev/null
  echo 'Binary::apt::APT::Keep-Downloaded-Packages "true";' | $as_root tee "$chroot/etc/apt/apt.conf.d/keep" >/dev/null
  if [ "$suite" != sid ]; then
    echo "deb $(mirror) $suite-updates main" | $as_root tee -a "$chroot/etc/apt/sources.list" >/dev/null
  fi
  touch "$folder/base.stamp"
}

# Makes $chroot a new copy of the base, which has apt's downloads of before.
copy_base() {
  $as_root rm -rf "$chroot" && $as_root cp -a "$folder/base" "$chroot" || return 1
  $as_root cp /etc/resolv.conf "$chroot/etc/resolv.conf"
  [ ! -d "$folder/archives" ] || $as_root cp -al "$folder/archives/." "$chroot/var/cache/apt/archives/"
  inside apt-get update -q
}

# Keeps what apt downloaded for other chroots and the next call.
keep_downloads() {
  $as_root mkdir -p "$folder/archives"
  $as_root cp -aln "$chroot"/var/cache/apt/archives/*.deb "$folder/archives/" 2>/dev/null
}

install() { inside DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; }

prepare_build_chroot() {
  local stamp
  stamp=$(sha256sum <debian/control)
  chroot=$folder/build
  [ "$(cat "$folder/build.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  rm -f "$folder/build.stamp"
  [ ! -d "$chroot/root/.cache/ccache" ] || $as_root mv "$chroot/root/.cache/ccache" "$folder/ccache"
  copy_base && install ccache lintian || return 1
  [ ! -d "$folder/ccache" ] ||
    { $as_root mkdir -p "$chroot/root/.cache" && $as_root mv "$folder/ccache" "$chroot/root/.cache/ccache"; }
  echo "$stamp" >"$folder/build.stamp"
}

# The tarball as $tarball, of a repository that has this checkout as it is.
make_tarball() {
  local folder=$work/packages/dist
  rm -rf "$folder" && mkdir -p "$folder/tree" && checkout | tar -x -C "$folder/tree" || return 1
  (
    cd "$folder/tree" && git init -q && git add -A &&
      git -c user.name=nobody -c user.email=nobody@localhost commit -q -m "This checkout" &&
      meson setup "$folder/build" -Dtests=disabled >"$folder/log" &&
      meson dist -C "$folder/build" --no-tests --formats gztar >>"$folder/log"
  ) || { cat "$folder/log"; return 1; }
  tarball=$(echo "$folder"/build/meson-dist/gst-naclip-*.tar.gz)
}

# With -F package.sh makes the source package, too. What it installs stays in this chroot.
build_packages() {
  local name status
  name=$(basename "$tarball" .tar.gz)
  $as_root rm -rf "$chroot/packages" "$chroot/src"
  $as_root mkdir "$chroot/packages" "$chroot/src"
  $as_root tar -x -f "$tarball" -C "$chroot/src" --strip-components=1
  $as_root cp "$tarball" "$chroot/packages/${name/gst-naclip-/gst-naclip_}.orig.tar.gz"
  # debhelper gives the build a home of its own.
  inside NACLIP_OUTPUT=/packages PATH="$ccache_path" CCACHE_DIR=/root/.cache/ccache \
    ${DEB_BUILD_OPTIONS:+DEB_BUILD_OPTIONS="$DEB_BUILD_OPTIONS"} /src/pipelines/package.sh -F
  status=$?
  keep_downloads
  return $status
}

look_with_lintian() { inside sh -c 'lintian --allow-root --fail-on error,warning --tag-display-limit 0 /packages/*.changes'; }

install_packages() {
  local status
  chroot=$folder/installed
  copy_base && $as_root mkdir "$chroot/packages" && $as_root cp "$folder"/build/packages/*.deb "$chroot/packages/" || return 1
  inside DEBIAN_FRONTEND=noninteractive sh -c 'apt install -q -y /packages/*.deb'
  status=$?
  keep_downloads
  return $status
}

# The lines of README's section "Packages" that follow the installation, and those of "Launch lines" that need no camera.
lines_of_readme() {
  awk '/^## /{section = $0} /^```/{code = !code; next}
       code && section == "## Packages" && !/apt install|package\.sh/
       code && section == "## Launch lines" && /^gst-launch-1\.0/ && !/v4l2src/' README.md
}
paste_readme() {
  lines_of_readme >"$work/packages/lines" && [ "$(wc -l <"$work/packages/lines")" -ge 8 ] || return 1
  $as_root cp "$work/packages/lines" "$chroot/root/lines"
  inside bash -exc 'mkdir -p /root/pasted; cd /root/pasted; . /root/lines; ls -l'
}

# The tests of debian/tests: they find the tools that they need by the packages that they name.
run_autopkgtests() {
  local line name result
  $as_root rm -rf "$chroot/src" && $as_root mkdir "$chroot/src" &&
    $as_root tar -x -f "$tarball" -C "$chroot/src" --strip-components=1 || return 1
  install autopkgtest || return 1
  inside sh -c 'autopkgtest --no-built-binaries --summary-file=/root/summary /src -- null'
  keep_downloads
  while read -r name result _; do
    case $result in
      PASS) ok "$suite: autopkgtest $name" ;;
      SKIP) skipped=$((skipped + 1)) ;;
      *) bad "$suite: autopkgtest $name" ;;
    esac
  done < <($as_root cat "$chroot/root/summary")
}

# Its first stage begins with the chroot that built the packages, which has what the compiler's cache saves time with.
carry_out_containerfile() {
  local status
  $as_root rm -rf "$folder/image"
  $as_root mkdir "$folder/image"
  $as_root python3 .ci/containerfile.py pipelines/Containerfile "$folder/build/src" "$folder/image" \
    "$folder/build" "$folder/base" -- "$folder/build/src/examples/demo:/models" --model /models/model.safetensors \
    --vocabulary 'ball; sky' --headless --output recorded.mkv --source 'launch:videotestsrc is-live=true num-buffers=20'
  status=$?
  $as_root rm -rf "$folder/image"
  return $status
}

mkdir -p "$work/packages" || exit 1
pipelines/install-dependencies.sh build || exit 1
step "The tarball"
suite=dist
check "meson dist" make_tarball || { sum_up; exit 1; }

[ $# -gt 0 ] || set -- bookworm trixie
for suite; do
  folder=$work/packages/$suite
  mkdir -p "$folder"
  step "Packages on $suite"
  check "chroots" eval 'make_base && prepare_build_chroot' && check "packages" build_packages || continue
  check "lintian" look_with_lintian
  step "Installed on $suite"
  check "installation" install_packages || continue
  check "README's lines" paste_readme
  run_autopkgtests || bad "$suite: autopkgtests"
  if [ "$suite" = trixie ]; then check "Containerfile" carry_out_containerfile; fi
done

sum_up
