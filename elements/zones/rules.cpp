#include "elements/zones/rules.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "elements/zones/json_value.h"
#include "model/base/file_error.h"

namespace naclip {
namespace {

constexpr double kLongest = 366 * 24 * 3600;  // s, of all times

/// What points are divided by: 1 x 1, or the size of the picture in whose pixels they are.
struct Size {
  double width = 1, height = 1;
};

Size read_size(const JsonValue &object, Size otherwise) {
  const auto value = object.member("size");
  if (!value) return otherwise;
  const auto sides = value->as_elements();
  if (sides.size() != 2) value->fail("a size is [width, height] in pixels.");
  for (const JsonValue &side : sides)
    if (side.as_number() < 1) side.fail("a side has one pixel at least.");
  return {sides[0].as_number(), sides[1].as_number()};
}

double read_coordinate(const JsonValue &value, double side) {
  const double number = value.as_number();
  if (number < 0 || number > side)
    value.fail(side == 1
                   ? "points are 0 to 1. For pixels, say of which size: \"size\": [1280, 720]."
                   : "this is outside the picture of that size.");
  return number / side;
}

std::vector<ZonePoint> read_points(const JsonValue &value, Size size) {
  std::vector<ZonePoint> points;
  double left = 1, right = 0, top = 1, bottom = 0;
  for (const JsonValue &point : value.as_elements()) {
    const auto pair = point.as_elements();
    if (pair.size() != 2) point.fail("a point is [x, y].");
    const ZonePoint at{read_coordinate(pair[0], size.width), read_coordinate(pair[1], size.height)};
    left = std::min(left, at.x), right = std::max(right, at.x);
    top = std::min(top, at.y), bottom = std::max(bottom, at.y);
    points.push_back(at);
  }
  if (points.size() < 3 || left >= right || top >= bottom)
    value.fail("a zone is three points or more around an area.");
  return points;
}

std::vector<Zone> read_zones(const JsonValue &root, Size size) {
  std::vector<Zone> zones;
  const auto value = root.member("zones");
  if (!value) return zones;
  for (const auto &[name, points] : value->as_members()) {
    if (name == kWholePicture || name.empty())
      points.fail("a zone needs a name, and \"picture\" is all of the picture.");
    zones.push_back({name, read_points(points, size)});
  }
  return zones;
}

/// A part of one: 0.3, "30%" or "30 %".
double read_share(const JsonValue &value) {
  double share = -1;
  if (value.is_text()) {
    const std::string text = value.as_text();
    char *end = nullptr;
    const double percent = g_ascii_strtod(text.c_str(), &end);
    const std::string_view rest(end);
    if (end != text.c_str() && (rest == "%" || rest == " %")) share = percent / 100;
  } else {
    share = value.as_number();
  }
  if (!(share >= 0 && share <= 1))
    value.fail("this is no share, which is 0 to 1, or \"0%\" to \"100%\".");
  return share;
}

std::int64_t read_seconds(const JsonValue &rule, const char *key, double otherwise) {
  const auto value = rule.member(key);
  const double seconds = value ? value->as_number() : otherwise;
  if (seconds < 0 || seconds > kLongest) value->fail("seconds are 0 or more, up to a year.");
  return std::llround(seconds * 1e9);
}

std::string read_label(const JsonValue &rule) {
  const JsonValue value = rule.required_member("class");
  std::string label = value.as_text();
  if (label.find_first_of(",;") != std::string::npos || label[0] == '!' || label == "*")
    value.fail(
        "this is not one class's label. Words that mean the same are synonyms in the "
        "vocabulary.");
  return label;
}

void read_thresholds(const JsonValue &value, Rule &rule) {
  rule.below = value.has("below");
  if (rule.below == value.has("above"))
    value.fail("a rule has either the key above or the key below.");
  const JsonValue threshold = value.required_member(rule.below ? "below" : "above");
  rule.threshold = rule.clear = read_share(threshold);
  if (rule.threshold == (rule.below ? 0 : 1))
    threshold.fail(rule.below ? "no share is below 0." : "no share is above 1.");
  const auto clear = value.member("clear");
  if (!clear) return;
  rule.clear = read_share(*clear);
  if (rule.below ? rule.clear < rule.threshold : rule.clear > rule.threshold)
    clear->fail(rule.below ? "this may not be less than below."
                           : "this may not be more than above.");
}

std::string described(const Rule &rule) {
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(number, sizeof number, "%.4g", rule.threshold * 100);
  std::string text = rule.label;
  text += rule.below ? " below " : " above ";
  text += number;
  text += " %";
  if (!rule.zone.name.empty() && rule.zone.name != kWholePicture) text += " in " + rule.zone.name;
  return text;
}

Zone read_zone(const JsonValue &rule, const std::vector<Zone> &zones, Size size) {
  const auto value = rule.member("zone");
  if (value && value->is_array()) return {"", read_points(*value, size)};
  const std::string name = value ? value->as_text() : kWholePicture;
  if (name == kWholePicture) return {name, {{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
  const auto found =
      std::find_if(zones.begin(), zones.end(), [&](const Zone &zone) { return zone.name == name; });
  if (found == zones.end()) value->fail("there is no zone called " + name + ".");
  return *found;
}

Rule read_rule(const JsonValue &value, const std::vector<Zone> &zones, Size size) {
  value.require_object({"name", "class", "zone", "size", "above", "below", "clear", "for",
                        "clear-for", "cooldown", "update-interval", "severity"});
  Rule rule;
  rule.label = read_label(value);
  rule.zone = read_zone(value, zones, read_size(value, size));
  read_thresholds(value, rule);
  rule.hold = read_seconds(value, "for", 0);
  rule.clear_hold = read_seconds(value, "clear-for", 0);
  rule.cooldown = read_seconds(value, "cooldown", 0);
  rule.update_interval = read_seconds(value, "update-interval", 1);
  const auto name = value.member("name"), severity = value.member("severity");
  rule.severity = severity ? severity->as_text() : "warning";
  rule.name = name ? name->as_text() : described(rule);
  if (rule.zone.name.empty()) rule.zone.name = rule.name;
  return rule;
}

void read_rules(const std::vector<JsonValue> &values, Size size, Rules &rules) {
  for (const JsonValue &value : values) {
    Rule rule = read_rule(value, rules.zones, size);
    for (const Rule &other : rules.rules)
      if (other.name == rule.name)
        value.member("name").value_or(value).fail("another rule has the name " + rule.name + ".");
    rules.rules.push_back(std::move(rule));
  }
}

}  // namespace

Rules parse_rules(std::string_view json, const std::string &subject) {
  const JsonDocument text(json, subject);
  const JsonValue root = JsonValue::root_of(text);
  Rules rules;
  if (root.is_array()) {
    read_rules(root.as_elements(), {}, rules);
  } else if (root.has("rules") || root.has("zones")) {
    root.require_object({"rules", "zones", "size"});
    const Size size = read_size(root, {});
    rules.zones = read_zones(root, size);
    read_rules(root.required_member("rules").as_elements(), size, rules);
  } else {
    read_rules({root}, {}, rules);
  }
  return rules;
}

Rules parse_rules_file(const std::string &path) {
  const std::string text = read_regular_file(path, "Cannot read the rules file " + path + ": ");
  return parse_rules(text, "The rules in " + path);
}

}  // namespace naclip
