#include "elements/support/canvas.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "model/error.h"

namespace naclip {
namespace {

struct PlaneList {
  std::array<PlaneLayout, 3> planes{};
  std::size_t count = 0;
};

constexpr PlaneList planes_of(const PixelLayout &layout) {
  PlaneList list;
  for (std::size_t channel = 0; channel < layout.channels.size(); ++channel) {
    const auto &[plane, offset, step] = layout.channels[channel];
    std::size_t index = 0;
    while (index < list.count && list.planes[index].plane != plane) ++index;
    if (index == list.count)
      list.planes[list.count++] = {plane, step, layout.ycbcr && channel > 0, {-1, -1, -1, -1}};
    list.planes[index].bytes[static_cast<std::size_t>(offset)] = static_cast<std::int8_t>(channel);
  }
  return list;
}

// Nothing that is destroyed while a process exits: frames may be drawn on until its end.
constexpr auto kPlaneLists = [] {
  std::array<PlaneList, kPixelLayouts.size()> all;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (can_be_drawn_on(kPixelLayouts[i])) all[i] = planes_of(kPixelLayouts[i]);
  return all;
}();

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

std::span<const PlaneLayout> plane_layouts(PixelFormat format) {
  const PlaneList &list = kPlaneLists[static_cast<std::size_t>(format)];
  if (list.count == 0)
    throw Error(ErrorKind::kSettings, std::string("Colours cannot be drawn on ") +
                                          layout_of(format).name + ". Put videoconvert in front.");
  return {list.planes.data(), list.count};
}

ColourConverter::ColourConverter(PixelFormat format, ColourMatrix matrix, ColourRange range) {
  if (!layout_of(format).ycbcr) {
    matrix_ = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    return;
  }
  const auto [red, blue] = luma_weights(matrix);
  const float green = 1.0F - red - blue;
  const bool full = range == ColourRange::kFull;
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
