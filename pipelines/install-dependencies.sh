#!/bin/sh
# Installs what gst-naclip needs from Debian 12 or 13, and only what is missing.
#
#   pipelines/install-dependencies.sh [build|demo|tests|all-tests|bench|checks]...
#
# `demo` holds `build`, `tests` holds `demo`; `all-tests` and `bench` hold `tests`, `checks` holds `all-tests`: it adds
# what tests are skipped without, a browser, Jupyter, and what runs the tasks of naclip-archive. Where nothing is missing,
# neither apt nor the network nor any right is needed.
set -eu

say() { echo "install-dependencies: $*" >&2; }

release=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}${VERSION_ID:+ $VERSION_ID}") || release=unknown
case $release in
  "debian 12" | "debian 13") ;;
  debian) say "this is Debian testing or unstable (it has no VERSION_ID), not Debian 12 or 13: trying their package names" ;;
  *) say "this is ${release}, not Debian 12 or 13: trying with Debian's package names" ;;
esac

build="meson ninja-build pkg-config g++ libtorch-dev libdnnl-dev libopenblas0-openmp
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libopencv-core-dev libopencv-imgproc-dev
  libopencv-video-dev libpango1.0-dev libjson-glib-dev libzip-dev zlib1g-dev libcurl4-openssl-dev libgdk-pixbuf-2.0-dev libpng-dev
  libgstrtspserver-1.0-dev libgstreamer-plugins-bad1.0-dev libsoup-3.0-dev libmosquitto-dev librdkafka-dev"
demo="gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-libav gstreamer1.0-rtsp gstreamer1.0-nice gstreamer1.0-x glib-networking fonts-dejavu-core"
tests="libgtest-dev gobject-introspection libgirepository1.0-dev
  gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 python3-gi python3-numpy python3-pil valgrind
  mosquitto mosquitto-clients openssl python3-jsonschema"
all_tests="chromium chromium-driver python3-selenium jupyter-nbconvert python3-ipykernel python3-matplotlib
  parallel slurmctld slurmd python3-kubernetes"
# libblas-dev keeps python3-pythran, which these need, from bringing OpenBLAS with threads of its own.
bench="python3-torch python3-numpy python3-matplotlib libblas-dev"
checks="git debootstrap abigail-tools"

wanted=""
[ $# -gt 0 ] || set -- demo
for set_name; do
  case $set_name in
    build) wanted="$wanted $build" ;;
    demo) wanted="$wanted $build $demo" ;;
    tests) wanted="$wanted $build $demo $tests" ;;
    bench) wanted="$wanted $build $demo $tests $bench" ;;
    all-tests) wanted="$wanted $build $demo $tests $all_tests" ;;
    checks)
      wanted="$wanted $build $demo $tests $all_tests $checks"
      case $release in
        "debian 12") wanted="$wanted clang-format-14 clang-tidy-14" ;;
        *) say "clang-format 14 and clang-tidy 14, which look at the style, are packages of Debian 12 alone" ;;
      esac
      ;;
    *) say "no set of packages is called $set_name: build, demo, tests, all-tests, bench or checks"; exit 2 ;;
  esac
done

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

command -v dpkg-query >/dev/null || {
  say "no dpkg here; install by hand what these packages of Debian hold:" $wanted
  exit 1
}
missing=""
for package in $wanted; do
  is_installed "$package" || case " $missing " in
    *" $package "*) ;;
    *) missing="$missing $package" ;;
  esac
done

if [ -n "$missing" ]; then
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    # Without a terminal sudo cannot ask for a password.
    if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      as_root=sudo
    else
      say "missing, and neither root nor sudo to install it. As root:"
      say "  apt-get install --no-install-recommends$missing"
      exit 1
    fi
  fi
  say "installing$missing"
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
fi

# It is not there where this script was copied alone.
check_blas=$(dirname "$0")/check-blas.sh
[ ! -e "$check_blas" ] || sh "$check_blas"
