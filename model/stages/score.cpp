#include "model/stages/score.h"

#include <algorithm>

#include "model/plain/score.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

// Windows encoded at once: bounds the activations' memory (ViT-B/16, 64 windows of 197 tokens: 0.5
// GB at its widest); a CPU is busy with a few.
constexpr std::int64_t kWindowsPerBatch = 64;

}  // namespace

WindowPlan::WindowPlan(std::int64_t picture_height, std::int64_t picture_width, std::int64_t patch,
                       const InferenceOptions &options)
    : height(picture_height),
      width(picture_width),
      windows(windows_of(height, width, options.window_size, options.window_stride)),
      rows(windows.front().height / patch),
      columns(windows.front().width / patch) {}

at::Tensor encode_windows(ClipVision &vision, const at::Tensor &pictures, const WindowPlan &plan) {
  const at::Tensor crops =
      plan.windows.size() == 1 ? pictures : crop_windows(pictures, plan.windows);
  std::vector<at::Tensor> batches;
  for (const at::Tensor &batch : crops.split(kWindowsPerBatch))
    batches.push_back(plain::patch_directions(vision.encode(batch)));
  return batches.size() == 1 ? batches[0] : at::cat(batches);
}

std::int64_t pairs_at_once(std::int64_t height, std::int64_t width, std::int64_t patch,
                           const InferenceOptions &options) {
  const WindowPlan plan(height, width, patch, options);
  const auto windows = static_cast<std::int64_t>(plan.windows.size());
  const std::int64_t patches = plan.rows * plan.columns;
  return std::min(windows, kWindowsPerBatch) * patches * patches;
}

std::int64_t score_bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                         std::int64_t patch, const InferenceOptions &options) {
  const WindowPlan plan(height, width, patch, options);
  const auto count = static_cast<std::int64_t>(plan.windows.size());
  // The patches' scores, and these in dense lines.
  std::int64_t floats = 2 * count * queries * plan.rows * plan.columns;
  if (count > 1) floats += ScoreLines::floats(queries, height, width, 0);
  return floats * static_cast<std::int64_t>(sizeof(float));
}

at::Tensor score(const at::Tensor &directions, const WindowPlan &plan, std::int64_t first,
                 std::int64_t count, const at::Tensor &queries) {
  const auto windows = static_cast<std::int64_t>(plan.windows.size());
  const at::Tensor scores = plain::patch_scores(
      directions.narrow(0, first * windows, count * windows), queries, plan.rows, plan.columns);
  return windows == 1 ? scores : stitch_windows(scores, plan.windows, plan.height, plan.width);
}

}  // namespace naclip
