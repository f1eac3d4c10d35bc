#include "elements/redact/redactor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

namespace naclip {
namespace {

constexpr int kLeastSide = 16;  // of a cell, in lines of a frame of 720

/// The samples of a plane that have to do with these pixels.
cv::Rect samples_of(const cv::Rect &pixels, bool halved) {
  if (!halved) return pixels;
  return {cv::Point(pixels.x / 2, pixels.y / 2),
          cv::Point((pixels.x + pixels.width + 1) / 2, (pixels.y + pixels.height + 1) / 2)};
}

cv::Mat plane_of(const Canvas &canvas, const PlaneLayout &layout) {
  const auto index = static_cast<std::size_t>(layout.plane);
  const cv::Rect samples = samples_of({0, 0, canvas.width, canvas.height}, layout.halved);
  return {samples.height, samples.width, CV_8UC(layout.bytes_per_sample), canvas.planes[index],
          static_cast<std::size_t>(canvas.strides[index])};
}

/// A sample of the colour, opaque.
cv::Scalar sample_of(Colour colour, const Canvas &canvas, const PlaneLayout &layout) {
  const auto components =
      ColourConverter(canvas.format, canvas.matrix, canvas.range).components(colour);
  cv::Scalar sample;
  for (std::size_t byte = 0; byte < layout.bytes.size(); ++byte) {
    const std::size_t component = static_cast<std::uint8_t>(layout.bytes[byte]);
    sample[static_cast<int>(byte)] = component < components.size() ? components[component] : 255;
  }
  return sample;
}

/// One side of a plane of `length` samples in `count` cells of much the same length.
struct Cells {
  int count, length;

  /// The first sample of a cell; of the one after the last, the end.
  int edge(int cell) const { return static_cast<int>(std::int64_t{length} * cell / count); }
  /// The cell of a sample.
  int of(int sample) const {
    return static_cast<int>(((std::int64_t{sample} + 1) * count - 1) / length);
  }
  cv::Range of(int begin, int end) const { return {of(begin), of(end - 1) + 1}; }
};

/// Marks by 1 the cells that have to do with an area of samples.
void mark(const cv::Rect &samples, const Cells &columns, const Cells &rows, cv::Mat &used) {
  const cv::Range across = columns.of(samples.x, samples.x + samples.width);
  const cv::Range down = rows.of(samples.y, samples.y + samples.height);
  for (int row = down.start; row < down.end; ++row)
    std::memset(used.ptr(row, across.start), 1, static_cast<std::size_t>(across.size()));
}

/// Eight bytes of each, mixed: `weight` 256ths of the second.
std::uint64_t mix(std::uint64_t one, std::uint64_t other, std::uint64_t weight) {
  constexpr std::uint64_t kBytes = 0x00ff00ff00ff00ff, kHalf = 0x0080008000800080;
  const auto every_second = [&](std::uint64_t first, std::uint64_t second) {
    return (((first & kBytes) * (256 - weight) + (second & kBytes) * weight + kHalf) >> 8) & kBytes;
  };
  return every_second(one, other) | every_second(one >> 8, other >> 8) << 8;
}

void mix(const std::uint8_t *one, const std::uint8_t *other, std::uint64_t weight,
         std::size_t count, std::uint8_t *out) {
  const auto some = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t first = 0, second = 0;
    std::memcpy(&first, one + at, bytes);
    std::memcpy(&second, other + at, bytes);
    first = mix(first, second, weight);
    std::memcpy(out + at, &first, bytes);
  };
  std::size_t done = 0;
  for (; done + 8 <= count; done += 8) some(done, 8);
  some(done, count - done);
}

}  // namespace

int tallest_part(const CoveredArea &area, cv::Size frame) {
  constexpr int kMostRows = 90;
  const int unit = std::max(frame.height / kMostRows, 1);
  cv::Mat parts((frame.height + unit - 1) / unit, (frame.width + unit - 1) / unit, CV_8UC1,
                cv::Scalar(0));
  const Cells columns{parts.cols, parts.cols * unit}, rows{parts.rows, parts.rows * unit};
  for (const cv::Rect &rectangle : area) mark(rectangle, columns, rows, parts);
  cv::Mat labels, statistics, middles;
  const int count = cv::connectedComponentsWithStats(parts, labels, statistics, middles);
  int tallest = 0;
  for (int part = 1; part < count; ++part)
    tallest = std::max(tallest, statistics.at<int>(part, cv::CC_STAT_HEIGHT));
  return std::min(tallest * unit, frame.height);
}

