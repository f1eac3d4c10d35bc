#include "cuda/frame.h"

#include <algorithm>
#include <array>

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

void set_coefficients(kernel::Frame &frame, ColorMatrix matrix, ColorRange range) {
  float kr = 0.299F, kb = 0.114F;  // BT.601
  if (matrix == ColorMatrix::kBt709) kr = 0.2126F, kb = 0.0722F;
  if (matrix == ColorMatrix::kBt2020) kr = 0.2627F, kb = 0.0593F;
  const float kg = 1.0F - kr - kb;
  const bool limited = range == ColorRange::kLimited;
  const float chroma = limited ? 255.0F / 224.0F : 1.0F;
  frame.luma_offset = limited ? 16.0F : 0.0F;
  frame.luma_scale = limited ? 255.0F / 219.0F : 1.0F;
  frame.cr_to_r = 2.0F * (1.0F - kr) * chroma;
  frame.cb_to_b = 2.0F * (1.0F - kb) * chroma;
  frame.cb_to_g = -frame.cb_to_b * kb / kg;
  frame.cr_to_g = -frame.cr_to_r * kr / kg;
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
  set_coefficients(frame, picture.matrix, picture.range);
  return frame;
}

kernel::Normalisation kernel_normalisation() {
  return {{122.771F, 116.746F, 104.094F}, {68.501F, 66.632F, 70.323F}};
}

}  // namespace naclip
