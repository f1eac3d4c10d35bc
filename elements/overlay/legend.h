// Which classes a legend lists, from frame to frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "elements/drawing/text.h"
#include "elements/overlay/regions.h"

namespace naclip {

/// The rows of a legend: one for each class that is drawn, in the order of masks and region ids. A
/// row stays for a second after its class is gone, so that the legend can be read.
class LegendRows {
 public:
  /// Takes the masks of the next frame. `time` is the frame's, ns; without one nothing has passed
  /// since the frame before. Rows of classes that are gone go at once where time runs backwards or
  /// a region has got another name.
  void update(std::span<const OverlayMask> masks, std::optional<std::uint64_t> time);

  /// What to show in at most `room` lines. Where there are more rows, the last line is left for
  /// their number, and those with the smallest shares are left out; one that is shown stays until
  /// another's share is half as large again.
  std::span<const LegendEntry> choose(std::size_t room);

  /// The number of rows that choose() has left out, and that are to be counted in a line.
  std::size_t more() const { return more_; }

  /// Forgets all rows.
  void clear();

 private:
  struct Row {
    std::size_t mask, id;
    LegendEntry entry;
    double last_share;   // while it was there
    std::uint64_t seen;  // when that was
    bool shown;
  };

  bool renamed(std::span<const OverlayMask> masks);

  std::uint64_t now_ = 0;
  std::vector<std::vector<std::string>> labels_;  // by mask and region
  std::vector<Row> rows_, last_rows_;
  std::vector<LegendEntry> entries_;
  std::size_t more_ = 0;
};

}  // namespace naclip
