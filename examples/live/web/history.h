// The classes' shares of the last minutes.
#pragma once

#include <json-glib/json-glib.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace naclip::live::web {

/// One sample a second over five minutes.
class History {
 public:
  /// Labels and their shares of the picture.
  using Shares = std::vector<std::pair<std::string, double>>;

  /// `time`: ms since 1970.
  void add(std::int64_t time, Shares shares);
  /// Writes the members `interval` (ns) and `samples`, the oldest first.
  void write(JsonBuilder *json) const;

 private:
  struct Sample {
    std::int64_t time;
    Shares shares;
  };
  std::deque<Sample> samples_;
};

}  // namespace naclip::live::web
