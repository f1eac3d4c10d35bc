// What rules may say, and what is told of those that cannot be used.
#include "elements/zones/rules.h"

#include <glib.h>
#include <gtest/gtest.h>

#include "model/error.h"

namespace naclip::testing {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Rule one_rule(const std::string &json) {
  Rules rules = parse_rules(json);
  EXPECT_EQ(rules.rules.size(), 1U);
  return rules.rules.at(0);
}

std::string problem_of(const std::string &json) {
  try {
    parse_rules(json);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kSettings) << json;
    return error.what();
  }
  return "none";
}

TEST(Rules, ARuleIsOneLine) {
  const Rule rule =
      one_rule(R"({"class":"smoke","zone":[[0.1,0.2],[0.5,0.2],[0.5,0.9]],"above":"30%","for":5})");
  EXPECT_EQ(rule.label, "smoke");
  EXPECT_EQ(rule.zone.points, (std::vector<ZonePoint>{{0.1, 0.2}, {0.5, 0.2}, {0.5, 0.9}}));
  EXPECT_FALSE(rule.below);
  EXPECT_DOUBLE_EQ(rule.threshold, 0.3);
  EXPECT_DOUBLE_EQ(rule.clear, 0.3);
  EXPECT_EQ(rule.hold, 5 * kSecond);
  EXPECT_EQ(rule.clear_hold, 0);
  EXPECT_EQ(rule.cooldown, 0);
  EXPECT_EQ(rule.update_interval, kSecond);
  EXPECT_EQ(rule.severity, "warning");
  EXPECT_EQ(rule.name, "smoke above 30 %");
  EXPECT_EQ(rule.zone.name, rule.name);
}

TEST(Rules, AFileNamesZonesAndSaysAll) {
  const Rules rules = parse_rules(R"({
    "zones": {"gate": [[0, 0], [1, 0], [0, 1]], "yard": [[0, 0], [1, 0], [1, 1]]},
    "rules": [
      {"name": "empty", "zone": "gate", "class": " person ", "below": 0.125, "clear": "25 %",
       "for": 0.5, "clear-for": 2, "cooldown": 60, "update-interval": 0, "severity": "P1"},
      {"class": "person", "above": 0, "zone": "gate"},
      {"class": "sky", "below": 1}
    ]})");
  ASSERT_EQ(rules.zones.size(), 2U);
  EXPECT_EQ(rules.zones[0].name, "gate");
  EXPECT_EQ(rules.zones[1].name, "yard");
  ASSERT_EQ(rules.rules.size(), 3U);
  const Rule &rule = rules.rules[0];
  EXPECT_EQ(rule.name, "empty");
  EXPECT_EQ(rule.label, "person");
  EXPECT_EQ(rule.zone, rules.zones[0]);
  EXPECT_TRUE(rule.below);
  EXPECT_EQ(rule.threshold, 0.125);
  EXPECT_EQ(rule.clear, 0.25);
  EXPECT_EQ(rule.hold, kSecond / 2);
  EXPECT_EQ(rule.clear_hold, 2 * kSecond);
  EXPECT_EQ(rule.cooldown, 60 * kSecond);
  EXPECT_EQ(rule.update_interval, 0);
  EXPECT_EQ(rule.severity, "P1");
  EXPECT_EQ(rules.rules[1].name, "person above 0 % in gate");
  EXPECT_EQ(rules.rules[2].name, "sky below 100 %");
  EXPECT_EQ(rules.rules[2].zone, (Zone{"picture", {{0, 0}, {1, 0}, {1, 1}, {0, 1}}}));
}

TEST(Rules, PointsMayBePixelsOfAPictureOfSomeSize) {
  const std::string points = "[[128,72],[1280,720],[0,720]]";
  const std::vector<ZonePoint> expected{{0.1, 0.1}, {1, 1}, {0, 1}};
  EXPECT_EQ(
      one_rule(R"({"class":"a","above":0.5,"size":[1280,720],"zone":)" + points + "}").zone.points,
      expected);
  const Rules rules = parse_rules(R"({"size":[1280,720],"zones":{"z":)" + points + R"(},"rules":[
        {"class":"a","above":0.5,"zone":"z"},
        {"class":"b","above":0.5,"zone":)" +
                                  points + R"(},
        {"class":"c","above":0.5,"size":[1,1],"zone":[[0,0],[1,0],[1,1]]}]})");
  EXPECT_EQ(rules.rules[0].zone.points, expected);
  EXPECT_EQ(rules.rules[1].zone.points, expected);
  EXPECT_EQ(rules.rules[2].zone.points, (std::vector<ZonePoint>{{0, 0}, {1, 0}, {1, 1}}));
}

