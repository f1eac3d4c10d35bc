#include "overlay_regions.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <tuple>

namespace naclip {
namespace {

/// How far from a border coverage tells the distance to it, in cells.
constexpr float kCoverReach = 1.25F;
/// From the middle of a cell to its corner, in cells.
constexpr float kHalfDiagonal = 0.75F;
/// Coverage is looked up in so many steps.
constexpr std::size_t kCoverSteps = 512;
/// So many pairs of classes are looked up; with more of them, pixels are computed one by one.
constexpr std::size_t kMostPairs = 400;

template <int kBytes>
std::size_t read_label(const std::uint8_t *bytes) {
  if constexpr (kBytes == 1)
    return bytes[0];
  else
    return static_cast<std::size_t>(bytes[0] | bytes[1] << 8);
}

float dot(const Weights &a, const Weights &b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] + a[4] * b[4];
}

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

/// Marks the cells that see more than one class within two cells. `rows` are five rows with a
/// margin of two cells; `differing` is room for width + 5 marks.
[[gnu::optimize("O3")]] void mark_borders(const std::array<const std::uint16_t *, 5> &rows,
                                          std::uint8_t *differing, std::uint8_t *marks, int width) {
  const std::uint16_t *row = rows[2];
  // Which cells differ from those above and below, or from the next one.
  for (int x = -2; x < width + 2; ++x) {
    const std::uint16_t id = row[x];
    differing[x + 2] = ((rows[0][x] ^ id) | (rows[1][x] ^ id) | (rows[3][x] ^ id) |
                        (rows[4][x] ^ id) | (row[std::min(x + 1, width + 1)] ^ id)) != 0;
  }
  for (int x = 0; x < width; ++x)
    marks[x] =
        differing[x] | differing[x + 1] | differing[x + 2] | differing[x + 3] | differing[x + 4];
}

template <int kBytes>
void renumber(const std::uint8_t *labels, std::uint16_t *ids, int width,
              const std::vector<std::uint16_t> &numbers) {
  for (int x = 0; x < width; ++x) {
    const std::size_t label = read_label<kBytes>(labels + static_cast<std::ptrdiff_t>(x) * kBytes);
    ids[x] = label < numbers.size() ? numbers[label] : 0;
  }
}

}  // namespace

std::size_t OverlayMask::at(int x, int y) const {
  const std::uint8_t *bytes =
      labels + y * stride + static_cast<std::ptrdiff_t>(x) * bytes_per_label;
  return bytes_per_label == 1 ? read_label<1>(bytes) : read_label<2>(bytes);
}

std::vector<Paint> RegionPainter::make_paints(const OverlayMask &mask, const Canvas &canvas,
                                              double opacity) {
  const ColourConverter converter(canvas.format, canvas.matrix, canvas.range);
  const auto strength = static_cast<float>(std::lround(std::clamp(opacity, 0.0, 1.0) * 255.0));
  std::vector<Paint> flat(1);
  fills_.assign(1, {});
  lines_.assign(1, {});
  numbers_.assign(mask.regions.size(), 0);
  for (std::size_t label = 0; label < mask.regions.size(); ++label) {
    if (!mask.regions[label].drawn || fills_.size() > 0xffff) continue;
    numbers_[label] = static_cast<std::uint16_t>(fills_.size());
    const auto colour = converter.components(mask.regions[label].colour);
    const float part = strength / 255.0F;
    fills_.push_back({strength, colour[0] * part, colour[1] * part, colour[2] * part});
    lines_.push_back({255.0F, colour[0], colour[1], colour[2]});
    const Tint &fill = fills_.back();
    flat.push_back({to_byte(fill[0]), {to_byte(fill[1]), to_byte(fill[2]), to_byte(fill[3])}});
  }
  return flat;
}

