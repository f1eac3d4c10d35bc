// The overlay's drawing of a frame, without its texts: how many instructions those take is a matter
// of Pango, Cairo and the fonts.
#include <cmath>
#include <string>

#include "counted.h"
#include "elements/overlay/renderer.h"
#include "model/base/palette.h"

namespace naclip::instructions {
namespace {

constexpr int kWidth = 1280, kHeight = 720;
constexpr int kMaskWidth = 597, kMaskHeight = 336;

/// Two masks with borders of all directions, in turn.
class Frames {
 public:
  explicit Frames(PixelFormat format) : format_(format) {
    for (int frame = 0; frame < 2; ++frame)
      for (int y = 0; y < kMaskHeight; ++y)
        for (int x = 0; x < kMaskWidth; ++x) {
          const double wave = 20 * std::sin((x + 9 * frame) / 40.0);
          int label = y < 110 + wave ? 1 : y < 200 - wave ? 2 : x < 200 + wave ? 3 : 4;
          const int dx = x % 90 - 45, dy = y % 80 - 40;
          if (dx * dx + dy * dy < 300) label = 5 + x / 90 % 4;
          labels_[frame].push_back(static_cast<std::uint8_t>(label));
        }
    settings_.legend = LegendPlace::kNone;
  }

  void draw(int frame) {
    OverlayMask mask{
        labels_[frame].data(), kMaskWidth, 1, kMaskWidth, kMaskHeight, 0, 0, kWidth, kHeight, {}};
    mask.regions.push_back({"background", 0, 0.0, false});
    for (std::size_t i = 0; i < 8; ++i)
      mask.regions.push_back({std::to_string(i), palette_colour(i), 0.1, true});
    Canvas canvas;
    canvas.format = format_;
    canvas.width = kWidth;
    canvas.height = kHeight;
    canvas.planes = {bytes_.data(), bytes_.data() + kWidth * kHeight,
                     bytes_.data() + kWidth * kHeight * 5 / 4};
    const int bytes = plane_layouts(format_)[0].bytes_per_sample;
    canvas.strides = {kWidth * bytes, kWidth / 2, kWidth / 2};
    renderer_.draw(canvas, {&mask, 1}, settings_);
  }

 private:
  PixelFormat format_;
  std::vector<std::uint8_t> labels_[2];
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(kWidth * kHeight * 4, 100);
  OverlaySettings settings_;
  OverlayRenderer renderer_;
};

std::size_t new_mask(PixelFormat format) {
  Frames frames(format);
  frames.draw(1);
  int frame = 0;
  count([&] { frames.draw(frame++ % 2); });
  return kWidth * kHeight;
}

std::size_t new_mask_i420() {
  return new_mask(PixelFormat::kI420);
}

std::size_t new_mask_rgb() {
  return new_mask(PixelFormat::kRgb);
}

std::size_t same_mask_i420() {
  Frames frames(PixelFormat::kI420);
  count([&] { frames.draw(0); });
  return kWidth * kHeight;
}

}  // namespace

std::vector<Kernel> overlay_kernels() {
  return {{"overlay-new-mask-i420", new_mask_i420},
          {"overlay-new-mask-rgb", new_mask_rgb},
          {"overlay-same-mask-i420", same_mask_i420}};
}

}  // namespace naclip::instructions
