#include "model/cuda/preprocess_arguments.h"

#include <algorithm>
#include <array>

#include "model/kernels/preprocess.h"

namespace naclip {

namespace {

struct Layout {
  kernel::PixelKind kind;
  int step;  // bytes of a pixel of the first plane
  std::array<int, 3> places;
};

Layout layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgb:
      return {kernel::kPacked, 3, {0, 1, 2}};
    case PixelFormat::kBgr:
      return {kernel::kPacked, 3, {2, 1, 0}};
    case PixelFormat::kRgbx:
    case PixelFormat::kRgba:
      return {kernel::kPacked, 4, {0, 1, 2}};
    case PixelFormat::kBgrx:
    case PixelFormat::kBgra:
      return {kernel::kPacked, 4, {2, 1, 0}};
    case PixelFormat::kGray8:
      return {kernel::kPacked, 1, {0, 0, 0}};
    case PixelFormat::kNv12:
      return {kernel::kBiplanar, 1, {0, 0, 0}};
    case PixelFormat::kI420:
      break;
  }
  return {kernel::kPlanar, 1, {0, 0, 0}};
}

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
  const Layout layout = layout_of(picture.format);
  const PlaneShape first{picture.height, static_cast<std::ptrdiff_t>(picture.width) * layout.step};
  const int chroma_rows = (picture.height + 1) / 2;
  const std::ptrdiff_t chroma_width = (picture.width + 1) / 2;
  switch (layout.kind) {
    case kernel::kBiplanar:
      return {first, {chroma_rows, 2 * chroma_width}};
    case kernel::kPlanar:
      return {first, {chroma_rows, chroma_width}, {chroma_rows, chroma_width}};
    case kernel::kPacked:
      break;
  }
  return {first};
}

kernel::Frame kernel_frame(const Picture &picture) {
  const Layout layout = layout_of(picture.format);
  kernel::Frame frame{};
  for (std::size_t plane = 0; plane < picture.planes.size(); ++plane) {
    frame.planes[plane] = picture.planes[plane];
    frame.strides[plane] = picture.strides[plane];
  }
  frame.width = picture.width;
  frame.height = picture.height;
  frame.kind = layout.kind;
  frame.step = layout.step;
  std::copy(layout.places.begin(), layout.places.end(), frame.places);
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
