// From a label map to a smooth drawing of its regions and their borders.
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "elements/drawing/layer.h"
#include "elements/overlay/axis.h"
#include "elements/overlay/kernels.h"
#include "elements/overlay/speckles.h"

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

/// Fills each region with its colour and draws lines along the inside of its borders. A connected
/// part of a few of the mask's pixels is filled, but has no line: lines are drawn as though it were
/// part of what is around it.
///
/// Where the mask is smaller than the frame, a class's coverage between the mask's pixels is its
/// indicator under a bell of five mask pixels (the quadratic B-spline of the indicator smoothed by
/// 1 2 1): bilinear interpolation would show the staircase of the pixels. How far a pixel lies from
/// a border follows from that coverage, as it would at a straight border, or for lines wider than
/// the bell from a distance transform. Where the mask is as large as the frame or larger, each
/// pixel has the label nearest to it. Where a pixel of the mask is not square on display, distances
/// come from a transform, too.
class RegionPainter {
 public:
  /// Draws `mask` into `layer`. `opacity` of the fills, 0..1; `line` is the width of the lines in
  /// rows of the frame, 0 for none; on display it is the same in all directions. Lines are opaque.
  void paint(const OverlayMask &mask, const Canvas &canvas, double opacity, double line,
             OverlayLayer &layer);

 private:
  static constexpr int kMargin = 2;
  /// The reach of measure_near_distances().
  static constexpr float kNearReach = 8.0F;
  /// {alpha, three components}, premultiplied, 0..255
  using Tint = std::array<float, 4>;

  struct Run {
    int begin, end;
    bool mixed;
  };
  /// The classes around one cell, and how much of each lies in its columns at one row of the frame.
  struct Neighbourhood {
    static constexpr std::size_t kMost = 25;
    std::size_t count = 0;
    std::array<std::uint16_t, kMost> ids;
    std::array<Weights, kMost> columns;
    std::array<Weights, kMost> distances;  // the same times the distance to the border
  };

  void set_axes(const OverlayMask &mask, const Canvas &canvas);
  void make_paints(const OverlayMask &mask, const Canvas &canvas, double opacity);
  void number_cells(const OverlayMask &mask);
  void mark_speckles();
  bool lined(std::uint16_t id) const { return id < first_speckle_; }
  bool at_border(int x, int y) const;
  void measure_distances();
  void measure_oblong_distances(float reach);
  void keep_distances(const cv::Mat1f &distances);
  void measure_near_distances(float reach);
  float reach_of_line() const;
  void find_runs(int cell_row);
  void find_pairs(int cell_row);
  const Paint *pair_paints(std::uint16_t one, std::uint16_t other);
  void find_spans(int cell_row);
  void paint_row(int y);
  void gather(int cell, int cell_row, const Weights &weights, Neighbourhood &around) const;
  void paint_cell(const Neighbourhood &around, int begin, int end);
  float distance_of(const Neighbourhood &around, std::size_t own, float cover,
                    const Weights &weights) const;
  Paint mix(const Neighbourhood &around, const Weights &weights) const;

  const std::uint16_t *ids_of_row(int cell_row) const {
    return ids_.data() + static_cast<std::size_t>(cell_row + kMargin) * stride_ + kMargin;
  }

  /// What the axes were made from.
  struct Place {
    int frame_width, frame_height, x, y, width, height, mask_width, mask_height;
    double pixel_aspect;
    bool operator==(const Place &) const = default;
  };

  int width_ = 0, height_ = 0;  // of the mask
  int frame_width_ = 0;
  bool smooth_ = false;
  // In rows of the frame: the lines' width, and the sides of a cell and their mean on display.
  float line_ = 0.0F, cell_width_ = 1.0F, cell_height_ = 1.0F, scale_ = 1.0F;
  Place place_{};
  Axis across_, down_;
  std::array<std::vector<float>, 5> across_weights_;  // across_.weights, by cell of the five
  // By id. Behind the classes come the same ones as speckles.
  std::vector<Tint> fills_, lines_;
  std::uint16_t first_speckle_ = 0;
  SpeckleFinder speckles_;
  std::span<const CellRun> speckle_runs_;
  std::vector<Tint> last_fills_;  // what pair_paints_ are for, with the next two
  float last_line_ = 0.0F, last_scale_ = 0.0F;
  std::vector<Paint> flat_;             // fills_, rounded
  std::vector<std::uint16_t> numbers_;  // label -> which of the drawn classes, 0 = none
  bool numbers_equal_ = false;          // each label is its own number
  std::size_t stride_ = 0;              // of the next two, which have a margin of kMargin cells
  std::vector<std::uint16_t> ids_;      // and room for a block at the end
  std::vector<float> distances_;        // to the region's border, in scale_; empty where not needed
  std::vector<std::uint8_t> edges_;     // for the distances, with a margin of their reach
  std::vector<std::uint8_t> codes_;     // of one row of them
  // Of one row of cells:
  std::vector<std::uint8_t> marks_, mixed_;
  std::vector<Run> runs_;
  std::vector<RowPaint::Span> spans_;
  std::vector<PairBlock> blocks_;
  std::vector<const Paint *> pairs_;  // by cell, see PairRow
  std::vector<int> others_;           // mixed cells that see more than two classes
  std::unordered_map<std::uint32_t, std::vector<Paint>> pair_paints_;
  RowPaint row_;
};

}  // namespace naclip
