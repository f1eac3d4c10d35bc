#include "elements/support/frame_canvas.h"

namespace naclip {

Canvas canvas_like(const GstVideoInfo &info) {
  const Picture picture = picture_like(info);
  return {picture.format, picture.width, picture.height,      {}, {},
          picture.matrix, picture.range, picture.pixel_aspect};
}

Canvas canvas_of(const MappedFrame &frame) {
  Canvas canvas = canvas_like(frame.info());
  for (int index = 0; index < frame.n_planes(); ++index) {
    const auto plane = static_cast<std::size_t>(index);
    canvas.planes[plane] = frame.plane(index);
    canvas.strides[plane] = frame.stride(index);
  }
  return canvas;
}

}  // namespace naclip
