// How long the overlay takes for a frame of 1920 x 1080, and of 3840 x 2160, on one thread: 8
// classes, contours, legend, a mask of 597 x 336 as naclipsegment makes it. Every new mask changes figures in the
// legend. Checks what was drawn before it takes the time, and prints lines of JSON: quartiles of
// the seconds a frame takes.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core/utility.hpp>
#include <vector>

#include "elements/overlay/renderer.h"
#include "grey_frame.h"
#include "model/base/palette.h"

namespace {

using namespace naclip;
using bench::Frame, bench::kHeight, bench::kWidth;

constexpr int kMaskWidth = 597, kMaskHeight = 336;
constexpr int kClasses = 8;
constexpr std::size_t kFrames = 100;

/// A street scene of sorts: bands, and discs that move with `frame`.
std::vector<std::uint8_t> labels(int frame, int width, int height) {
  std::vector<std::uint8_t> result(static_cast<std::size_t>(width * height));
  const double unit = height / 336.0;
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      const double x = column / unit, y = row / unit;
      const double wave = 20 * std::sin((x + frame) / 40.0);
      const int left = 200 + 3 * frame;
      int label = y < 110 + wave ? 1 : y < 200 - wave ? 2 : x < left + wave ? 3 : 4;
      for (int disc = 0; disc < 12; ++disc) {
        const double dx = x - (disc * 50 + 20 + frame % 30), dy = y - (170 + disc * 37 % 90);
        if (dx * dx + dy * dy < 18.0 * 18.0) label = 5 + disc % 4;
      }
      result[static_cast<std::size_t>(row * width + column)] = static_cast<std::uint8_t>(label);
    }
  return result;
}

struct Scene {
  std::vector<std::uint8_t> map;
  OverlayMask mask;
};

/// frame_width, frame_height: of the frame that the mask of width x height covers.
Scene scene(int frame, int width, int height, int frame_width = kWidth,
            int frame_height = kHeight) {
  Scene scene{labels(frame, width, height), {}};
  OverlayMask &mask = scene.mask;
  mask = {scene.map.data(), width, 1, width, height, 0, 0, frame_width, frame_height, {}};
  mask.regions.push_back({"background", 0, 0.0, false});
  for (std::size_t i = 0; i < kClasses; ++i)
    mask.regions.push_back({"class " + std::to_string(i), palette_colour(i), 0.0, true});
  for (const std::uint8_t label : scene.map) mask.regions[label].share += 1.0 / (width * height);
  return scene;
}

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

/// Seconds a frame, sorted, with the given masks in turn.
std::vector<double> seconds(PixelFormat format, const std::vector<Scene> &scenes, bool labels,
                            std::size_t n_scenes) {
  OverlayRenderer renderer;
  OverlaySettings settings;
  settings.labels = labels;
  Frame frame(format, scenes[0].mask.frame_width, scenes[0].mask.frame_height);
  std::vector<double> times;
  // The first one sets up what is kept.
  for (std::size_t i = 0; i <= kFrames; ++i) {
    const OverlayMask &mask = scenes[i % n_scenes].mask;
    const auto begin = std::chrono::steady_clock::now();
    renderer.draw(frame.canvas(), std::span(&mask, 1), settings);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    if (i > 0) times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

void print(const std::string &stage, const std::vector<double> &sorted) {
  std::printf(
      "{\"stage\": \"%s\", \"seconds\": [%.6f, %.6f, %.6f], \"repeats\": %zu, \"threads\": 1}\n",
      stage.c_str(), sorted[kFrames / 4], sorted[kFrames / 2], sorted[kFrames * 3 / 4], kFrames);
}

}  // namespace

int main() {
  cv::setNumThreads(1);
  std::vector<Scene> small, large, of_4k;
  for (int i = 0; i < 10; ++i) {
    small.push_back(scene(3 * i, kMaskWidth, kMaskHeight));
    large.push_back(scene(3 * i, kWidth, kHeight));
    of_4k.push_back(scene(3 * i, kMaskWidth, kMaskHeight, 2 * kWidth, 2 * kHeight));
  }
  OverlayRenderer renderer;
  if (!is_right(renderer, small[0].mask)) return EXIT_FAILURE;

  struct Case {
    const char *name;
    PixelFormat format;
    const std::vector<Scene> &scenes;
    bool labels;
  };
  const Case cases[] = {
      {"overlay", PixelFormat::kI420, small, false},
      {"overlay-labels", PixelFormat::kI420, small, true},
      {"overlay-nv12", PixelFormat::kNv12, small, false},
      {"overlay-rgb", PixelFormat::kRgb, small, false},
      {"overlay-rgbx", PixelFormat::kRgbx, small, false},
      {"overlay-mask-of-frame-size", PixelFormat::kI420, large, false},
      {"overlay-4k", PixelFormat::kI420, of_4k, false},
  };
  for (const Case &one : cases) {
    const std::string name = one.name;
    print(name + "-new-mask", seconds(one.format, one.scenes, one.labels, one.scenes.size()));
    print(name + "-same-mask", seconds(one.format, one.scenes, one.labels, 1));
  }
  return EXIT_SUCCESS;
}
