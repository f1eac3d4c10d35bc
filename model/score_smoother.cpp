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
  at::Tensor guide = smooth_picture(picture, factor);
  (void)guide;
  return smooth_scores(scores, queries, factor);
}

at::Tensor ScoreSmoother::smooth_picture(const at::Tensor &picture, double factor) {
  const at::NoGradGuard no_grad;
  FlowPicture now = flow_picture(picture);
  weight_ = at::Tensor();
  grid_ = at::Tensor();
  static const double gate = env("X_GATE", 10), over = env("X_OVER", 1.5),
                      guide = env("X_GUIDE", 0);
  if (last_ && picture_.defined() && picture_.sizes() == picture.sizes() &&
      search_.follow(last_, now)) {
    grid_ = grid_of(search_.field(), picture);
    const at::Tensor past = at::grid_sampler(picture_, grid_, 0, 1, false);
    if (gate > 0) {
      at::Tensor d = (picture - past).mean(1, true);
      d = at::avg_pool2d(picture - past, {5, 5}, {1, 1}, {2, 2}).abs().mean(1, true) * kLevels;
      const at::Tensor floor = d.median() * over;
      weight_ = (-((d - floor).clamp_min(0) / gate).square()).exp() * factor;
    } else
      weight_ = at::full({1, 1, picture.size(2), picture.size(3)}, factor);
    picture_ = guide > 0 ? at::lerp(picture, past, weight_) : picture.clone();
  } else {
    picture_ = picture.clone();
  }
  last_ = now;
  return picture_;
}

at::Tensor ScoreSmoother::smooth_scores(const at::Tensor &scores, const void *queries,
                                        double factor) {
  const at::NoGradGuard no_grad;
  if (grid_.defined() && mean_.defined() && mean_.sizes() == scores.sizes()) {
    at::Tensor grid = grid_, weight = weight_;
    if (grid.size(1) != scores.size(2)) {
      grid = grid_of(search_.field(), scores);
      weight = at::upsample_bilinear2d(weight, {scores.size(2), scores.size(3)}, false);
    }
    mean_ = at::lerp(scores, at::grid_sampler(mean_, grid, 0, 1, false), weight);
  } else
    mean_ = scores.clone(at::MemoryFormat::Contiguous);
  return mean_;
}

void ScoreSmoother::reset() {
  mean_ = at::Tensor();
  last_ = {};
  search_.reset();
  queries_ = nullptr;
}

}  // namespace naclip
