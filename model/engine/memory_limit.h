// Refuses a frame whose scores do not fit the machine's memory, before the machine does.
#pragma once

#include <cstdint>
#include <functional>

#include "model/machine/available_memory.h"
#include "model/options.h"
#include "model/stages/preprocess.h"

namespace naclip {

/// What the memory of one frame's scores depends on.
struct FrameShape {
  std::int64_t words;  // words
  PictureSize frame;
  std::int64_t patch;  // side of the model's patches, pixels
  InferenceOptions options;
  double pixel_aspect = 1.0;  // of the frame
  int pair_matrices = 0;      // ClipVision::pair_matrices()
};

/// Bytes that the frame's scores, their refinement and smoothing, and comparisons of all patches take
/// on the CPU at most.
std::int64_t frame_bytes(const FrameShape &shape);

/// The limit for one model's frames. Used by one thread at a time.
class MemoryLimit {
 public:
  /// `available` tells how many bytes there are.
  explicit MemoryLimit(std::function<std::int64_t()> available = [] { return available_memory(); })
      : available_(std::move(available)) {}

  /// Throws Error{kMemory} where the frame takes more than three quarters of the memory that there
  /// is; it says what would fit. What was granted once is not asked for again: the memory is kept
  /// from frame to frame.
  void require_fit(const FrameShape &shape);

 private:
  std::function<std::int64_t()> available_;
  std::int64_t granted_ = 0;
};

}  // namespace naclip
