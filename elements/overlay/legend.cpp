#include "elements/overlay/legend.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace naclip {
namespace {

constexpr std::uint64_t kLinger = 1'000'000'000;  // ns
// How much larger another row must be than one that is shown to take its place.
constexpr double kReplaces = 1.5;

}  // namespace

void LegendRows::clear() {
  *this = {};
}

/// Whether a region that was there before has another label now. Masks of other elements list as
/// many regions as occur, so that their number says nothing.
bool LegendRows::renamed(std::span<const OverlayMask> masks) {
  bool result = false;
  labels_.resize(std::max(labels_.size(), masks.size()));
  for (std::size_t mask = 0; mask < masks.size(); ++mask) {
    const std::vector<OverlayRegion> &regions = masks[mask].regions;
    std::vector<std::string> &labels = labels_[mask];
    for (std::size_t id = 0; id < regions.size(); ++id) {
      if (id == labels.size()) labels.emplace_back(regions[id].label);
      if (labels[id] == regions[id].label) continue;
      labels[id] = regions[id].label;
      result = true;
    }
  }
  return result;
}

void LegendRows::update(std::span<const OverlayMask> masks, std::optional<std::uint64_t> time) {
  const bool starts_anew = renamed(masks) || (time && *time < now_);
  now_ = time.value_or(now_);
  rows_.swap(last_rows_);
  rows_.clear();
  auto last = last_rows_.begin();
  const auto linger = [&](double share) {
    if (!starts_anew && now_ - last->seen <= kLinger) {
      last->entry.share = share;
      rows_.push_back(std::move(*last));
    }
    ++last;
  };
  for (std::size_t mask = 0; mask < masks.size(); ++mask)
    for (std::size_t id = 0; id < masks[mask].regions.size(); ++id) {
      while (last != last_rows_.end() && std::tie(last->mask, last->id) < std::tie(mask, id))
        linger(0.0);
      const OverlayRegion &region = masks[mask].regions[id];
      const bool known = last != last_rows_.end() && last->mask == mask && last->id == id;
      if (region.drawn && region.share > 0.0) {
        rows_.push_back({mask,
                         id,
                         {region.label, region.colour, region.share},
                         region.share,
                         now_,
                         known && last->shown});
        if (known) ++last;
      } else if (known && region.drawn) {
        linger(0.0);
      } else if (known) {
        ++last;
      }
    }
  while (last != last_rows_.end()) linger(0.0);
}

std::span<const LegendEntry> LegendRows::choose(std::size_t room) {
  std::vector<Row *> order;
  for (Row &row : rows_) order.push_back(&row);
  // One row says more than the number of rows.
  const std::size_t fitting = order.size() <= room || room <= 1 ? room : room - 1;
  if (order.size() > fitting) {
    const auto rank = [](const Row *row) {
      return row->last_share * (row->shown ? kReplaces : 1.0);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const Row *one, const Row *other) { return rank(one) > rank(other); });
  }
  for (std::size_t i = 0; i < order.size(); ++i) order[i]->shown = i < fitting;
  entries_.clear();
  for (const Row &row : rows_)
    if (row.shown) entries_.push_back(row.entry);
  more_ = room > 1 ? rows_.size() - entries_.size() : 0;
  return entries_;
}

}  // namespace naclip
