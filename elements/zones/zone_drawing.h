// Zones and events shown on the picture. Knows nothing of GStreamer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "elements/drawing/layer.h"
#include "elements/drawing/text.h"
#include "elements/support/canvas.h"
#include "elements/zones/rule_state.h"
#include "elements/zones/rules.h"

namespace naclip {

/// A rule as it is shown.
struct ShownRule {
  const Rule *rule;
  bool active;
  std::optional<double> share;
  Colour colour;  ///< its class's
};

/// Draws each zone's outline: white, and in the class's colour, wider, while an event is active. In
/// its upper left corner stand its name, where it has one, and its rules' classes and shares, those
/// of active events on their class's colour. Lengths grow with the frame. What was drawn is kept while it stays the same. An
/// object is for one thread.
class ZoneDrawing {
 public:
  /// `zones`: all that have a name. Throws Error{kSettings} for a canvas that cannot be drawn on.
  void draw(const Canvas &canvas, std::span<const Zone> zones, std::span<const ShownRule> rules);

  /// Forgets what was kept.
  void clear();

 private:
  /// An outline to draw.
  struct Outline {
    std::vector<ZonePoint> points;
    bool active = false;
    Colour colour = 0xffffff;
    bool operator==(const Outline &) const = default;
  };
  /// A line of text on a colour.
  struct Chip {
    std::string text;
    Colour colour;
    ZonePoint corner;  // of the zone
    int line;          // below it
    bool operator==(const Chip &) const = default;
  };
  struct DrawnChip {
    Chip chip;
    OverlayLayer layer;  // empty where there is no room
  };

  void set_frame(const Canvas &canvas);
  void draw_outlines(const Canvas &canvas);
  void draw_chips(const Canvas &canvas, const std::vector<Chip> &chips);
  OverlayLayer layer_of(const Chip &chip, const Canvas &canvas);

  Canvas shape_{};  // planes and strides do not count
  TextRenderer text_;
  std::vector<Outline> outlines_;
  OverlayLayer outline_layer_;
  std::vector<DrawnChip> chips_;
};

}  // namespace naclip
