#include "elements/zones/zone_drawing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "elements/drawing/surface.h"

namespace naclip {
namespace {

constexpr Colour kIdle = 0xffffff, kIdleChip = 0x202020;
constexpr double kLines = 720;                    // of the frame that lengths are given for
constexpr double kWidth = 2, kActiveWidth = 4;    // of outlines, pixels of such a frame
constexpr double kHalo = 1.5, kHaloAlpha = 0.55;  // on either side of them
constexpr int kWidestChip = 24;                   // ems

/// The point nearest to the picture's upper left corner.
ZonePoint corner_of(const std::vector<ZonePoint> &points) {
  return *std::min_element(points.begin(), points.end(),
                           [](const ZonePoint &one, const ZonePoint &other) {
                             return one.x + one.y < other.x + other.y;
                           });
}

void stroke(const Surface &surface, double width, Colour colour, double alpha) {
  cairo_set_line_width(surface.cairo(), width);
  surface.set_colour(colour, alpha);
  cairo_stroke_preserve(surface.cairo());
}

bool same_shape(const Canvas &one, const Canvas &other) {
  return one.format == other.format && one.width == other.width && one.height == other.height &&
         one.matrix == other.matrix && one.range == other.range &&
         one.pixel_aspect == other.pixel_aspect;
}

}  // namespace

void ZoneDrawing::clear() {
  shape_ = {};
  outlines_.clear();
  chips_.clear();
}

void ZoneDrawing::set_frame(const Canvas &canvas) {
  if (same_shape(canvas, shape_)) return;
  clear();
  text_.set_frame(canvas.width, canvas.height, canvas.pixel_aspect);
  shape_ = canvas;
}

void ZoneDrawing::draw(const Canvas &canvas, std::span<const Zone> zones,
                       std::span<const ShownRule> rules) {
  set_frame(canvas);
  std::vector<Outline> outlines;
  std::vector<Chip> chips;
  const auto outline_of = [&](const Zone &zone) -> Outline & {
    for (Outline &outline : outlines)
      if (outline.points == zone.points) return outline;
    return outlines.emplace_back(Outline{zone.points});
  };
  const auto add_chip = [&](const Zone &zone, const std::string &text, Colour colour) {
    const ZonePoint corner = corner_of(zone.points);
    const auto line = std::count_if(chips.begin(), chips.end(),
                                    [&](const Chip &chip) { return chip.corner == corner; });
    chips.push_back({text, colour, corner, static_cast<int>(line)});
  };
  for (const Zone &zone : zones) {
    outline_of(zone);
    add_chip(zone, zone.name, kIdleChip);
  }
  for (const auto &[rule, active, share, colour] : rules) {
    Outline &outline = outline_of(rule->zone);
    if (active) outline.colour = colour;
    outline.active |= active;
    add_chip(rule->zone, share ? rule->label + " " + percent(*share) : rule->label,
             active ? colour : kIdleChip);
  }
  if (outlines != outlines_) {
    outlines_ = std::move(outlines);
    draw_outlines(canvas);
  }
  draw_chips(canvas, chips);
  if (!outlines_.empty()) outline_layer_.draw(canvas);
  for (const DrawnChip &drawn : chips_) drawn.layer.draw(canvas);
}

void ZoneDrawing::draw_outlines(const Canvas &canvas) {
  if (outlines_.empty()) return;
  const Surface surface(canvas.width, canvas.height, canvas.pixel_aspect);
  cairo_set_line_join(surface.cairo(), CAIRO_LINE_JOIN_ROUND);
  const double pixel = std::max(1.0, canvas.height / kLines);
  // Active ones last, so that nothing hides them.
  for (const bool active : {false, true})
    for (const Outline &outline : outlines_) {
      if (outline.active != active) continue;
      const double width = (active ? kActiveWidth : kWidth) * pixel;
      for (const ZonePoint &point : outline.points)
        cairo_line_to(surface.cairo(), point.x * canvas.width * canvas.pixel_aspect,
                      point.y * canvas.height);
      cairo_close_path(surface.cairo());
      stroke(surface, width + 2 * kHalo * pixel, 0x000000, kHaloAlpha);
      stroke(surface, width, outline.active ? outline.colour : kIdle, 1);
      cairo_new_path(surface.cairo());
    }
  stamp(surface.bitmap(), 0, 0, canvas, outline_layer_);
}

void ZoneDrawing::draw_chips(const Canvas &canvas, const std::vector<Chip> &chips) {
  chips_.resize(std::min(chips_.size(), chips.size()));
  for (std::size_t i = 0; i < chips.size(); ++i) {
    if (i == chips_.size())
      chips_.emplace_back();
    else if (chips_[i].chip == chips[i])
      continue;
    chips_[i] = {chips[i], layer_of(chips[i], canvas)};
  }
}

OverlayLayer ZoneDrawing::layer_of(const Chip &chip, const Canvas &canvas) {
  OverlayLayer layer;
  const Bitmap bitmap = text_.name(chip.text, chip.colour, kWidestChip);
  const int margin =
      text_.margin() / 2 + static_cast<int>(std::ceil(kActiveWidth * canvas.height / kLines));
  const int left = static_cast<int>(chip.corner.x * canvas.width) + margin;
  const int top = static_cast<int>(chip.corner.y * canvas.height) + margin +
                  chip.line * (bitmap.height + std::max(1, margin / 3));
  if (bitmap.width > 0 && top + bitmap.height <= canvas.height)
    stamp(bitmap, std::clamp(left, 0, canvas.width - bitmap.width), top, canvas, layer);
  return layer;
}

}  // namespace naclip
