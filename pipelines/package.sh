#!/bin/bash
# Builds the Debian packages on Debian 12 or 13 and leaves all .deb files in out/packages.
#
#   pipelines/package.sh [option of dpkg-buildpackage]...        default: -b
#
# Installs what building needs (as root or with sudo). NACLIP_OUTPUT names another folder. The version says which release
# the packages were built on, 0.1.0-1~deb12u1, so that an upgrade of Debian upgrades them, too. With -F or -S, which make
# a source package, that folder has to hold its tarball, gst-naclip_0.1.0.orig.tar.gz or .xz, as `meson dist`
# makes it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
output=$(realpath -m "${NACLIP_OUTPUT:-$root/out/packages}")
as_root=""
[ "$(id -u)" -eq 0 ] || as_root=sudo

fail() { echo "package.sh: $*" >&2; exit 1; }
[ $# -gt 0 ] || set -- -b
command -v apt-get >/dev/null || fail "this is no Debian: there is no apt-get"
. /etc/os-release
case ${ID:-} in
  debian) ;;
  *) fail "this is ${ID:-unknown}, not Debian, whose packages debian/control names" ;;
esac
[ -z "$as_root" ] || command -v sudo >/dev/null || fail "neither root nor sudo to install what building needs"

# What is there already needs neither the network nor any right.
if ! command -v dpkg-buildpackage >/dev/null || ! (cd "$root" && dpkg-checkbuilddeps 2>/dev/null); then
  install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" -q -y --no-install-recommends; }
  $as_root apt-get update -q
  install install build-essential
  (cd "$root" && install build-dep ./) # ./ has debian/control
fi

version=$(cd "$root" && dpkg-parsechangelog -S Version)
source=$output/gst-naclip-${version%-*}
rm -rf "$source"
rm -f "$output"/*.deb # of another version, which would be installed with the new ones
mkdir -p "$source"
tar -c -C "$root" --exclude-vcs --exclude='./build*' --exclude=./out . | tar -x -C "$source"

# Who builds on testing or sid gets the plain version.
if [ -n "${VERSION_ID:-}" ]; then
  date=$(cd "$root" && dpkg-parsechangelog -S Date)
  {
    echo "gst-naclip ($version~deb${VERSION_ID}u1) $VERSION_CODENAME; urgency=medium"
    echo
    echo "  * Built on Debian $VERSION_ID."
    echo
    # The same on every day, so that the packages are the same.
    echo " -- $(cd "$root" && dpkg-parsechangelog -S Maintainer)  $(LC_ALL=C date -R -u -d "$date + 1 second")"
    echo
    cat "$root/debian/changelog"
  } >"$source/debian/changelog"
fi

# Packages with debugging symbols would lie beside the others and be installed with them.
export DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-parallel=$(nproc)} noautodbgsym"
(cd "$source" && dpkg-buildpackage --no-sign "$@")
rm -rf "$source"
echo "the packages are in $output:"
(cd "$output" && ls ./*.deb)
echo "to install them: apt install $output/*.deb"
