#include "naclipmeta_transform.h"

#include <algorithm>
#include <cmath>

namespace naclip {
namespace {

/// One axis: position * scale + offset.
struct Axis {
  double scale;
  double offset;

  double operator()(double position) const { return position * scale + offset; }
};

/// Edges are rounded, not sizes, so that rectangles that met still meet.
MetaRectangle mapped(const MetaRectangle &rectangle, Axis horizontal, Axis vertical) {
  const auto edge = [](double position) { return static_cast<gint>(std::lround(position)); };
  const gint left = edge(horizontal(rectangle.x));
  const gint right = edge(horizontal(static_cast<double>(rectangle.x) + rectangle.width));
  const gint top = edge(vertical(rectangle.y));
  const gint bottom = edge(vertical(static_cast<double>(rectangle.y) + rectangle.height));
  return {left, top, static_cast<guint>(std::max(right - left, 1)),
          static_cast<guint>(std::max(bottom - top, 1))};
}

/// Pixels of border that keep the picture's aspect ratio when it is fitted into the output.
double border_of(const GstVideoInfo &in, const GstVideoInfo &out) {
  const auto ratio = [](double numerator, double denominator) { return numerator / denominator; };
  const double aspect = ratio(in.width, in.height) * ratio(in.par_n, in.par_d);
  const double out_pixel = ratio(out.par_n, out.par_d);
  const double fitted_height = out.width * out_pixel / aspect;
  const double fitted_width = out.height * aspect / out_pixel;
  return fitted_height <= out.height ? out.height - fitted_height : out.width - fitted_width;
}

std::optional<MetaRectangle> scaled(const MetaRectangle &rectangle,
                                    const GstVideoMetaTransform &to) {
  const GstVideoInfo &in = *to.in_info;
  const GstVideoInfo &out = *to.out_info;
  if (in.width < 1 || in.height < 1 || in.par_n < 1 || in.par_d < 1 || out.par_n < 1 ||
      out.par_d < 1) {
    return std::nullopt;
  }
  // A scaler that is to change the aspect ratio either stretches the picture or adds borders, and
  // this transform does not say which. One pixel is what rounding the size can make.
  if (border_of(in, out) > 1) return std::nullopt;
  return mapped(rectangle, {static_cast<double>(out.width) / in.width, 0},
                {static_cast<double>(out.height) / in.height, 0});
}

#if GST_CHECK_VERSION(1, 28, 0)
/// Crops, borders and scales; a mirrored, rotated or skewed frame would need another mask.
std::optional<MetaRectangle> projected(const MetaRectangle &rectangle,
                                       const GstVideoMetaTransformMatrix &to) {
  const auto &m = to.matrix;
  const bool straight = m[0][1] == 0 && m[1][0] == 0 && m[2][0] == 0 && m[2][1] == 0;
  if (!straight || m[0][0] <= 0 || m[1][1] <= 0 || m[2][2] <= 0) return std::nullopt;
  // The matrix maps positions within in_rectangle to positions within out_rectangle.
  const auto axis = [&](float scale, float shift, gint from, gint onto) {
    const double factor = static_cast<double>(scale) / m[2][2];
    return Axis{factor, onto - from * factor + shift / m[2][2]};
  };
  return mapped(rectangle, axis(m[0][0], m[0][2], to.in_rectangle.x, to.out_rectangle.x),
                axis(m[1][1], m[1][2], to.in_rectangle.y, to.out_rectangle.y));
}
#endif

}  // namespace

std::optional<MetaRectangle> transformed(const MetaRectangle &rectangle, GQuark type,
                                         gpointer data) {
  if (data == nullptr) return std::nullopt;
  if (GST_META_TRANSFORM_IS_COPY(type)) {
    // A region of the bytes is no picture.
    if (static_cast<const GstMetaTransformCopy *>(data)->region) return std::nullopt;
    return rectangle;
  }
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE(type)) {
    return scaled(rectangle, *static_cast<const GstVideoMetaTransform *>(data));
  }
#if GST_CHECK_VERSION(1, 28, 0)
  if (GST_VIDEO_META_TRANSFORM_IS_MATRIX(type)) {
    return projected(rectangle, *static_cast<const GstVideoMetaTransformMatrix *>(data));
  }
#endif
  return std::nullopt;
}

}  // namespace naclip