void RegionPainter::number_cells(const OverlayMask &mask) {
  width_ = mask.width;
  height_ = mask.height;
  stride_ = static_cast<std::size_t>(width_) + 2 * kMargin;
  ids_.resize(stride_ * (static_cast<std::size_t>(height_) + 2 * kMargin));
  for (int y = 0; y < height_; ++y) {
    std::uint16_t *row = ids_.data() + (ids_of_row(y) - ids_.data());
    const std::uint8_t *labels = mask.labels + y * mask.stride;
    if (mask.bytes_per_label == 1)
      renumber<1>(labels, row, width_, numbers_);
    else
      renumber<2>(labels, row, width_, numbers_);
    std::fill_n(row - kMargin, kMargin, row[0]);
    std::fill_n(row + width_, kMargin, row[width_ - 1]);
  }
  for (int i = 0; i < kMargin; ++i) {
    std::copy_n(ids_of_row(0) - kMargin, stride_,
                ids_.begin() + i * static_cast<std::ptrdiff_t>(stride_));
    std::copy_n(ids_of_row(height_ - 1) - kMargin, stride_,
                ids_.end() - (i + 1) * static_cast<std::ptrdiff_t>(stride_));
  }
}

// Every cell's distance from its middle to the nearest border of its region. The transform runs
// over all regions at once: a way out of a region leads over a cell at its border.
void RegionPainter::measure_distances() {
  cv::Mat1b inner(height_, width_);
  for (int y = 0; y < height_; ++y) {
    const std::uint16_t *row = ids_of_row(y), *above = ids_of_row(y - 1),
                        *below = ids_of_row(y + 1);
    std::uint8_t *result = inner.ptr<std::uint8_t>(y);
    for (int x = 0; x < width_; ++x)
      result[x] =
          row[x - 1] == row[x] && row[x + 1] == row[x] && above[x] == row[x] && below[x] == row[x];
  }
  cv::Mat1f distance;
  cv::distanceTransform(inner, distance, cv::DIST_L2, cv::DIST_MASK_5);
  distances_.resize(ids_.size());
  cv::Mat1f padded(height_ + 2 * kMargin, width_ + 2 * kMargin, distances_.data());
  cv::copyMakeBorder(distance + 0.5F, padded, kMargin, kMargin, kMargin, kMargin,
                     cv::BORDER_REPLICATE);
}

void RegionPainter::find_runs(int cell_row) {
  mixed_.resize(static_cast<std::size_t>(width_));
  marks_.resize(mixed_.size() + 2 * kMargin + 1);
  mark_borders({ids_of_row(cell_row - 2), ids_of_row(cell_row - 1), ids_of_row(cell_row),
                ids_of_row(cell_row + 1), ids_of_row(cell_row + 2)},
               marks_.data(), mixed_.data(), width_);
  if (!distances_.empty()) {
    const float *distance =
        distances_.data() + static_cast<std::size_t>(cell_row + kMargin) * stride_ + kMargin;
    const float reach = (line_ + 0.5F) / scale_ + kHalfDiagonal;
    for (int x = 0; x < width_; ++x) mixed_[static_cast<std::size_t>(x)] |= distance[x] < reach;
  }
  runs_.clear();
  for (int begin = 0; begin < width_;) {
    const std::uint8_t *from = mixed_.data() + begin;
    const void *change =
        std::memchr(from, *from == 0 ? 1 : 0, static_cast<std::size_t>(width_ - begin));
    const int end =
        change == nullptr
            ? width_
            : static_cast<int>(static_cast<const std::uint8_t *>(change) - mixed_.data());
    runs_.push_back({begin, end, *from != 0});
    begin = end;
  }
}

// Most cells near a border see two classes: what a pixel there looks like follows from the coverage
// of one of them alone, and is looked up.
void RegionPainter::find_pairs(int cell_row) {
  pairs_.resize(static_cast<std::size_t>(width_));
  for (const Run &run : runs_)
    for (int cell = run.begin; run.mixed && cell < run.end; ++cell)
      find_pair(cell, cell_row, pairs_[static_cast<std::size_t>(cell)]);
}

void RegionPainter::find_pair(int cell, int cell_row, Pair &pair) {
  const std::uint16_t *ids = ids_of_row(cell_row) + cell;
  const std::uint16_t own = *ids;
  std::uint16_t other = own;
  pair = {};
  if (!distances_.empty()) return;  // wide lines need more than the coverage
  for (std::size_t line = 0; line < 5; ++line) {
    const std::uint16_t *start =
        ids + (static_cast<std::ptrdiff_t>(line) - 2) * static_cast<std::ptrdiff_t>(stride_) - 2;
    for (std::size_t column = 0; column < 5; ++column) {
      const std::uint16_t id = start[column];
      if (id == own) {
        pair.columns[column] |= static_cast<std::uint8_t>(1U << line);
        continue;
      }
      if (other == own) other = id;
      if (id != other) return;
    }
  }
  pair.paints = pair_paints(own, other);
}

