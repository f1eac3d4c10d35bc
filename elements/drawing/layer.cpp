#include "elements/drawing/layer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "elements/drawing/kernels.h"

namespace naclip {
namespace {

// Flat paints are kept as a short row of samples, so that one loop blends everything.
constexpr std::size_t kPatternSamples = 128;
// Rows are a little longer than the frame is wide: kernels reach beyond it, and an odd width's last
// pixel is there twice.
constexpr std::size_t kSlack = 2 * kBlock;

std::atomic<std::uint64_t> drawings_begun;

}  // namespace

void RowPaint::clear(int width) {
  spans.clear();
  pixels.resize(static_cast<std::size_t>(width) + kSlack);
}

void RowPaint::extend(int end, int paint) {
  append(spans, end, paint);
}

void append(std::vector<RowPaint::Span> &spans, int end, int paint) {
  if (end <= (spans.empty() ? 0 : spans.back().end)) return;
  if (!spans.empty() && spans.back().paint == paint)
    spans.back().end = end;
  else
    spans.push_back({end, paint});
}

void OverlayLayer::Bytes::make_room(std::size_t count) {
  const std::size_t needed = size + count + 2 * kBlock;
  if (needed <= colour.size()) return;
  colour.resize(std::max(needed, 2 * colour.size()));
  alpha.resize(colour.size());
}

void OverlayLayer::begin(const Canvas &canvas, std::span<const Paint> flat, int first_row) {
  drawing_ = ++drawings_begun;
  width_ = canvas.width;
  height_ = canvas.height;
  const auto layouts = plane_layouts(canvas.format);
  const bool same_patterns = std::equal(flat.begin(), flat.end(), flat_.begin(), flat_.end()) &&
                             canvas.format == format_ && !planes_.empty();
  format_ = canvas.format;
  flat_.assign(flat.begin(), flat.end());
  planes_.resize(layouts.size());
  halved_ = false;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    Plane &plane = planes_[i];
    plane.layout = layouts[i];
    halved_ = halved_ || plane.layout.halved;
    plane.spans.clear();
    plane.mixed.size = 0;
    if (!same_patterns) make_patterns(plane);
  }
  empty_.clear(width_);
  empty_.extend(width_, 0);
  row_ = first_row;
  if (first_row % 2 != 0) above_ = empty_;  // the other half of the first row of chroma
}

void OverlayLayer::make_patterns(Plane &plane) const {
  plane.flat.size = 0;
  for (const Paint paint : flat_) {
    const std::vector<Paint> samples(kPatternSamples + kBlock, paint);
    append(plane.layout, samples.data(), kPatternSamples, plane.flat);
  }
}

void OverlayLayer::append(const PlaneLayout &layout, const Paint *paints, std::size_t count,
                          Bytes &bytes) {
  const std::size_t total = count * static_cast<std::size_t>(layout.bytes_per_sample);
  bytes.make_room(total);
  std::array<int, 3> shifts{};
  for (std::size_t i = 0; i < shifts.size(); ++i)
    shifts[i] = 8 + 8 * std::max<int>(layout.bytes[i], 0);
  take_samples(paints, count, layout.bytes_per_sample, shifts, bytes.colour.data() + bytes.size,
               bytes.alpha.data() + bytes.size);
  bytes.size += total;
}

void OverlayLayer::add_row(RowPaint &row) {
  for (Plane &plane : planes_)
    if (!plane.layout.halved) write(plane, row_, row);
  if (halved_) {
    if (row_ % 2 == 0)
      std::swap(above_, row);
    else
      add_halved(above_, row);
  }
  ++row_;
}

void OverlayLayer::finish() {
  if (!halved_ || row_ % 2 == 0) return;
  if (row_ == height_) {
    // The last row of chroma of an odd height belongs to one row of luma alone.
    below_ = above_;
    add_halved(above_, below_);
  } else {
    add_halved(above_, empty_);
  }
  ++row_;
}

/// Writes out the flat pixels of [begin, end). `span` is where to begin looking for them, and moves
/// on.
void OverlayLayer::fill(RowPaint &row, std::size_t &span, int begin, int end) const {
  while (row.spans[span].end <= begin) ++span;
  for (; begin < end; ++span) {
    const auto [span_end, paint] = row.spans[span];
    const int last = std::min(span_end, end);
    if (paint != RowPaint::kMixed)
      std::fill(row.pixels.begin() + begin, row.pixels.begin() + last,
                flat_[static_cast<std::size_t>(paint)]);
    begin = last;
    if (span_end >= end) break;
  }
  if (end == width_)
    row.pixels[static_cast<std::size_t>(end)] = row.pixels[static_cast<std::size_t>(end) - 1];
}

