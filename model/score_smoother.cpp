#include "score_smoother.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace naclip {

namespace {

// 255 levels times the mean of CLIP's three standard deviations: a normalised picture's unit, in levels.
constexpr double kLevels = 255.0 * 0.2688;
double env(const char *name, double value) {
  const char *e = std::getenv(name);
  return e ? std::atof(e) : value;
}

FlowPicture flow_picture(const at::Tensor &picture) {
  at::Tensor grey =
      (picture.select(1, 0) * 0.299 + picture.select(1, 1) * 0.587 + picture.select(1, 2) * 0.114)
          .mul_(kLevels)
          .add_(0.45 * 255)
          .unsqueeze(1);
  const std::int64_t f =
      std::max<std::int64_t>(1, std::lround(std::min(grey.size(2), grey.size(3)) / 120.0));
  if (f > 1) grey = at::avg_pool2d(grey, {f, f}, {f, f});
  grey = grey.round().clamp(0, 255).to(at::kCPU, at::kByte).contiguous();
  Picture p;
  p.format = PixelFormat::kGray8;
  p.width = grey.size(3);
  p.height = grey.size(2);
  p.planes[0] = grey.data_ptr<std::uint8_t>();
  p.strides[0] = p.width;
  return FlowPicture::of(p);
}

at::Tensor grid_of(const FlowField &field, const at::Tensor &like) {
  at::Tensor flow = at::from_blob(const_cast<float *>(field.offsets),
                                  {1, field.height, field.width, 2}, at::kFloat)
                        .to(like.device());
  flow = flow.permute({0, 3, 1, 2});
  const std::int64_t h = like.size(2), w = like.size(3);
  flow = at::upsample_bilinear2d(flow.contiguous(), {h, w}, false);
  const at::Tensor x = (at::arange(w, like.options()) + 0.5) * (2.0 / w) - 1.0;
  const at::Tensor y = (at::arange(h, like.options()) + 0.5) * (2.0 / h) - 1.0;
  return at::stack({x.unsqueeze(0) + flow.select(1, 0) * (2.0 / field.whole_width),
                    y.unsqueeze(1).unsqueeze(0) + flow.select(1, 1) * (2.0 / field.whole_height)},
                   -1);
}

}  // namespace

at::Tensor ScoreSmoother::smooth(const at::Tensor &scores, const at::Tensor &picture,
                                 const void *queries, double factor) {
  if (factor <= 0.0) {
    reset();
    return scores;
  }
  const at::NoGradGuard no_grad;
  FlowPicture now = flow_picture(picture);
  const bool continues = mean_.defined() && queries == queries_ &&
                         mean_.sizes() == scores.sizes() && mean_.device() == scores.device() &&
                         search_.follow(last_, now);
  queries_ = queries;
  static const bool motion = env("X_MOTION", 1) > 0;
  static const double gate = env("X_GATE", 0);
  if (continues && motion) {
    const at::Tensor grid = grid_of(search_.field(), scores);
    const at::Tensor past = at::grid_sampler(mean_, grid, 0, 1, false);
    if (gate > 0) {
      at::Tensor a = at::avg_pool2d(picture, {3, 3}, {1, 1}, {1, 1});
      at::Tensor d =
          (a - at::grid_sampler(picture_, grid, 0, 1, false)).abs().sum(1, true) * (kLevels / 3);
      d = at::avg_pool2d(d, {5, 5}, {1, 1}, {2, 2});
      if (d.size(2) != scores.size(2))
        d = at::upsample_bilinear2d(d, {scores.size(2), scores.size(3)}, false);
      at::Tensor weight = (-(d / gate).square()).exp() * factor;
      mean_ = at::lerp(scores, past, weight);
    } else
      mean_ = at::lerp(scores, past, factor);
  } else if (continues)
    mean_.lerp_(scores, 1.0 - factor);
  else
    mean_ = scores.clone(at::MemoryFormat::Contiguous);
  last_ = now;
  if (gate > 0) picture_ = at::avg_pool2d(picture, {3, 3}, {1, 1}, {1, 1});
  return mean_;
}

void ScoreSmoother::reset() {
  mean_ = at::Tensor();
  last_ = {};
  search_.reset();
  queries_ = nullptr;
}

}  // namespace naclip
