// Words on a picture: the legend and the regions' names, set by Pango and drawn by Cairo.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "elements/drawing/bitmap.h"
#include "model/colour.h"

namespace naclip {

/// One line of a legend.
struct LegendEntry {
  std::string label;  ///< UTF-8
  Colour colour = 0;
  double share = 0.0;  ///< part of the picture, 0..1
};

/// Writes text in sizes that suit a frame, and so that it is not stretched on display. An object
/// belongs to one thread at a time; several objects share nothing.
class TextRenderer {
 public:
  TextRenderer();
  ~TextRenderer();

  /// Must come before the rest: the size of the frames to write on, and a pixel's width on display
  /// by its height.
  void set_frame(int width, int height, double pixel_aspect = 1.0);

  /// Whether frames of this size are large enough to be written on.
  bool legible() const { return em_ > 0; }

  /// Distances of the legend from the frame's edges, pixels.
  int margin_across() const { return to_pixels(margin()); }
  int margin() const { return em_ * 3 / 4; }

  /// How many lines a legend may have, so that it fits and covers no more than a third of the
  /// frame, however long its labels are.
  std::size_t legend_room();

  /// A legend in the entries' order; where `more` is not 0, a last line says how many are left out.
  /// Empty where there are no entries, the frame is too small or the lines are too many.
  Bitmap legend(std::span<const LegendEntry> entries, std::size_t more);

  /// A class's name on its colour, black or white by contrast; one of more than `widest` times the
  /// font's size is cut. Empty where the frame is too small.
  Bitmap name(const std::string &label, Colour colour, int widest = 10);

 private:
  struct Handles;

  /// The lengths of a legend.
  struct Measures {
    int padding, pitch, swatch, gap, text_x, widest_label, share_width;
    int width(int label_width) const {
      return text_x + label_width + 2 * gap + share_width + padding;
    }
    int height(std::size_t lines) const { return static_cast<int>(lines) * pitch + 2 * padding; }
  };
  Measures measures();
  int to_pixels(int length) const;

  std::unique_ptr<Handles> handles_;
  // In rows of the frame, as all lengths until a bitmap is drawn.
  int canvas_width_ = 0;  // pixels
  int frame_width_ = 0, frame_height_ = 0;
  double pixel_aspect_ = 1.0;
  int em_ = 0;  // the font's size; 0 where frames are too small
};

/// A share in whole percent, or `<1 %`.
std::string percent(double share);

/// Whether black reads better than white on a colour.
bool is_light(Colour colour);

}  // namespace naclip
