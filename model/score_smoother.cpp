#include "score_smoother.h"

namespace naclip {

namespace {

// 255 levels times the mean of CLIP's three standard deviations: a normalised picture's unit, in levels.
constexpr double kLevels = 255.0 * 0.2688;

Thumbnail thumbnail_of(const at::Tensor &picture) {
  const ThumbnailSize size =
      thumbnail_size(static_cast<int>(picture.size(2)), static_cast<int>(picture.size(3)));
  const at::Tensor small = at::adaptive_avg_pool2d(picture, {size.height, size.width})
                               .mul_(kLevels)
                               .to(at::kCPU, at::kFloat)
                               .contiguous();
  Thumbnail thumbnail{static_cast<int>(small.size(1)), size.height, size.width, {}};
  thumbnail.values.assign(small.data_ptr<float>(), small.data_ptr<float>() + small.numel());
  return thumbnail;
}

}  // namespace

at::Tensor ScoreSmoother::smooth(const at::Tensor &scores, const at::Tensor &picture,
                                 const void *queries, double factor) {
  if (factor <= 0.0) {
    reset();
    return scores;
  }
  const at::NoGradGuard no_grad;
  Thumbnail thumbnail = thumbnail_of(picture);
  const bool continues = mean_.defined() && queries == queries_ &&
                         mean_.sizes() == scores.sizes() && mean_.device() == scores.device() &&
                         !is_scene_cut(thumbnail_, thumbnail);
  thumbnail_ = std::move(thumbnail);
  queries_ = queries;
  if (continues)
    mean_.lerp_(scores, 1.0 - factor);
  else
    mean_ = scores.clone(at::MemoryFormat::Contiguous);
  return mean_;
}

void ScoreSmoother::reset() {
  mean_ = at::Tensor();
  thumbnail_ = {};
  queries_ = nullptr;
}

}  // namespace naclip
