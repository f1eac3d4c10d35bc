#include "elements/zones/zone_shares.h"

#include <algorithm>
#include <tuple>

namespace naclip {
namespace {

std::optional<std::size_t> region_of(const std::string &label, const FrameMask &mask) {
  for (std::size_t id = 0; id < mask.regions.size(); ++id)
    if (mask.regions[id].label == label) return id;
  return std::nullopt;
}

}  // namespace

std::span<const std::optional<double>> ZoneShares::count(std::span<const Rule> rules,
                                                         const FrameMask &mask, int frame_width,
                                                         int frame_height) {
  Regions regions;
  for (const Rule &rule : rules) regions.push_back(region_of(rule.label, mask));
  const MaskPlace place = place_of(mask, frame_width, frame_height);
  const bool laid_out = place == place_ && regions == regions_;
  if (laid_out && mask.identity() == counted_.get()) return shares_;
  if (!laid_out) lay_out(rules, regions, place);
  std::fill(found_.begin(), found_.end(), 0);
  if (mask.bytes_per_label() == 2)
    count_cells<std::uint16_t>(mask);
  else
    count_cells<std::uint8_t>(mask);
  counted_ = ref(const_cast<GstBuffer *>(mask.identity()));
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    shares_[rule].reset();
    if (cells_[rule] > 0)
      shares_[rule] = static_cast<double>(found_[rule]) / static_cast<double>(cells_[rule]);
  }
  return shares_;
}

void ZoneShares::clear() {
  place_ = {};
  regions_.clear();
  counted_.reset();
}

void ZoneShares::lay_out(std::span<const Rule> rules, const Regions &regions,
                         const MaskPlace &place) {
  place_ = place;
  regions_ = regions;
  parts_.clear();
  cells_.assign(rules.size(), 0);
  found_.resize(rules.size());
  shares_.resize(rules.size());
  counts_.resize(place.width);
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    if (!regions[rule]) continue;
    for (const auto &[row, begin, end] : cells_of(rules[rule].zone, place)) {
      parts_.push_back({*regions[rule], row, begin, end, rule});
      cells_[rule] += static_cast<std::size_t>(end - begin);
    }
  }
  std::sort(parts_.begin(), parts_.end(), [](const Part &one, const Part &other) {
    return std::tie(one.region, one.row) < std::tie(other.region, other.row);
  });
}

/// One pass over the rows for each class: whatever zones overlap, a part of one costs a difference.
template <class Label>
void ZoneShares::count_cells(const FrameMask &mask) {
  for (auto part = parts_.begin(); part != parts_.end();) {
    int begin = part->begin, end = part->end;
    auto next = part;
    for (; next != parts_.end() && next->region == part->region && next->row == part->row; ++next) {
      begin = std::min(begin, next->begin);
      end = std::max(end, next->end);
    }
    const auto *labels = reinterpret_cast<const Label *>(mask.labels() + part->row * mask.stride());
    counts_.count(labels, part->region, mask.regions.size(), begin, end);
    for (; part != next; ++part)
      found_[part->rule] += counts_.before(part->end) - counts_.before(part->begin);
  }
}

}  // namespace naclip
