#include "model/cuda/preprocess_arguments.h"

#include <algorithm>
#include <array>

#include "model/kernels/preprocess.h"

namespace naclip {

namespace {

void set_coefficients(kernel::Frame &frame, const kernels::YuvToRgb &yuv) {
  frame.luma_offset = yuv.luma_offset;
  frame.luma_scale = yuv.luma_scale;
  frame.cr_to_r = yuv.cr_to_r;
  frame.cb_to_g = yuv.cb_to_g;
  frame.cr_to_g = yuv.cr_to_g;
  frame.cb_to_b = yuv.cb_to_b;
}

}  // namespace

std::vector<PlaneShape> plane_shapes(const Picture &picture) {
  const PixelLayout &layout = layout_of(picture.format);
  std::vector<PlaneShape> shapes(static_cast<std::size_t>(layout.planes()));
  for (std::size_t channel = 0; channel < layout.channels.size(); ++channel)
    shapes[static_cast<std::size_t>(layout.channels[channel].plane)] = {
        layout.rows(channel, picture.height),
        static_cast<std::ptrdiff_t>(layout.columns(channel, picture.width)) *
            layout.channels[channel].step};
  return shapes;
}

kernel::Frame kernel_frame(const Picture &picture) {
  const PixelLayout &layout = layout_of(picture.format);
  kernel::Frame frame{};
  for (std::size_t channel = 0; channel < layout.channels.size(); ++channel) {
    const auto &[plane, offset, step] = layout.channels[channel];
    frame.channels[channel] = {picture.planes[static_cast<std::size_t>(plane)] + offset,
                               picture.strides[static_cast<std::size_t>(plane)], step,
                               layout.columns(channel, picture.width),
                               layout.rows(channel, picture.height)};
  }
  frame.ycbcr = layout.ycbcr ? 1 : 0;
  set_coefficients(frame, kernels::yuv_to_rgb(picture.matrix, picture.range));
  return frame;
}

kernel::Normalisation kernel_normalisation() {
  kernel::Normalisation result{};
  std::copy(kernels::kMean.begin(), kernels::kMean.end(), result.mean);
  std::copy(kernels::kDeviation.begin(), kernels::kDeviation.end(), result.deviation);
  return result;
}

}  // namespace naclip
