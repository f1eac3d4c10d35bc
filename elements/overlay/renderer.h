// Masks drawn over frames: colours, contours, a legend and names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "elements/drawing/layer.h"
#include "elements/drawing/text.h"
#include "elements/overlay/anchors.h"
#include "elements/overlay/legend.h"
#include "elements/overlay/regions.h"

namespace naclip {

/// Where the legend stands.
enum class LegendPlace { kNone, kTopLeft, kTopRight, kBottomLeft, kBottomRight };

struct OverlaySettings {
  double opacity = 0.5;  ///< of the regions' colours, 0..1
  int contours = 2;      ///< width of the regions' outlines, see contour_width(); 0: none
  LegendPlace legend = LegendPlace::kTopLeft;  ///< entries of all masks, see LegendRows
  bool labels = false;                         ///< write each large region's name on it
  bool operator==(const OverlaySettings &) const = default;
};

/// The width of outlines that are `contours` pixels wide on a picture of 720 lines, in rows of a
/// frame like `canvas`: whole ones, but at least a pixel of the frame's in each direction. 0 for 0.
double contour_width(int contours, const Canvas &canvas);

/// Draws in place, on any of Canvas's formats. What was derived from a mask is kept, and used again
/// as long as masks, settings and frames stay the same, so that a mask that serves several frames
/// costs little. One thread at a time.
class OverlayRenderer {
 public:
  /// Draws `masks`, the first one undermost, then the texts. Frames too small for text get none.
  /// `time` is the frame's, ns, for the legend, see LegendRows::update().
  /// Throws Error{kSettings} for a canvas that cannot be drawn on.
  void draw(const Canvas &canvas, std::span<const OverlayMask> masks,
            const OverlaySettings &settings, std::optional<std::uint64_t> time = std::nullopt);

  /// The drawings that draw() would lay over a frame like `canvas`, whose planes do not count: the
  /// undermost first, valid until the next call of a method.
  std::span<const OverlayLayer *const> layers(const Canvas &canvas,
                                              std::span<const OverlayMask> masks,
                                              const OverlaySettings &settings,
                                              std::optional<std::uint64_t> time = std::nullopt);

  /// Forgets what was kept, as before the first frame of a stream.
  void clear();

 private:
  /// A mask that was drawn, and what became of it.
  struct Drawn {
    OverlayMask mask;                  // its labels are `labels`
    std::vector<std::uint8_t> labels;  // rows not padded
    bool ready = false;                // false where drawing it has failed
    OverlayLayer regions;
  };
  struct Legend {
    std::vector<LegendEntry> entries;  // what it shows, to find out whether it is still right
    std::size_t more = 0;              // the same
    FrameArea area;                    // where it stands
    OverlayLayer layer;
  };

  /// The names of all masks' regions.
  struct Names {
    bool ready = false;
    FrameArea legend;  // what they stand beside
    std::vector<OverlayLayer> layers;
  };

  void clear_drawings();
  bool set_canvas(const Canvas &canvas);
  static bool same(const Drawn &drawn, const OverlayMask &mask);
  static void keep(Drawn &drawn, const OverlayMask &mask);
  void write_names(const Canvas &canvas);
  void update_legend(const Canvas &canvas);

  Canvas shape_{};  // planes and strides do not count
  OverlaySettings settings_;
  TextRenderer text_;
  RegionPainter painter_;
  std::vector<Drawn> drawn_;
  Names names_;
  LegendRows rows_;
  Legend legend_;
  std::vector<const OverlayLayer *> layers_;
};

}  // namespace naclip
