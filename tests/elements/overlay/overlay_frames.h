// Frames in memory for the overlay's tests: any format, any padding, and a way to ask for a pixel.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "elements/overlay/renderer.h"

namespace naclip::testing {

inline constexpr std::array kAllFormats = {
    PixelFormat::kI420, PixelFormat::kNv12, PixelFormat::kRgb,  PixelFormat::kBgr,
    PixelFormat::kRgbx, PixelFormat::kBgrx, PixelFormat::kRgba, PixelFormat::kBgra,
    PixelFormat::kNv21, PixelFormat::kYv12};

inline bool is_ycbcr(PixelFormat format) {
  return format == PixelFormat::kI420 || format == PixelFormat::kNv12 ||
         format == PixelFormat::kNv21 || format == PixelFormat::kYv12;
}

/// Whether Cb and Cr lie in one plane.
inline bool is_semiplanar(PixelFormat format) {
  return format == PixelFormat::kNv12 || format == PixelFormat::kNv21;
}

using Sample = std::array<int, 3>;  // R, G, B or Y', Cb, Cr

/// One frame whose rows are padded, filled with a pattern that differs from byte to byte.
class TestFrame {
 public:
  TestFrame(PixelFormat format, int width, int height, int padding = 5)
      : format_(format), width_(width), height_(height) {
    std::size_t offset = 0;
    for (int plane = 0; plane < planes(); ++plane) {
      offsets_[plane] = offset;
      strides_[plane] = row_bytes(plane) + padding;
      offset += static_cast<std::size_t>(strides_[plane]) * rows(plane);
    }
    bytes.resize(offset);
    for (std::size_t i = 0; i < offset; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + 30);
  }

  Canvas canvas() {
    Canvas canvas;
    canvas.format = format_;
    canvas.width = width_;
    canvas.height = height_;
    for (int plane = 0; plane < planes(); ++plane) {
      canvas.planes[plane] = bytes.data() + offsets_[plane];
      canvas.strides[plane] = strides_[plane];
    }
    return canvas;
  }

  int planes() const { return !is_ycbcr(format_) ? 1 : is_semiplanar(format_) ? 2 : 3; }
  int rows(int plane) const { return plane == 0 ? height_ : (height_ + 1) / 2; }
  int row_bytes(int plane) const {
    if (!is_ycbcr(format_)) return width_ * pixel_bytes();
    if (plane == 0) return width_;
    return (width_ + 1) / 2 * (is_semiplanar(format_) ? 2 : 1);
  }
  int pixel_bytes() const {
    return format_ == PixelFormat::kRgb || format_ == PixelFormat::kBgr ? 3 : 4;
  }

  /// Where a component of the pixel (x, y) lies in `bytes`.
  std::size_t position(int x, int y, int component) const {
    int plane = 0, column = 0;
    // In YV12 and NV21 Cr comes first.
    const bool swapped = format_ == PixelFormat::kYv12 || format_ == PixelFormat::kNv21;
    const int chroma = swapped ? 2 - component : component - 1;
    if (is_semiplanar(format_)) {
      plane = component == 0 ? 0 : 1;
      column = component == 0 ? x : x / 2 * 2 + chroma;
    } else if (is_ycbcr(format_)) {
      plane = component == 0 ? 0 : 1 + chroma;
      column = component == 0 ? x : x / 2;
    } else {
      const bool bgr = format_ == PixelFormat::kBgr || format_ == PixelFormat::kBgrx ||
                       format_ == PixelFormat::kBgra;
      column = x * pixel_bytes() + (bgr ? 2 - component : component);
    }
    const int row = plane == 0 ? y : y / 2;
    return offsets_[plane] + static_cast<std::size_t>(row) * strides_[plane] + column;
  }

  Sample at(int x, int y) const {
    return {bytes[position(x, y, 0)], bytes[position(x, y, 1)], bytes[position(x, y, 2)]};
  }

  void fill(const Sample &sample) {
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x)
        for (int c = 0; c < 3; ++c) bytes[position(x, y, c)] = static_cast<std::uint8_t>(sample[c]);
  }

  /// Whether the bytes that hold no colour, padding and alpha, are those of `before`.
  bool keeps_other_bytes(const TestFrame &before) const {
    std::vector<bool> colour(bytes.size());
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x)
        for (int c = 0; c < 3; ++c) colour[position(x, y, c)] = true;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (!colour[i] && bytes[i] != before.bytes[i]) return false;
    return true;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  PixelFormat format() const { return format_; }

  std::vector<std::uint8_t> bytes;

 private:
  PixelFormat format_;
  int width_, height_;
  std::array<std::size_t, 3> offsets_{};
  std::array<int, 3> strides_{};
};

/// A label map with rows padded by garbage, and the regions for its labels.
class TestMask {
 public:
  TestMask(int width, int height, std::vector<OverlayRegion> regions, int bytes_per_label = 1)
      : width_(width),
        height_(height),
        label_bytes_(bytes_per_label),
        regions_(std::move(regions)) {
    stride_ = width * bytes_per_label + 3;
    bytes_.assign(static_cast<std::size_t>(stride_) * height, 1);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) set(x, y, 0);
  }

  void set(int x, int y, int label) {
    std::uint8_t *at = &bytes_[static_cast<std::size_t>(y) * stride_ + x * label_bytes_];
    at[0] = static_cast<std::uint8_t>(label & 0xff);
    if (label_bytes_ == 2) at[1] = static_cast<std::uint8_t>(label >> 8);
  }
  template <typename Label>
  TestMask &paint(Label &&label) {
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x) set(x, y, label(x, y));
    return *this;
  }

  /// Over the whole of a frame.
  OverlayMask over(int frame_width, int frame_height) const {
    return over_area(0, 0, frame_width, frame_height);
  }
  OverlayMask over_area(int x, int y, int width, int height) const {
    return {bytes_.data(), stride_, label_bytes_, width_, height_, x, y, width, height, regions_};
  }

 private:
  int width_, height_, label_bytes_, stride_;
  std::vector<OverlayRegion> regions_;
  std::vector<std::uint8_t> bytes_;
};

inline void draw(TestFrame &frame, const OverlayMask &mask, const OverlaySettings &settings) {
  OverlayRenderer renderer;
  renderer.draw(frame.canvas(), std::span(&mask, 1), settings);
}

/// Lines alone, `width` rows of the frame wide whatever its size.
inline void draw_lines(TestFrame &frame, const OverlayMask &mask, double width,
                       double pixel_aspect = 1.0) {
  Canvas canvas = frame.canvas();
  canvas.pixel_aspect = pixel_aspect;
  RegionPainter painter;
  OverlayLayer layer;
  painter.paint(mask, canvas, 0.0, width, layer);
  layer.draw(canvas);
}

/// Colours alone.
inline OverlaySettings plain(double opacity, int contours = 0) {
  return {opacity, contours, LegendPlace::kNone, false};
}

inline const OverlayRegion kNothing{"background", 0x000000, 0.0, false};
inline const OverlayRegion kRed{"red", 0xff0000, 0.5, true};
inline const OverlayRegion kGreen{"green", 0x00ff00, 0.25, true};

}  // namespace naclip::testing
