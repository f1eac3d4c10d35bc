#include "label_counts.h"

#include <stdexcept>
#include <utility>

namespace naclip::examples {

Labels::Labels(GstSample *sample) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&frame_, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
    throw std::runtime_error("a frame cannot be read");
  }
}

std::vector<std::uint8_t> Labels::copy() const {
  std::vector<std::uint8_t> result;
  for (int y = 0; y < height(); ++y) result.insert(result.end(), row(y), row(y) + width());
  return result;
}

void LabelCounts::add(const Labels &truth, const Labels &found) {
  if (truth.width() != found.width() || truth.height() != found.height())
    throw std::runtime_error("the true masks and the found ones have frames of different sizes");
  std::vector<std::uint8_t> expected = truth.copy(), actual = found.copy();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ++there_[expected[i]];
    ++found_[actual[i]];
    if (expected[i] == actual[i]) ++both_[expected[i]];
  }
  add_changes(expected, actual);
  ++frames_;
  last_truth_ = std::move(expected);
  last_found_ = std::move(actual);
}

void LabelCounts::add_changes(const std::vector<std::uint8_t> &truth,
                              const std::vector<std::uint8_t> &found) {
  if (last_truth_.size() != truth.size()) return;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] != last_truth_[i]) continue;
    ++steady_;
    if (found[i] != last_found_[i]) ++changed_;
  }
}

double LabelCounts::iou(std::size_t id) const {
  return static_cast<double>(both_[id]) / static_cast<double>(there_[id] + found_[id] - both_[id]);
}

double LabelCounts::false_changes() const {
  return steady_ > 0 ? static_cast<double>(changed_) / static_cast<double>(steady_) : 0.0;
}

}  // namespace naclip::examples
