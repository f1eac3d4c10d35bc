#include "model/engine/memory_limit.h"

#include <glib.h>
#include <limits>

#include <string>
#include <vector>

#include "model/stages/refine.h"
#include "model/stages/score.h"
#include "model/stages/smooth.h"
#include "model/stages/tlp.h"

namespace naclip {

namespace {

std::string gigabytes(std::int64_t bytes) {
  g_autofree gchar *text = g_strdup_printf("%.1f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

/// The largest of 0 .. most with which `fits`, where all below it fit too.
template <class Fits>
std::int64_t largest(std::int64_t most, Fits fits) {
  std::int64_t least = 0;
  while (least < most) {
    const std::int64_t middle = least + (most - least + 1) / 2;
    if (fits(middle))
      least = middle;
    else
      most = middle - 1;
  }
  return least;
}

/// The changes of one setting with which the frame would fit, as a user writes them.
std::vector<std::string> remedies(const FrameShape &shape, std::int64_t limit) {
  const auto fits = [&](auto change) {
    FrameShape changed = shape;
    change(changed);
    return frame_bytes(changed) <= limit;
  };
  std::vector<std::string> found;
  const std::int64_t words = largest(
      shape.words, [&](std::int64_t n) { return fits([&](FrameShape &s) { s.words = n; }); });
  if (words > 0) found.push_back("at most " + std::to_string(words) + " words");
  const std::int64_t side = largest(shape.options.input_size, [&](std::int64_t n) {
    return fits([&](FrameShape &s) { s.options.input_size = static_cast<int>(n); });
  });
  if (side >= shape.patch) found.push_back("input-size=" + std::to_string(side));
  if (shape.options.pamr_steps() > 0 && fits([](FrameShape &s) { s.options.refine_steps = 0; }))
    found.emplace_back("refine-steps=0");
  if (shape.options.mask_size == MaskSize::kFrame &&
      fits([](FrameShape &s) { s.options.mask_size = MaskSize::kInput; }))
    found.emplace_back("mask-size=input");
  return found;
}

}  // namespace

std::int64_t frame_bytes(const FrameShape &shape) {
  const InferenceOptions &options = shape.options;
  const PictureSize input = network_input_size(shape.frame, options.input_size,
                                               static_cast<int>(shape.patch), shape.pixel_aspect);
  const PictureSize mask = options.mask_size == MaskSize::kFrame ? shape.frame : input;
  std::int64_t bytes = score_bytes(shape.words, input.height, input.width, shape.patch, options);
  bytes += shape.pair_matrices * static_cast<std::int64_t>(sizeof(float)) *
           pairs_at_once(input.height, input.width, shape.patch, options);
  if (options.uses_tlp())
    bytes += Propagator::bytes(shape.words, mask.height, mask.width, options.tlp_grid);
  if (options.pamr_steps() > 0)
    bytes += Refiner::bytes(shape.words, mask.height, mask.width, options.refine_dilations);
  if (options.smoothing > 0.0) {
    // Of the size that the scores have by then: the patches' grid is never larger than the input.
    PictureSize smoothed = options.pamr_steps() > 0 ? mask : input;
    if (options.refine == Refine::kTlp)
      smoothed = {static_cast<int>(Propagator::samples(mask.height, options.tlp_grid)),
                  static_cast<int>(Propagator::samples(mask.width, options.tlp_grid))};
    bytes += ScoreSmoother::bytes(shape.words, smoothed.height, smoothed.width);
  }
  return bytes;
}

void MemoryLimit::require_fit(const FrameShape &shape) {
  const std::int64_t needed = frame_bytes(shape);
  if (needed <= granted_) return;
  const std::int64_t free = available_();
  // It may be the greatest number there is, where the system does not tell.
  const std::int64_t available =
      free > std::numeric_limits<std::int64_t>::max() - granted_ ? free : free + granted_;
  const std::int64_t limit = available / 4 * 3;
  if (needed <= limit) {
    granted_ = needed;
    return;
  }
  std::string text = std::to_string(shape.words) +
                     " words at input-size=" + std::to_string(shape.options.input_size) + " need " +
                     gigabytes(needed) + " of memory a frame, and " + gigabytes(limit) +
                     " can be had";
  std::string separator = ": take ";
  for (const std::string &remedy : remedies(shape, limit)) {
    text += separator + remedy;
    separator = ", or ";
  }
  throw Error(ErrorKind::kMemory, text, gigabytes(available) + " are available");
}

}  // namespace naclip
