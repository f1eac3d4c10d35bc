#include "model/kernels/refine.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

constexpr std::int64_t kNeighbours = 8;
constexpr float kDeviationFloor = 1e-8F;
constexpr float kDeviationScale = 0.1F;
// Of a row at once: with all of many words the processor follows too many lines.
constexpr std::int64_t kChannelsAtOnce = 7;
constexpr std::int64_t kAhead = 64;  // floats; the hardware follows fewer lines than there are

/// One dilation at one row: the lines above, here and below, and how far the columns are.
struct Reach {
  const float *above, *here, *below;
  std::int64_t columns;
};

std::int64_t clamped_row(std::int64_t y, std::int64_t height) {
  return std::clamp<std::int64_t>(y, 0, height - 1);
}

/// The neighbour `index` of 0..7, in reading order.
template <class Lanes>
NACLIP_INLINE Lanes neighbour(const Reach &reach, std::int64_t x, int index) {
  const float *line = index < 3 ? reach.above : index < 5 ? reach.here : reach.below;
  constexpr std::array<int, 8> kSide{-1, 0, 1, -1, 1, -1, 0, 1};
  return load<Lanes>(line + x + kSide[static_cast<std::size_t>(index)] * reach.columns);
}

/// Adds one channel's part to the affinities, [8 * count, lanes], of a vector of pixels.
template <class Lanes>
NACLIP_INLINE void add_affinity(const Reach *reaches, std::int64_t count, std::int64_t x,
                                float *affinity) {
  const Lanes centre = load<Lanes>(reaches[0].here + x);
  const auto copies = static_cast<float>(count);
  const float samples = copies * (kNeighbours + 1);
  Lanes sum = centre * copies;
  for (std::int64_t i = 0; i < count; ++i)
    for (int n = 0; n < kNeighbours; ++n) sum += neighbour<Lanes>(reaches[i], x, n);
  const Lanes mean = sum / samples;
  Lanes squares = (centre - mean) * (centre - mean) * copies;
  for (std::int64_t i = 0; i < count; ++i)
    for (int n = 0; n < kNeighbours; ++n) {
      const Lanes difference = neighbour<Lanes>(reaches[i], x, n) - mean;
      squares += difference * difference;
    }
  const Lanes variance = squares / (samples - 1.0F);
  Lanes factor;
  for (int lane = 0; lane < kLanes<Lanes>; ++lane)
    factor[lane] = 1.0F / (kDeviationFloor + kDeviationScale * __builtin_sqrtf(variance[lane]));
  for (std::int64_t i = 0; i < count; ++i)
    for (int n = 0; n < kNeighbours; ++n) {
      float *entry = affinity + (i * kNeighbours + n) * kLanes<Lanes>;
      store(entry,
            load<Lanes>(entry) - magnitude(neighbour<Lanes>(reaches[i], x, n) - centre) * factor);
    }
}

template <class Lanes>
NACLIP_INLINE void weights_of_row(const Reach *reaches, std::int64_t channels, std::int64_t count,
                                  std::int64_t width, float *affinity, float *weights) {
  const std::int64_t neighbours = count * kNeighbours, pitch = padded(width);
  for (std::int64_t x = 0; x < width; x += kLanes<Lanes>) {
    for (std::int64_t p = 0; p < neighbours; ++p) store(affinity + p * kLanes<Lanes>, Lanes{});
    for (std::int64_t channel = 0; channel < channels; ++channel)
      add_affinity<Lanes>(reaches + channel * count, count, x, affinity);
    Lanes greatest = load<Lanes>(affinity);
    for (std::int64_t p = 1; p < neighbours; ++p)
      greatest = larger(greatest, load<Lanes>(affinity + p * kLanes<Lanes>));
    Lanes total{};
    for (std::int64_t p = 0; p < neighbours; ++p) {
      const Lanes weight = exponential((load<Lanes>(affinity + p * kLanes<Lanes>) - greatest) /
                                       static_cast<float>(channels));
      store(affinity + p * kLanes<Lanes>, weight);
      total += weight;
    }
    const Lanes scale = 1.0F / total;
    for (std::int64_t p = 0; p < neighbours; ++p)
      store(weights + p * pitch + x, load<Lanes>(affinity + p * kLanes<Lanes>) * scale);
  }
}

/// What to mix of a row, and where to.
struct MixedRow {
  const float *weights;
  std::int64_t width, channels;
  std::int64_t pitch;  ///< from a channel to the next, of the source and of the target
  float *target;
  bool past_caches;  ///< how the target is written, except for both ends of lines
};

/// A row's scores under the neighbours of `Count` dilations. `More`: added to what the target
/// holds.
template <class Lanes, int Count, bool More>
NACLIP_INLINE void mix(const MixedRow &row, std::int64_t dilation, const Reach *reaches) {
  reaches += dilation;
  const float *weights = row.weights + dilation * kNeighbours * padded(row.width);
  for (std::int64_t x = 0; x < row.width; x += kLanes<Lanes>) {
    Lanes weight[Count * kNeighbours];
    for (int p = 0; p < Count * kNeighbours; ++p)
      weight[p] = load<Lanes>(weights + p * padded(row.width) + x);
    const bool past_caches = row.past_caches && x > 0 && x + kLanes<Lanes> < row.width;
    for (std::int64_t channel = 0; channel < row.channels; ++channel) {
      const std::int64_t at = channel * row.pitch + x;
      Lanes even = More ? load<Lanes>(row.target + at) : Lanes{}, odd{};
      for (int i = 0; i < Count; ++i)
        for (int n = 0; n < kNeighbours; n += 2) {
          even += weight[i * kNeighbours + n] * neighbour<Lanes>(reaches[i], at, n);
          odd += weight[i * kNeighbours + n + 1] * neighbour<Lanes>(reaches[i], at, n + 1);
        }
      if (past_caches)
        store_past_caches(row.target + at, even + odd);
      else
        store(row.target + at, even + odd);
      for (int i = 0; i < Count; ++i) {
        __builtin_prefetch(reaches[i].above + at + kAhead);
        __builtin_prefetch(reaches[i].below + at + kAhead);
      }
    }
  }
}

