#include "overlay_layer.h"

#include <algorithm>

namespace naclip {
namespace {

// Flat paints are kept as a short row of samples, so that one loop blends everything.
constexpr int kPatternSamples = 128;

/// Walks along a row from left to right.
class RowCursor {
 public:
  RowCursor(const RowPaint &row, const std::vector<Paint> &flat) : row_(row), flat_(flat) {}

  void go_to(int x) {
    while (x >= row_.spans[span_].end) ++span_;
  }
  int end() const { return row_.spans[span_].end; }
  int paint() const { return row_.spans[span_].paint; }
  const Paint &at(int x) {
    go_to(x);
    return paint() == RowPaint::kMixed ? row_.pixels[static_cast<std::size_t>(x)]
                                       : flat_[static_cast<std::size_t>(paint())];
  }

 private:
  const RowPaint &row_;
  const std::vector<Paint> &flat_;
  std::size_t span_ = 0;
};

Paint mean(const Paint &a, const Paint &b, const Paint &c, const Paint &d) {
  Paint result;
  result.alpha = static_cast<std::uint8_t>((a.alpha + b.alpha + c.alpha + d.alpha + 2) / 4);
  for (std::size_t i = 0; i < 3; ++i)
    result.components[i] = static_cast<std::uint8_t>(
        (a.components[i] + b.components[i] + c.components[i] + d.components[i] + 2) / 4);
  return result;
}

/// Appends the bytes of `count` samples, which are 0 where the layout has no component.
void append(const PlaneLayout &layout, const Paint *paints, std::size_t count,
            std::vector<std::uint8_t> &colour, std::vector<std::uint8_t> &alpha) {
  const auto bytes = static_cast<std::size_t>(layout.bytes_per_sample);
  const std::size_t begin = colour.size();
  colour.resize(begin + count * bytes);
  alpha.resize(begin + count * bytes);
  for (std::size_t byte = 0; byte < bytes; ++byte) {
    if (layout.bytes[byte] < 0) continue;
    const auto component = static_cast<std::size_t>(layout.bytes[byte]);
    std::uint8_t *colours = colour.data() + begin + byte, *alphas = alpha.data() + begin + byte;
    for (std::size_t i = 0; i < count; ++i) {
      colours[i * bytes] = paints[i].components[component];
      alphas[i * bytes] = paints[i].alpha;
    }
  }
}

}  // namespace

void RowPaint::clear(int width) {
  spans.clear();
  pixels.resize(static_cast<std::size_t>(width));
}

void RowPaint::extend(int end, int paint) {
  if (end <= (spans.empty() ? 0 : spans.back().end)) return;
  if (!spans.empty() && spans.back().paint == paint)
    spans.back().end = end;
  else
    spans.push_back({end, paint});
}

void OverlayLayer::begin(const Canvas &canvas, std::vector<Paint> flat, int first_row) {
  width_ = canvas.width;
  height_ = canvas.height;
  const auto layouts = plane_layouts(canvas.format);
  const bool same_patterns = flat == flat_ && canvas.format == format_ && !planes_.empty();
  format_ = canvas.format;
  flat_ = std::move(flat);
  planes_.resize(layouts.size());
  halved_ = false;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    Plane &plane = planes_[i];
    plane.layout = layouts[i];
    halved_ = halved_ || plane.layout.halved;
    plane.spans.clear();
    plane.colour.clear();
    plane.alpha.clear();
    if (!same_patterns) make_patterns(plane);
  }
  empty_.clear(width_);
  empty_.extend(width_, 0);
  row_ = first_row;
  if (first_row % 2 != 0) above_ = empty_;  // the other half of the first row of chroma
}

void OverlayLayer::make_patterns(Plane &plane) const {
  plane.flat_colour.clear();
  plane.flat_alpha.clear();
  for (const Paint &paint : flat_)
    for (int i = 0; i < kPatternSamples; ++i)
      append(plane.layout, &paint, 1, plane.flat_colour, plane.flat_alpha);
}

void OverlayLayer::add_row(const RowPaint &row) {
  for (Plane &plane : planes_)
    if (!plane.layout.halved) write(plane, row_, row);
  if (halved_) {
    if (row_ % 2 == 0)
      above_ = row;
    else
      add_halved(above_, row);
  }
  ++row_;
}

void OverlayLayer::finish() {
  if (!halved_ || row_ % 2 == 0) return;
  // The last row of chroma of an odd height belongs to one row of luma alone.
  if (row_ == height_)
    add_halved(above_, above_);
  else
    add_halved(above_, empty_);
  ++row_;
}

void OverlayLayer::add_halved(const RowPaint &above, const RowPaint &below) {
  const int width = (width_ + 1) / 2;
  half_.clear(width);
  RowCursor top(above, flat_), bottom(below, flat_);
  for (int x = 0; x < width;) {
    top.go_to(2 * x);
    bottom.go_to(2 * x);
    const int end = std::min(top.end(), bottom.end());
    const int flat_end = end == width_ ? width : end / 2;
    if (top.paint() == bottom.paint() && top.paint() != RowPaint::kMixed && flat_end > x) {
      half_.extend(flat_end, top.paint());
      x = flat_end;
      continue;
    }
    const int right = std::min(2 * x + 1, width_ - 1);
    const Paint &top_left = top.at(2 * x), &bottom_left = bottom.at(2 * x);
    half_.pixels[static_cast<std::size_t>(x)] =
        mean(top_left, top.at(right), bottom_left, bottom.at(right));
    half_.extend(++x, RowPaint::kMixed);
  }
  for (Plane &plane : planes_)
    if (plane.layout.halved) write(plane, row_ / 2, half_);
}

void OverlayLayer::write(Plane &plane, int row, const RowPaint &paint) {
  int begin = 0;
  for (const RowPaint::Span &span : paint.spans) {
    const bool mixed = span.paint == RowPaint::kMixed;
    if (mixed || flat_[static_cast<std::size_t>(span.paint)].alpha > 0) {
      plane.spans.push_back({row, begin, span.end - begin, span.paint, plane.colour.size()});
      if (mixed)
        append(plane.layout, paint.pixels.data() + begin,
               static_cast<std::size_t>(span.end - begin), plane.colour, plane.alpha);
    }
    begin = span.end;
  }
}

void OverlayLayer::draw(const Canvas &canvas) const {
  for (const Plane &plane : planes_) {
    const auto index = static_cast<std::size_t>(plane.layout.plane);
    const int bytes = plane.layout.bytes_per_sample;
    for (const Span &span : plane.spans) {
      std::uint8_t *target =
          canvas.planes[index] + span.row * canvas.strides[index] + span.begin * bytes;
      const auto total = static_cast<std::size_t>(span.count * bytes);
      if (span.paint == RowPaint::kMixed) {
        blend_bytes(target, &plane.colour[span.offset], &plane.alpha[span.offset], total);
        continue;
      }
      const auto pattern = static_cast<std::size_t>(kPatternSamples * bytes);
      const std::size_t offset = static_cast<std::size_t>(span.paint) * pattern;
      for (std::size_t done = 0; done < total; done += pattern)
        blend_bytes(target + done, &plane.flat_colour[offset], &plane.flat_alpha[offset],
                    std::min(pattern, total - done));
    }
  }
}

}  // namespace naclip