const Paint *RegionPainter::pair_paints(std::uint16_t one, std::uint16_t other) {
  const std::uint32_t key = std::uint32_t{one} << 16 | other;
  auto found = pair_paints_.find(key);
  if (found == pair_paints_.end()) {
    if (pair_paints_.size() >= kMostPairs) return nullptr;
    std::vector<Paint> paints(kCoverSteps + 1);
    Neighbourhood around;
    around.count = 2;
    around.ids[0] = one;
    around.ids[1] = other;
    for (std::size_t i = 0; i <= kCoverSteps; ++i) {
      const float cover = static_cast<float>(i) / kCoverSteps;
      around.columns[0] = {cover};
      around.columns[1] = {1.0F - cover};
      paints[i] = mix(around, {1.0F});
    }
    found = pair_paints_.emplace(key, std::move(paints)).first;
  }
  return found->second.data();
}

void RegionPainter::paint_pair(const Pair &pair, const std::array<float, 32> &sums, int begin,
                               int end, RowPaint &row) const {
  Weights columns;
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = sums[pair.columns[i]];
  const Weights *weights = &across_.weights[static_cast<std::size_t>(begin - across_.begin)];
  for (int x = begin; x < end; ++x, ++weights) {
    const float cover = std::min(dot(columns, *weights), 1.0F);
    row.pixels[static_cast<std::size_t>(x)] =
        pair.paints[static_cast<std::size_t>(cover * kCoverSteps + 0.5F)];
  }
}

void RegionPainter::gather(int cell, int cell_row, const Weights &weights,
                           Neighbourhood &around) const {
  around.count = 0;
  const std::ptrdiff_t offset = ids_of_row(cell_row - 2) - ids_.data() + cell - 2;
  for (std::size_t line = 0; line < 5; ++line) {
    const std::ptrdiff_t start = offset + static_cast<std::ptrdiff_t>(line * stride_);
    const std::uint16_t *ids = ids_.data() + start;
    for (std::size_t column = 0; column < 5; ++column) {
      std::size_t i = 0;
      while (i < around.count && around.ids[i] != ids[column]) ++i;
      if (i == around.count) {
        around.ids[i] = ids[column];
        around.columns[i] = around.distances[i] = {};
        ++around.count;
      }
      around.columns[i][column] += weights[line];
      if (!distances_.empty())
        around.distances[i][column] +=
            weights[line] * distances_[static_cast<std::size_t>(start) + column];
    }
  }
}

// Pixels of the frame from the border of the `own`-th class around, which covers `cover`.
float RegionPainter::distance_of(const Neighbourhood &around, std::size_t own, float cover,
                                 const Weights &weights) const {
  if (distances_.empty()) return scale_ * naclip::border_distance(cover);
  float sum = 0.0F;
  for (std::size_t i = 0; i < around.count; ++i) {
    const float distance = dot(weights, around.distances[i]);
    sum += i == own ? distance : -distance;
  }
  return scale_ * std::max(sum, 0.0F);
}

Paint RegionPainter::mix(const Neighbourhood &around, const Weights &weights) const {
  Tint sum{};
  float first_cover = -1.0F, second_cover = -1.0F;
  std::size_t first = 0, second = 0;
  for (std::size_t i = 0; i < around.count; ++i) {
    const float cover = dot(weights, around.columns[i]);
    const Tint &fill = fills_[around.ids[i]];
    for (std::size_t c = 0; c < 4; ++c) sum[c] += cover * fill[c];
    if (cover > first_cover) {
      second = first;
      second_cover = first_cover;
      first = i;
      first_cover = cover;
    } else if (cover > second_cover) {
      second = i;
      second_cover = cover;
    }
  }
  if (line_ > 0.0F && (around.count > 1 || !distances_.empty())) {
    const float distance = distance_of(around, first, first_cover, weights);
    // How much of this pixel lies on the near side of the border, and on the line inside it.
    const float own = std::min(0.5F + distance, 1.0F);
    const std::uint16_t own_id = around.ids[first];
    const std::uint16_t other_id = second_cover > 0.0F ? around.ids[second] : 0;
    const float mine = own_id == 0 ? 0.0F : own * std::clamp(line_ + 0.5F - distance, 0.0F, 1.0F);
    const float others = other_id == 0 ? 0.0F : 1.0F - own;
    const Tint &mine_tint = lines_[own_id], &other_tint = lines_[other_id];
    for (std::size_t c = 0; c < 4; ++c)
      sum[c] = sum[c] * (1.0F - mine - others) + mine * mine_tint[c] + others * other_tint[c];
  }
  return {to_byte(sum[0]), {to_byte(sum[1]), to_byte(sum[2]), to_byte(sum[3])}};
}

