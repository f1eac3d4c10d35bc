#include "elements/publish/coco_rle.h"

#include <opencv2/core.hpp>

#include "elements/publish/runs.h"

namespace naclip {

void RleText::clear() {
  text_.clear();
  count_ = 0;
}

void RleText::add(std::int64_t length) {
  std::int64_t rest = count_ > 2 ? length - last_but_one_ : length;
  for (bool more = true; more;) {
    std::int64_t bits = rest & 0x1f;
    rest >>= 5;
    more = (bits & 0x10) != 0 ? rest != -1 : rest != 0;
    if (more) bits |= 0x20;
    text_ += static_cast<char>(bits + 48);
  }
  last_but_one_ = last_;
  last_ = length;
  ++count_;
}

void RleEncoder::encode(const cv::Mat &labels, std::size_t regions) {
  cv::transpose(labels, columns_);
  masks_.resize(regions);
  for (Mask &mask : masks_) {
    mask.text.clear();
    mask.end = 0;
  }
  const auto add = [&](std::int64_t begin, std::int64_t end, std::size_t id) {
    if (id >= regions) return;
    Mask &mask = masks_[id];
    mask.text.add(begin - mask.end);
    mask.text.add(end - begin);
    mask.end = end;
  };
  const auto count = static_cast<std::int64_t>(columns_.total());
  if (columns_.elemSize() == 1)
    for_each_run(columns_.ptr<std::uint8_t>(), count, add);
  else
    for_each_run(columns_.ptr<std::uint16_t>(), count, add);
  for (Mask &mask : masks_)
    if (mask.end < count) mask.text.add(count - mask.end);
}

}  // namespace naclip
