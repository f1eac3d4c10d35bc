// From a label map to a smooth drawing of its regions and their borders.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "overlay_axis.h"
#include "overlay_layer.h"

namespace naclip {

/// What one value of a label map stands for.
struct OverlayRegion {
  std::string label;  ///< UTF-8
  Colour colour = 0;
  double share = 0.0;  ///< part of the mask, 0..1
  bool drawn = true;
  bool operator==(const OverlayRegion &) const = default;
};

/// A borrowed label map; nothing but `regions` is owned. Labels at or above regions.size() are not
/// drawn.
struct OverlayMask {
  const std::uint8_t *labels =
      nullptr;                ///< [height, width], 1 byte each, or 2 in little endian order
  std::ptrdiff_t stride = 0;  ///< bytes
  int bytes_per_label = 1;
  int width = 0;   ///< >= 1
  int height = 0;  ///< >= 1
  /// The rectangle of the frame that it covers, pixels; may reach beyond the frame.
  int frame_x = 0, frame_y = 0, frame_width = 0, frame_height = 0;
  std::vector<OverlayRegion> regions;  ///< by label

  /// The label at a pixel of the mask.
  std::size_t at(int x, int y) const;
};

/// Fills each region with its colour and draws lines along the inside of its borders.
///
/// Where the mask is smaller than the frame, a class's coverage between the mask's pixels is its
/// indicator under a bell of five mask pixels (the quadratic B-spline of the indicator smoothed by
/// 1 2 1): bilinear interpolation would show the staircase of the pixels. How far a pixel lies from
/// a border follows from that coverage, as it would at a straight border, or for lines wider than
/// the bell from a distance transform. Where the mask is as large as the frame or larger, each
/// pixel has the label nearest to it.
class RegionPainter {
 public:
  /// Draws `mask` into `layer`. `opacity` of the fills, 0..1; `line` is the width of the lines in
  /// pixels, 0 for none; lines are opaque.
  void paint(const OverlayMask &mask, const Canvas &canvas, double opacity, int line,
             OverlayLayer &layer);

 private:
  static constexpr int kMargin = 2;
  /// {alpha, three components}, premultiplied, 0..255
  using Tint = std::array<float, 4>;

  struct Run {
    int begin, end;
    bool mixed;
  };
  /// A cell that sees two classes.
  struct Pair {
    std::array<std::uint8_t, 5> columns{};  // by column, a bit for each cell of the first class
    const Paint *paints = nullptr;  // by coverage of the first class; null where there are more
  };
  /// The classes around one cell, and how much of each lies in its columns at one row of the frame.
  struct Neighbourhood {
    static constexpr std::size_t kMost = 25;
    std::size_t count = 0;
    std::array<std::uint16_t, kMost> ids;
    std::array<Weights, kMost> columns;
    std::array<Weights, kMost> distances;  // the same times the distance to the border
  };

  std::vector<Paint> make_paints(const OverlayMask &mask, const Canvas &canvas, double opacity);
  void number_cells(const OverlayMask &mask);
  void measure_distances();
  void find_runs(int cell_row);
  void paint_row(int y, RowPaint &row) const;
  void find_pairs(int cell_row);
  void find_pair(int cell, int cell_row, Pair &pair);
  const Paint *pair_paints(std::uint16_t one, std::uint16_t other);
  void paint_pair(const Pair &pair, const std::array<float, 32> &sums, int begin, int end,
                  RowPaint &row) const;
  void gather(int cell, int cell_row, const Weights &weights, Neighbourhood &around) const;
  void paint_cell(const Neighbourhood &around, int begin, int end, RowPaint &row) const;
  float distance_of(const Neighbourhood &around, std::size_t own, float cover,
                    const Weights &weights) const;
  Paint mix(const Neighbourhood &around, const Weights &weights) const;

  const std::uint16_t *ids_of_row(int cell_row) const {
    return ids_.data() + static_cast<std::size_t>(cell_row + kMargin) * stride_ + kMargin;
  }

  int width_ = 0, height_ = 0;  // of the mask
  int frame_width_ = 0;
  bool smooth_ = false;
  float line_ = 0.0F, scale_ = 1.0F;
  Axis across_, down_;
  std::vector<Tint> fills_, lines_;
  std::vector<std::uint16_t> numbers_;  // label -> which of the drawn classes, 0 = none
  std::size_t stride_ = 0;              // of the next two, which have a margin of kMargin cells
  std::vector<std::uint16_t> ids_;
  std::vector<float> distances_;  // to the region's border, in cells; empty where not needed
  std::vector<std::uint8_t> marks_, mixed_;  // of one row of cells
  std::vector<Run> runs_;
  std::vector<Pair> pairs_;  // of one row of cells
  std::unordered_map<std::uint32_t, std::vector<Paint>> pair_paints_;
};

}  // namespace naclip
