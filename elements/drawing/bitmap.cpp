#include "elements/drawing/bitmap.h"

#include <algorithm>
#include <array>
#include <utility>

namespace naclip {
namespace {

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

void stamp(const Bitmap &bitmap, int left, int top, const Canvas &canvas, OverlayLayer &layer) {
  PaintCache paints(ColourConverter(canvas.format, canvas.matrix, canvas.range));
  const Paint nothing = 0;
  layer.begin(canvas, {&nothing, 1}, top);
  RowPaint row;
  for (int y = 0; y < bitmap.height; ++y) {
    row.clear(canvas.width);
    row.extend(left, 0);
    const std::uint32_t *pixels =
        &bitmap.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(bitmap.width)];
    Paint *const painted = row.pixels.data() + left;
    for (int x = 0; x < bitmap.width;) {
      // Most of a text is its background.
      const std::uint32_t pixel = pixels[x];
      const int begin = x;
      while (x < bitmap.width && pixels[x] == pixel) ++x;
      std::fill(painted + begin, painted + x, paints.paint(pixel));
      row.extend(left + x, pixel == 0 ? 0 : RowPaint::kMixed);
    }
    row.extend(canvas.width, 0);
    layer.add_row(row);
  }
  layer.finish();
}

}  // namespace naclip
