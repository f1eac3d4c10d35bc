// The rules of a running stream: changed at any time, by a property or in a file.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "elements/zones/rules.h"
#include "elements/zones/settings.h"
#include "model/base/file_identity.h"

namespace naclip {

/// Keeps rules up to date with the properties and with the file that they name. A file is read
/// again once it has changed and two looks at it, a quarter of a second apart or more, find the
/// same; that it is gone changes nothing. Rules that cannot be used leave those before in place.
/// An object is for one thread.
class LiveRules {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Reads the first rules. Throws Error{kSettings | kNotFound | kRead}.
  void begin(const ZonesSettings &settings);

  /// Looks whether there are others; true where current() has changed. Throws as begin() does, once
  /// for the same rules.
  bool refresh(const ZonesSettings &settings, Time now);

  const Rules &current() const { return current_; }

 private:
  /// Where rules come from, and which of a file's contents.
  struct Source {
    std::string text, file;
    std::optional<FileIdentity> stamp;
    bool operator==(const Source &) const = default;
  };
  static Source source_of(const ZonesSettings &settings);
  void take(const Source &source);

  Source seen_, taken_;  // of the last look; whose rules were tried last
  Time next_look_{};
  Rules current_;
};

}  // namespace naclip