int cell_side(int frame_height, int tallest, double strength) {
  const int wanted = static_cast<int>(std::ceil(strength * tallest));
  const int least = (kLeastSide * frame_height + 719) / 720;
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::max({wanted, least, 2}))));
}

void Redactor::draw(const Canvas &canvas, const CoveredArea &area, const RedactStyle &style) {
  if (area.empty()) return;
  cv::Size grid;
  if (style.mode != RedactMode::kFill) {
    const int tallest = tallest_part(area, {canvas.width, canvas.height});
    const int side = cell_side(canvas.height, tallest, style.strength);
    grid = {std::max(canvas.width / side, 1), std::max(canvas.height / side, 1)};
  }
  for (const PlaneLayout &layout : plane_layouts(canvas.format)) {
    cv::Mat plane = plane_of(canvas, layout);
    if (style.mode == RedactMode::kFill) {
      fill(area, layout.halved, sample_of(style.colour, canvas, layout), plane);
    } else {
      const bool blur = style.mode == RedactMode::kBlur;
      means_.create(grid, plane.type());
      means_.setTo(0);
      average(area, layout.halved, plane, blur);
      show_averages(area, layout.halved, blur, plane);
    }
  }
}

void Redactor::fill(const CoveredArea &area, bool halved, const cv::Scalar &sample,
                    cv::Mat &plane) {
  rows_.create(1, plane.cols, plane.type());
  rows_.setTo(sample);
  for (const cv::Rect &rectangle : area) {
    const cv::Rect samples = samples_of(rectangle, halved);
    const std::size_t count = static_cast<std::size_t>(samples.width) * plane.elemSize();
    for (int y = samples.y; y < samples.y + samples.height; ++y)
      std::memcpy(plane.ptr(y, samples.x), rows_.ptr(), count);
  }
}

void Redactor::average(const CoveredArea &area, bool halved, const cv::Mat &plane, bool blur) {
  const Cells columns{means_.cols, plane.cols}, rows{means_.rows, plane.rows};
  used_.create(means_.size(), CV_8UC1);
  used_.setTo(0);
  const cv::Rect whole({0, 0}, plane.size());
  // A blur goes over into cells whose middle is less than a cell away; with a sample for rounding.
  const cv::Size reach =
      blur ? cv::Size(plane.cols / means_.cols / 2 + 2, plane.rows / means_.rows / 2 + 2)
           : cv::Size();
  for (const cv::Rect &rectangle : area) {
    const cv::Rect samples = samples_of(rectangle, halved);
    const cv::Rect seen(samples.tl() - cv::Point(reach), samples.size() + reach + reach);
    mark(seen & whole, columns, rows, used_);
  }
  rows_.create(means_.rows, plane.cols, plane.type());
  for (int y = 0; y < means_.rows; ++y)
    for (int x = 0; x < means_.cols; ++x) {
      if (used_.at<std::uint8_t>(y, x) == 0) continue;
      const cv::Range across(columns.edge(x), columns.edge(x + 1));
      const cv::Scalar mean = cv::mean(plane({rows.edge(y), rows.edge(y + 1)}, across));
      if (blur)
        means_(cv::Rect(x, y, 1, 1)).setTo(mean);
      else
        rows_.row(y).colRange(across).setTo(mean);
    }
  if (blur) cv::resize(means_, rows_, rows_.size(), 0, 0, cv::INTER_LINEAR);
}

void Redactor::show_averages(const CoveredArea &area, bool halved, bool blur, cv::Mat &plane) {
  const Cells rows{rows_.rows, plane.rows};
  for (const cv::Rect &rectangle : area) {
    const cv::Rect samples = samples_of(rectangle, halved);
    const std::size_t count = static_cast<std::size_t>(samples.width) * plane.elemSize();
    for (int y = samples.y; y < samples.y + samples.height; ++y) {
      if (!blur) {
        std::memcpy(plane.ptr(y, samples.x), rows_.ptr(rows.of(y), samples.x), count);
        continue;
      }
      // Between the middles of two rows of cells, in 256ths of a cell.
      const std::int64_t middle = (2 * std::int64_t{y} + 1) * rows.count * 128 / rows.length;
      const std::int64_t place = std::max<std::int64_t>(middle - 128, 0);
      const int above = static_cast<int>(place / 256), below = std::min(above + 1, rows.count - 1);
      mix(rows_.ptr(above, samples.x), rows_.ptr(below, samples.x),
          static_cast<std::uint64_t>(place % 256), count, plane.ptr(y, samples.x));
    }
  }
}

}  // namespace naclip
