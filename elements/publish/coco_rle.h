// The masks of classes as COCO's compressed run lengths, which pycocotools reads.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace naclip {

/// One mask's text. Lengths of runs, of 0 and of 1 in turn beginning with 0, down the columns from
/// left to right. From the fourth on, what is written is the difference from the last but one
/// before it; a number goes into characters of five bits, the low ones first, with 0x20 where more
/// follow, 0x10 of the last one being the sign, and 48 added to each.
class RleText {
 public:
  void clear();
  void add(std::int64_t length);
  const std::string &text() const { return text_; }

 private:
  std::string text_;
  int count_ = 0;
  std::int64_t last_ = 0, last_but_one_ = 0;
};

/// Encodes the masks of all regions of a label map in one pass. An object is for one thread; it
/// keeps its memory from one map to the next.
class RleEncoder {
 public:
  /// `labels` [height, width] 8UC1 or 16UC1; ids at and above `regions` are skipped.
  void encode(const cv::Mat &labels, std::size_t regions);

  /// The text of one region of the last map, for the size [height, width].
  const std::string &counts(std::size_t id) const { return masks_[id].text.text(); }

 private:
  struct Mask {
    RleText text;
    std::int64_t end = 0;  ///< of its last run of 1
  };

  cv::Mat columns_;
  std::vector<Mask> masks_;
};

}  // namespace naclip
