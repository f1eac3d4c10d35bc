#!/bin/bash
# Builds libnaclip with its CUDA part against pip's libtorch and an installed CUDA toolkit, compiles the kernels with
# NVRTC, and runs the tests that need no GPU; likewise naclipoverlay with GstCuda, on a stand-in for the driver.
#
#   .ci/cuda.sh [folder]        where downloads are kept; default: naclip-ci/cuda in TMPDIR or /var/tmp
#
# Downloads once: torch's wheel without its dependencies (500 MB), and those libraries it cannot start without that
# neither the system nor the toolkit has. Where there is no toolkit, no pip or no network it says so and counts one
# skipped. NACLIP_TORCH names another version of torch. Ends with `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."
work=$(realpath -m "${1:-${NACLIP_CI_DIR:-${TMPDIR:-/var/tmp}/naclip-ci}/cuda}")
wanted=${NACLIP_TORCH:-2.11.*}
toolkit=${CUDA_HOME:-/usr/local/cuda}
site=$work/site # laid out as pip's site-packages, so that torch finds its libraries
build=$PWD/build-cuda

say() { echo "cuda.sh: $*" >&2; }
skip() {
  say "skipped: $*"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
fail() {
  say "$*"
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

# A package without its dependencies, unpacked beside the others.
fetch() {
  local wheels=$work/wheels
  rm -rf "$wheels"
  python3 -m pip download -q --no-deps --only-binary :all: -d "$wheels" "$1" >&2 || return 1
  mkdir -p "$site"
  for wheel in "$wheels"/*.whl; do python3 -m zipfile -e "$wheel" "$site" || return 1; done
  rm -rf "$wheels"
}

# The version that this torch asks for, as pip writes it; any where it does not say.
pinned() {
  local line
  line=$(grep -hoE "^Requires-Dist: $1==[0-9.]+" "$site"/torch-*.dist-info/METADATA | head -n 1)
  echo "${line:+${line#Requires-Dist: }}"
}

missing_libraries() { ldd "$1" | sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u; }

[ -x "$toolkit/bin/nvcc" ] && [ -e "$toolkit/include/cuda_runtime_api.h" ] ||
  skip "no CUDA toolkit in $toolkit (CUDA_HOME names another)"
python3 -m pip --version >/dev/null 2>&1 || skip "python3 has no pip to fetch torch with"
mkdir -p "$work" || fail "cannot write to $work"

if [ "$(cat "$work/torch.stamp" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$site" "$build" "$work/torch.stamp"
  say "fetching torch $wanted"
  fetch "torch==$wanted" || skip "torch $wanted could not be fetched"
  echo "$wanted" >"$work/torch.stamp"
fi

of_torch=$(sed -n "s/^cuda.*'\([0-9]*\.[0-9]*\).*'$/\1/p" "$site/torch/version.py")
of_toolkit=$("$toolkit/bin/nvcc" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')
[ -n "$of_torch" ] || fail "this torch was built without CUDA"
[ "$of_torch" = "$of_toolkit" ] ||
  skip "torch was built with CUDA $of_torch, the toolkit in $toolkit is $of_toolkit"

# What torch links beyond the toolkit. The libraries are opened with the program, GPU or not.
export LD_LIBRARY_PATH=$toolkit/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
declare -A package_of=(
  [libcudnn.so.9]=nvidia-cudnn-cu13 [libnccl.so.2]=nvidia-nccl-cu13 [libcusparseLt.so.0]=nvidia-cusparselt-cu13
  [libnvshmem_host.so.3]=nvidia-nvshmem-cu13 [libcufile.so.0]=nvidia-cufile)
for library in $(missing_libraries "$site/torch/lib/libtorch_cuda.so"); do
  package=${package_of[$library]:-}
  [ -n "$package" ] || continue
  version=$(pinned "$package")
  say "fetching ${version:-$package} for $library"
  fetch "${version:-$package}" || say "$package could not be fetched"
done

[ -e "$build/build.ninja" ] || {
  rm -rf "$build"
  meson setup "$build" -Dlibtorch="$site/torch" -Dplugin=disabled -Dtools=disabled -Dtests=enabled -Dwerror=true -Dcpp_args=-g1 ||
    fail "the CUDA build could not be set up"
}
grep -q -- -DNACLIP_CUDA "$build/build.ninja" || fail "the build was set up without its CUDA part"
ninja -C "$build" build.ninja || fail "the CUDA build could not be set up" # programs may have come or gone
mapfile -t programs < <(ninja -C "$build" -t targets all | sed -nE 's#^(tests/(test-(model|parity)-[^.:/]+|model/cuda-benchmark|model/lib[^:/]+\.so)):.*#\1#p')
[ ${#programs[@]} -gt 0 ] || fail "the build has no tests"
ninja -C "$build" model/libnaclip.so.0 "${programs[@]}" || fail "the CUDA build failed"

engine=$build/model/libnaclip.so.0
# Not through a pipe: nm dies of grep's leaving early, which pipefail takes for a failure.
grep -q CUDAGraph <<<"$(nm -D --undefined-only "$engine")" || fail "$engine has no CUDA part"
needed=$(missing_libraries "$engine")
if [ -n "$needed" ]; then
  say "linked, but these libraries are not here, so that nothing can be run:" $needed
  echo "1 passed, 0 failed, 1 skipped"
  exit 0
fi
say "linked; all libraries are here but for the driver's libcuda.so.1, which is opened when a GPU is used"

# GstCuda's development package brings all of OpenCV's on Debian 12, so that its headers are only unpacked.
gst_cuda_flags() {
  pkg-config --exists gstreamer-video-1.0 || return 1
  pkg-config --cflags gstreamer-cuda-1.0 2>/dev/null && return
  local unpacked=$work/gst
  [ -d "$unpacked/usr" ] || {
    rm -rf "$unpacked" && mkdir -p "$unpacked" &&
      (cd "$unpacked" && apt-get download -q libgstreamer-plugins-bad1.0-dev && dpkg-deb -x ./*.deb .) >&2 || return 1
  }
  echo "-isystem $unpacked/usr/include/gstreamer-1.0 $(pkg-config --cflags gstreamer-video-1.0)"
}
gst_cuda_files=(elements/support/cuda_frame.cpp elements/overlay/cuda_drawing.cpp)
if flags=$(gst_cuda_flags); then
  for file in "${gst_cuda_files[@]}"; do
    c++ -std=c++20 -Wall -Wextra -Wno-unused-parameter -Werror -fsyntax-only -I. -Igst-plugin $flags -isystem "$toolkit/include" \
      "$file" || fail "$file does not compile against GstCuda"
    say "$file compiles against GstCuda's headers"
  done
else
  say "no headers of GstCuda: these were not compiled: ${gst_cuda_files[*]}"
fi

# The plugin with the unpacked GstCuda, to draw on its memory on a stand-in for the driver.
gst_build=$PWD/build-cuda-gst
set_up_gst_build() {
  local library
  [ ! -e "$gst_build/build.ninja" ] || return 0
  if ! pkg-config --exists gstreamer-cuda-1.0; then
    library=$(ldconfig -p | sed -n 's/.*libgstcuda-1\.0\.so\.0 .*=> //p' | head -n 1)
    [ -n "$library" ] && [ -d "$work/gst/usr" ] || return 1
    ln -sf "$library" "$work/gst/libgstcuda-1.0.so"
    cat >"$work/gst/gstreamer-cuda-1.0.pc" <<END
Name: gstreamer-cuda-1.0
Description: unpacked, not installed
Version: $(pkg-config --modversion gstreamer-video-1.0)
Requires: gstreamer-base-1.0 gstreamer-video-1.0
Libs: -L$work/gst -lgstcuda-1.0
Cflags: -I$work/gst/usr/include/gstreamer-1.0
END
  fi
  rm -rf "$gst_build"
  PKG_CONFIG_PATH=$work/gst${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} meson setup "$gst_build" \
    -Dengine=disabled -Dtools=disabled -Dexamples=disabled -Dtests=enabled -Dwerror=true -Dcpp_args=-g1 >&2 || return 1
}
if set_up_gst_build; then
  ninja -C "$gst_build" tests/test-elements-overlay_cuda || fail "the test of drawing with GstCuda could not be built"
  rm -f "$gst_build"/*.xml
  meson test -C "$gst_build" --no-rebuild --print-errorlogs overlay_cuda || fail "drawing with GstCuda failed"
else
  say "no library of GstCuda, or the plugin cannot be built: drawing with it was not tested"
fi

rm -f "$build"/*.xml "$build"/meson-logs/testlog.{json,junit.xml}
status=0
meson test -C "$build" --no-rebuild --print-errorlogs --suite model --suite parity || status=$?
counted=0
python3 tests/count_results.py "$build" || counted=$?
[ "$status" -eq 0 ] || exit "$status"
exit "$counted"
