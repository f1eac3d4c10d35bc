#include "overlay_renderer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>

namespace naclip {
namespace {

/// Parts of a region below this share of the mask stay without a name.
constexpr double kLeastNamedShare = 0.015;

long percent(double share) {
  return std::lround(share * 100);
}

/// Remembers what became of the colours seen last: a text has few, in many pixels.
class PaintCache {
 public:
  explicit PaintCache(const ColourConverter &converter) : converter_(converter) {}

  Paint paint(std::uint32_t pixel) {
    auto &[key, paint] = entries_[(pixel * 0x9e3779b1U) >> 24];
    if (key != pixel) {
      key = pixel;
      paint =
          converter_.paint(static_cast<float>(pixel >> 24), static_cast<float>(pixel >> 16 & 0xff),
                           static_cast<float>(pixel >> 8 & 0xff), static_cast<float>(pixel & 0xff));
    }
    return paint;
  }

 private:
  ColourConverter converter_;
  std::array<std::pair<std::uint32_t, Paint>, 256> entries_{};  // nothing is painted for 0
};

}  // namespace

void OverlayRenderer::clear() {
  drawn_.clear();
  legend_ = {};
}

bool OverlayRenderer::set_canvas(const Canvas &canvas) {
  const bool same = canvas.format == shape_.format && canvas.width == shape_.width &&
                    canvas.height == shape_.height && canvas.matrix == shape_.matrix &&
                    canvas.range == shape_.range;
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

void OverlayRenderer::stamp(const TextBitmap &bitmap, int left, int top, const Canvas &canvas,
                            OverlayLayer &layer) const {
  PaintCache paints(ColourConverter(canvas.format, canvas.matrix, canvas.range));
  const Paint nothing = 0;
  layer.begin(canvas, {&nothing, 1}, top);
  RowPaint row;
  for (int y = 0; y < bitmap.height; ++y) {
    row.clear(canvas.width);
    row.extend(left, 0);
    row.extend(left + bitmap.width, RowPaint::kMixed);
    row.extend(canvas.width, 0);
    const std::uint32_t *pixels =
        &bitmap.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(bitmap.width)];
    for (int x = 0; x < bitmap.width; ++x)
      row.pixels[static_cast<std::size_t>(left + x)] = paints.paint(pixels[x]);
    layer.add_row(row);
  }
  layer.finish();
}

void OverlayRenderer::write_names(Drawn &drawn, const Canvas &canvas) {
  drawn.names.clear();
  if (!text_.legible()) return;
  std::map<std::size_t, TextBitmap> bitmaps;
  const auto box = [&](std::size_t label) {
    const OverlayRegion &region = drawn.mask.regions[label];
    const auto &bitmap = bitmaps[label] = text_.name(region.label, region.colour);
    return LabelBox{bitmap.width, bitmap.height};
  };
  for (const LabelAnchor &anchor : find_anchors(drawn.mask, kLeastNamedShare, legend_.area, box)) {
    const TextBitmap &bitmap = bitmaps[anchor.label];
    const bool inside =
        anchor.x >= 0 && anchor.y >= 0 && anchor.x < canvas.width && anchor.y < canvas.height;
    if (!inside || bitmap.width == 0) continue;
    const int left = std::clamp(static_cast<int>(std::lround(anchor.x - bitmap.width / 2.0)), 0,
                                canvas.width - bitmap.width);
    const int top = std::clamp(static_cast<int>(std::lround(anchor.y - bitmap.height / 2.0)), 0,
                               canvas.height - bitmap.height);
    stamp(bitmap, left, top, canvas, drawn.names.emplace_back());
  }
}

// The largest share first. By the figures as they are shown: those that read the same must not swap
// places from frame to frame.
void OverlayRenderer::list_regions(std::span<const OverlayMask> masks) {
  lines_.clear();
  for (const OverlayMask &mask : masks)
    for (const OverlayRegion &region : mask.regions)
      if (region.drawn && region.share > 0.0)
        lines_.push_back({&region, percent(region.share), lines_.size()});
  std::sort(lines_.begin(), lines_.end(), [](const auto &one, const auto &other) {
    return std::tie(other.percent, one.place) < std::tie(one.percent, other.place);
  });
}

void OverlayRenderer::update_legend(const Canvas &canvas, std::span<const OverlayMask> masks) {
  list_regions(masks);
  const bool same = std::equal(lines_.begin(), lines_.end(), legend_.entries.begin(),
                               legend_.entries.end(), [](const auto &line, const auto &entry) {
                                 return line.region->label == entry.label &&
                                        line.region->colour == entry.colour &&
                                        line.percent == percent(entry.share);
                               });
  if (same) return;
  legend_.entries.clear();
  for (const LegendLine &line : lines_)
    legend_.entries.push_back({line.region->label, line.region->colour, line.region->share});
  const TextBitmap bitmap = text_.legend(legend_.entries);
  const bool right =
      settings_.legend == LegendPlace::kTopRight || settings_.legend == LegendPlace::kBottomRight;
  const bool bottom =
      settings_.legend == LegendPlace::kBottomLeft || settings_.legend == LegendPlace::kBottomRight;
  const int margin = bitmap.width == 0 ? 0 : text_.margin();
  legend_.area = {right ? canvas.width - margin - bitmap.width : margin,
                  bottom ? canvas.height - margin - bitmap.height : margin, bitmap.width,
                  bitmap.height};
  stamp(bitmap, legend_.area.x, legend_.area.y, canvas, legend_.layer);
}

void OverlayRenderer::draw(const Canvas &canvas, std::span<const OverlayMask> masks,
                           const OverlaySettings &settings) {
  if (!set_canvas(canvas) || settings != settings_) clear();
  settings_ = settings;
  if (settings.legend != LegendPlace::kNone || settings.labels)
    text_.set_frame(canvas.width, canvas.height);
  if (settings.legend != LegendPlace::kNone && text_.legible()) update_legend(canvas, masks);
  drawn_.resize(masks.size());
  for (std::size_t i = 0; i < masks.size(); ++i) {
    Drawn &drawn = drawn_[i];
    if (!drawn.ready || !same(drawn, masks[i])) {
      drawn.ready = false;
      keep(drawn, masks[i]);
      painter_.paint(drawn.mask, canvas, settings.opacity, settings.contours, drawn.regions);
      if (settings.labels) write_names(drawn, canvas);
      drawn.ready = true;
    }
    drawn.regions.draw(canvas);
  }
  for (const Drawn &drawn : drawn_)
    for (const OverlayLayer &name : drawn.names) name.draw(canvas);
  legend_.layer.draw(canvas);
}

}  // namespace naclip
