// JSON that is written value by value, as JSON-GLib reads it.
#include "elements/publish/json_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "tools.h"

namespace naclip::testing {
namespace {

std::string text_of(std::string_view value) {
  JsonText json;
  json.begin_object();
  json.text("t", value);
  json.end_object();
  return json.str();
}

std::string read_back(std::string_view value) {
  const std::string json = text_of(value);
  GError *error = nullptr;
  JsonNode *node = json_from_string(json.c_str(), &error);
  EXPECT_NE(node, nullptr) << json;
  const std::string text = json_object_get_string_member(json_node_get_object(node), "t");
  json_node_unref(node);
  return text;
}

TEST(JsonText, NestsWithCommasWhereTheyBelong) {
  JsonText json;
  json.begin_object();
  json.begin_list("empty");
  json.end_list();
  json.integer("n", -5);
  json.begin_list("l");
  json.integer(nullptr, 1);
  json.begin_list();
  json.end_list();
  json.begin_object();
  json.text("a", "{[");
  json.text("b", "");
  json.end_object();
  json.end_list();
  json.end_object();
  EXPECT_EQ(json.str(), R"({"empty":[],"n":-5,"l":[1,[],{"a":"{[","b":""}]})");
  json.clear();
  json.begin_list();
  json.end_list();
  EXPECT_EQ(json.str(), "[]");
}

TEST(JsonText, RealNumbersAreShort) {
  JsonText json;
  json.begin_list();
  for (const double value : {0.1, 0.71234567, 1.0, 0.0, 0.00001234567, 1.0 / 3})
    json.real(nullptr, value);
  json.real(nullptr, std::numeric_limits<double>::quiet_NaN());
  json.end_list();
  EXPECT_EQ(json.str(), "[0.1,0.71235,1,0,1.2346e-05,0.33333,null]");
}

TEST(JsonText, TextComesBackWhateverIsInIt) {
  for (const char *text :
       {"", "person", "grün, 緑", "a \"quoted\" one", "back\\slash", "[{", "\t\n\r\x01"})
    EXPECT_EQ(read_back(text), text);
  EXPECT_EQ(text_of("\x1f\"\n"), R"({"t":"\u001f\"\u000a"})");
  EXPECT_EQ(read_back("bad \xff byte"), "bad \xef\xbf\xbd byte");
}

TEST(JsonText, NumbersKeepAll64Bits) {
  JsonText json;
  json.begin_list();
  json.integer(nullptr, std::numeric_limits<std::uint64_t>::max());
  json.integer(nullptr, std::numeric_limits<std::int64_t>::min());
  json.end_list();
  EXPECT_EQ(json.str(), "[18446744073709551615,-9223372036854775808]");
}

}  // namespace
}  // namespace naclip::testing