/// Takes two dilations at once: their weights fill half the registers of AVX-512.
template <class Lanes>
NACLIP_INLINE void mix_row(const MixedRow &row, std::int64_t dilations, const Reach *reaches) {
  if (dilations == 1) return mix<Lanes, 1, false>(row, 0, reaches);
  mix<Lanes, 2, false>(row, 0, reaches);
  std::int64_t done = 2;
  for (; done + 2 <= dilations; done += 2) mix<Lanes, 2, true>(row, done, reaches);
  if (done < dilations) mix<Lanes, 1, true>(row, done, reaches);
}

/// Fills reaches[0 .. dilations) for one channel of one row.
void reaches_of(const LineMap &map, const std::vector<int> &dilations,
                const std::vector<std::int64_t> &columns, std::int64_t y, std::int64_t channel,
                Reach *reaches) {
  for (std::size_t i = 0; i < dilations.size(); ++i)
    reaches[i] = {map.line(clamped_row(y - dilations[i], map.height), channel),
                  map.line(y, channel),
                  map.line(clamped_row(y + dilations[i], map.height), channel), columns[i]};
}

}  // namespace

std::int64_t line_pitch(std::int64_t width, std::int64_t border) {
  // A line more keeps lines of one column from meeting in one cache set where the width is a power
  // of two.
  return padded(border) + padded(width) + padded(border) + kMostLanes;
}

void fill_borders(const LineMap &map, std::int64_t y, std::int64_t channel) {
  float *line = map.line(y, channel);
  std::fill_n(line - map.border, map.border, line[0]);
  std::fill_n(line + map.width, map.border, line[map.width - 1]);
}

std::vector<std::int64_t> column_offsets(const std::vector<int> &dilations, std::int64_t width) {
  std::vector<std::int64_t> offsets;
  for (const int dilation : dilations)
    offsets.push_back(std::min<std::int64_t>(dilation, width - 1));
  return offsets;
}

void neighbour_weights(const LineMap &picture, const std::vector<int> &dilations, std::int64_t y,
                       float *weights) {
  const auto columns = column_offsets(dilations, picture.width);
  const auto count = static_cast<std::int64_t>(dilations.size());
  std::vector<Reach> reaches(static_cast<std::size_t>(picture.channels * count));
  for (std::int64_t channel = 0; channel < picture.channels; ++channel)
    reaches_of(picture, dilations, columns, y, channel, reaches.data() + channel * count);
  std::vector<float> affinity(static_cast<std::size_t>(count * kNeighbours * kMostLanes));
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    weights_of_row<Lanes>(reaches.data(), picture.channels, count, picture.width, affinity.data(),
                          weights);
  });
}

void refine_rows(const LineMap &source, const float *weights, const std::vector<int> &dilations,
                 std::int64_t first, std::int64_t last, const LineMap &target) {
  const auto columns = column_offsets(dilations, source.width);
  const auto count = static_cast<std::int64_t>(dilations.size());
  // With more dilations each line is written several times.
  const bool past_caches = count <= 2 && target.floats() > kMostCached;
  std::vector<Reach> reaches(dilations.size());
  for (std::int64_t y = first; y < last; ++y) {
    const float *own = weights + y * count * kNeighbours * padded(source.width);
    for (std::int64_t channel = 0; channel < source.channels; channel += kChannelsAtOnce) {
      reaches_of(source, dilations, columns, y, channel, reaches.data());
      const MixedRow row{own,
                         source.width,
                         std::min(kChannelsAtOnce, source.channels - channel),
                         source.pitch,
                         target.line(y, channel),
                         past_caches};
      with_lanes([&]<class Lanes>(Form<Lanes>)
                     NACLIP_INLINED { mix_row<Lanes>(row, count, reaches.data()); });
    }
    for (std::int64_t channel = 0; channel < source.channels; ++channel)
      fill_borders(target, y, channel);
  }
  if (past_caches) finish_stores();
}

std::int64_t rows_between(const std::vector<int> &dilations) {
  return 2 * *std::max_element(dilations.begin(), dilations.end()) + 1;
}

void refine_rows_twice(const LineMap &source, const float *weights,
                       const std::vector<int> &dilations, std::int64_t first, std::int64_t last,
                       const LineMap &between, const LineMap &target) {
  const std::int64_t reach = rows_between(dilations) / 2;
  std::int64_t done = std::max<std::int64_t>(0, first - reach);
  for (std::int64_t y = first; y < last; ++y) {
    const std::int64_t needed = std::min(y + reach + 1, source.height);
    refine_rows(source, weights, dilations, done, needed, between);
    done = needed;
    refine_rows(between, weights, dilations, y, y + 1, target);
  }
}

}  // namespace naclip::kernels
