// A drawing in the bytes of one frame format, made once and laid over any number of frames.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "elements/drawing/texture.h"
#include "elements/support/canvas.h"

namespace naclip {

/// One row of a drawing: spans that follow one another from the left edge to the right one.
struct RowPaint {
  /// Every pixel has a paint of its own, see `pixels`.
  static constexpr int kMixed = -1;

  struct Span {
    int end;    ///< one past its last pixel
    int paint;  ///< index of a flat paint, 0 = nothing; or kMixed
  };

  std::vector<Span> spans;
  /// At least as many as the row is wide; only those of mixed spans are valid.
  std::vector<Paint> pixels;

  /// Begins an empty row.
  void clear(int width);
  /// Appends pixels up to `end`, as append() does.
  void extend(int end, int paint);
};

/// Appends pixels up to `end`; joins them to the last span where the paint is the same.
void append(std::vector<RowPaint::Span> &spans, int end, int paint);

/// Rows of spans for every plane of a frame. Most of a mask is flat, so that only the pixels near
/// an edge cost memory. Memory is kept from one drawing to the next.
class OverlayLayer {
 public:
  /// Begins a drawing for frames like `canvas`, whose pixels are not read. `flat` are the paints
  /// that spans name by index; the first is never drawn. The first row to be added is `first_row`
  /// of the frame.
  void begin(const Canvas &canvas, std::span<const Paint> flat, int first_row);

  /// Adds the next row from above to below. What is in `row` afterwards is of no use.
  void add_row(RowPaint &row);

  /// To be called after the last row.
  void finish();

  /// Lays the drawing over a frame of the format and size that begin() was given.
  void draw(const Canvas &canvas) const;

  /// A number that no other drawing of the process has; 0 before the first begin().
  std::uint64_t drawing() const { return drawing_; }

  /// What draw() lays over a frame, for each plane that it changes.
  std::vector<Texture> textures() const;

 private:
  struct Span {
    int row, begin, count;
    int paint;           // or kMixed
    std::size_t offset;  // of its bytes where it is mixed
  };
  /// Samples' bytes, with room for a kernel to write beyond them. They grow without being cleared.
  struct Bytes {
    std::vector<std::uint8_t> colour, alpha;
    std::size_t size = 0;
    void make_room(std::size_t count);
  };
  struct Plane {
    PlaneLayout layout;
    std::vector<Span> spans;
    Bytes mixed;  // of the mixed spans
    Bytes flat;   // kPatternSamples of each flat paint
  };

  /// The bytes of a span, which are repeated after `period` where they are fewer than it has.
  struct Source {
    std::size_t begin, count;  // in a row of the plane
    const std::uint8_t *colour, *alpha;
    std::size_t period;
  };

  static Source source_of(const Plane &plane, const Span &span);
  static TextureArea area_of(const Plane &plane);
  void make_patterns(Plane &plane) const;
  static void append(const PlaneLayout &layout, const Paint *paints, std::size_t count,
                     Bytes &bytes);
  void write(Plane &plane, int row, const RowPaint &paint);
  void add_halved(RowPaint &above, RowPaint &below);
  void fill(RowPaint &row, std::size_t &span, int begin, int end) const;

  std::uint64_t drawing_ = 0;
  PixelFormat format_ = PixelFormat::kRgb;
  int width_ = 0, height_ = 0;
  int row_ = 0;
  bool halved_ = false;
  std::vector<Paint> flat_;
  std::vector<Plane> planes_;
  RowPaint above_, below_, empty_, half_;
};

}  // namespace naclip
