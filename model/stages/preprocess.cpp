#include "model/stages/preprocess.h"

#include <algorithm>

#include "model/kernels/preprocess.h"

namespace naclip {

namespace {

constexpr int kLongestSide = 2048;

}  // namespace

PictureSize network_input_size(PictureSize frame, int short_side, int patch, double pixel_aspect) {
  const double height = frame.height, width = frame.width * pixel_aspect;
  const double scale =
      std::min(kLongestSide / std::max(height, width), short_side / std::min(height, width));
  const auto scaled = [&](double side) {
    return std::max(static_cast<int>(side * scale + 0.5), patch);
  };
  return {scaled(height), scaled(width)};
}

void preprocess(const Picture &picture, const at::Tensor &target) {
  kernels::preprocess(picture, {static_cast<int>(target.size(2)), static_cast<int>(target.size(3))},
                      target.data_ptr<float>());
}

at::Tensor preprocess(const Picture &picture, PictureSize size) {
  const at::Tensor result = at::empty({1, 3, size.height, size.width}, at::kFloat);
  preprocess(picture, result);
  return result;
}

}  // namespace naclip
