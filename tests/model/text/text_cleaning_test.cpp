#include "model/text/text_cleaning.h"

#include <gtest/gtest.h>

#include <clocale>
#include <string>

#include "model/error.h"

namespace naclip {
namespace {

using namespace std::string_view_literals;

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

TEST(TextCleaning, UnescapesTwiceAndStripsAfterwards) {
  EXPECT_EQ(clean_text("&amp;amp; &amp;lt;B&gt; &amp;amp;amp;"), "& <b> &amp;");
  EXPECT_EQ(clean_text("&nbsp;A&#32;"), "a");
}

TEST(TextCleaning, LowersAsPythonDoes) {
  EXPECT_EQ(clean_text("İSTANBUL I"), "i\u0307stanbul i");
  EXPECT_EQ(clean_text("ΟΔΟΣ ΣΑΣ Σ Α'Σ Α.Σ.Α"), "οδος σας σ α'ς α.σ.α");
  EXPECT_EQ(clean_text("Ⅷ Ⓩ"), "ⅷ ⓩ");
  EXPECT_EQ(clean_text("STRAẞE ǅ Ω"), "straße ǆ ω");
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

TEST(HtmlEntities, AreReplacedByName) {
  EXPECT_EQ(unescape_html("&eacute;&NotEqualTilde;&CounterClockwiseContourIntegral;"), "é≂̸∳");
  EXPECT_EQ(unescape_html("no entity"), "no entity");
}

TEST(HtmlEntities, WithoutSemicolonAreReplacedByTheLongestPrefix) {
  EXPECT_EQ(unescape_html("&ampx &notit; &notin; &copy2&gt"), "&x ¬it; ∉ ©2>");
  EXPECT_EQ(unescape_html("&hellip &eacuteé;"), "&hellip éé;");
}

TEST(HtmlEntities, ThatAreNoneStay) {
  EXPECT_EQ(unescape_html("& &; &# &#; &#x; &#xg &nosuch; &é; a&"),
            "& &; &# &#; &#x; &#xg &nosuch; &é; a&");
  const std::string long_name = "&" + std::string(100, 'z') + ";";
  EXPECT_EQ(unescape_html(long_name), long_name);
}

TEST(HtmlEntities, AreReplacedByNumber) {
  EXPECT_EQ(unescape_html("&#65;&#x42;&#X63&#100 &#x1F408;"), "ABcd 🐈");
  EXPECT_EQ(unescape_html("&#128;&#x99;&#x81;&#150;"), "€™\u0081–");
}

TEST(HtmlEntities, WithNumbersThatAreNoCharacterAreReplacedOrDropped) {
  EXPECT_EQ(unescape_html("a&#0;b&#xD800;c&#x110000;d&#99999999999999999999;"),
            "a\uFFFDb\uFFFDc\uFFFDd\uFFFD");
  // 2^32 + 65 is no A.
  EXPECT_EQ(unescape_html("&#4294967361;&#x100000041;"), "\uFFFD\uFFFD");
  EXPECT_EQ(unescape_html("a&#1;b&#xFFFE;c&#x7f;d&#xFDD0;e&#11;f&#x1FFFF;g"), "abcdefg");
  EXPECT_EQ(unescape_html("&#13;&#9;&#10;&#12;"), "\r\t\n\f");
}

TEST(HtmlEntities, AreReadInOnePass) {
  EXPECT_EQ(unescape_html("&amp;lt;"), "&lt;");
}

}  // namespace
}  // namespace naclip
