#include "model/kernels/tlp.h"

#include <algorithm>
#include <cmath>

#include "model/kernels/bilinear.h"
#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

constexpr float kLeastProbability = 0.05F;
constexpr float kContrast = 5.0F;
constexpr float kFloor = 1e-6F;
constexpr float kRed = 0.299F, kGreen = 0.587F, kBlue = 0.114F;

/// Lanes from `count` on become 0.
template <class Lanes>
NACLIP_INLINE Lanes first_of(Lanes x, std::int64_t count) {
  return first_lanes<Lanes>(count) ? x : Lanes{};
}

/// One row of the grid and its neighbours. Beyond the grid lies the row itself, to which nothing
/// flows.
struct Row {
  std::int64_t above, here, below;
  const float *trust, *across, *down, *down_above;

  Row(const LineMap &binding, std::int64_t y)
      : above(std::max<std::int64_t>(y - 1, 0)),
        here(y),
        below(std::min(y + 1, binding.height - 1)),
        trust(binding.line(y, kTrust)),
        across(binding.line(y, kAcross)),
        down(binding.line(y, kDown)),
        down_above(binding.line(above, kDown)) {}
};

/// What binds a vector of pixels.
template <class Lanes>
struct Bonds {
  Lanes trust, right, left, down, up;
};

template <class Lanes>
NACLIP_INLINE Bonds<Lanes> bonds_at(const Row &row, std::int64_t x) {
  return {load<Lanes>(row.trust + x), load<Lanes>(row.across + x), load<Lanes>(row.across + x - 1),
          load<Lanes>(row.down + x), load<Lanes>(row.down_above + x)};
}

/// Flow to neighbours: the system without the trust. at(line, x) is what flows.
template <class Lanes, class At>
NACLIP_INLINE Lanes flow(const Bonds<Lanes> &bonds, Lanes centre, const At &at, std::int64_t x) {
  return bonds.right * (centre - at(1, x + 1)) + bonds.left * (centre - at(1, x - 1)) +
         bonds.down * (centre - at(2, x)) + bonds.up * (centre - at(0, x));
}

/// The lines of a channel above, here and below.
template <class Lanes>
struct ThreeLines {
  const float *line[3];

  ThreeLines(const LineMap &map, const Row &row, std::int64_t channel)
      : line{map.line(row.above, channel), map.line(row.here, channel),
             map.line(row.below, channel)} {}
  NACLIP_INLINE Lanes operator()(int which, std::int64_t x) const {
    return load<Lanes>(line[which] + x);
  }
};

/// What the next direction is there.
template <class Lanes>
struct NextDirection {
  ThreeLines<Lanes> residual, direction;
  float keep;

  NACLIP_INLINE Lanes operator()(int which, std::int64_t x) const {
    return residual(which, x) + direction(which, x) * keep;
  }
};

template <class Lanes>
NACLIP_INLINE Lanes bond(Lanes difference, float contrast, Lanes agreement) {
  const Lanes unlike = magnitude(difference) / (contrast + kFloor);
  return smaller(exponential(unlike * -kContrast) * (1.0F + smaller(agreement, splat<Lanes>(1.0F))),
                 splat<Lanes>(1.0F));
}

}  // namespace

BlockTaps block_taps(std::int64_t from, std::int64_t to, std::int64_t block) {
  const std::vector<Tap> taps = bilinear_taps(from, to);
  std::vector<std::vector<double>> weights;
  BlockTaps result;
  result.from = from;
  for (std::int64_t start = 0; start + block <= to; start += block) {
    const std::int64_t first = taps[static_cast<std::size_t>(start)].first;
    const std::int64_t last = taps[static_cast<std::size_t>(start + block - 1)].second;
    std::vector<double> own(static_cast<std::size_t>(last - first + 1));
    for (std::int64_t i = start; i < start + block; ++i) {
      const Tap &tap = taps[static_cast<std::size_t>(i)];
      own[static_cast<std::size_t>(tap.first - first)] += 1.0 - tap.weight;
      own[static_cast<std::size_t>(tap.second - first)] += tap.weight;
    }
    while (own.back() == 0.0) own.pop_back();  // where nothing is stretched
    result.first.push_back(static_cast<std::int32_t>(first));
    result.count.push_back(static_cast<std::int32_t>(own.size()));
    result.reach = std::max(result.reach, padded(result.count.back()));
    weights.push_back(std::move(own));
  }
  for (const std::vector<double> &own : weights) {
    for (const double weight : own)
      result.weight.push_back(static_cast<float>(weight / static_cast<double>(block)));
    result.weight.resize(result.weight.size() + static_cast<std::size_t>(result.reach) -
                         own.size());
  }
  return result;
}

