#include "elements/overlay/regions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace naclip {
namespace {

/// How far from a border coverage tells the distance to it, in cells.
constexpr float kCoverReach = 1.25F;
/// Ids have 16 bits, and each class has two.
constexpr std::size_t kMostClasses = 0x7fff;
/// Cells whose sides differ by less count as square.
constexpr float kSquare = 1.1F;
/// Connected parts of fewer cells are not outlined; in a small mask they are a larger part of it.
constexpr int kLeastOutlined = 9;
constexpr int kLeastOutlinedPart = 500;  // of the mask is one cell of these
/// So many pairs of classes are looked up; with more of them, pixels are computed one by one.
constexpr std::size_t kMostPairs = 400;

std::size_t read_two_bytes(const std::uint8_t *bytes) {
  return static_cast<std::size_t>(bytes[0] | bytes[1] << 8);
}

float dot(const Weights &a, const Weights &b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] + a[4] * b[4];
}

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

Paint to_paint(const std::array<float, 4> &tint) {
  return make_paint(to_byte(tint[0]), to_byte(tint[1]), to_byte(tint[2]), to_byte(tint[3]));
}

}  // namespace

std::size_t OverlayMask::at(int x, int y) const {
  const std::uint8_t *bytes =
      labels + y * stride + static_cast<std::ptrdiff_t>(x) * bytes_per_label;
  return bytes_per_label == 1 ? *bytes : read_two_bytes(bytes);
}

void RegionPainter::set_axes(const OverlayMask &mask, const Canvas &canvas) {
  const Place place{canvas.width, canvas.height,    mask.frame_x,
                    mask.frame_y, mask.frame_width, mask.frame_height,
                    mask.width,   mask.height,      canvas.pixel_aspect};
  if (place == place_) return;
  place_ = place;
  smooth_ = mask.frame_width > mask.width || mask.frame_height > mask.height;
  across_ = make_axis(canvas.width, mask.frame_x, mask.frame_width, mask.width, smooth_);
  down_ = make_axis(canvas.height, mask.frame_y, mask.frame_height, mask.height, smooth_);
  cell_width_ = static_cast<float>(across_.scale * canvas.pixel_aspect);
  cell_height_ = static_cast<float>(down_.scale);
  scale_ = std::sqrt(cell_width_ * cell_height_);
  frame_width_ = canvas.width;
  for (std::size_t i = 0; i < across_weights_.size(); ++i) {
    // Vectors reach beyond the last pixel.
    across_weights_[i].assign(across_.weights.size() + PairRow::kPixels, 0.0F);
    for (std::size_t x = 0; x < across_.weights.size(); ++x)
      across_weights_[i][x] = across_.weights[x][i];
  }
}

void RegionPainter::make_paints(const OverlayMask &mask, const Canvas &canvas, double opacity) {
  const ColourConverter converter(canvas.format, canvas.matrix, canvas.range);
  const auto strength = static_cast<float>(std::lround(std::clamp(opacity, 0.0, 1.0) * 255.0));
  flat_.assign(1, 0);
  fills_.assign(1, {});
  lines_.assign(1, {});
  numbers_.assign(mask.regions.size(), 0);
  numbers_equal_ = true;
  for (std::size_t label = 0; label < mask.regions.size(); ++label) {
    if (mask.regions[label].drawn && fills_.size() <= kMostClasses) {
      numbers_[label] = static_cast<std::uint16_t>(fills_.size());
      const auto colour = converter.components(mask.regions[label].colour);
      const float part = strength / 255.0F;
      fills_.push_back({strength, colour[0] * part, colour[1] * part, colour[2] * part});
      lines_.push_back({255.0F, colour[0], colour[1], colour[2]});
      flat_.push_back(to_paint(fills_.back()));
    }
    numbers_equal_ = numbers_equal_ && numbers_[label] == label;
  }
  first_speckle_ = static_cast<std::uint16_t>(fills_.size());
  fills_.insert(fills_.end(), fills_.begin(), fills_.begin() + first_speckle_);
  flat_.insert(flat_.end(), flat_.begin(), flat_.begin() + first_speckle_);
}

void RegionPainter::number_cells(const OverlayMask &mask) {
  width_ = mask.width;
  height_ = mask.height;
  stride_ = static_cast<std::size_t>(width_) + 2 * kMargin;
  const std::size_t rows = static_cast<std::size_t>(height_) + 2 * kMargin;
  ids_.resize(stride_ * rows + PairBlock::kCells);
  for (int y = 0; y < height_; ++y) {
    std::uint16_t *row = ids_.data() + (ids_of_row(y) - ids_.data());
    const std::uint8_t *labels = mask.labels + y * mask.stride;
    if (mask.bytes_per_label == 2)
      for (int x = 0; x < width_; ++x) {
        const std::size_t label = read_two_bytes(labels + static_cast<std::ptrdiff_t>(x) * 2);
        row[x] = label < numbers_.size() ? numbers_[label] : 0;
      }
    else if (numbers_equal_)
      renumber_equal(labels, numbers_.size(), row, width_);
    else
      renumber_bytes(labels, numbers_.data(), numbers_.size(), row, width_);
  }
  mark_speckles();
  for (int y = 0; y < height_; ++y) {
    std::uint16_t *row = ids_.data() + (ids_of_row(y) - ids_.data());
    std::fill_n(row - kMargin, kMargin, row[0]);
    std::fill_n(row + width_, kMargin, row[width_ - 1]);
  }
  for (std::size_t i = 0; i < kMargin; ++i) {
    std::copy_n(ids_of_row(0) - kMargin, stride_, ids_.data() + i * stride_);
    std::copy_n(ids_of_row(height_ - 1) - kMargin, stride_, ids_.data() + (rows - 1 - i) * stride_);
  }
}

