// A Cairo surface that becomes a bitmap.
#pragma once

#include <cairo.h>

#include <memory>

#include "elements/drawing/bitmap.h"
#include "model/colour.h"

namespace naclip {

/// What bitmaps of so many pixels are drawn on, in units of a pixel's height.
class Surface {
 public:
  Surface(int width, int height, double pixel_aspect);

  cairo_t *cairo() const { return cairo_.get(); }

  void set_colour(Colour colour, double alpha) const;
  void fill_rounded(double x, double y, double width, double height, double radius) const;

  /// Empty where Cairo is out of memory: a frame without the drawing.
  Bitmap bitmap() const;

 private:
  struct Destroy {
    void operator()(cairo_surface_t *object) const { cairo_surface_destroy(object); }
    void operator()(cairo_t *object) const { cairo_destroy(object); }
  };

  int width_, height_;
  std::unique_ptr<cairo_surface_t, Destroy> surface_;
  std::unique_ptr<cairo_t, Destroy> cairo_;
};

}  // namespace naclip
