#include "model/stages/smooth.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace naclip {

namespace {

// 255 levels times the mean of CLIP's three standard deviations: a normalised picture's unit, in
// levels; and about the level of its zero.
constexpr double kLevels = 255.0 * 0.2688;
constexpr double kZero = 255.0 * 0.4466;
// The flow is searched on pictures of that short side, pixels.
constexpr double kFlowSide = 120.0;
// Pixels around a pixel, across and down, over which two pictures are compared.
constexpr int kAround = 5;
// Differences up to so many times the median are noise's.
constexpr double kNoise = 1.5;
// Beyond it, the difference in levels by which the past loses most of its weight.
constexpr double kUnlike = 10.0;

FlowPicture flow_picture(const at::Tensor &picture) {
  at::Tensor grey =
      (picture.select(1, 0) * 0.299 + picture.select(1, 1) * 0.587 + picture.select(1, 2) * 0.114)
          .unsqueeze(1);
  const auto shrink = static_cast<std::int64_t>(
      std::lround(static_cast<double>(std::min(grey.size(2), grey.size(3))) / kFlowSide));
  if (shrink > 1) grey = at::avg_pool2d(grey, {shrink, shrink}, {shrink, shrink});
  grey = (grey * kLevels + kZero).round().clamp(0, 255).to(at::kCPU, at::kByte).contiguous();
  Picture small;
  small.format = PixelFormat::kGray8;
  small.width = static_cast<int>(grey.size(3));
  small.height = static_cast<int>(grey.size(2));
  small.planes[0] = grey.data_ptr<std::uint8_t>();
  small.strides[0] = small.width;
  return FlowPicture::of(small);
}

/// Where each of height x width pixels was, as grid_sampler() takes it: [1, height, width, 2],
/// -1..1 from edge to edge of the picture.
at::Tensor places(const FlowField &field, std::int64_t height, std::int64_t width,
                  const at::TensorOptions &options) {
  const at::Tensor offsets = at::from_blob(const_cast<float *>(field.offsets),
                                           {1, field.height, field.width, 2}, at::kFloat)
                                 .to(options.device())
                                 .permute({0, 3, 1, 2})
                                 .contiguous();
  const at::Tensor way = at::upsample_bilinear2d(offsets, {height, width}, false);
  const auto centres = [&](std::int64_t count) {
    return (at::arange(count, options) + 0.5) * (2.0 / static_cast<double>(count)) - 1.0;
  };
  return at::stack(
      {centres(width).unsqueeze(0) + way.select(1, 0) * (2.0 / field.whole_width),
       centres(height).unsqueeze(1).unsqueeze(0) + way.select(1, 1) * (2.0 / field.whole_height)},
      -1);
}

/// `map`, [1, C, h, w], read there; edges repeat.
at::Tensor read_at(const at::Tensor &map, const at::Tensor &where) {
  constexpr std::int64_t kBilinear = 0, kBorder = 1;
  return at::grid_sampler(map, where, kBilinear, kBorder, false);
}

/// Weight of the past at each pixel, [1, 1, H, W], 0..1: 1 where the two pictures differ by no more
/// than kNoise times the median difference, falling beyond that.
at::Tensor trust(const at::Tensor &picture, const at::Tensor &past) {
  const at::Tensor difference =
      at::avg_pool2d(picture - past, {kAround, kAround}, {1, 1}, {kAround / 2, kAround / 2})
          .abs()
          .mean(1, true)
          .mul_(kLevels);
  return (difference - difference.median() * kNoise)
      .clamp_min_(0.0)
      .div_(kUnlike)
      .square_()
      .neg_()
      .exp_();
}

}  // namespace

at::Tensor ScoreSmoother::smooth_picture(const at::Tensor &picture, double factor) {
  factor_ = factor;
  if (factor <= 0.0) {
    reset();
    return picture;
  }
  const at::NoGradGuard no_grad;
  const FlowPicture now = flow_picture(picture);
  const bool alike = picture_.defined() && picture_.sizes() == picture.sizes() &&
                     picture_.device() == picture.device();
  if (alike && search_.follow(last_, now)) {
    places_ = places(search_.field(), picture.size(2), picture.size(3), picture.options());
    const at::Tensor past = read_at(picture_, places_);
    weight_ = trust(picture, past).mul_(factor);
    picture_ = at::lerp(picture, past, weight_);
  } else {
    places_ = weight_ = at::Tensor();
    // A copy: the network's input is memory that is used again.
    picture_ = picture.clone();
  }
  last_ = now;
  return picture_;
}

at::Tensor ScoreSmoother::smooth_scores(const at::Tensor &scores, const void *queries) {
  if (factor_ <= 0.0) return scores;
  const at::NoGradGuard no_grad;
  const bool continues = places_.defined() && scores_.defined() && queries == queries_ &&
                         scores_.sizes() == scores.sizes() && scores_.device() == scores.device();
  if (!continues) {
    scores_ = scores.clone(at::MemoryFormat::Contiguous);
  } else {
    const std::int64_t height = scores.size(2), width = scores.size(3);
    const bool same = height == places_.size(1) && width == places_.size(2);
    const at::Tensor where =
        same ? places_ : places(search_.field(), height, width, scores.options());
    const at::Tensor weight =
        same ? weight_ : at::upsample_bilinear2d(weight_, {height, width}, false);
    scores_ = at::lerp(scores, read_at(scores_, where), weight).contiguous();
  }
  queries_ = queries;
  return scores_;
}

std::int64_t ScoreSmoother::bytes(std::int64_t queries, std::int64_t height, std::int64_t width) {
  // The past, the past where it is read, their mean, and that in dense lines.
  constexpr std::int64_t kMaps = 4;
  return kMaps * queries * height * width * static_cast<std::int64_t>(sizeof(float));
}

void ScoreSmoother::reset() {
  picture_ = scores_ = places_ = weight_ = at::Tensor();
  queries_ = nullptr;
  last_ = {};
  search_.reset();
}

}  // namespace naclip
