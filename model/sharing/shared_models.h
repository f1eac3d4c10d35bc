// One loaded model for all who ask for the same one in this process. Needs no libtorch.
#pragma once

#include <functional>
#include <memory>

#include "model/segmenter.h"
#include "model/sharing/scheduler.h"

namespace naclip {

/// A loaded model and the scheduler of all streams on it. The last one to let go frees both.
struct SharedModel {
  explicit SharedModel(std::unique_ptr<Segmenter> loaded)
      : segmenter(std::move(loaded)), scheduler(segmenter) {}

  const std::shared_ptr<Segmenter> segmenter;
  Scheduler scheduler;
};

/// Loads a model; as naclip::load_segmenter().
using LoadModel = std::function<std::unique_ptr<Segmenter>(const ModelOptions &)>;

/// The model that `options` ask for: the one already loaded for equal options and the same file,
/// else loaded now. Concurrent calls load it once. A file that was replaced since is another model;
/// users of the old one keep it. ModelOptions::log is not compared: the first caller's is used, and
/// may be called as long as the model exists. Throws what `load` throws, and
/// Error{kSettings | kNotFound} as resolve_model() does.
std::shared_ptr<SharedModel> share_model(const ModelOptions &options, const LoadModel &load);

}  // namespace naclip
