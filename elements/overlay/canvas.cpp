#include "elements/overlay/canvas.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "model/error.h"

namespace naclip {
namespace {

std::vector<PlaneLayout> planes_of(const PixelLayout &layout) {
  std::vector<PlaneLayout> planes;
  for (std::size_t channel = 0; channel < layout.channels.size(); ++channel) {
    const auto &[plane, offset, step] = layout.channels[channel];
    auto found = std::find_if(planes.begin(), planes.end(),
                              [&, plane = plane](const auto &one) { return one.plane == plane; });
    if (found == planes.end())
      found = planes.insert(found, {plane, step, layout.ycbcr && channel > 0, {-1, -1, -1, -1}});
    found->bytes[static_cast<std::size_t>(offset)] = static_cast<std::int8_t>(channel);
  }
  return planes;
}

struct LumaWeights {
  float red, blue;
};

LumaWeights luma_weights(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::kBt709:
      return {0.2126F, 0.0722F};
    case ColorMatrix::kBt2020:
      return {0.2627F, 0.0593F};
    case ColorMatrix::kBt601:
      break;
  }
  return {0.299F, 0.114F};
}

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

bool can_be_drawn_on(const PixelLayout &layout) {
  return layout.bytes_per_sample == 1 && !layout.grey() &&
         layout.chroma_width == layout.chroma_height;
}

std::span<const PlaneLayout> plane_layouts(PixelFormat format) {
  static const auto layouts = [] {
    std::array<std::vector<PlaneLayout>, kPixelLayouts.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (can_be_drawn_on(kPixelLayouts[i])) all[i] = planes_of(kPixelLayouts[i]);
    return all;
  }();
  const auto &found = layouts[static_cast<std::size_t>(format)];
  if (found.empty())
    throw Error(ErrorKind::kSettings, std::string("Colours cannot be drawn on ") +
                                          layout_of(format).name + ". Put videoconvert in front.");
  return found;
}

ColourConverter::ColourConverter(PixelFormat format, ColorMatrix matrix, ColorRange range) {
  if (!layout_of(format).ycbcr) {
    matrix_ = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    return;
  }
  const auto [red, blue] = luma_weights(matrix);
  const float green = 1.0F - red - blue;
  const bool full = range == ColorRange::kFull;
  const float luma = full ? 1.0F : 219.0F / 255.0F;
  const float chroma = full ? 1.0F : 224.0F / 255.0F;
  const float cb = chroma / (2.0F * (1.0F - blue));
  const float cr = chroma / (2.0F * (1.0F - red));
  matrix_ = {{{luma * red, luma * green, luma * blue},
              {-cb * red, -cb * green, cb * (1.0F - blue)},
              {cr * (1.0F - red), -cr * green, -cr * blue}}};
  offset_ = {full ? 0.0F : 16.0F, 128.0F, 128.0F};
}

std::array<float, 3> ColourConverter::convert(float alpha, float red, float green,
                                              float blue) const {
  std::array<float, 3> result{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &row = matrix_[i];
    const float value = row[0] * red + row[1] * green + row[2] * blue + offset_[i] * alpha / 255.0F;
    // Full-range chroma of pure red or blue is 255.5.
    result[i] = std::clamp(value, 0.0F, alpha);
  }
  return result;
}

std::array<float, 3> ColourConverter::components(Colour colour) const {
  return convert(255.0F, static_cast<float>(colour >> 16 & 0xff),
                 static_cast<float>(colour >> 8 & 0xff), static_cast<float>(colour & 0xff));
}

Paint ColourConverter::paint(float alpha, float red, float green, float blue) const {
  const auto values = convert(alpha, red, green, blue);
  return make_paint(to_byte(alpha), to_byte(values[0]), to_byte(values[1]), to_byte(values[2]));
}

}  // namespace naclip
