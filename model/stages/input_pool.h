// Memory of the network's inputs, used again from frame to frame.
#pragma once

#include <ATen/ATen.h>

#include <deque>
#include <memory>
#include <mutex>

#include "model/stages/preprocess.h"

namespace naclip {

/// Works around glibc before 2.38, which does not reuse aligned blocks where several threads take
/// and free them, as streams do with each frame: the heap would grow without a limit. Thread-safe.
class InputPool : public std::enable_shared_from_this<InputPool> {
 public:
  /// [1, 3, height, width] float32 on the CPU, not initialised; comes back by itself once its last
  /// copy is gone.
  at::Tensor take(PictureSize size);

 private:
  void give_back(std::unique_ptr<float[]> memory, PictureSize size);

  struct Spare {
    PictureSize size;
    std::unique_ptr<float[]> memory;
  };
  std::mutex mutex_;
  std::deque<Spare> spares_;  // the longest unused first
};

}  // namespace naclip
