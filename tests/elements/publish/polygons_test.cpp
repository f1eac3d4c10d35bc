// Boxes, outlines and polygons of label maps that are drawn here in characters.
#include "elements/publish/polygons.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <random>

#include "tools.h"

namespace naclip::testing {
namespace {

/// `.` is 0, other characters are digits.
cv::Mat drawn(const std::vector<std::string> &rows) {
  cv::Mat labels(static_cast<int>(rows.size()), static_cast<int>(rows.front().size()), CV_8UC1);
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const char c = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      labels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(c == '.' ? 0 : c - '0');
    }
  return labels;
}

/// One pixel a cell.
LabelMapPlace same_size(const cv::Mat &labels) {
  return {labels.size(), {0, 0, labels.cols, labels.rows}, labels.size()};
}

std::string polygons_of(const cv::Mat &labels, std::size_t id, const LabelMapPlace &place,
                        double tolerance = 0) {
  PolygonWriter writer;
  writer.find(labels, {false, true, true}, place, tolerance);
  JsonText json;
  json.begin_object();
  writer.write(id, "p", json);
  json.end_object();
  return at(json.str(), "$.p");
}
std::string polygons_of(const std::vector<std::string> &rows, std::size_t id = 1) {
  const cv::Mat labels = drawn(rows);
  return polygons_of(labels, id, same_size(labels));
}

TEST(Boxes, AreTheSmallestAroundEachRegion) {
  std::vector<cv::Rect> boxes;
  find_boxes(drawn({"..11.", ".1...", "2..2."}), 4, boxes);
  EXPECT_EQ(boxes[1], cv::Rect(1, 0, 3, 2));
  EXPECT_EQ(boxes[2], cv::Rect(0, 2, 4, 1));
  EXPECT_EQ(boxes[0], cv::Rect(0, 0, 5, 3));
  EXPECT_TRUE(boxes[3].empty());
  cv::Mat wide;
  drawn({"..2", "2.."}).convertTo(wide, CV_16U, 300);
  find_boxes(wide, 601, boxes);
  EXPECT_EQ(boxes[600], cv::Rect(0, 0, 3, 2));
}

TEST(Polygons, OneCellIsASquareAndTheFirstPointIsNotRepeated) {
  EXPECT_EQ(polygons_of({"...", ".1.", "..."}), "[[[[2,1],[2,2],[1,2],[1,1]]]]");
  EXPECT_EQ(polygons_of({"1"}), "[[[[1,0],[1,1],[0,1],[0,0]]]]");
}

TEST(Polygons, PartsAreListsOfTheirOwn) {
  EXPECT_EQ(polygons_of({"1..1", "1..."}),
            "[[[[1,0],[1,2],[0,2],[0,0]]],[[[4,0],[4,1],[3,1],[3,0]]]]");
  EXPECT_EQ(polygons_of({"1.", ".1"}), "[[[[1,0],[1,1],[0,1],[0,0]]],[[[2,1],[2,2],[1,2],[1,1]]]]")
      << "cells that touch at a corner alone are two parts";
}

TEST(Polygons, HolesAreFurtherRingsOfTheirPart) {
  EXPECT_EQ(polygons_of({"111.", "1.11", "1111", "...."}),
            "[[[[3,0],[3,1],[4,1],[4,3],[0,3],[0,0]],[[2,2],[2,1],[1,1],[1,2]]]]");
  // A hole with another part in it, which has one of its own, and a second hole.
  const std::vector<std::string> nested{"11111111", "1......1", "1.1111.1", "1.1..1.1", "1.1111.1",
                                        "1......1", "11111111", "1.111111", "11111111"};
  const cv::Mat labels = drawn(nested);
  OutlineTracer tracer;
  tracer.trace(labels, {false, true});
  std::string parts;
  for (const Outline &outline : tracer.outlines()) parts += std::to_string(outline.part);
  EXPECT_EQ(parts, "00011") << "one with two holes, and the one in the first hole with its own";
}

TEST(Polygons, ARegionInsideAnotherIsNotItsHoleAlone) {
  EXPECT_EQ(polygons_of({"111", "121", "111"}, 2), "[[[[2,1],[2,2],[1,2],[1,1]]]]");
  EXPECT_EQ(polygons_of({"111", "121", "111"}, 1),
            "[[[[3,0],[3,3],[0,3],[0,0]],[[2,2],[2,1],[1,1],[1,2]]]]");
  EXPECT_EQ(polygons_of({"..."}), "[]");
}

/// Fills the polygons again.
cv::Mat filled(const OutlineTracer &tracer, std::size_t id, cv::Size size) {
  // By the sign of the winding along each row: what is right of an edge that goes up is inside.
  cv::Mat change(size.height, size.width + 1, CV_32SC1, cv::Scalar(0));
  for (const Outline &outline : tracer.outlines()) {
    if (outline.id != id) continue;
    for (std::size_t i = 0; i < outline.points; ++i) {
      const cv::Point a = tracer.corners()[outline.begin + i];
      const cv::Point b = tracer.corners()[outline.begin + (i + 1) % outline.points];
      EXPECT_TRUE(a.x == b.x || a.y == b.y);
      for (int y = b.y; y < a.y; ++y) change.at<int>(y, a.x) += 1;
      for (int y = a.y; y < b.y; ++y) change.at<int>(y, a.x) -= 1;
    }
  }
  cv::Mat inside(size, CV_8UC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0, depth = 0; x < size.width; ++x)
      inside.at<std::uint8_t>(y, x) = (depth += change.at<int>(y, x)) == 1 ? 255 : 0;
  return inside;
}

template <class Id>
void expect_noise_back() {
  std::mt19937 random(5);
  OutlineTracer tracer;
  for (int round = 0; round < 50; ++round) {
    cv::Mat_<Id> labels(1 + static_cast<int>(random() % 40), 1 + static_cast<int>(random() % 40));
    for (Id &cell : labels) cell = static_cast<Id>(random() % 4);
    tracer.trace(labels, {true, true, false, true});
    for (const std::size_t id : {0U, 1U, 3U})
      EXPECT_EQ(cv::countNonZero(filled(tracer, id, labels.size()) !=
                                 (labels == static_cast<double>(id))),
                0);
    EXPECT_TRUE(std::none_of(tracer.outlines().begin(), tracer.outlines().end(),
                             [](const Outline &outline) { return outline.id == 2; }));
    // As many parts as there are connected ones.
    cv::Mat components;
    const int parts = cv::connectedComponents(labels == 1, components, 4) - 1;
    int outer = 0;
    for (std::size_t i = 0; i < tracer.outlines().size(); ++i)
      if (const Outline &outline = tracer.outlines()[i]; outline.id == 1)
        outer += i == 0 || tracer.outlines()[i - 1].part != outline.part;
    EXPECT_EQ(outer, parts);
  }
}

TEST(Outlines, EncloseExactlyTheCellsOfNoise) {
  expect_noise_back<std::uint8_t>();
  expect_noise_back<std::uint16_t>();
}

TEST(Outlines, AHoleIsInThePartAroundIt) {
  std::mt19937 random(9);
  for (int round = 0; round < 50; ++round) {
    cv::Mat_<std::uint8_t> labels(30, 30);
    for (std::uint8_t &cell : labels) cell = random() % 3 > 0 ? 1 : 0;
    OutlineTracer tracer;
    tracer.trace(labels, {false, true});
    cv::Mat components;
    cv::connectedComponents(labels, components, 4);
    int outer = 0;
    for (std::size_t i = 0; i < tracer.outlines().size(); ++i) {
      const Outline &outline = tracer.outlines()[i];
      // The last corner is the upper left one of a cell of the part.
      const int component =
          components.at<int>(tracer.corners()[outline.begin + outline.points - 1]);
      if (i == 0 || tracer.outlines()[i - 1].part != outline.part) outer = component;
      EXPECT_EQ(component, outer);
    }
  }
}

TEST(Polygons, AreInPixelsOfTheFrame) {
  const cv::Mat labels = drawn({"....", ".11.", "...."});
  EXPECT_EQ(polygons_of(labels, 1, {{4, 3}, {100, 50, 40, 60}, {1000, 1000}}),
            "[[[[130,70],[130,90],[110,90],[110,70]]]]");
  // Of a mask that reaches beyond a cropped frame only what is in it.
  EXPECT_EQ(polygons_of(labels, 1, {{4, 3}, {-20, -30, 40, 60}, {1000, 1000}}),
            "[[[[10,0],[10,10],[0,10],[0,0]]]]");
  EXPECT_EQ(polygons_of(labels, 1, {{4, 3}, {2000, 0, 40, 60}, {1000, 1000}}), "[]");
  const LabelMapPlace place{{4, 3}, {-10, 0, 40, 30}, {20, 15}};
  EXPECT_EQ(place.visible_cells(), cv::Rect(1, 0, 2, 2));
  EXPECT_EQ(place.pixels(cv::Rect(1, 0, 2, 2)), cv::Rect(0, 0, 20, 15));
}

TEST(Polygons, AreSimplifiedByAtMostTheTolerance) {
  cv::Mat labels(100, 100, CV_8UC1, cv::Scalar(0));
  cv::circle(labels, {50, 50}, 30, cv::Scalar(1), cv::FILLED);
  const LabelMapPlace place = same_size(labels);
  const auto points = [&](double tolerance) {
    const std::string text = polygons_of(labels, 1, place, tolerance);
    return std::count(text.begin(), text.end(), ',');
  };
  EXPECT_GT(points(0), points(1));
  EXPECT_GT(points(1), points(4));
  EXPECT_GT(points(4), 8);
  // Narrow ones stay.
  EXPECT_EQ(polygons_of(drawn({"1"}), 1, same_size(drawn({"1"})), 50),
            "[[[[1,0],[1,1],[0,1],[0,0]]]]");
}

TEST(Polygons, WithoutAreaInThePixelsOfTheFrameAreLeftOut) {
  const cv::Mat labels = drawn({"1...............", "..............11", "..............11"});
  EXPECT_EQ(polygons_of(labels, 1, {{16, 3}, {0, 0, 8, 2}, {8, 2}}),
            "[[[[8,1],[8,2],[7,2],[7,1]]]]");
}

}  // namespace
}  // namespace naclip::testing
