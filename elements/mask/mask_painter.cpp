#include "elements/mask/mask_painter.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <opencv2/imgproc.hpp>

namespace naclip {
namespace {

/// Every pixel of `source` through a table; values beyond its end take `otherwise`.
template <class Label, class Value>
void look_up(const cv::Mat &source, const std::vector<Value> &table, const Value &otherwise,
             cv::Mat &out) {
  for (int y = 0; y < source.rows; ++y) {
    const auto *from = source.ptr<Label>(y);
    auto *to = out.ptr<Value>(y);
    for (int x = 0; x < source.cols; ++x) {
      to[x] = from[x] < table.size() ? table[from[x]] : otherwise;
    }
  }
}

template <class Value>
void look_up(const cv::Mat &source, const std::vector<Value> &table, int type, cv::Mat &out) {
  CV_Assert(source.type() == CV_8UC1 || source.type() == CV_16UC1);
  out.create(source.size(), type);
  if (source.depth() == CV_8U) {
    look_up<std::uint8_t, Value>(source, table, Value{}, out);
  } else {
    look_up<std::uint16_t, Value>(source, table, Value{}, out);
  }
}

/// The position in a map of `map_size` pixels over `length` frame pixels from `start` of a frame
/// pixel's centre.
float position(int frame_pixel, int start, int length, int map_size) {
  return static_cast<float>((frame_pixel - start + 0.5) * map_size / length - 0.5);
}

template <class Id>
std::vector<Id> id_table(const std::vector<bool> &chosen) {
  std::vector<Id> table(chosen.size());
  for (std::size_t id = 0; id < chosen.size(); ++id) {
    if (chosen[id] && id <= std::numeric_limits<Id>::max()) table[id] = static_cast<Id>(id);
  }
  return table;
}

template <class Pixel>
std::vector<Pixel> colour_table(const std::vector<bool> &chosen, std::span<const Colour> colours,
                                ChannelOrder order) {
  std::vector<Pixel> table(chosen.size());
  for (std::size_t id = 0; id < std::min(chosen.size(), colours.size()); ++id) {
    if (!chosen[id]) continue;
    table[id][order.red] = static_cast<std::uint8_t>(colours[id] >> 16);
    table[id][order.green] = static_cast<std::uint8_t>(colours[id] >> 8);
    table[id][order.blue] = static_cast<std::uint8_t>(colours[id]);
  }
  return table;
}

}  // namespace

void MaskPainter::prepare(cv::Size map_size, const cv::Rect &rectangle, cv::Size frame_size,
                          int interpolation) {
  if (sampling_.map_size == map_size && sampling_.rectangle == rectangle &&
      sampling_.frame_size == frame_size && sampling_.interpolation == interpolation) {
    return;
  }
  sampling_ = {map_size, frame_size, rectangle, interpolation, {}, {}, {}};
  const cv::Rect visible = rectangle & cv::Rect({0, 0}, frame_size);
  sampling_.visible = visible;
  if (visible.empty()) return;
  cv::Mat columns(visible.size(), CV_32FC1), rows(visible.size(), CV_32FC1);
  for (int y = 0; y < visible.height; ++y) {
    rows.row(y).setTo(position(visible.y + y, rectangle.y, rectangle.height, map_size.height));
    for (int x = 0; x < visible.width; ++x) {
      columns.at<float>(y, x) =
          position(visible.x + x, rectangle.x, rectangle.width, map_size.width);
    }
  }
  cv::convertMaps(columns, rows, sampling_.positions, sampling_.weights, CV_16SC2,
                  interpolation == cv::INTER_NEAREST);
}

void MaskPainter::scale(const cv::Mat &source, const cv::Rect &rectangle, int interpolation,
                        cv::Mat &out) {
  if (source.size() == out.size() && rectangle == cv::Rect({0, 0}, out.size())) {
    source.copyTo(out);
    return;
  }
  prepare(source.size(), rectangle, out.size(), interpolation);
  if (sampling_.visible.size() != out.size()) out.setTo(0);
  if (sampling_.visible.empty()) return;
  cv::Mat visible = out(sampling_.visible);
  cv::remap(source, visible, sampling_.positions, sampling_.weights, interpolation,
            cv::BORDER_REPLICATE);
}

void MaskPainter::paint_labels(const LabelMap &map, const std::vector<bool> &chosen, cv::Mat &out) {
  CV_Assert(out.type() == CV_8UC1 || out.type() == CV_16UC1);
  if (map.labels.empty()) {
    out.setTo(0);
    return;
  }
  if (out.depth() == CV_8U) {
    look_up(map.labels, id_table<std::uint8_t>(chosen), CV_8UC1, converted_);
  } else {
    look_up(map.labels, id_table<std::uint16_t>(chosen), CV_16UC1, converted_);
  }
  scale(converted_, map.rectangle, cv::INTER_NEAREST, out);
}

void MaskPainter::paint_colours(const LabelMap &map, const std::vector<bool> &chosen,
                                std::span<const Colour> colours, ChannelOrder order, cv::Mat &out) {
  CV_Assert(out.type() == CV_8UC3 || out.type() == CV_8UC4);
  if (map.labels.empty()) {
    out.setTo(0);
  } else {
    if (out.channels() == 3) {
      look_up(map.labels, colour_table<cv::Vec3b>(chosen, colours, order), CV_8UC3, converted_);
    } else {
      look_up(map.labels, colour_table<cv::Vec4b>(chosen, colours, order), CV_8UC4, converted_);
    }
    scale(converted_, map.rectangle, cv::INTER_NEAREST, out);
  }
  if (out.channels() == 4) {
    cv::insertChannel(cv::Mat(out.size(), CV_8UC1, cv::Scalar(255)), out, 3);
  }
}

void MaskPainter::paint_matte(const LabelMap &map, const std::vector<bool> &chosen,
                              const cv::Mat &picture, ChannelOrder picture_order,
                              ChannelOrder order, cv::Mat &out) {
  CV_Assert(picture.depth() == CV_8U && picture.channels() >= 3);
  CV_Assert(out.type() == CV_8UC4 && out.size() == picture.size() && order.alpha >= 0);
  alpha_.create(out.size(), CV_8UC1);
  if (map.labels.empty()) {
    alpha_.setTo(0);
  } else {
    std::vector<std::uint8_t> table(chosen.size());
    for (std::size_t id = 0; id < chosen.size(); ++id) table[id] = chosen[id] ? 255 : 0;
    look_up(map.labels, table, CV_8UC1, converted_);
    scale(converted_, map.rectangle, cv::INTER_LINEAR, alpha_);
  }
  if (picture_order.alpha >= 0) {
    cv::Mat own;
    cv::extractChannel(picture, own, picture_order.alpha);
    cv::multiply(alpha_, own, alpha_, 1.0 / 255);
  }
  const int channels = picture.channels();
  const std::array<cv::Mat, 2> sources{picture, alpha_};
  const std::array<int, 8> pairs{picture_order.red, order.red,          picture_order.green,
                                 order.green,       picture_order.blue, order.blue,
                                 channels,          order.alpha};
  cv::mixChannels(sources.data(), sources.size(), &out, 1, pairs.data(), 4);
}

}  // namespace naclip
