# Sourced by the scripts: where the built elements, the models, the default video and the tasks of an archive are.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${NACLIP_BUILD:-$root/build}

# Lets GStreamer find what was built, unless the environment says where, as in `meson devenv`.
use_build() {
  if [ -z "${NACLIP_ENGINE:-}" ] && [ -e "$build/gst-plugin/libgstnaclip.so" ]; then
    export GST_PLUGIN_PATH="$build/gst-plugin${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
    # A registry of its own: a plugin that once failed to load is not remembered as broken.
    export GST_REGISTRY="${GST_REGISTRY:-$build/registry.bin}"
    export NACLIP_ENGINE="$build/model/libnaclip.so"
  fi
}

# Sets the build folder up, or anew, with these options of meson and those of NACLIP_MESON_OPTIONS.
set_up_build() {
  local more
  read -ra more <<<"${NACLIP_MESON_OPTIONS:-}"
  if [ -e "$build/build.ninja" ]; then
    meson configure "$build" "$@" "${more[@]}"
  else
    meson setup "$build" "$root" "$@" "${more[@]}"
  fi
}

# Exports a variable that names a folder of data that is not ours to give, where it lies beside the project.
find_shared() {
  local name=$1 folder=$root/../shared/$2
  [ -z "${!name:-}" ] && [ -d "$folder" ] || return 0
  export "$name=$(cd "$folder" && pwd)"
}

# The model that is used where none is named: small, and it knows only its own words. Where these scripts are installed
# without the demo beside them, it is that of Debian's package naclip-demo.
default_model() {
  local model=$root/examples/demo/model.safetensors
  [ -e "$model" ] || model=/usr/share/naclip-demo/model.safetensors
  echo "$model"
}

# Prints a property's value as gst-launch-1.0 reads it again. White space, quotes and backslashes come through its two
# parsers in one form alone: GStreamer's wrapped string, here with each byte in octal.
wrapped() {
  local octal
  if [[ $1 =~ [[:space:]\"\'\\] || -z $1 ]]; then
    octal=$(printf %s "$1" | od -An -v -to1 | tr -d '\n')
    printf %s "\\\"${octal// /\\\\}\\\""
  else
    printf %s "$1"
  fi
}

# Decodes a file's first frame and prints all that GStreamer says meanwhile; fails where it cannot. Whatever is first
# ends it: a branch for one kind of stream would wait for ever in a short file that has none. It ends as soon as that frame
# or an error is there, by closing gst-launch-1.0's output: on a busy machine GStreamer 1.26 misses the end of one stream in
# a thousand, and gst-launch-1.0 an error that comes before its main loop runs.
look_into() {
  local said
  said=$(LC_ALL=C gst-launch-1.0 -v -m filesrc location="$(wrapped "$1")" ! decodebin ! fakesink num-buffers=1 2>&1 |
    sed '/^Pipeline is PREROLLED/q; /^ERROR: pipeline/q') || true
  printf '%s\n' "$said"
  grep -q '^Pipeline is PREROLLED' <<<"$said"
}

# Whether what look_into printed tells of pictures, and of an audio track.
holds_picture() { grep -q ': caps = video/x-raw' <<<"$1"; }
holds_sound() { grep -q 'MultiQueuePad:.*: caps = audio/' <<<"$1"; }

# Prints where the street camera video of Debian's package opencv-doc is. The package unpacks to 300 MB, and
# container images leave its folder out, so where it is not installed the one file is taken out of it.
default_video() {
  local inside=usr/share/doc/opencv-doc/examples/data/vtest.avi
  local taken="$build/vtest.avi" as_root=""
  if [ -e "/$inside" ]; then
    echo "/$inside"
    return
  fi
  if [ ! -e "$taken" ]; then
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    local folder
    folder=$(mktemp -d)
    (
      cd "$folder"
      apt-get download -q opencv-doc || { $as_root apt-get update -q && apt-get download -q opencv-doc; }
      dpkg-deb --fsys-tarfile opencv-doc_*.deb | tar -xO "./$inside" >vtest.avi
      mkdir -p "$build"
      mv vtest.avi "$taken"
    ) >&2 || { rm -rf "$folder"; return 1; }
    rm -rf "$folder"
  fi
  echo "$taken"
}

# Sets `tasks` to the file tasks.jsonl that is named, or whose folder is, and `count` to how many tasks it has.
find_tasks() {
  tasks=$1
  [ ! -d "$tasks" ] || tasks=$tasks/tasks.jsonl
  [ -s "$tasks" ] || { echo "${0##*/}: there is no $tasks; \`naclip-archive plan\` writes it" >&2; return 1; }
  command -v naclip-archive >/dev/null ||
    { echo "${0##*/}: there is no naclip-archive on PATH: install it, or enter \`meson devenv -C build\`" >&2; return 1; }
  tasks=$(realpath "$tasks")
  count=$(wc -l <"$tasks")
}
