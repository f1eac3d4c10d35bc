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
    const int component = layout.bytes[byte];
    sample[static_cast<int>(byte)] =
        component < 0 ? 255 : components[static_cast<std::size_t>(component)];
  }
  return sample;
}

/// `count` cells over `length` samples: where cell `index` begins.
int edge(int index, int count, int length) {
  return static_cast<int>(std::int64_t{length} * index / count);
}

/// The cells that samples [begin, end) have to do with.
cv::Range cells_of(int begin, int end, int count, int length) {
  cv::Range cells(static_cast<int>(std::int64_t{begin} * count / length), 0);
  while (cells.start > 0 && edge(cells.start, count, length) > begin) --cells.start;
  while (cells.start + 1 < count && edge(cells.start + 1, count, length) <= begin) ++cells.start;
  cells.end = cells.start + 1;
  while (cells.end < count && edge(cells.end, count, length) < end) ++cells.end;
  return cells;
}

/// Means of the cells that `box` has to do with. Gives the samples that those cover.
cv::Rect average(const cv::Mat &plane, const cv::Rect &box, cv::Size grid, cv::Mat &means) {
  const cv::Range columns = cells_of(box.x, box.x + box.width, grid.width, plane.cols);
  const cv::Range rows = cells_of(box.y, box.y + box.height, grid.height, plane.rows);
  const auto cell = [&](int column, int row, int column_end, int row_end) {
    return cv::Rect(
        cv::Point(edge(column, grid.width, plane.cols), edge(row, grid.height, plane.rows)),
        cv::Point(edge(column_end, grid.width, plane.cols),
                  edge(row_end, grid.height, plane.rows)));
  };
  means.create(rows.size(), columns.size(), plane.type());
  for (int row = rows.start; row < rows.end; ++row)
    for (int column = columns.start; column < columns.end; ++column)
      means(cv::Rect(column - columns.start, row - rows.start, 1, 1))
          .setTo(cv::mean(plane(cell(column, row, column + 1, row + 1))));
  return cell(columns.start, rows.start, columns.end, rows.end);
}

/// Writes `cover`, which lies at `origin`, over the rectangles. A cover of one row is repeated.
void copy(const cv::Mat &cover, cv::Point origin, const std::vector<cv::Rect> &rectangles,
          bool halved, cv::Mat &plane) {
  const std::size_t sample = plane.elemSize();
  for (const cv::Rect &rectangle : rectangles) {
    const cv::Rect samples = samples_of(rectangle, halved);
    const auto at = static_cast<std::size_t>(samples.x - origin.x) * sample;
    const auto count = static_cast<std::size_t>(samples.width) * sample;
    for (int y = samples.y; y < samples.y + samples.height; ++y)
      std::memcpy(plane.ptr(y, samples.x), cover.ptr(cover.rows == 1 ? 0 : y - origin.y) + at,
                  count);
  }
}

}  // namespace

int cell_side(int frame_height, int tallest, double strength) {
  const int wanted = static_cast<int>(std::ceil(strength * tallest));
  const int least = (kLeastSide * frame_height + 719) / 720;
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::max({wanted, least, 2}))));
}

void Redactor::draw(const Canvas &canvas, const CoveredArea &area, const RedactStyle &style) {
  if (area.rectangles.empty()) return;
  cv::Rect box;
  for (const cv::Rect &rectangle : area.rectangles) box |= rectangle;
  const int side = cell_side(canvas.height, area.tallest, style.strength);
  const cv::Size grid(std::max(canvas.width / side, 1), std::max(canvas.height / side, 1));
  for (const PlaneLayout &layout : plane_layouts(canvas.format)) {
    cv::Mat plane = plane_of(canvas, layout);
    cv::Rect covered = samples_of(box, layout.halved);
    if (style.mode == RedactMode::kFill) {
      cover_.create(1, covered.width, plane.type());
      cover_.setTo(sample_of(style.colour, canvas, layout));
    } else {
      covered = average(plane, covered, grid, means_);
      cv::resize(means_, cover_, covered.size(), 0, 0,
                 style.mode == RedactMode::kBlur ? cv::INTER_LINEAR : cv::INTER_NEAREST);
    }
    copy(cover_, covered.tl(), area.rectangles, layout.halved, plane);
  }
}

}  // namespace naclip