std::int64_t block_scratch(const BlockTaps &columns) {
  return columns.from + columns.reach;
}

void block_means(const Planes &planes, const BlockTaps &rows, const BlockTaps &columns,
                 std::int64_t y, float *scratch, const LineMap &target) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const auto block = static_cast<std::size_t>(y);
    const float *row_weights = rows.weight.data() + y * rows.reach;
    const float *source = planes.data + rows.first[block] * planes.row_pitch;
    const std::int64_t count = rows.count[block],
                       whole = columns.from / kLanes<Lanes> * kLanes<Lanes>;
    for (std::int64_t channel = 0; channel < target.channels; ++channel) {
      const float *lines = source + channel * planes.channel_pitch;
      for (std::int64_t x = 0; x < whole; x += kLanes<Lanes>) {
        Lanes sum{};
        for (std::int64_t i = 0; i < count; ++i)
          sum += load<Lanes>(lines + i * planes.row_pitch + x) * row_weights[i];
        store(scratch + x, sum);
      }
      for (std::int64_t x = whole; x < columns.from; ++x) {
        float sum = 0.0F;
        for (std::int64_t i = 0; i < count; ++i)
          sum += lines[i * planes.row_pitch + x] * row_weights[i];
        scratch[x] = sum;
      }
      float *out = target.line(y, channel);
      for (std::int64_t x = 0; x < target.width; ++x) {
        const float *samples = scratch + columns.first[static_cast<std::size_t>(x)];
        const float *weights = columns.weight.data() + x * columns.reach;
        Lanes sum{};
        for (std::int64_t i = 0; i < columns.reach; i += kLanes<Lanes>)
          sum += load<Lanes>(samples + i) * load<Lanes>(weights + i);
        out[x] = sum_of(sum);
      }
      // Whatever a bad frame left there.
      std::fill(out + target.width, out + padded(target.width), 0.0F);
    }
  });
}

void trust_row(const TlpMaps &maps, std::int64_t y) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const std::int64_t pitch = maps.scores.pitch, words = maps.scores.channels;
    const float *scores = maps.scores.line(y, 0);
    float *probabilities = maps.probabilities.line(y, 0);
    float *trust = maps.binding.line(y, kTrust);
    for (std::int64_t x = 0; x < maps.scores.width; x += kLanes<Lanes>) {
      Lanes greatest = load<Lanes>(scores + x);
      for (std::int64_t word = 1; word < words; ++word)
        greatest = larger(greatest, load<Lanes>(scores + word * pitch + x));
      Lanes total{};
      for (std::int64_t word = 0; word < words; ++word) {
        const Lanes value = exponential(load<Lanes>(scores + word * pitch + x) - greatest);
        store(probabilities + word * maps.probabilities.pitch + x, value);
        total += value;
      }
      const Lanes factor = 1.0F / total;
      Lanes agreement{};
      for (std::int64_t word = 0; word < words; ++word) {
        float *place = probabilities + word * maps.probabilities.pitch + x;
        const Lanes value = load<Lanes>(place) * factor;
        store(place, value);
        agreement += value * value * maps.word_weights[word];
      }
      // The greatest score's share of the total is e^0.
      const Lanes decided = larger(factor, splat<Lanes>(kLeastProbability));
      store(trust + x, decided * decided * (1.0F + smaller(agreement, splat<Lanes>(1.0F))));
    }
  });
}

void grey_row(const LineMap &picture, std::int64_t y, const LineMap &binding) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const float *red = picture.line(y, 0), *green = picture.line(y, 1), *blue = picture.line(y, 2);
    float *grey = binding.line(y, kGrey);
    for (std::int64_t x = 0; x < binding.width; x += kLanes<Lanes>)
      store(grey + x, load<Lanes>(red + x) * kRed + load<Lanes>(green + x) * kGreen +
                          load<Lanes>(blue + x) * kBlue);
  });
}

