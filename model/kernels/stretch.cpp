#include "model/kernels/stretch.h"

#include "model/kernels/bilinear.h"
#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

/// Blends two lines and repeats the last sample, so that each has one behind it.
template <class Lanes>
NACLIP_INLINE void blend_line(const float *above, const float *below, float down,
                              std::int64_t width, float *out) {
  std::int64_t x = 0;
  for (; x + kLanes<Lanes> <= width; x += kLanes<Lanes>) {
    const Lanes top = load<Lanes>(above + x);
    store(out + x, top + (load<Lanes>(below + x) - top) * down);
  }
  for (; x < width; ++x) out[x] = above[x] + (below[x] - above[x]) * down;
  const std::int64_t end = stretch_scratch(width);
  for (; x < end; ++x) out[x] = out[width - 1];
}

/// Columns [x, taps.to), fewer than a vector.
template <Writing writing>
NACLIP_INLINE void stretch_tail(const float *line, const LineTaps &taps, std::int64_t x,
                                float *out) {
  for (; x < taps.to; ++x) {
    const float *sample = line + taps.first[static_cast<std::size_t>(x)];
    const float value =
        sample[0] + (sample[1] - sample[0]) * taps.weight[static_cast<std::size_t>(x)];
    out[x] = writing == Writing::kAdded ? out[x] + value : value;
  }
}

/// Writes columns [x, x + kLanes) of a line of `width`.
template <Writing writing, class Lanes>
NACLIP_INLINE void put(float *line, std::int64_t x, std::int64_t width, Lanes value) {
  if (writing == Writing::kPastCaches && x > 0 && x + kLanes<Lanes> < width)
    store_past_caches(line + x, value);
  else
    store(line + x, writing == Writing::kAdded ? load<Lanes>(line + x) + value : value);
}

/// Where a line grows, a vector's samples come from at most as many of the source and one more: two vectors whose lanes
/// are shuffled, instead of two single loads a lane.
template <class Lanes, Writing writing>
NACLIP_INLINE void spread_line(const float *line, const LineTaps &taps, float *out) {
  std::int64_t x = 0;
  for (; x + kLanes<Lanes> <= taps.to; x += kLanes<Lanes>) {
    const std::int32_t start = taps.first[static_cast<std::size_t>(x)];
    const IntLanes<Lanes> places = load<Lanes>(taps.first.data() + x) - start;
    const Lanes left = __builtin_shuffle(load<Lanes>(line + start), places);
    const Lanes right = __builtin_shuffle(load<Lanes>(line + start + 1), places);
    put<writing>(out, x, taps.to, left + (right - left) * load<Lanes>(taps.weight.data() + x));
  }
  stretch_tail<writing>(line, taps, x, out);
}

template <class Lanes, Writing writing>
NACLIP_INLINE void gather_line(const float *line, const LineTaps &taps, float *out) {
  std::int64_t x = 0;
  for (; x + kLanes<Lanes> <= taps.to; x += kLanes<Lanes>) {
    float left[kLanes<Lanes>], right[kLanes<Lanes>];
    for (int lane = 0; lane < kLanes<Lanes>; ++lane) {
      const float *sample = line + taps.first[static_cast<std::size_t>(x + lane)];
      left[lane] = sample[0];
      right[lane] = sample[1];
    }
    put<writing>(out, x, taps.to,
                 load<Lanes>(left) + (load<Lanes>(right) - load<Lanes>(left)) *
                                         load<Lanes>(taps.weight.data() + x));
  }
  stretch_tail<writing>(line, taps, x, out);
}

/// What stretch_row() is given, but for how to write.
struct Stretched {
  Lines above, below;
  float down;
  std::int64_t channels;
  const LineTaps &taps;
  float *scratch, *out;
  std::int64_t pitch;
};

template <class Lanes, Writing writing>
NACLIP_INLINE void stretch_lines(const Stretched &row) {
  for (std::int64_t channel = 0; channel < row.channels; ++channel) {
    blend_line<Lanes>(row.above.data + channel * row.above.pitch,
                      row.below.data + channel * row.below.pitch, row.down, row.taps.from,
                      row.scratch);
    float *out = row.out + channel * row.pitch;
    if (row.taps.to >= row.taps.from)
      spread_line<Lanes, writing>(row.scratch, row.taps, out);
    else
      gather_line<Lanes, writing>(row.scratch, row.taps, out);
  }
}

template <class Lanes>
NACLIP_INLINE void divide_line(float *line, std::int64_t width, const float *divisors) {
  std::int64_t x = 0;
  for (; x + kLanes<Lanes> <= width; x += kLanes<Lanes>)
    store(line + x, load<Lanes>(line + x) / load<Lanes>(divisors + x));
  for (; x < width; ++x) line[x] /= divisors[x];
}

}  // namespace

LineTaps line_taps(std::int64_t from, std::int64_t to) {
  LineTaps taps;
  taps.from = from;
  taps.to = to;
  for (const Tap &tap : bilinear_taps(from, to)) {
    taps.first.push_back(static_cast<std::int32_t>(tap.first));
    taps.weight.push_back(tap.weight);
  }
  return taps;
}

std::int64_t stretch_scratch(std::int64_t from) {
  return padded(from) + 2 * kMostLanes;
}

void stretch_row(Lines above, Lines below, float down, std::int64_t channels, const LineTaps &taps,
                 float *scratch, float *out, std::int64_t pitch, Writing writing) {
  const Stretched row{above, below, down, channels, taps, scratch, out, pitch};
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    switch (writing) {
      case Writing::kOver:
        return stretch_lines<Lanes, Writing::kOver>(row);
      case Writing::kAdded:
        return stretch_lines<Lanes, Writing::kAdded>(row);
      case Writing::kPastCaches:
        return stretch_lines<Lanes, Writing::kPastCaches>(row);
    }
  });
  if (writing == Writing::kPastCaches) finish_stores();
}

void divide_lines(float *lines, std::int64_t pitch, std::int64_t channels, std::int64_t width,
                  const float *divisors) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t channel = 0; channel < channels; ++channel)
      divide_line<Lanes>(lines + channel * pitch, width, divisors);
  });
}

}  // namespace naclip::kernels
