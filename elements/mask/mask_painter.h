// Turns label maps into pictures: ids, colours, mattes. Knows nothing of GStreamer.
#pragma once

#include <opencv2/core.hpp>

#include <span>
#include <vector>

#include "model/colour.h"

namespace naclip {

/// A label map and where it lies on a frame.
struct LabelMap {
  cv::Mat labels;      ///< [height, width] 8UC1 or 16UC1 region ids; empty where there is no mask
  cv::Rect rectangle;  ///< what it covers, in pixels of the frame; may reach beyond the frame
};

/// The channel of each colour in a pixel.
struct ChannelOrder {
  int red = 0;
  int green = 1;
  int blue = 2;
  int alpha = -1;  ///< -1 where there is none
};

/// Paints label maps at a frame's size. Ids outside `chosen` count as not chosen, and so does what
/// the map does not cover. The positions that scaling takes pixels from are kept between frames of
/// equal geometry; an object is for one thread.
class MaskPainter {
 public:
  /// Region ids, nearest neighbour; 0 where not chosen. `out` [H, W] 8UC1 or 16UC1; ids that do not
  /// fit it become 0.
  void paint_labels(const LabelMap &map, const std::vector<bool> &chosen, cv::Mat &out);

  /// Each region's colour, nearest neighbour; black where not chosen. `out` [H, W] 8UC3 or 8UC4,
  /// its fourth channel becomes 255.
  void paint_colours(const LabelMap &map, const std::vector<bool> &chosen,
                     std::span<const Colour> colours, ChannelOrder order, cv::Mat &out);

  /// `picture` [H, W] 8UC3 or 8UC4 with an alpha of 255 where chosen and 0 elsewhere, between them
  /// by bilinear interpolation where the map is scaled. An alpha that the picture has is multiplied
  /// by it. `out` [H, W] 8UC4.
  void paint_matte(const LabelMap &map, const std::vector<bool> &chosen, const cv::Mat &picture,
                   ChannelOrder picture_order, ChannelOrder order, cv::Mat &out);

 private:
  /// Where scaling takes its pixels from, and for which geometry that was worked out.
  struct Sampling {
    cv::Size map_size, frame_size;
    cv::Rect rectangle;
    int interpolation = -1;
    cv::Rect visible;  ///< the part of the frame that is covered
    cv::Mat positions, weights;
  };

  void scale(const cv::Mat &source, const cv::Rect &rectangle, int interpolation, cv::Mat &out);
  void prepare(cv::Size map_size, const cv::Rect &rectangle, cv::Size frame_size,
               int interpolation);

  Sampling sampling_;
  cv::Mat converted_;  ///< the label map in what is to be painted, at its own size
  cv::Mat alpha_;
};

}  // namespace naclip
