#include "overlay_anchors.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace naclip {
namespace {

// Names need no exacter place than this many points along the mask's longer side give.
constexpr int kPoints = 192;

/// The mask, thinned out: point (x, y) has the label of the mask's pixel (column(x), row(y)).
struct Thinned {
  cv::Mat1w labels;
  int step = 1;
  int mask_width = 0, mask_height = 0;
  int column(int x) const { return std::min(x * step + step / 2, mask_width - 1); }
  int row(int y) const { return std::min(y * step + step / 2, mask_height - 1); }
  cv::Point2d frame_point(const OverlayMask &mask, int x, int y) const {
    return {mask.frame_x + (column(x) + 0.5) * mask.frame_width / mask.width,
            mask.frame_y + (row(y) + 0.5) * mask.frame_height / mask.height};
  }
};

Thinned thin_out(const OverlayMask &mask) {
  Thinned thinned;
  thinned.step = (std::max(mask.width, mask.height) + kPoints - 1) / kPoints;
  thinned.mask_width = mask.width;
  thinned.mask_height = mask.height;
  thinned.labels.create((mask.height + thinned.step - 1) / thinned.step,
                        (mask.width + thinned.step - 1) / thinned.step);
  for (int y = 0; y < thinned.labels.rows; ++y)
    for (int x = 0; x < thinned.labels.cols; ++x)
      thinned.labels(y, x) = static_cast<std::uint16_t>(mask.at(thinned.column(x), thinned.row(y)));
  return thinned;
}

/// The point of a part that is farthest from its border, among those where the box fits if there
/// are any.
cv::Point best_point(const cv::Mat1b &part, cv::Size box) {
  // The picture's edge is a border as well: a name must not be cut off there.
  cv::Mat1b framed;
  cv::copyMakeBorder(part, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::Mat1f distance;
  cv::distanceTransform(framed, distance, cv::DIST_L2, cv::DIST_MASK_5);
  cv::Mat1b fitting;
  const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_RECT, box);
  cv::erode(framed, fitting, kernel, cv::Point(-1, -1), 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::Point best;
  cv::minMaxLoc(distance, nullptr, nullptr, nullptr, &best,
                cv::countNonZero(fitting) > 0 ? fitting : framed);
  return best - cv::Point(1, 1);
}

/// Which points are not under `covered`.
cv::Mat1b free_points(const Thinned &thinned, const OverlayMask &mask, const FrameArea &covered) {
  cv::Mat1b result(thinned.labels.size(), 255);
  const cv::Rect area(covered.x, covered.y, covered.width, covered.height);
  if (area.empty()) return result;
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x) {
      const cv::Point2d point = thinned.frame_point(mask, x, y);
      if (area.contains(cv::Point(cvFloor(point.x), cvFloor(point.y)))) result(y, x) = 0;
    }
  return result;
}

}  // namespace

std::vector<LabelAnchor> find_anchors(const OverlayMask &mask, double least_share,
                                      const FrameArea &covered,
                                      const std::function<LabelBox(std::size_t)> &box) {
  std::vector<LabelAnchor> anchors;
  const Thinned thinned = thin_out(mask);
  const double scale_x = static_cast<double>(mask.frame_width) / mask.width;
  const double scale_y = static_cast<double>(mask.frame_height) / mask.height;
  const double least = least_share * static_cast<double>(thinned.labels.total());
  const cv::Mat1b open = free_points(thinned, mask, covered);
  std::vector<int> counts(mask.regions.size());
  for (const std::uint16_t label : thinned.labels)
    if (label < counts.size()) ++counts[label];
  for (std::size_t label = 0; label < mask.regions.size(); ++label) {
    if (!mask.regions[label].drawn || counts[label] == 0 || counts[label] < least) continue;
    const cv::Mat1b members = thinned.labels == static_cast<double>(label);
    cv::Mat1i parts, statistics;
    cv::Mat1d centroids;
    const int count =
        cv::connectedComponentsWithStats(members, parts, statistics, centroids, 4, CV_32S);
    const auto [width, height] = box(label);
    const cv::Size points(
        std::max(1, static_cast<int>(std::ceil(width / scale_x / thinned.step))),
        std::max(1, static_cast<int>(std::ceil(height / scale_y / thinned.step))));
    for (int part = 1; part < count; ++part) {
      const int area = statistics(part, cv::CC_STAT_AREA);
      if (area < least) continue;
      // All around it is not part of it, so that the rest of the mask changes nothing.
      const cv::Rect around(statistics(part, cv::CC_STAT_LEFT), statistics(part, cv::CC_STAT_TOP),
                            statistics(part, cv::CC_STAT_WIDTH),
                            statistics(part, cv::CC_STAT_HEIGHT));
      const cv::Mat1b whole = parts(around) == part;
      const cv::Mat1b uncovered = whole & open(around);
      const cv::Point point =
          around.tl() +
          best_point(2 * cv::countNonZero(uncovered) >= area ? uncovered : whole, points);
      const cv::Point2d place = thinned.frame_point(mask, point.x, point.y);
      anchors.push_back({label, place.x, place.y});
    }
  }
  return anchors;
}

}  // namespace naclip
