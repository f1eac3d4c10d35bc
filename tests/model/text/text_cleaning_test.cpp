#include "model/text/text_cleaning.h"

#include <gtest/gtest.h>
#include <json-glib/json-glib.h>

#include <memory>
#include <string>

#include "model/error.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

using namespace std::string_view_literals;

// data/cleaning.json names the program that made it and the version of ftfy that it asked.
TEST(TextCleaning, IsThatOfClip) {
  const std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser(json_parser_new(),
                                                                      g_object_unref);
  ASSERT_TRUE(json_parser_load_from_file(
      parser.get(), (test::data_folder() + "/cleaning.json").c_str(), nullptr));
  JsonObject *const file = json_node_get_object(json_parser_get_root(parser.get()));
  JsonArray *const vectors = json_object_get_array_member(file, "vectors");
  ASSERT_GE(json_array_get_length(vectors), 400u);
  for (guint i = 0; i < json_array_get_length(vectors); ++i) {
    JsonArray *const vector = json_array_get_array_element(vectors, i);
    const std::string text = json_array_get_string_element(vector, 1);
    EXPECT_EQ(clean_text(text), json_array_get_string_element(vector, 2))
        << json_array_get_string_element(vector, 0) << ", vector " << i << ": " << text;
  }
}

TEST(TextCleaning, FoldsWhiteSpaceAndLowersCase) {
  EXPECT_EQ(clean_text("  A\t\r\nRed\u00A0\u3000CAR\u2028\x1c "), "a red car");
  EXPECT_EQ(clean_text(""), "");
  EXPECT_EQ(clean_text(" \n\u2003"), "");
}

TEST(TextCleaning, ComposesCharacters) {
  EXPECT_EQ(clean_text("cafe\u0301"), "caf\u00E9");
}

TEST(TextCleaning, StraightensQuotes) {
  EXPECT_EQ(clean_text("“a” „b‟ ‘c’ ‚d‛ ʼe"), "\"a\" \"b\" 'c' 'd' 'e");
}

TEST(TextCleaning, UnescapesAsOftenAsItCanAndStripsAfterwards) {
  EXPECT_EQ(clean_text("&amp;amp; &amp;lt;B&gt; &amp;amp;amp;amp;"), "& <b> &");
  EXPECT_EQ(clean_text("&nbsp;A&#32;"), "a");
}

TEST(TextCleaning, UnescapesTwiceFromTheLineOfTheFirstTagOn) {
  EXPECT_EQ(clean_text("&amp;amp;amp; <b> &amp;amp;amp;"), "&amp; <b> &amp;");
  EXPECT_EQ(clean_text("&amp;amp;amp;\n<\n&amp;amp;amp;"), "& < &amp;");
  EXPECT_EQ(clean_text("&lt;&amp;amp;amp;"), "<&");
}

TEST(TextCleaning, StraightensQuotesThatWereEscapedOnlyWhereThereIsNoTag) {
  EXPECT_EQ(clean_text("don&rsquo;t"), "don't");
  EXPECT_EQ(clean_text("<b>don&rsquo;t"), "<b>don’t");
  EXPECT_EQ(clean_text("don&#8217t"), "don’t");
}

TEST(TextCleaning, TakesMuchEscapedTextInOnePass) {
  std::string text = "&";
  for (int i = 0; i < 200'000; ++i) text += "amp;";
  EXPECT_EQ(clean_text(text), "&");
}

TEST(TextCleaning, TakesLigaturesAndWidthsApart) {
  EXPECT_EQ(clean_text("ﬁre ＣＡＲ ﬅ ǅ"), "fire car ſt d\u017E");
  EXPECT_EQ(clean_text("ｶﾞ"), "ガ");
}

TEST(TextCleaning, DropsControlCharactersAndTerminalEscapes) {
  EXPECT_EQ(clean_text("\uFEFFfi\u0001r\uFEFFe\x0b truck"), "fire truck");
  EXPECT_EQ(clean_text("\x1b[1;31mcar\x1b[0m"), "car");
  EXPECT_EQ(clean_text("\x1b\x1b[0m[0mcar\x1b[0"), "[0mcar[0");
}

TEST(TextCleaning, ReadsLatin1sControlCharactersAsWindows1252) {
  EXPECT_EQ(clean_text("don\u0092t \u0080 \u0081"), "don't € \u0081");
}

TEST(TextCleaning, LeavesWronglyDecodedText) {
  EXPECT_EQ(clean_text("cafÃ©"), "cafã©");
}

TEST(TextCleaning, LowersAsPythonDoes) {
  EXPECT_EQ(clean_text("İSTANBUL I"), "i\u0307stanbul i");
  EXPECT_EQ(clean_text("ΟΔΟΣ ΣΑΣ Σ Α'Σ Α.Σ.Α"), "οδος σας σ α'ς α.σ.α");
  EXPECT_EQ(clean_text("Ⅷ Ⓩ"), "ⅷ ⓩ");
  EXPECT_EQ(clean_text("STRAẞE Ω"), "straße ω");
}

TEST(TextCleaning, NamesTheFirstByteThatIsNotUtf8) {
  for (const auto &[text, byte] :
       {std::pair{"caf\xC3"sv, "byte 3"}, std::pair{"\xFF"sv, "byte 0"},
        std::pair{"ab\0c"sv, "byte 2"}, std::pair{"\xED\xA0\x80"sv, "byte 0"}}) {
    try {
      clean_text(text);
      ADD_FAILURE() << "taken: " << text;
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kVocabulary);
      EXPECT_NE(std::string(error.what()).find(byte), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace naclip
