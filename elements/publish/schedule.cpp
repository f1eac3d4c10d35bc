#include "elements/publish/schedule.h"

#include <algorithm>
#include <cmath>

namespace naclip {
namespace {

constexpr double kAppears = 0.005, kDisappears = 0.0025, kMoves = 0.02;

bool is_there(double share, bool was_there) {
  return share >= (was_there ? kDisappears : kAppears);
}

}  // namespace

bool PublishSchedule::is_due(const ChosenMask *shown, GstClockTime time,
                             const MessageSettings &settings) {
  const auto interval = static_cast<GstClockTime>(settings.min_interval) * GST_MSECOND;
  // Where time begins anew, so does the interval.
  if (last_time_ && time >= *last_time_ && time < *last_time_ + interval) return false;
  bool due = settings.when == PublishWhen::kEvery;
  if (!due && shown != nullptr) {
    const auto &source_pts = shown->mask.source_pts;
    due = settings.when == PublishWhen::kChange ? has_changed(*shown)
                                                : !any_ || !source_pts || source_pts != last_mask_;
  }
  if (due) {
    last_time_ = time;
    if (shown != nullptr) remember(*shown, settings.when == PublishWhen::kChange);
  }
  return due;
}

bool PublishSchedule::has_changed(const ChosenMask &shown) {
  if (!any_) return true;
  std::size_t known = 0;
  for (std::size_t id = 0; id < shown.mask.regions.size(); ++id) {
    if (!shown.chosen[id]) continue;
    const MaskRegion &region = shown.mask.regions[id];
    const auto before = shares_.find(region.label);
    if (before == shares_.end()) return true;
    ++known;
    const auto &[share, there] = before->second;
    if (is_there(region.share, there) != there || std::abs(region.share - share) >= kMoves)
      return true;
  }
  return known != shares_.size();
}

void PublishSchedule::remember(const ChosenMask &shown, bool with_shares) {
  any_ = true;
  last_mask_ = shown.mask.source_pts;
  if (!with_shares) return;
  std::map<std::string, Seen, std::less<>> shares;
  for (std::size_t id = 0; id < shown.mask.regions.size(); ++id) {
    if (!shown.chosen[id]) continue;
    const MaskRegion &region = shown.mask.regions[id];
    const auto before = shares_.find(region.label);
    const bool was_there = before != shares_.end() && before->second.there;
    shares.emplace(region.label, Seen{region.share, is_there(region.share, was_there)});
  }
  shares_ = std::move(shares);
}

bool PublishSchedule::is_new(const std::vector<MaskRegion> &regions) {
  const auto same = [&] {
    if (regions.size() != labels_.size()) return false;
    for (std::size_t id = 0; id < regions.size(); ++id)
      if (regions[id].label != labels_[id] || regions[id].colour != colours_[id]) return false;
    return true;
  };
  if (same()) return false;
  labels_.clear();
  colours_.clear();
  for (const MaskRegion &region : regions) {
    labels_.push_back(region.label);
    colours_.push_back(region.colour);
  }
  return true;
}

}  // namespace naclip
