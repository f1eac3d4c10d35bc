// Static objects that outlive the threads that use them.
#pragma once

namespace naclip {

enum class Libraries {
  kComputing,  ///< libtorch, oneDNN, OpenCV and oneTBB, whose code runs on our threads
  kStarting,   ///< these and all that the loader is starting together with libnaclip
};

/// From here on these libraries' static objects are not destroyed, and their handlers of atexit()
/// not called, where they were not registered before. exit() calls first what was registered last:
/// what a thread of ours made a moment ago would be destroyed under that thread before any handler
/// of ours could stop it. The libraries are never unloaded, and their memory goes with the process.
[[gnu::visibility("default")]] void keep_static_objects(Libraries libraries) noexcept;

}  // namespace naclip
