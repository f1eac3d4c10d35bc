// What naclipzones watches for: rules over zones, and the JSON text that they are written in.
// Knows nothing of GStreamer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace naclip {

/// A point of the picture, as parts of its width and height, 0..1.
struct ZonePoint {
  double x = 0, y = 0;
  bool operator==(const ZonePoint &) const = default;
};

/// A part of the picture: a polygon of three points or more, by the even-odd rule where its edges
/// cross.
struct Zone {
  std::string name;
  std::vector<ZonePoint> points;
  bool operator==(const Zone &) const = default;
};

/// When a class's share of a zone is an event.
struct Rule {
  std::string name;      ///< not that of another rule
  std::string label;     ///< of the class
  Zone zone;             ///< all of the picture unless the rule says otherwise
  bool below = false;    ///< it holds where the share is below the threshold, not above it
  double threshold = 0;  ///< share of the zone, 0..1
  double clear = 0;      ///< the share at which an event ends; never beyond the threshold
  // Times in ns, >= 0.
  std::int64_t hold = 0;             ///< how long it has to hold before an event begins
  std::int64_t clear_hold = 0;       ///< how long it has to be clear before the event ends
  std::int64_t cooldown = 0;         ///< from an event's end to the next one's begin at least
  std::int64_t update_interval = 0;  ///< from one update to the next; 0: none
  std::string severity;
  bool operator==(const Rule &) const = default;
};

struct Rules {
  std::vector<Rule> rules;
  std::vector<Zone> zones;  ///< those with a name, also where no rule is about them
};

/// The name of the zone that is all of the picture.
inline constexpr const char *kWholePicture = "picture";

/// Reads rules: one as an object, several as an array, or an object with `rules`, and with `zones`
/// that they name. The keys are those of docs/elements.md. Throws Error{kSettings} that names the
/// line and the key, such as `The rules cannot be used: line 3, rules[1].above: ...`; `subject` is
/// what it begins with.
Rules parse_rules(std::string_view json, const std::string &subject = "The rules");

/// Reads and parses a file. Throws Error{kNotFound | kRead} beside what parse_rules() throws.
Rules parse_rules_file(const std::string &path);

}  // namespace naclip