TEST(Rules, ThereMayBeNone) {
  EXPECT_TRUE(parse_rules("[]").rules.empty());
  EXPECT_TRUE(parse_rules(R"({"rules":[]})").rules.empty());
}

struct Bad {
  const char *json, *problem;
};

class BadRules : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRules, NameLineAndKey) {
  const std::string expected = "The rules cannot be used: " + std::string(GetParam().problem);
  EXPECT_EQ(problem_of(GetParam().json).substr(0, expected.size()), expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRules,
    ::testing::Values(
        // Of JSON.
        Bad{"", "line 1: there is nothing."},
        Bad{"[\n{\"class\": x}]", "line 2, column 11: Parse error: "},
        Bad{"[{\"class\":\"a\",\n\"above\":0.3\n\"for\":1}]", "line 2, column 11: Parse error: "},
        Bad{"[\n[1,2]\n", "line 2, column 5: Parse error: "},
        Bad{"{\"class\":\"a\",\n\"above\":0.5,\n\"above\":0.6}",
            "line 3: the key above is there twice."},
        Bad{"[]\n[]", "line 2: another value begins. Put several rules into [ ]."},
        Bad{"5", "line 1: this is no object in { }."},
        Bad{"[5]", "line 1, [0]: this is no object in { }."},
        // Of keys.
        Bad{"[{\"class\":\"a\",\"above\":0.5},\n{\"class\":\"a\",\n\"abov\":0.5}]",
            "line 3, [1].abov: there is no such key. There are: name, class, zone, size, above, "},
        Bad{"{\"rules\":[],\n\"rule\":[]}",
            "line 2, rule: there is no such key. There are: rules, zones, size."},
        Bad{"{\"zones\":{}}", "line 1: the key rules is missing."},
        Bad{"{\"rules\":\n[{\n\"above\":0.5}]}", "line 3, rules[0]: the key class is missing."},
        Bad{"[{\"class\":\"a\"}]",
            "line 1, [0]: a rule has either the key above or the key below."},
        Bad{"[{\"class\":\"a\",\"above\":0.5,\"below\":0.4}]",
            "line 1, [0]: a rule has either the key above or the key below."},
        // Of classes and names.
        Bad{"{\"above\":0.5,\n\"class\":\"\"}", "line 2, class: this is empty."},
        Bad{"{\"above\":0.5,\n\"class\":7}", "line 2, class: this is no text in quotation marks."},
        Bad{"{\"above\":0.5,\n\"class\":\"car, truck\"}", "line 2, class: this is not one class's"},
        Bad{"{\"above\":0.5,\n\"class\":\"!car\"}",
            "line 2, class: this is not one class's label."},
        Bad{"{\"above\":0.5,\n\"class\":\"*\"}", "line 2, class: this is not one class's label."},
        Bad{"{\"above\":0.5,\"class\":\"a\",\n\"severity\":null}",
            "line 2, severity: this is no text"},
        Bad{"[{\"above\":0.5,\"class\":\"a\"},\n{\"above\":0.5,\"class\":\"a\"}]",
            "line 2, [1]: another rule has the name a above 50 %."},
        Bad{"[{\"above\":0.5,\"class\":\"a\",\"name\":\"n\"},\n{\"above\":0.5,\"class\":\"b\",\n"
            "\"name\":\"n\"}]",
            "line 3, [1].name: another rule has the name n."},
        // Of shares.
        Bad{"{\"class\":\"a\",\n\"above\":30}",
            "line 2, above: this is no share, which is 0 to 1, or"},
        Bad{"{\"class\":\"a\",\n\"above\":-0.1}", "line 2, above: this is no share"},
        Bad{"{\"class\":\"a\",\n\"above\":\"0.3\"}", "line 2, above: this is no share"},
        Bad{"{\"class\":\"a\",\n\"above\":\"%\"}", "line 2, above: this is no share"},
        Bad{"{\"class\":\"a\",\n\"above\":\"130%\"}", "line 2, above: this is no share"},
        Bad{"{\"class\":\"a\",\n\"above\":\"nan%\"}", "line 2, above: this is no share"},
        Bad{"{\"class\":\"a\",\n\"above\":true}", "line 2, above: this is no number."},
        Bad{"{\"class\":\"a\",\n\"above\":1}", "line 2, above: no share is above 1."},
        Bad{"{\"class\":\"a\",\n\"below\":\"0%\"}", "line 2, below: no share is below 0."},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"clear\":0.4}",
            "line 2, clear: this may not be more"},
        Bad{"{\"class\":\"a\",\"below\":0.3,\n\"clear\":0.2}",
            "line 2, clear: this may not be less"},
        // Of times.
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"for\":-1}", "line 2, for: seconds are 0 or more"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"clear-for\":\"5s\"}",
            "line 2, clear-for: this is no number"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"cooldown\":1e12}",
            "line 2, cooldown: seconds are 0"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"update-interval\":[]}",
            "line 2, update-interval: this is no"},
        // Of zones.
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"zone\":\"gate\"}",
            "line 2, zone: there is no zone called gate."},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"zone\":{}}", "line 2, zone: this is no text"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"zone\":[[0,0],\n[1,1]]}",
            "line 3, zone: a zone is three points"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"zone\":[[0,0],[1,0],[0.5,0]]}",
            "line 2, zone: a zone is three"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"zone\":[[0,0],[1,0],\n[0.5,1,1]]}",
            "line 3, zone[2]: a point is [x, y]."},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"zone\":[[0,0],\n[640,0],[0.5,1]]}",
            "line 3, zone[1][0]: points are 0 to 1. For pixels, say of which size: "},
        Bad{"{\"class\":\"a\",\"above\":0.3,\"size\":[640,360],\n\"zone\":[[0,0],[640,0],\n[1,361]]"
            "}",
            "line 3, zone[2][1]: this is outside the picture of that size."},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"size\":[640]}",
            "line 2, size: a size is [width, height]"},
        Bad{"{\"class\":\"a\",\"above\":0.3,\n\"size\":[640,0]}",
            "line 2, size[1]: a side has one pixel"},
        Bad{"{\"rules\":[],\"zones\":{\n\"picture\":[[0,0],[1,0],[0,1]]}}",
            "line 2, zones.picture: a zone needs a name, and \"picture\" is all of the picture."},
        Bad{"{\"rules\":[],\"zones\":{\n\"\":[[0,0],[1,0],[0,1]]}}",
            "line 2, zones.: a zone needs a name"},
        Bad{"{\"rules\":[],\n\"zones\":[]}", "line 2, zones: this is no object in { }."}));