// A row of chroma: flat where both rows of luma are so.
void OverlayLayer::add_halved(RowPaint &above, RowPaint &below) {
  const int width = (width_ + 1) / 2;
  RowPaint &half = half_;
  half.clear(width);
  std::size_t top = 0, bottom = 0;            // spans, for the walk
  std::size_t top_fill = 0, bottom_fill = 0;  // spans, for fill()
  const auto mix = [&](int begin, int end) {
    const int last = std::min(2 * end, width_);
    fill(above, top_fill, 2 * begin, last);
    fill(below, bottom_fill, 2 * begin, last);
    const auto first = static_cast<std::size_t>(begin);
    halve_rows(&above.pixels[2 * first], &below.pixels[2 * first], &half.pixels[first],
               static_cast<std::size_t>(end) - first);
    half.extend(end, RowPaint::kMixed);
  };
  int done = 0;  // pixels of chroma
  for (int x = 0; x < width_;) {
    while (above.spans[top].end <= x) ++top;
    while (below.spans[bottom].end <= x) ++bottom;
    const int end = std::min(above.spans[top].end, below.spans[bottom].end);
    const int paint = above.spans[top].paint;
    if (paint == below.spans[bottom].paint && paint != RowPaint::kMixed) {
      const int flat_begin = (x + 1) / 2, flat_end = end == width_ ? width : end / 2;
      if (flat_end > flat_begin) {
        if (flat_begin > done) mix(done, flat_begin);
        half.extend(flat_end, paint);
        done = flat_end;
      }
    }
    x = end;
  }
  if (done < width) mix(done, width);
  for (Plane &plane : planes_)
    if (plane.layout.halved) write(plane, row_ / 2, half);
}

void OverlayLayer::write(Plane &plane, int row, const RowPaint &paint) {
  int begin = 0;
  for (const RowPaint::Span &span : paint.spans) {
    const bool mixed = span.paint == RowPaint::kMixed;
    if (mixed || alpha_of(flat_[static_cast<std::size_t>(span.paint)]) > 0) {
      plane.spans.push_back({row, begin, span.end - begin, span.paint, plane.mixed.size});
      if (mixed)
        append(plane.layout, paint.pixels.data() + begin,
               static_cast<std::size_t>(span.end - begin), plane.mixed);
      // The zeros behind it are kept, see draw().
      if (mixed) plane.mixed.size += kBlock;
    }
    begin = span.end;
  }
}

OverlayLayer::Source OverlayLayer::source_of(const Plane &plane, const Span &span) {
  const auto bytes = static_cast<std::size_t>(plane.layout.bytes_per_sample);
  const std::size_t begin = static_cast<std::size_t>(span.begin) * bytes;
  const std::size_t count = static_cast<std::size_t>(span.count) * bytes;
  if (span.paint == RowPaint::kMixed)
    return {begin, count, &plane.mixed.colour[span.offset], &plane.mixed.alpha[span.offset], count};
  const std::size_t period = kPatternSamples * bytes;
  const std::size_t offset = static_cast<std::size_t>(span.paint) * period;
  return {begin, count, &plane.flat.colour[offset], &plane.flat.alpha[offset], period};
}

void OverlayLayer::draw(const Canvas &canvas) const {
  for (const Plane &plane : planes_) {
    const auto index = static_cast<std::size_t>(plane.layout.plane);
    const auto width = static_cast<std::size_t>(plane.layout.halved ? (width_ + 1) / 2 : width_) *
                       static_cast<std::size_t>(plane.layout.bytes_per_sample);
    for (const Span &span : plane.spans) {
      const Source source = source_of(plane, span);
      std::uint8_t *target = canvas.planes[index] + span.row * canvas.strides[index] + source.begin;
      if (span.paint == RowPaint::kMixed) {
        // In whole blocks where the row is long enough: the zeros behind change nothing.
        const std::size_t blocks = (source.count + kBlock - 1) / kBlock * kBlock;
        blend_bytes(target, source.colour, source.alpha,
                    source.begin + blocks <= width ? blocks : source.count);
      } else {
        blend_pattern(target, source.colour, source.alpha, source.period, source.count);
      }
    }
  }
}

TextureArea OverlayLayer::area_of(const Plane &plane) {
  // Rows come from above to below.
  const int first = plane.spans.front().row, last = plane.spans.back().row;
  int begin = plane.spans.front().begin, end = 0;
  for (const Span &span : plane.spans) {
    begin = std::min(begin, span.begin);
    end = std::max(end, span.begin + span.count);
  }
  const int bytes = plane.layout.bytes_per_sample;
  return {plane.layout.plane, first, begin * bytes, last + 1 - first, (end - begin) * bytes};
}

std::vector<Texture> OverlayLayer::textures() const {
  std::vector<Texture> result;
  for (const Plane &plane : planes_) {
    if (plane.spans.empty()) continue;
    const TextureArea area = area_of(plane);
    const auto width = static_cast<std::size_t>(area.width);
    const std::size_t size = width * static_cast<std::size_t>(area.height);
    std::vector<std::uint8_t> bytes(2 * size);
    for (const Span &span : plane.spans) {
      const Source source = source_of(plane, span);
      std::uint8_t *colour = bytes.data() + static_cast<std::size_t>(span.row - area.row) * width +
                             source.begin - static_cast<std::size_t>(area.begin);
      for (std::size_t done = 0; done < source.count; done += source.period) {
        const std::size_t part = std::min(source.period, source.count - done);
        std::memcpy(colour + done, source.colour, part);
        std::memcpy(colour + size + done, source.alpha, part);
      }
    }
    result.push_back({area, std::move(bytes)});
  }
  return result;
}

}  // namespace naclip