void RegionPainter::mark_speckles() {
  speckle_runs_ = {};
  if (line_ <= 0.0F) return;
  const int least = std::min(kLeastOutlined, width_ * height_ / kLeastOutlinedPart);
  speckle_runs_ =
      speckles_.find(ids_of_row(0), static_cast<std::ptrdiff_t>(stride_), width_, height_, least);
  for (const CellRun &run : speckle_runs_)
    for (int x = run.begin; x < run.end; ++x) {
      std::uint16_t &id = ids_[static_cast<std::size_t>(ids_of_row(run.row) - ids_.data() + x)];
      id = static_cast<std::uint16_t>(id + first_speckle_);
    }
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
    const float reach = reach_of_line();
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
  constexpr int kCells = PairBlock::kCells;
  pairs_.resize(static_cast<std::size_t>(width_));  // those of mixed cells count
  blocks_.resize(static_cast<std::size_t>((width_ + kCells - 1) / kCells));
  others_.clear();
  int done = 0;  // blocks
  std::uint32_t key = 0;
  const Paint *paints = nullptr;
  for (const Run &run : runs_)
    for (int cell = run.begin; run.mixed && cell < run.end; ++cell) {
      const int index = cell / kCells;
      PairBlock &block = blocks_[static_cast<std::size_t>(index)];
      if (index >= done && distances_.empty()) {
        naclip::find_pairs(ids_of_row(cell_row) + index * kCells,
                           static_cast<std::ptrdiff_t>(stride_), block);
        done = index + 1;
      }
      const auto lane = static_cast<std::size_t>(cell % kCells);
      const Paint *&found = pairs_[static_cast<std::size_t>(cell)];
      found = nullptr;
      // Wide lines need more than the coverage.
      if (distances_.empty() && block.only[lane] != 0) {
        const std::uint32_t pair = std::uint32_t{block.one[lane]} << 16 | block.other[lane];
        if (pair != key) paints = pair_paints(block.one[lane], block.other[lane]);
        key = pair;
        found = paints;
      }
      if (found == nullptr) others_.push_back(cell);
    }
}

const Paint *RegionPainter::pair_paints(std::uint16_t one, std::uint16_t other) {
  const std::uint32_t key = std::uint32_t{one} << 16 | other;
  auto found = pair_paints_.find(key);
  if (found == pair_paints_.end()) {
    if (pair_paints_.size() >= kMostPairs) return nullptr;
    std::vector<Paint> paints(PairRow::kCoverSteps + 1);
    Neighbourhood around;
    around.count = 2;
    around.ids[0] = one;
    around.ids[1] = other;
    for (std::size_t i = 0; i < paints.size(); ++i) {
      const float cover = static_cast<float>(i) / PairRow::kCoverSteps;
      around.columns[0] = {cover};
      around.columns[1] = {1.0F - cover};
      paints[i] = mix(around, {1.0F});
    }
    found = pair_paints_.emplace(key, std::move(paints)).first;
  }
  return found->second.data();
}