Contrast contrast_row(const LineMap &binding, std::int64_t y) {
  return with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const float *grey = binding.line(y, kGrey);
    const float *below = binding.line(std::min(y + 1, binding.height - 1), kGrey);
    Lanes across{}, down{};
    for (std::int64_t x = 0; x < binding.width; x += kLanes<Lanes>) {
      const Lanes here = load<Lanes>(grey + x);
      across += first_of(magnitude(load<Lanes>(grey + x + 1) - here), binding.width - 1 - x);
      down += first_of(magnitude(load<Lanes>(below + x) - here), binding.width - x);
    }
    return Contrast{sum_of(across), sum_of(down)};
  });
}

void bind_row(const TlpMaps &maps, const Contrast &contrast, std::int64_t y) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const LineMap &binding = maps.binding;
    const std::int64_t next = std::min(y + 1, binding.height - 1), pitch = maps.probabilities.pitch;
    const float *p = maps.probabilities.line(y, 0), *below = maps.probabilities.line(next, 0);
    const float *grey = binding.line(y, kGrey), *grey_below = binding.line(next, kGrey);
    float *across = binding.line(y, kAcross), *down = binding.line(y, kDown);
    for (std::int64_t x = 0; x < binding.width; x += kLanes<Lanes>) {
      Lanes agree_across{}, agree_down{};
      for (std::int64_t word = 0; word < maps.probabilities.channels; ++word) {
        const Lanes weighted = load<Lanes>(p + word * pitch + x) * maps.word_weights[word];
        agree_across += weighted * load<Lanes>(p + word * pitch + x + 1);
        agree_down += weighted * load<Lanes>(below + word * pitch + x);
      }
      const Lanes here = load<Lanes>(grey + x);
      store(across + x, first_of(bond(load<Lanes>(grey + x + 1) - here,
                                      static_cast<float>(contrast.across), agree_across),
                                 binding.width - 1 - x));
      store(down + x, bond(load<Lanes>(grey_below + x) - here, static_cast<float>(contrast.down),
                           agree_down));
    }
  });
}

double begin_row(const TlpMaps &maps, std::int64_t y) {
  return with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const Row row(maps.binding, y);
    Lanes sum{};
    for (std::int64_t word = 0; word < maps.scores.channels; ++word) {
      const ThreeLines<Lanes> scores(maps.scores, row, word);
      float *residual = maps.residual.line(y, word);
      for (std::int64_t x = 0; x < maps.scores.width; x += kLanes<Lanes>) {
        // Of r z - (r + L) z nothing but the flow is left.
        const Lanes value = -flow(bonds_at<Lanes>(row, x), scores(1, x), scores, x);
        store(residual + x, value);
        sum += value * value;
      }
    }
    return sum_of(sum);
  });
}

double direct_row(const TlpMaps &maps, const LineMap &direction, float keep, const LineMap &next,
                  std::int64_t y) {
  return with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const Row row(maps.binding, y);
    Lanes sum{};
    for (std::int64_t word = 0; word < direction.channels; ++word) {
      const NextDirection<Lanes> at{{maps.residual, row, word}, {direction, row, word}, keep};
      float *out = next.line(y, word);
      for (std::int64_t x = 0; x < direction.width; x += kLanes<Lanes>) {
        const Bonds bonds = bonds_at<Lanes>(row, x);
        const Lanes centre = at(1, x);
        store(out + x, centre);
        sum += centre * (bonds.trust * centre + flow(bonds, centre, at, x));
      }
    }
    return sum_of(sum);
  });
}

double step_row(const TlpMaps &maps, const LineMap &direction, float length, std::int64_t y) {
  return with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    const Row row(maps.binding, y);
    Lanes sum{};
    for (std::int64_t word = 0; word < direction.channels; ++word) {
      const ThreeLines<Lanes> lines(direction, row, word);
      float *scores = maps.scores.line(y, word), *residual = maps.residual.line(y, word);
      for (std::int64_t x = 0; x < direction.width; x += kLanes<Lanes>) {
        const Bonds bonds = bonds_at<Lanes>(row, x);
        const Lanes centre = lines(1, x);
        const Lanes image = bonds.trust * centre + flow(bonds, centre, lines, x);
        const Lanes rest = load<Lanes>(residual + x) - image * length;
        store(scores + x, load<Lanes>(scores + x) + centre * length);
        store(residual + x, rest);
        sum += rest * rest;
      }
    }
    return sum_of(sum);
  });
}

}  // namespace naclip::kernels
