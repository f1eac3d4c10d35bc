#include "elements/overlay/anchors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <optional>

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

/// A connected part of a region.
struct Part {
  std::size_t label;
  int area;         // points
  cv::Rect around;  // all around it is not part of it
  cv::Mat1b members;
};

/// The parts of at least `least` points, the largest first.
std::vector<Part> find_parts(const OverlayMask &mask, const Thinned &thinned, double least) {
  std::vector<Part> result;
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
    for (int part = 1; part < count; ++part) {
      const int area = statistics(part, cv::CC_STAT_AREA);
      if (area < least) continue;
      const cv::Rect around(statistics(part, cv::CC_STAT_LEFT), statistics(part, cv::CC_STAT_TOP),
                            statistics(part, cv::CC_STAT_WIDTH),
                            statistics(part, cv::CC_STAT_HEIGHT));
      result.push_back({label, area, around, parts(around) == part});
    }
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Part &one, const Part &other) { return one.area > other.area; });
  return result;
}

/// The name's box around a point, moved into the frame.
FrameArea box_at(const cv::Point2d &point, const LabelBox &box, const LabelRoom &room) {
  const auto begin = [](double middle, int length, int end) {
    return std::clamp(static_cast<int>(std::lround(middle - length / 2.0)), 0,
                      std::max(end - length, 0));
  };
  return {begin(point.x, box.width, room.width), begin(point.y, box.height, room.height), box.width,
          box.height};
}

/// The points of a part where the box touches nothing that is taken and that lie on the frame.
cv::Mat1b free_points(const Part &part, const Thinned &thinned, const OverlayMask &mask,
                      const LabelBox &box, const LabelRoom &room) {
  cv::Mat1b result = part.members.clone();
  std::vector<FrameArea> columns, rows;  // by column and row: the box there
  for (int x = 0; x < result.cols; ++x) {
    const cv::Point2d point = thinned.frame_point(mask, part.around.x + x, 0);
    columns.push_back(box_at(point, box, room));
    if (point.x < 0 || point.x >= room.width) result.col(x).setTo(0);
  }
  for (int y = 0; y < result.rows; ++y) {
    const cv::Point2d point = thinned.frame_point(mask, 0, part.around.y + y);
    rows.push_back(box_at(point, box, room));
    if (point.y < 0 || point.y >= room.height) result.row(y).setTo(0);
  }
  // A box moves with its point, so that what touches a rectangle is a rectangle, too.
  for (const FrameArea &area : room.taken) {
    const auto across = [&](const FrameArea &one) {
      return one.x < area.x + area.width && one.x + one.width > area.x;
    };
    const auto down = [&](const FrameArea &one) {
      return one.y < area.y + area.height && one.y + one.height > area.y;
    };
    const auto left = std::find_if(columns.begin(), columns.end(), across);
    const auto right = std::find_if_not(left, columns.end(), across);
    const auto top = std::find_if(rows.begin(), rows.end(), down);
    const auto bottom = std::find_if_not(top, rows.end(), down);
    const cv::Rect touching(static_cast<int>(left - columns.begin()),
                            static_cast<int>(top - rows.begin()), static_cast<int>(right - left),
                            static_cast<int>(bottom - top));
    if (!touching.empty()) result(touching).setTo(0);
  }
  return result;
}

/// The free point of a part that is farthest from its border, among those where the box fits if
/// there are any.
std::optional<cv::Point> best_point(const cv::Mat1b &members, const cv::Mat1b &open, cv::Size box) {
  if (cv::countNonZero(open) == 0) return std::nullopt;
  // The picture's edge is a border as well: a name must not be cut off there.
  cv::Mat1b framed;
  cv::copyMakeBorder(members, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::Mat1f distance;
  cv::distanceTransform(framed, distance, cv::DIST_L2, cv::DIST_MASK_5);
  cv::Mat1b fitting;
  const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_RECT, box);
  cv::erode(framed, fitting, kernel, cv::Point(-1, -1), 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  const cv::Rect inside(1, 1, members.cols, members.rows);
  const cv::Mat1b both = fitting(inside) & open;
  cv::Point best;
  cv::minMaxLoc(distance(inside), nullptr, nullptr, nullptr, &best,
                cv::countNonZero(both) > 0 ? both : open);
  return best;
}

}  // namespace

std::vector<LabelAnchor> find_anchors(const OverlayMask &mask, double least_share, LabelRoom &room,
                                      const std::function<LabelBox(std::size_t)> &box) {
  std::vector<LabelAnchor> anchors;
  const Thinned thinned = thin_out(mask);
  const double scale_x = static_cast<double>(mask.frame_width) / mask.width;
  const double scale_y = static_cast<double>(mask.frame_height) / mask.height;
  const double least = least_share * static_cast<double>(thinned.labels.total());
  std::map<std::size_t, LabelBox> boxes;
  for (const Part &part : find_parts(mask, thinned, least)) {
    if (boxes.count(part.label) == 0) boxes[part.label] = box(part.label);
    const LabelBox &size = boxes[part.label];
    if (size.width == 0) continue;
    const cv::Size points(
        std::max(1, static_cast<int>(std::ceil(size.width / scale_x / thinned.step))),
        std::max(1, static_cast<int>(std::ceil(size.height / scale_y / thinned.step))));
    const std::optional<cv::Point> point =
        best_point(part.members, free_points(part, thinned, mask, size, room), points);
    if (!point) continue;
    const cv::Point2d place =
        thinned.frame_point(mask, part.around.x + point->x, part.around.y + point->y);
    anchors.push_back({part.label, place.x, place.y, box_at(place, size, room)});
    room.taken.push_back(anchors.back().box);
  }
  return anchors;
}

}  // namespace naclip
