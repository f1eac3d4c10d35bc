// From any thread to the main one.
#pragma once

#include <glib.h>

#include <functional>
#include <memory>
#include <utility>

namespace naclip::live::web {

/// What the main thread does while `owner` is there.
struct MainThreadTask {
  std::weak_ptr<void> owner;
  std::function<void()> work;
};

/// Calls `work` soon from the default main context, unless `owner` is gone by then.
inline void on_main_thread(std::weak_ptr<void> owner, std::function<void()> work) {
  g_idle_add_full(
      G_PRIORITY_DEFAULT,
      [](gpointer data) -> gboolean {
        const auto *task = static_cast<MainThreadTask *>(data);
        if (const auto alive = task->owner.lock()) task->work();
        return G_SOURCE_REMOVE;
      },
      new MainThreadTask{std::move(owner), std::move(work)},
      [](gpointer task) { delete static_cast<MainThreadTask *>(task); });
}

}  // namespace naclip::live::web
