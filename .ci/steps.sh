# Sourced by .ci/run, .ci/nightly and .ci/packages.sh in the project's root: steps whose results are added up, and
# chroots of other Debian releases to run tests in, which need root or sudo. Chroots and logs live under NACLIP_CI_DIR
# (default: naclip-ci in TMPDIR or /var/tmp).
. pipelines/environment.sh
work=${NACLIP_CI_DIR:-${TMPDIR:-/var/tmp}/naclip-ci}
as_root=""
[ "$(id -u)" -eq 0 ] || as_root=sudo
# What ccache may assume, where it is installed: builds are in the checkout, so that another checkout has the same paths
# seen from there; and precompiled headers are ours alone, with neither date nor time in them.
export CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
# Of what describes a program to a debugger only the lines, which saves a third of the compiler's time.
lines_only=-Dcpp_args=-g1
passed=0 failed=0 skipped=0
logs=() # of the steps that were counted

step() { echo; echo "=== $*"; }

# Adds the closing line of a log; a run that has none, or that failed in silence, counts as one failure.
count() {
  local log=$1 status=$2 line
  logs+=("${log##*/}")
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + BASH_REMATCH[3]))
    [ "$status" -eq 0 ] || [ "${BASH_REMATCH[2]}" -ne 0 ] || failed=$((failed + 1))
  else
    failed=$((failed + 1))
  fi
}

# The last step: prints all that failed, for who sees the end alone, and the sum. Its status is the script's.
sum_up() {
  local log
  step "All"
  for log in "${logs[@]}"; do
    sed -n "s#^failed  *#failed (${log%.log}) #p" "$work/$log"
  done
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# Where this system has its packages from; empty where it is not a Debian.
mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Identifier: Packages' 2>/dev/null |
    sed -n 's/^Debian|Debian|//p' | head -n 1
}

# Makes the folder $chroot a Debian of this suite in which no service starts.
bootstrap() {
  $as_root rm -rf "$chroot"
  $as_root debootstrap --variant=minbase "$1" "$chroot" $(mirror) || return 1
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$chroot/usr/sbin/policy-rc.d" >/dev/null
  $as_root chmod +x "$chroot/usr/sbin/policy-rc.d"
}

# Installs what the tests need in $chroot, and ccache for the next run.
install_dependencies() {
  $as_root cp pipelines/install-dependencies.sh "$chroot/root/"
  inside /root/install-dependencies.sh all-tests || return 1
  inside DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ccache ||
    echo "no ccache: the next run takes longer" >&2
  $as_root chroot "$chroot" apt-get clean
}

# This checkout, with what is not committed yet, as a tar archive.
checkout() { git ls-files -z --cached --others --exclude-standard | tar --null -T - -c --ignore-failed-read; }

# Lays this checkout into $chroot as /src, and the video that tests use beside it.
lay_sources() {
  $as_root cp /etc/resolv.conf "$chroot/etc/resolv.conf"
  $as_root rm -rf "$chroot/src" && $as_root mkdir "$chroot/src" || return 1
  checkout | $as_root tar -x -C "$chroot/src" || return 1
  local video
  video=$(default_video) && $as_root cp "$video" "$chroot/root/vtest.avi"
}

# Makes $chroot a Debian 13 with this checkout; what is installed there stays while the list of packages is the same.
prepare_debian13() {
  local stamp
  chroot=$work/debian13
  stamp=$(sha256sum <pipelines/install-dependencies.sh)
  if [ "$(cat "$chroot.stamp" 2>/dev/null)" != "$stamp" ]; then
    $as_root rm -f "$chroot.stamp"
    bootstrap trixie && install_dependencies || return 1
    echo "$stamp" >"$chroot.stamp"
  fi
  lay_sources
}

# Runs a command in $chroot. The mounts are this command's own and go with it.
inside() {
  $as_root unshare --mount sh -c '
    mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm" &&
      root=$0 && exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        CCACHE_SLOPPINESS="$CCACHE_SLOPPINESS" NACLIP_STREET_VIDEO=/root/vtest.avi "$@"' "$chroot" "$@"
}