TEST(Rules, BracketsByTheThousandAreRefused) {
  EXPECT_EQ(problem_of("\n" + std::string(1'000'000, '[')),
            "The rules cannot be used: line 2: brackets are nested too deep.");
  // In a text they are letters.
  const std::string name = "\\\"" + std::string(100, '[');
  EXPECT_EQ(one_rule(R"({"class":"a","above":0,"name":")" + name + "\"}").name.size(), 101U);
}

TEST(Rules, AFileThatCannotBeReadOrUsedIsNamed) {
  const auto problem_with = [](const std::string &path) -> std::string {
    try {
      parse_rules_file(path);
    } catch (const Error &error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_TRUE(problem_with("/nowhere/rules.json")
                  .starts_with("Cannot read the rules file /nowhere/rules.json: "));
  const std::string path = ::testing::TempDir() + "/bad-rules.json";
  ASSERT_TRUE(g_file_set_contents(path.c_str(), "[\n7]", -1, nullptr));
  EXPECT_EQ(problem_with(path),
            "The rules in " + path + " cannot be used: line 2, [0]: this is no object in { }.");
  ASSERT_TRUE(g_file_set_contents(path.c_str(), "[]", -1, nullptr));
  EXPECT_EQ(problem_with(path), "none");
}

}  // namespace
}  // namespace naclip::testing