void RegionPainter::gather(int cell, int cell_row, const Weights &weights,
                           Neighbourhood &around) const {
  around.count = 0;
  if (!smooth_) {
    // The nearest cell counts alone.
    const std::ptrdiff_t nearest = ids_of_row(cell_row) - ids_.data() + cell;
    around.count = 1;
    around.ids[0] = ids_[static_cast<std::size_t>(nearest)];
    around.columns[0] = {0.0F, 0.0F, 1.0F, 0.0F, 0.0F};
    if (!distances_.empty())
      around.distances[0] = {0.0F, 0.0F, distances_[static_cast<std::size_t>(nearest)], 0.0F, 0.0F};
    return;
  }
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

/// How far from a border the middles of cells are that a line reaches into, in scale_.
float RegionPainter::reach_of_line() const {
  constexpr float kSlack = 0.05F;
  return (line_ + 0.5F + std::hypot(cell_width_, cell_height_) / 2.0F) / scale_ + kSlack;
}

// Rows of the frame from the border of the `own`-th class around, which covers `cover`.
float RegionPainter::distance_of(const Neighbourhood &around, std::size_t own, float cover,
                                 const Weights &weights) const {
  if (distances_.empty()) return scale_ * naclip::border_distance(cover);
  float sum = 0.0F;
  for (std::size_t i = 0; i < around.count; ++i) {
    const float distance = dot(weights, around.distances[i]);
    sum += i == own || !lined(around.ids[i]) ? distance : -distance;
  }
  return scale_ * std::max(sum, 0.0F);
}

Paint RegionPainter::mix(const Neighbourhood &around, const Weights &weights) const {
  Tint sum{};
  float first_cover = -1.0F, second_cover = -1.0F, speckle_cover = 0.0F;
  std::size_t first = 0, second = 0;
  for (std::size_t i = 0; i < around.count; ++i) {
    const float cover = dot(weights, around.columns[i]);
    const Tint &fill = fills_[around.ids[i]];
    for (std::size_t c = 0; c < 4; ++c) sum[c] += cover * fill[c];
    if (!lined(around.ids[i])) {
      speckle_cover += cover;
    } else if (cover > first_cover) {
      second = first;
      second_cover = first_cover;
      first = i;
      first_cover = cover;
    } else if (cover > second_cover) {
      second = i;
      second_cover = cover;
    }
  }
  if (line_ > 0.0F && first_cover >= 0.0F && (around.count > 1 || !distances_.empty())) {
    const float distance = distance_of(around, first, first_cover + speckle_cover, weights);
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
  return to_paint(sum);
}

void RegionPainter::paint_cell(const Neighbourhood &around, int begin, int end) {
  for (int x = begin; x < end; ++x)
    row_.pixels[static_cast<std::size_t>(x)] =
        mix(around, across_.weights[static_cast<std::size_t>(x - across_.begin)]);
}

/// The spans of a row of the frame: the same for all rows of a row of cells.
void RegionPainter::find_spans(int cell_row) {
  const std::uint16_t *ids = ids_of_row(cell_row);
  spans_.clear();
  append(spans_, across_.begin, 0);
  for (const Run &run : runs_)
    append(spans_, across_.first_pixel[static_cast<std::size_t>(run.end)],
           run.mixed ? RowPaint::kMixed : ids[run.begin]);
  append(spans_, frame_width_, 0);
}

void RegionPainter::paint_row(int y) {
  const auto index = static_cast<std::size_t>(y - down_.begin);
  const int cell_row = down_.cell[index];
  const Weights &weights = down_.weights[index];
  const int *first_pixel = across_.first_pixel.data();
  PairRow pairs{blocks_.data(), pairs_.data(), first_pixel, {}, across_.begin, {}};
  for (std::size_t i = 0; i < pairs.weights.size(); ++i)
    pairs.weights[i] = across_weights_[i].data();
  for (std::size_t bits = 1; bits < pairs.sums.size(); ++bits) {
    const std::size_t last = std::bit_floor(bits);
    pairs.sums[bits] =
        pairs.sums[bits - last] + weights[static_cast<std::size_t>(std::countr_zero(last))];
  }
  row_.clear(frame_width_);
  row_.spans = spans_;
  for (const Run &run : runs_)
    if (run.mixed) paint_pairs(pairs, run.begin, run.end, row_.pixels.data());
  Neighbourhood around;
  for (const int cell : others_) {
    if (first_pixel[cell] >= first_pixel[cell + 1]) continue;
    gather(cell, cell_row, weights, around);
    paint_cell(around, first_pixel[cell], first_pixel[cell + 1]);
  }
}

void RegionPainter::paint(const OverlayMask &mask, const Canvas &canvas, double opacity,
                          double line, OverlayLayer &layer) {
  set_axes(mask, canvas);
  line_ = static_cast<float>(std::max(line, 0.0));
  make_paints(mask, canvas, opacity);
  layer.begin(canvas, flat_, down_.begin);
  if (last_fills_ != fills_ || last_line_ != line_ || last_scale_ != scale_ ||
      pair_paints_.size() >= kMostPairs)
    pair_paints_.clear();
  last_fills_ = fills_;
  last_line_ = line_;
  last_scale_ = scale_;
  if (across_.begin < across_.end && down_.begin < down_.end && fills_.size() > 1) {
    number_cells(mask);
    const bool square =
        std::max(cell_width_, cell_height_) < kSquare * std::min(cell_width_, cell_height_);
    if (line_ <= 0.0F || (square && smooth_ && line_ + 0.5F <= scale_ * kCoverReach))
      distances_.clear();
    else if (square && !smooth_ && reach_of_line() <= kNearReach)
      measure_near_distances(reach_of_line());
    else if (!square)
      measure_oblong_distances(reach_of_line());
    else
      measure_distances();
    int cell_row = -1;
    for (int y = down_.begin; y < down_.end; ++y) {
      const int next = down_.cell[static_cast<std::size_t>(y - down_.begin)];
      if (next != cell_row) {
        find_runs(cell_row = next);
        find_pairs(cell_row);
        find_spans(cell_row);
      }
      paint_row(y);
      layer.add_row(row_);
    }
  }
  layer.finish();
}

}  // namespace naclip
