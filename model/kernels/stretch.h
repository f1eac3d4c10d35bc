// Bilinear sampling of score maps, line by line.
#pragma once

#include <cstdint>
#include <vector>

namespace naclip::kernels {

/// Where the samples of a line lie between those of the source, in a form for vectors.
struct LineTaps {
  std::vector<std::int32_t> first;  ///< [to], 0..from - 1
  std::vector<float> weight;        ///< [to], of the sample behind `first`, 0..1
  std::int64_t from = 0, to = 0;
};

/// As bilinear_taps: edges repeat, corners are not aligned.
LineTaps line_taps(std::int64_t from, std::int64_t to);

/// One row of several planes in memory: line c begins at data + c * pitch.
struct Lines {
  const float *data;
  std::int64_t pitch;
};

/// How a row is written: over what is there, added to it, or over it and past the caches, but for the ends of lines.
enum class Writing { kOver, kAdded, kPastCaches };

/// Samples one row of `channels` planes between the source's rows `above` and `below`, of which
/// `down` (0..1) is the latter's part. out: line c, of taps.to samples, at out + c * pitch.
/// scratch: stretch_scratch(taps.from) floats. kPastCaches: lines begin at multiples of
/// kMostLanes floats.
void stretch_row(Lines above, Lines below, float down, std::int64_t channels, const LineTaps &taps,
                 float *scratch, float *out, std::int64_t pitch, Writing writing);

/// Floats of scratch for stretch_row.
std::int64_t stretch_scratch(std::int64_t from);

/// Divides each line by `divisors`, [width], column by column.
void divide_lines(float *lines, std::int64_t pitch, std::int64_t channels, std::int64_t width,
                  const float *divisors);

}  // namespace naclip::kernels
