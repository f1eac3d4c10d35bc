#include "elements/drawing/surface.h"

#include <cstddef>
#include <cstring>

namespace naclip {

Surface::Surface(int width, int height, double pixel_aspect)
    : width_(width),
      height_(height),
      surface_(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)),
      cairo_(cairo_create(surface_.get())) {
  cairo_scale(cairo(), 1.0 / pixel_aspect, 1.0);
}

void Surface::set_colour(Colour colour, double alpha) const {
  cairo_set_source_rgba(cairo(), (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0,
                        (colour & 0xff) / 255.0, alpha);
}

void Surface::fill_rounded(double x, double y, double width, double height, double radius) const {
  constexpr double kQuarter = 1.5707963267948966;
  cairo_new_sub_path(cairo());
  cairo_arc(cairo(), x + width - radius, y + radius, radius, -kQuarter, 0);
  cairo_arc(cairo(), x + width - radius, y + height - radius, radius, 0, kQuarter);
  cairo_arc(cairo(), x + radius, y + height - radius, radius, kQuarter, 2 * kQuarter);
  cairo_arc(cairo(), x + radius, y + radius, radius, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo());
  cairo_fill(cairo());
}

Bitmap Surface::bitmap() const {
  cairo_surface_flush(surface_.get());
  const unsigned char *data = cairo_image_surface_get_data(surface_.get());
  if (data == nullptr) return {};
  Bitmap result{width_, height_, {}};
  result.pixels.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
  const int stride = cairo_image_surface_get_stride(surface_.get());
  for (int y = 0; y < height_; ++y)
    std::memcpy(&result.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_)],
                data + static_cast<std::ptrdiff_t>(y) * stride,
                static_cast<std::size_t>(width_) * sizeof(std::uint32_t));
  return result;
}

}  // namespace naclip
