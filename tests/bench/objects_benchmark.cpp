// How long naclipobjects takes for the objects of a mask, on one thread: ten classes over a frame of
// 1280 x 720, three in bands and the others in 48 discs on them, in masks as naclipsegment makes them
// (597 x 336, or of the frame's size), clean or with a cell in fifty of any class.
// Checks what was found before it takes the time, and prints lines of JSON: quartiles of the seconds
// a mask takes.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "elements/objects/settings.h"

namespace {

using namespace naclip;

constexpr FrameSize kFrame{1280, 720};
constexpr int kClasses = 10, kAcross = 8, kDown = 6;
constexpr int kRepeats = 200;

std::vector<std::uint8_t> labels(int width, int height, double speckled) {
  std::vector<std::uint8_t> map;
  std::mt19937 random(1);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const int column = x * kAcross / width, row = y * kDown / height;
      const double across = (x + 0.5) * kAcross / width - column - 0.5;
      const double down = (y + 0.5) * kDown / height - row - 0.5;
      int label = 1 + row / 2;
      if (across * across + down * down < 0.4 * 0.4) label = 4 + (column + row * 3) % 7;
      if (random() < speckled * static_cast<double>(std::mt19937::max()))
        label = 1 + static_cast<int>(random() % kClasses);
      map.push_back(static_cast<std::uint8_t>(label));
    }
  return map;
}

bool time_masks(const std::string &stage, int width, int height, double speckled) {
  const std::vector<std::uint8_t> map = labels(width, height, speckled);
  const LabelView view{map.data(), width, width, height, 1};
  std::vector<bool> chosen(kClasses + 1, true);
  chosen[0] = false;
  const ObjectsSettings settings;
  const auto search = [&] {
    return find_objects(view, {0, 0, kFrame.width, kFrame.height}, chosen, settings, kFrame);
  };
  const FoundObjects found = search();
  if (const std::size_t count = found.objects.size() + found.surplus;
      count != kAcross * kDown + 3) {
    std::fprintf(stderr, "%s: %zu objects were found\n", stage.c_str(), count);
    return false;
  }
  std::vector<double> times;
  for (int i = 0; i < kRepeats; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    search();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"stage\": \"%s\", \"seconds\": [%.6f, %.6f, %.6f], \"repeats\": %d, \"threads\": 1}\n",
      stage.c_str(), times[kRepeats / 4], times[kRepeats / 2], times[kRepeats * 3 / 4], kRepeats);
  return true;
}

}  // namespace

int main() {
  const bool right = time_masks("objects-336", 597, 336, 0) &&
                     time_masks("objects-720", 1280, 720, 0) &&
                     time_masks("objects-336-speckled", 597, 336, 0.02) &&
                     time_masks("objects-720-speckled", 1280, 720, 0.02);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
