// How long the overlay takes for a frame of 1920 x 1080 I420, on one thread: 8 classes, contours,
// legend, a mask of 597 x 336 as naclipsegment makes it. Checks what was drawn before it takes the
// time, and prints lines of JSON: quartiles of the seconds a frame takes.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core/utility.hpp>
#include <vector>

#include "../../elements/overlay_renderer.h"
#include "../../model/palette.h"

namespace {

using namespace naclip;

constexpr int kWidth = 1920, kHeight = 1080;
constexpr int kMaskWidth = 597, kMaskHeight = 336;
constexpr int kClasses = 8;
constexpr int kFrames = 200;

/// A street scene of sorts: bands, and discs that move with `frame`.
std::vector<std::uint8_t> labels(int frame) {
  std::vector<std::uint8_t> result(kMaskWidth * kMaskHeight);
  for (int y = 0; y < kMaskHeight; ++y)
    for (int x = 0; x < kMaskWidth; ++x) {
      const double wave = 20 * std::sin((x + frame) / 40.0);
      int label = y < 110 + wave ? 1 : y < 200 - wave ? 2 : x < 200 + wave ? 3 : 4;
      for (int disc = 0; disc < 12; ++disc) {
        const double dx = x - (disc * 50 + 20 + frame % 30), dy = y - (170 + disc * 37 % 90);
        if (dx * dx + dy * dy < 18.0 * 18.0) label = 5 + disc % 4;
      }
      result[static_cast<std::size_t>(y * kMaskWidth + x)] = static_cast<std::uint8_t>(label);
    }
  return result;
}

OverlayMask mask_of(const std::vector<std::uint8_t> &labels) {
  OverlayMask mask{labels.data(), kMaskWidth, 1, kMaskWidth, kMaskHeight, 0, 0,
                   kWidth,        kHeight,    {}};
  mask.regions.push_back({"background", 0, 0.0, false});
  for (std::size_t i = 0; i < kClasses; ++i)
    mask.regions.push_back({"class " + std::to_string(i), palette_colour(i), 0.0, true});
  for (const std::uint8_t label : labels)
    mask.regions[label].share += 1.0 / (kMaskWidth * kMaskHeight);
  return mask;
}

struct Frame {
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kWidth * kHeight * 3 / 2, 100);

  Canvas canvas() {
    Canvas canvas;
    canvas.format = PixelFormat::kI420;
    canvas.width = kWidth;
    canvas.height = kHeight;
    canvas.matrix = ColorMatrix::kBt709;
    canvas.planes = {bytes.data(), bytes.data() + kWidth * kHeight,
                     bytes.data() + kWidth * kHeight * 5 / 4};
    canvas.strides = {kWidth, kWidth / 2, kWidth / 2};
    return canvas;
  }
};

/// Luma in the middle of the upper band: grey 100 half covered by the first class.
bool is_right(OverlayRenderer &renderer, const OverlayMask &mask) {
  Frame frame;
  renderer.draw(frame.canvas(), std::span(&mask, 1), {});
  const Colour colour = palette_colour(0);
  const double luma =
      0.2126 * (colour >> 16 & 0xff) + 0.7152 * (colour >> 8 & 0xff) + 0.0722 * (colour & 0xff);
  const double expected = (100 * 127 + (16 + luma * 219 / 255) * 128) / 255;
  const int drawn = frame.bytes[100 * kWidth + 1500];
  if (std::abs(drawn - expected) <= 1.5) return true;
  std::fprintf(stderr, "drew luma %d where it should be %.1f\n", drawn, expected);
  return false;
}

template <typename NextMask>
std::vector<double> milliseconds(OverlayRenderer &renderer, NextMask &&next_mask) {
  Frame frame;
  std::vector<double> times;
  for (int i = 0; i < kFrames; ++i) {
    const OverlayMask &mask = next_mask(i);
    const auto begin = std::chrono::steady_clock::now();
    renderer.draw(frame.canvas(), std::span(&mask, 1), {});
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

void print(const char *stage, const std::vector<double> &sorted) {
  std::printf(
      "{\"stage\": \"%s\", \"seconds\": [%.6f, %.6f, %.6f], \"repeats\": %d, \"threads\": 1}\n",
      stage, sorted[kFrames / 4] / 1e3, sorted[kFrames / 2] / 1e3, sorted[kFrames * 3 / 4] / 1e3,
      kFrames);
}

}  // namespace

int main() {
  cv::setNumThreads(1);
  std::vector<std::vector<std::uint8_t>> maps;
  for (int i = 0; i < 10; ++i) maps.push_back(labels(3 * i));
  std::vector<OverlayMask> masks;
  for (const auto &map : maps) masks.push_back(mask_of(map));

  OverlayRenderer renderer;
  if (!is_right(renderer, masks[0])) return EXIT_FAILURE;
  print("overlay-new-mask", milliseconds(renderer, [&](int i) -> const OverlayMask & {
          return masks[static_cast<std::size_t>(i) % 10];
        }));
  print("overlay-same-mask",
        milliseconds(renderer, [&](int) -> const OverlayMask & { return masks[0]; }));
  return EXIT_SUCCESS;
}
