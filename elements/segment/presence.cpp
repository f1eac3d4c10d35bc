#include "elements/segment/presence.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace naclip {
namespace {

/// Gives each label the id that `target` has for it.
template <class Label>
void relabel(std::vector<std::uint8_t> &labels, const std::vector<std::uint16_t> &target) {
  for (std::size_t at = 0; at + sizeof(Label) <= labels.size(); at += sizeof(Label)) {
    Label label;
    std::memcpy(&label, &labels[at], sizeof label);
    label = static_cast<Label>(target[label]);
    std::memcpy(&labels[at], &label, sizeof label);
  }
}

void move_to_background(RegionStatistics &background, RegionStatistics &hidden) {
  const double share = background.share + hidden.share;
  if (share > 0.0)
    background.confidence =
        (background.share * background.confidence + hidden.share * hidden.confidence) / share;
  background.share = share;
  hidden = {};
}

}  // namespace

void Presence::apply(Segmentation &segmentation, const std::vector<Region> &regions,
                     std::int64_t pts, const Limits &limits) {
  follow(regions);
  std::vector<std::uint16_t> target(segmentation.bytes_per_label == 1 ? 0x100 : 0x10000);
  bool hides = false;
  for (std::size_t id = 1; id < segmentation.regions.size(); ++id) {
    RegionStatistics &region = segmentation.regions[id];
    update(states_[id], region.share, pts, limits);
    if (states_[id].shown) {
      target[id] = static_cast<std::uint16_t>(id);
    } else if (region.share > 0.0) {
      hides = true;
      move_to_background(segmentation.regions.front(), region);
    }
  }
  if (!hides) return;
  if (segmentation.bytes_per_label == 1)
    relabel<std::uint8_t>(segmentation.labels, target);
  else
    relabel<std::uint16_t>(segmentation.labels, target);
}

void Presence::follow(const std::vector<Region> &regions) {
  const bool same = std::equal(
      states_.begin(), states_.end(), regions.begin(), regions.end(),
      [](const State &state, const Region &region) { return state.label == region.label; });
  if (same) return;
  std::vector<State> before = std::exchange(states_, {});
  for (const Region &region : regions) {
    const auto found = std::find_if(before.begin(), before.end(), [&](const State &state) {
      return state.label == region.label;
    });
    states_.push_back(found != before.end() ? *found : State{region.label, false, {}});
  }
}

void Presence::update(State &state, double share, std::int64_t pts, const Limits &limits) {
  const bool speaks_for_change = state.shown ? share < limits.share / 2.0 : share > limits.share;
  if (!speaks_for_change) {
    state.since.reset();
    return;
  }
  // A stream whose time jumps back begins to count anew.
  if (!state.since || *state.since > pts) state.since = pts;
  if (pts - *state.since < limits.time) return;
  state.shown = !state.shown;
  state.since.reset();
}

}  // namespace naclip