void RegionPainter::paint_cell(const Neighbourhood &around, int begin, int end,
                               RowPaint &row) const {
  for (int x = begin; x < end; ++x)
    row.pixels[static_cast<std::size_t>(x)] =
        mix(around, across_.weights[static_cast<std::size_t>(x - across_.begin)]);
}

void RegionPainter::paint_row(int y, RowPaint &row) const {
  const auto index = static_cast<std::size_t>(y - down_.begin);
  const int cell_row = down_.cell[index];
  const std::uint16_t *ids = ids_of_row(cell_row);
  const Weights &weights = down_.weights[index];
  // By column of five cells, a bit for each that is of a pair's first class: how much of it that
  // makes.
  std::array<float, 32> sums{};
  for (std::size_t bits = 1; bits < sums.size(); ++bits)
    for (std::size_t line = 0; line < weights.size(); ++line)
      if (bits >> line & 1) sums[bits] += weights[line];
  Neighbourhood around;
  row.clear(frame_width_);
  row.extend(across_.begin, 0);
  for (const Run &run : runs_) {
    const auto *first = &across_.first_pixel[static_cast<std::size_t>(run.begin)];
    const int end = across_.first_pixel[static_cast<std::size_t>(run.end)];
    if (*first == end) continue;
    row.extend(end, run.mixed ? RowPaint::kMixed : ids[run.begin]);
    if (!run.mixed) continue;
    for (int cell = run.begin; cell < run.end; ++cell, ++first) {
      if (first[0] >= first[1]) continue;
      const Pair &pair = pairs_[static_cast<std::size_t>(cell)];
      if (pair.paints != nullptr) {
        paint_pair(pair, sums, first[0], first[1], row);
        continue;
      }
      gather(cell, cell_row, weights, around);
      paint_cell(around, first[0], first[1], row);
    }
  }
  row.extend(frame_width_, 0);
}

void RegionPainter::paint(const OverlayMask &mask, const Canvas &canvas, double opacity, int line,
                          OverlayLayer &layer) {
  smooth_ = mask.frame_width > mask.width || mask.frame_height > mask.height;
  across_ = make_axis(canvas.width, mask.frame_x, mask.frame_width, mask.width, smooth_);
  down_ = make_axis(canvas.height, mask.frame_y, mask.frame_height, mask.height, smooth_);
  frame_width_ = canvas.width;
  const auto look = std::tuple(fills_, line_, scale_);
  line_ = static_cast<float>(std::max(line, 0));
  scale_ = static_cast<float>(std::sqrt(across_.scale * down_.scale));
  layer.begin(canvas, make_paints(mask, canvas, opacity), down_.begin);
  if (look != std::tuple(fills_, line_, scale_) || pair_paints_.size() >= kMostPairs)
    pair_paints_.clear();
  if (across_.begin < across_.end && down_.begin < down_.end && fills_.size() > 1) {
    number_cells(mask);
    distances_.clear();
    if (line > 0 && (!smooth_ || line_ + 0.5F > scale_ * kCoverReach)) measure_distances();
    RowPaint row;
    int cell_row = -1;
    for (int y = down_.begin; y < down_.end; ++y) {
      const int next = down_.cell[static_cast<std::size_t>(y - down_.begin)];
      if (next != cell_row) {
        find_runs(cell_row = next);
        find_pairs(cell_row);
      }
      paint_row(y, row);
      layer.add_row(row);
    }
  }
  layer.finish();
}

}  // namespace naclip
