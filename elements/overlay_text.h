// Words on a picture: the legend and the regions' names, set by Pango and drawn by Cairo.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../model/vocabulary.h"

namespace naclip {

/// A small picture with premultiplied alpha.
struct TextBitmap {
  int width = 0, height = 0;          ///< pixels; 0 where there is nothing to show
  std::vector<std::uint32_t> pixels;  ///< [height, width] 0xAARRGGBB
};

/// One line of a legend.
struct LegendEntry {
  std::string label;  ///< UTF-8
  Colour colour = 0;
  double share = 0.0;  ///< part of the picture, 0..1
};

/// Writes text in sizes that suit a frame. An object belongs to one thread at a time; several
/// objects share nothing.
class TextRenderer {
 public:
  TextRenderer();
  ~TextRenderer();

  /// Must come before the rest: the size of the frames to write on.
  void set_frame(int width, int height);

  /// Whether frames of this size are large enough to be written on.
  bool legible() const { return em_ > 0; }

  /// Distance of the legend from the frame's edges, pixels.
  int margin() const { return em_ * 3 / 4; }

  /// A legend in the entries' order, at most as high as the frame allows; what does not fit is
  /// counted in its last line. Empty where there are no entries or the frame is too small.
  TextBitmap legend(std::span<const LegendEntry> entries);

  /// A class's name on its colour, black or white by contrast; a long one is cut. Empty where the
  /// frame is too small.
  TextBitmap name(const std::string &label, Colour colour);

 private:
  struct Handles;

  std::unique_ptr<Handles> handles_;
  int frame_width_ = 0, frame_height_ = 0;
  int em_ = 0;  // the font's size, pixels; 0 where frames are too small
};

/// Whether black reads better than white on a colour.
bool is_light(Colour colour);

}  // namespace naclip
