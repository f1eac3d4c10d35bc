// Which classes have been there long enough to be shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/segmentation.h"
#include "model/vocabulary.h"

namespace naclip {

/// A class is shown once its share of the picture has been over `share` for `time`, and until it
/// has been under half of that as long: so a word that is not there does not flicker up. All that
/// is not shown is region 0, which is always shown. Belongs to the streaming thread.
class Presence {
 public:
  struct Limits {
    double share;       ///< of the mask's pixels, 0..1
    std::int64_t time;  ///< of the stream, nanoseconds
  };

  /// Turns the classes that are not shown into region 0, in the labels and in the statistics.
  /// `segmentation` is the next mask of the stream, of `regions`; `pts` its frame's time,
  /// nanoseconds. Under another vocabulary, classes of the same label stay as they were.
  void apply(Segmentation &segmentation, const std::vector<Region> &regions, std::int64_t pts,
             const Limits &limits);

  /// What comes next is another stream: nothing is shown yet.
  void forget() { states_.clear(); }

 private:
  struct State {
    std::string label;
    bool shown = false;
    std::optional<std::int64_t> since;  // that its share has spoken for a change
  };
  void follow(const std::vector<Region> &regions);
  static void update(State &state, double share, std::int64_t pts, const Limits &limits);

  std::vector<State> states_;  // by region id
};

}  // namespace naclip
