#include "elements/support/class_selection.h"

#include <glib.h>

#include <algorithm>

namespace naclip {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && g_ascii_isspace(text.front())) text.remove_prefix(1);
  while (!text.empty() && g_ascii_isspace(text.back())) text.remove_suffix(1);
  return text;
}

bool holds(const std::vector<std::string> &list, std::string_view label) {
  return std::find(list.begin(), list.end(), label) != list.end();
}

bool has_label(std::span<const MaskRegion> regions, std::string_view label) {
  return std::any_of(regions.begin(), regions.end(),
                     [&](const MaskRegion &region) { return region.label == label; });
}

/// As many labels as a message can hold.
std::string listed(const std::vector<std::string_view> &labels) {
  constexpr std::size_t kMost = 30;
  std::string text;
  for (std::size_t index = 0; index < std::min(labels.size(), kMost); ++index) {
    if (index > 0) text += ", ";
    text += labels[index];
  }
  if (labels.size() > kMost) text += ", … (" + std::to_string(labels.size()) + " in all)";
  return text;
}

}  // namespace

ClassSelection::ClassSelection(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",;"), text.size());
    std::string_view word = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word == "*") {
      everything_ = true;
    } else if (word.starts_with('!')) {
      word = trimmed(word.substr(1));
      if (!word.empty()) excluded_.emplace_back(word);
    } else if (!word.empty()) {
      included_.emplace_back(word);
    }
  }
}

std::vector<bool> ClassSelection::choose(std::span<const MaskRegion> regions) const {
  std::vector<bool> chosen(regions.size());
  for (std::size_t id = 0; id < regions.size(); ++id) {
    const std::string &label = regions[id].label;
    const bool wanted = everything_ || (included_.empty() ? id > 0 : holds(included_, label));
    chosen[id] = wanted && !holds(excluded_, label);
  }
  return chosen;
}

bool ClassSelection::knows_all(std::span<const MaskRegion> regions) const {
  const auto known = [&](const std::string &label) { return has_label(regions, label); };
  return std::all_of(included_.begin(), included_.end(), known) &&
         std::all_of(excluded_.begin(), excluded_.end(), known);
}

std::string ClassSelection::unknown_labels(std::span<const MaskRegion> regions) {
  std::vector<std::string> unknown;
  for (const auto *list : {&included_, &excluded_}) {
    for (const std::string &label : *list) {
      if (!has_label(regions, label) && !holds(told_, label) && !holds(unknown, label))
        unknown.push_back(label);
    }
  }
  if (unknown.empty()) return {};
  told_.insert(told_.end(), unknown.begin(), unknown.end());

  std::vector<std::string_view> there;
  for (const MaskRegion &region : regions) there.push_back(region.label);
  return "No class is labelled " + listed({unknown.begin(), unknown.end()}) +
         ". There are: " + listed(there) + ".";
}

}  // namespace naclip
