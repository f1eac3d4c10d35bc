// Masks drawn over frames: colours, contours, a legend and names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "overlay_anchors.h"
#include "overlay_layer.h"
#include "overlay_regions.h"
#include "overlay_text.h"

namespace naclip {

/// Where the legend stands.
enum class LegendPlace { kNone, kTopLeft, kTopRight, kBottomLeft, kBottomRight };

struct OverlaySettings {
  double opacity = 0.5;                        ///< of the regions' colours, 0..1
  int contours = 2;                            ///< width of the regions' outlines, pixels; 0: none
  LegendPlace legend = LegendPlace::kTopLeft;  ///< entries of all masks, the largest share first
  bool labels = false;                         ///< write each large region's name on it
  bool operator==(const OverlaySettings &) const = default;
};

/// Draws in place, on any of Canvas's formats. What was derived from a mask is kept, and used again
/// as long as masks, settings and frames stay the same, so that a mask that serves several frames
/// costs little. One thread at a time.
class OverlayRenderer {
 public:
  /// Draws `masks`, the first one undermost, then the texts. Frames too small for text get none.
  /// Throws Error{kSettings} for a canvas that cannot be drawn on.
  void draw(const Canvas &canvas, std::span<const OverlayMask> masks,
            const OverlaySettings &settings);

  /// Forgets what was kept.
  void clear();

 private:
  /// A mask that was drawn, and what became of it.
  struct Drawn {
    OverlayMask mask;                  // its labels are `labels`
    std::vector<std::uint8_t> labels;  // rows not padded
    bool ready = false;                // false where drawing it has failed
    OverlayLayer regions;
    std::vector<OverlayLayer> names;
  };
  struct Legend {
    std::vector<LegendEntry> entries;  // what it shows, to find out whether it is still right
    FrameArea area;                    // where it stands
    OverlayLayer layer;
  };

  struct LegendLine {
    const OverlayRegion *region;
    long percent;
    std::size_t place;  // before sorting
  };

  bool set_canvas(const Canvas &canvas);
  static bool same(const Drawn &drawn, const OverlayMask &mask);
  static void keep(Drawn &drawn, const OverlayMask &mask);
  void write_names(Drawn &drawn, const Canvas &canvas);
  void list_regions(std::span<const OverlayMask> masks);
  void update_legend(const Canvas &canvas, std::span<const OverlayMask> masks);
  void stamp(const TextBitmap &bitmap, int left, int top, const Canvas &canvas,
             OverlayLayer &layer) const;

  Canvas shape_{};  // planes and strides do not count
  OverlaySettings settings_;
  TextRenderer text_;
  RegionPainter painter_;
  std::vector<Drawn> drawn_;
  Legend legend_;
  std::vector<LegendLine> lines_;  // of the masks being drawn
};

}  // namespace naclip
