#include "model/stages/score.h"

#include "model/plain/score.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

// Windows encoded at once: bounds the activations' memory (ViT-B/16, 64 windows of 197 tokens: 0.5
// GB at its widest); a CPU is busy with a few.
constexpr std::int64_t kWindowsPerBatch = 64;

}  // namespace

WindowFeatures encode_windows(ClipVision &vision, const at::Tensor &input,
                              const InferenceOptions &options) {
  WindowFeatures result;
  result.height = input.size(2);
  result.width = input.size(3);
  result.windows =
      windows_of(result.height, result.width, options.window_size, options.window_stride);
  const at::Tensor crops = result.windows.size() == 1 ? input : crop_windows(input, result.windows);
  result.rows = crops.size(2) / vision.patch();
  result.columns = crops.size(3) / vision.patch();
  std::vector<at::Tensor> batches;
  for (const at::Tensor &batch : crops.split(kWindowsPerBatch))
    batches.push_back(vision.encode(batch));
  result.features = batches.size() == 1 ? batches[0] : at::cat(batches);
  return result;
}

std::int64_t score_bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                         std::int64_t patch, const InferenceOptions &options) {
  const auto windows = windows_of(height, width, options.window_size, options.window_stride);
  const auto count = static_cast<std::int64_t>(windows.size());
  // The patches' scores, and these in dense lines.
  std::int64_t floats =
      2 * count * queries * (windows[0].height / patch) * (windows[0].width / patch);
  if (count > 1) floats += ScoreLines::floats(queries, height, width, 0);
  return floats * static_cast<std::int64_t>(sizeof(float));
}

at::Tensor score(const WindowFeatures &batch, std::int64_t index, const at::Tensor &queries) {
  const auto count = static_cast<std::int64_t>(batch.windows.size());
  const at::Tensor scores = plain::patch_scores(batch.features.narrow(0, index * count, count),
                                                queries, batch.rows, batch.columns);
  return count == 1 ? scores : stitch_windows(scores, batch.windows, batch.height, batch.width);
}

}  // namespace naclip
