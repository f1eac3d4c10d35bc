// How much of each zone a class has.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "elements/support/frame_mask.h"
#include "elements/zones/row_counts.h"
#include "elements/zones/rules.h"
#include "elements/zones/zone_cells.h"

namespace naclip {

/// Counts masks' cells in the zones of rules. What is known of zones and of the mask before is
/// kept, so that a mask that serves several frames is counted once. An object is for one thread.
class ZoneShares {
 public:
  /// By rule: the class's part of those cells of the zone that the mask covers, 0..1. None where
  /// the mask has no class of that label, or covers nothing of the zone. `rules` are to stay as
  /// they are until clear(); the result is valid until the next call of a method.
  std::span<const std::optional<double>> count(std::span<const Rule> rules, const FrameMask &mask,
                                               int frame_width, int frame_height);

  /// Forgets zones and mask.
  void clear();

 private:
  using Regions = std::vector<std::optional<std::size_t>>;

  /// A part of a rule's zone, in one row of the mask.
  struct Part {
    std::size_t region;
    int row, begin, end;
    std::size_t rule;
  };

  void lay_out(std::span<const Rule> rules, const Regions &regions, const MaskPlace &place);
  template <class Label>
  void count_cells(const FrameMask &mask);

  MaskPlace place_;
  Regions regions_;                         // by rule
  std::vector<Part> parts_;                 // sorted by region, row
  std::vector<std::size_t> cells_, found_;  // by rule: the zone's, and those of its class
  RowCounts counts_;                        // of the row that is being counted
  Ptr<GstBuffer> counted_;                  // held, so that no other mask has its address
  std::vector<std::optional<double>> shares_;
};

}  // namespace naclip
