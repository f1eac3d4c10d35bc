// The engine's kernels on the CPU, each a few rows of it.
#include <algorithm>
#include <cstdint>

#include "counted.h"
#include "model/kernels/activation.h"
#include "model/kernels/attention.h"
#include "model/kernels/decode.h"
#include "model/kernels/lanes.h"
#include "model/kernels/preprocess.h"
#include "model/kernels/refine.h"
#include "model/kernels/stretch.h"

namespace naclip::instructions {
namespace {

using namespace kernels;

constexpr std::int64_t kWidth = 640, kWords = 21;

/// Numbers of 0..1 that look random.
std::vector<float> noise(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::uint32_t state = 1;
  for (float &value : values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(state >> 8) / static_cast<float>(1U << 24);
  }
  return values;
}

/// A map of `channels` planes, its borders filled.
struct Map {
  Map(std::int64_t channels, std::int64_t height, std::int64_t border)
      : values(noise(height * channels * line_pitch(kWidth, border))) {
    map.data = values.data() + padded(border);
    map.height = map.rows = height;
    map.width = kWidth;
    map.channels = channels;
    map.border = border;
    map.pitch = line_pitch(kWidth, border);
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t channel = 0; channel < channels; ++channel) fill_borders(map, y, channel);
  }

  std::vector<float> values;
  LineMap map;
};

const std::vector<int> kDilations = {8, 16};
constexpr std::int64_t kNeighbours = 16, kBorder = 16, kRows = 40;

std::size_t neighbour_weights() {
  const Map picture(3, kRows, kBorder);
  std::vector<float> weights(static_cast<std::size_t>(kNeighbours * padded(kWidth)));
  count([&] {
    for (std::int64_t y = 0; y < 8; ++y)
      kernels::neighbour_weights(picture.map, kDilations, y, weights.data());
  });
  return 8 * kWidth;
}

std::size_t refine() {
  const Map source(kWords, kRows, kBorder), target(kWords, kRows, kBorder);
  const std::vector<float> weights = noise(kRows * kNeighbours * padded(kWidth));
  count([&] { refine_rows(source.map, weights.data(), kDilations, 0, 8, target.map); });
  return 8 * kWidth * kWords;
}

std::size_t stretch() {
  const Map scores(kWords, 2, kBorder);
  const LineTaps taps = line_taps(224, kWidth);
  std::vector<float> scratch(static_cast<std::size_t>(stretch_scratch(224)));
  std::vector<float> out(static_cast<std::size_t>(kWords * padded(kWidth)));
  count([&] {
    stretch_row({scores.map.line(0, 0), scores.map.pitch},
                {scores.map.line(1, 0), scores.map.pitch}, 0.3F, kWords, taps, scratch.data(),
                out.data(), padded(kWidth), Writing::kOver);
  });
  return kWidth * kWords;
}

std::size_t decode() {
  const std::vector<float> scores = noise(kWords * padded(kWidth));
  std::vector<std::int32_t> best(static_cast<std::size_t>(padded(kWidth)));
  std::vector<float> probability(best.size());
  count([&] {
    decode_row(scores.data(), padded(kWidth), kWords, kWidth, 40.0F, best.data(),
               probability.data());
  });
  return kWidth * kWords;
}

std::size_t preprocess() {
  const ByteTaps taps = byte_taps(1920, kWidth, 1);
  std::vector<std::uint8_t> above(2048), below(2048);
  for (std::size_t i = 0; i < above.size(); ++i)
    above[i] = below[i] = static_cast<std::uint8_t>(i * 7);
  std::vector<float> lines[3], out(static_cast<std::size_t>(padded(kWidth)));
  for (auto &line : lines) line.resize(out.size());
  const YuvToRgb yuv{16.0F, 255.0F / 219, 1.6F, -0.4F, -0.8F, 2.0F};
  count([&] {
    for (auto &line : lines)
      sample_row({above.data(), below.data(), 0.3F}, taps, kWidth, line.data());
    convert_row(yuv, kWidth, lines[0].data(), lines[1].data(), lines[2].data());
    for (auto &line : lines) normalise_row(line.data(), kWidth, 120.0F, 60.0F, out.data());
  });
  return kWidth;
}

/// A head of 196 tokens and 64 features.
std::size_t attention() {
  constexpr std::int64_t kTokens = 196, kFeatures = 64;
  const std::vector<float> query = noise(kTokens * kFeatures), key = noise(kTokens * kFeatures),
                           value = noise(kTokens * kFeatures);
  std::vector<float> out(query.size());
  std::vector<float> scratch(
      static_cast<std::size_t>(attention_scratch(kTokens, kFeatures, kFeatures)));
  const AttentionHead<float> head{{query.data(), kFeatures},
                                  {key.data(), kFeatures},
                                  {value.data(), kFeatures},
                                  {out.data(), kFeatures},
                                  kTokens,
                                  kFeatures,
                                  kFeatures,
                                  0.125F,
                                  nullptr};
  count([&] { attend(head, 0, kTokens, scratch.data()); });
  return kTokens * kTokens * kFeatures;
}

std::size_t quick_gelu_of_noise() {
  std::vector<float> values = noise(3072 * 4);
  count([&] { quick_gelu(values.data(), static_cast<std::int64_t>(values.size())); });
  return values.size();
}

std::size_t gelu_of_noise() {
  std::vector<float> values = noise(3072 * 4);
  count([&] { gelu(values.data(), static_cast<std::int64_t>(values.size())); });
  return values.size();
}

std::size_t layer_norm() {
  constexpr std::int64_t kFeatures = 768, kTokens = 16;
  const std::vector<float> x = noise(kFeatures * kTokens), weight = noise(kFeatures);
  std::vector<float> out(x.size());
  count([&] {
    normalise(x.data(), {weight.data(), weight.data(), kFeatures}, kTokens, out.data());
  });
  return x.size();
}

}  // namespace

std::vector<Kernel> model_kernels() {
  return {{"refine-weights", neighbour_weights},
          {"refine-step", refine},
          {"stretch", stretch},
          {"decode", decode},
          {"preprocess", preprocess},
          {"attention", attention},
          {"quick-gelu", quick_gelu_of_noise},
          {"gelu", gelu_of_noise},
          {"layer-norm", layer_norm}};
}

}  // namespace naclip::instructions
