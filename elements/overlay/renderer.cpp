#include "elements/overlay/renderer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>

namespace naclip {
namespace {

/// Parts of a region below this share of the mask stay without a name.
constexpr double kLeastNamedShare = 0.015;

constexpr int kLinesOfContours = 720;

}  // namespace

double contour_width(int contours, const Canvas &canvas) {
  if (contours <= 0) return 0.0;
  const double lines =
      std::min(static_cast<double>(canvas.height), canvas.width * canvas.pixel_aspect);
  return std::max({std::round(contours * lines / kLinesOfContours), 1.0, canvas.pixel_aspect});
}

void OverlayRenderer::clear() {
  clear_drawings();
  rows_.clear();
}

void OverlayRenderer::clear_drawings() {
  drawn_.clear();
  names_ = {};
  legend_ = {};
}

bool OverlayRenderer::set_canvas(const Canvas &canvas) {
  const bool same = canvas.format == shape_.format && canvas.width == shape_.width &&
                    canvas.height == shape_.height && canvas.matrix == shape_.matrix &&
                    canvas.range == shape_.range && canvas.pixel_aspect == shape_.pixel_aspect;
  shape_ = canvas;
  return same;
}

bool OverlayRenderer::same(const Drawn &drawn, const OverlayMask &mask) {
  const OverlayMask &kept = drawn.mask;
  if (kept.bytes_per_label != mask.bytes_per_label || kept.width != mask.width ||
      kept.height != mask.height || kept.frame_x != mask.frame_x || kept.frame_y != mask.frame_y ||
      kept.frame_width != mask.frame_width || kept.frame_height != mask.frame_height ||
      kept.regions.size() != mask.regions.size())
    return false;
  // Shares follow from the labels.
  for (std::size_t i = 0; i < mask.regions.size(); ++i)
    if (kept.regions[i].drawn != mask.regions[i].drawn ||
        kept.regions[i].colour != mask.regions[i].colour ||
        kept.regions[i].label != mask.regions[i].label)
      return false;
  for (int y = 0; y < mask.height; ++y)
    if (std::memcmp(kept.labels + y * kept.stride, mask.labels + y * mask.stride,
                    static_cast<std::size_t>(kept.stride)) != 0)
      return false;
  return true;
}

void OverlayRenderer::keep(Drawn &drawn, const OverlayMask &mask) {
  drawn.mask = mask;
  drawn.mask.stride = static_cast<std::ptrdiff_t>(mask.width) * mask.bytes_per_label;
  const auto bytes = static_cast<std::size_t>(drawn.mask.stride);
  drawn.labels.resize(bytes * static_cast<std::size_t>(mask.height));
  drawn.mask.labels = drawn.labels.data();
  for (int y = 0; y < mask.height; ++y)
    std::memcpy(drawn.labels.data() + static_cast<std::size_t>(y) * bytes,
                mask.labels + y * mask.stride, bytes);
}

void OverlayRenderer::write_names(const Canvas &canvas) {
  names_ = {true, legend_.area, {}};
  if (!text_.legible()) return;
  LabelRoom room{canvas.width, canvas.height, {legend_.area}};
  // The foremost mask's come first.
  for (auto drawn = drawn_.rbegin(); drawn != drawn_.rend(); ++drawn) {
    std::map<std::size_t, Bitmap> bitmaps;
    const auto box = [&](std::size_t label) {
      const OverlayRegion &region = drawn->mask.regions[label];
      const auto &bitmap = bitmaps[label] = text_.name(region.label, region.colour);
      return LabelBox{bitmap.width, bitmap.height};
    };
    for (const LabelAnchor &anchor : find_anchors(drawn->mask, kLeastNamedShare, room, box))
      stamp(bitmaps[anchor.label], anchor.box.x, anchor.box.y, canvas,
            names_.layers.emplace_back());
  }
}

void OverlayRenderer::update_legend(const Canvas &canvas) {
  const std::span<const LegendEntry> entries = rows_.choose(text_.legend_room());
  const bool same =
      legend_.more == rows_.more() &&
      std::equal(entries.begin(), entries.end(), legend_.entries.begin(), legend_.entries.end(),
                 [](const LegendEntry &one, const LegendEntry &other) {
                   return one.label == other.label && one.colour == other.colour &&
                          percent(one.share) == percent(other.share);
                 });
  if (same) return;
  legend_.entries.assign(entries.begin(), entries.end());
  legend_.more = rows_.more();
  const Bitmap bitmap = text_.legend(legend_.entries, legend_.more);
  const bool right =
      settings_.legend == LegendPlace::kTopRight || settings_.legend == LegendPlace::kBottomRight;
  const bool bottom =
      settings_.legend == LegendPlace::kBottomLeft || settings_.legend == LegendPlace::kBottomRight;
  const bool empty = bitmap.width == 0;
  const int across = empty ? 0 : text_.margin_across(), down = empty ? 0 : text_.margin();
  legend_.area = {right ? canvas.width - across - bitmap.width : across,
                  bottom ? canvas.height - down - bitmap.height : down, bitmap.width,
                  bitmap.height};
  stamp(bitmap, legend_.area.x, legend_.area.y, canvas, legend_.layer);
}

void OverlayRenderer::draw(const Canvas &canvas, std::span<const OverlayMask> masks,
                           const OverlaySettings &settings, std::optional<std::uint64_t> time) {
  for (const OverlayLayer *layer : layers(canvas, masks, settings, time)) layer->draw(canvas);
}

std::span<const OverlayLayer *const> OverlayRenderer::layers(const Canvas &canvas,
                                                             std::span<const OverlayMask> masks,
                                                             const OverlaySettings &settings,
                                                             std::optional<std::uint64_t> time) {
  if (!set_canvas(canvas) || settings != settings_) clear_drawings();
  settings_ = settings;
  if (settings.legend != LegendPlace::kNone || settings.labels)
    text_.set_frame(canvas.width, canvas.height, canvas.pixel_aspect);
  if (settings.legend != LegendPlace::kNone) {
    rows_.update(masks, time);
    update_legend(canvas);
  }
  names_.ready = names_.ready && names_.legend == legend_.area && drawn_.size() == masks.size();
  drawn_.resize(masks.size());
  layers_.clear();
  for (std::size_t i = 0; i < masks.size(); ++i) {
    Drawn &drawn = drawn_[i];
    if (!drawn.ready || !same(drawn, masks[i])) {
      drawn.ready = names_.ready = false;
      keep(drawn, masks[i]);
      painter_.paint(drawn.mask, canvas, settings.opacity, contour_width(settings.contours, canvas),
                     drawn.regions);
      drawn.ready = true;
    }
    layers_.push_back(&drawn.regions);
  }
  if (settings.labels && !names_.ready) write_names(canvas);
  for (const OverlayLayer &name : names_.layers) layers_.push_back(&name);
  layers_.push_back(&legend_.layer);
  return layers_;
}

}  // namespace naclip
