// PAMR on the CPU: the weights of a row's neighbours, and one step of a band of rows.
// "Single-Stage Semantic Segmentation from Image Labels", arXiv 2005.08104, section 3.3.
#pragma once

#include <cstdint>
#include <vector>

namespace naclip::kernels {

/// A stack of planes whose rows lie together: row y of all channels, then row y + 1. Each line has
/// `border` samples before column 0, and room for whole vectors and `border` samples behind the
/// last. So what a row's neighbours read is near in memory, however large the picture. A map may
/// hold fewer rows than it has: then row y has the place of row y - rows.
struct LineMap {
  float *data = nullptr;  ///< of column 0 of channel 0 of row 0
  std::int64_t height = 0, width = 0, channels = 0;
  std::int64_t rows = 0;  ///< that it holds at once
  std::int64_t border = 0;
  std::int64_t pitch = 0;  ///< floats from a line to the next channel's

  /// From the first line to the last, with what is around them.
  std::int64_t floats() const { return rows * channels * pitch; }

  float *line(std::int64_t y, std::int64_t channel) const {
    return data + (y % rows * channels + channel) * pitch;
  }
};

/// Floats between lines of a map with such a width and border.
std::int64_t line_pitch(std::int64_t width, std::int64_t border);

/// Repeats a line's first and last sample over its borders.
void fill_borders(const LineMap &map, std::int64_t y, std::int64_t channel);

/// Dilations as columns see them: no neighbour lies further than the picture is wide.
std::vector<std::int64_t> column_offsets(const std::vector<int> &dilations, std::int64_t width);

/// Weights of the neighbours of row y, [8 * dilations, padded(width)]: the softmax, over all
/// neighbours, of -mean over channels of |difference| / (1e-8 + 0.1 deviation), the deviation being
/// that of the pixel and its neighbours (unbiased, the pixel once a dilation).
/// picture: 3 channels, borders filled and at least as wide as the largest column offset.
void neighbour_weights(const LineMap &picture, const std::vector<int> &dilations, std::int64_t y,
                       float *weights);

/// One step for rows [first, last): each score becomes the weighted mean of its neighbours'.
/// weights: [height, 8 * dilations, padded(width)]. Borders of `source` are filled; those of
/// `target` are filled for these rows.
void refine_rows(const LineMap &source, const float *weights, const std::vector<int> &dilations,
                 std::int64_t first, std::int64_t last, const LineMap &target);

/// How many rows refine_rows_twice() needs between its steps.
std::int64_t rows_between(const std::vector<int> &dilations);

/// Two steps for rows [first, last), with the numbers of two refine_rows(). The scores between them
/// are in `between`, which holds rows_between() rows, so that they are read from a cache; those
/// beyond the rows' ends are computed by both neighbours.
void refine_rows_twice(const LineMap &source, const float *weights,
                       const std::vector<int> &dilations, std::int64_t first, std::int64_t last,
                       const LineMap &between, const LineMap &target);

}  // namespace naclip::kernels
