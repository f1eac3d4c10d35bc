// How long naclipzones takes to count 100 zones of different shapes in a mask of 1280 x 720, on one
// thread: stars, triangles and rectangles, small and large ones, one a rule; the rules ask for one
// class, or for four. Masks of discs, and masks of noise.
// Checks shares against a plain count before it takes the time, and prints lines of JSON: quartiles
// of the seconds that a new mask takes.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <string>
#include <vector>

#include "elements/zones/zone_shares.h"

namespace {

using namespace naclip;

constexpr int kWidth = 1280, kHeight = 720;
constexpr int kZones = 100, kRepeats = 100;
const std::vector<std::string> kLabels{"background", "smoke", "fire", "person", "car"};

std::uint32_t next_random() {
  static std::uint32_t state = 1;
  return state = state * 1664525 + 1013904223;
}
double random_part() {
  return (next_random() >> 8) / 16777216.0;
}

/// A star of 3 to 12 points, of a radius of up to half of the picture's height.
Zone random_zone() {
  Zone zone;
  const int points = 3 + static_cast<int>(next_random() >> 16) % 10;
  const double x = random_part(), y = random_part(), radius = 0.02 + 0.48 * random_part();
  for (int i = 0; i < points; ++i) {
    const double angle = 2 * std::numbers::pi * i / points,
                 length = radius * (0.5 + 0.5 * random_part());
    zone.points.push_back({std::clamp(x + length * std::cos(angle) * 9 / 16, 0.0, 1.0),
                           std::clamp(y + length * std::sin(angle), 0.0, 1.0)});
  }
  return zone;
}

std::vector<Rule> rules_for(std::size_t classes) {
  std::vector<Rule> rules(kZones);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    rules[i].label = kLabels[1 + i % classes];
    rules[i].zone = random_zone();
  }
  return rules;
}

Ptr<GstBuffer> make_mask(bool noise) {
  std::vector<std::uint8_t> ids(kWidth * kHeight);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const int column = x % 300 - 150, row = y % 240 - 120;
      const bool disc = column * column + row * row < 90 * 90;
      ids[static_cast<std::size_t>(y * kWidth + x)] =
          static_cast<std::uint8_t>(noise  ? (next_random() >> 16) % 5
                                    : disc ? 1 + (x / 300) % 4
                                           : 0);
    }
  Ptr<GstBuffer> mask(gst_buffer_new_allocate(nullptr, ids.size(), nullptr));
  gst_buffer_fill(mask.get(), 0, ids.data(), ids.size());
  gst_buffer_add_video_meta(mask.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, kWidth,
                            kHeight);
  return mask;
}

FrameMask open_mask(const Ptr<GstBuffer> &buffer) {
  FrameMask mask(buffer.get(), {0, 0, kWidth, kHeight});
  for (const std::string &label : kLabels) mask.regions.push_back({label});
  return mask;
}

double plain_share(const Rule &rule, const FrameMask &mask) {
  const auto region = static_cast<std::uint8_t>(
      std::find(kLabels.begin(), kLabels.end(), rule.label) - kLabels.begin());
  std::size_t cells = 0, found = 0;
  for (const auto &[row, begin, end] : cells_of(rule.zone, place_of(mask, kWidth, kHeight))) {
    cells += static_cast<std::size_t>(end - begin);
    const std::uint8_t *labels = mask.labels() + row * mask.stride();
    found += static_cast<std::size_t>(std::count(labels + begin, labels + end, region));
  }
  return static_cast<double>(found) / static_cast<double>(cells);
}

bool measure(const std::string &stage, std::size_t classes, bool noise) {
  const std::vector<Rule> rules = rules_for(classes);
  std::vector<Ptr<GstBuffer>> buffers;
  for (int i = 0; i < 4; ++i) buffers.push_back(make_mask(noise));
  ZoneShares shares;
  const FrameMask first = open_mask(buffers[0]);
  const auto counted = shares.count(rules, first, kWidth, kHeight);
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (std::abs(counted[i].value_or(-1) - plain_share(rules[i], first)) > 1e-12) {
      std::fprintf(stderr, "zone %zu has %f of its class, not %f\n", i,
                   plain_share(rules[i], first), counted[i].value_or(-1));
      return false;
    }
  std::vector<double> times;
  for (int i = 1; i <= kRepeats; ++i) {
    const FrameMask mask = open_mask(buffers[static_cast<std::size_t>(i) % buffers.size()]);
    const auto begin = std::chrono::steady_clock::now();
    shares.count(rules, mask, kWidth, kHeight);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"stage\": \"zones-%s\", \"seconds\": [%.6f, %.6f, %.6f], \"repeats\": %d, \"threads\": "
      "1}\n",
      stage.c_str(), times[kRepeats / 4], times[kRepeats / 2], times[kRepeats * 3 / 4], kRepeats);
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  const bool right = measure("discs-1-class", 1, false) && measure("noise-1-class", 1, true) &&
                     measure("discs-4-classes", 4, false) && measure("noise-4-classes", 4, true);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
