#include "model/text/html_entities.h"

#include <gtest/gtest.h>

#include <string>

namespace naclip {
namespace {

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

TEST(SureHtmlEntities, HaveASemicolon) {
  EXPECT_EQ(unescape_sure_html("this&not that &eacute; &eacute &#233 &#233; &#xE9;"),
            "this&not that é &eacute &#233 é é");
}

TEST(SureHtmlEntities, MayBeInCapitals) {
  EXPECT_EQ(unescape_sure_html("P&EACUTE;REZ STRA&SZLIG;E &nTILDE; &LT; &CIRCLEDR;"),
            "PÉREZ STRASSE &nTILDE; < &CIRCLEDR;");
  EXPECT_EQ(unescape_html("&EACUTE;"), "&EACUTE;");
}

TEST(SureHtmlEntities, AreReadWholeOrNotAtAll) {
  EXPECT_EQ(unescape_sure_html("&#1A; &#x; &#; &; &é; &no such;"),
            "&#1A; &#x; &#; &; &é; &no such;");
}

TEST(SureHtmlEntities, HaveAtMost24LettersAndDigits) {
  EXPECT_EQ(unescape_sure_html("&#000000000000000000000065; &#0000000000000000000000065;"),
            "A &#0000000000000000000000065;");
  EXPECT_EQ(unescape_sure_html("&CounterClockwiseContourIntegral;"),
            "&CounterClockwiseContourIntegral;");
}

TEST(SureHtmlEntities, LeaveTheNumberOfASemicolon) {
  EXPECT_EQ(unescape_sure_html("&#59; &#x3b; &semi;"), "&#59; &#x3b; ;");
}

TEST(SureHtmlEntities, ThatStandForAmpersandsAreReplacedAtOnce) {
  EXPECT_EQ(unescape_sure_html("&amp;AMP;#38;#x26;lt; &lt;lt;"), "&lt; <lt;");
}

TEST(Windows1252, HasCharactersWhereUnicodeHasControls) {
  EXPECT_EQ(windows_1252(0x80), 0x20ACu);
  EXPECT_EQ(windows_1252(0x9F), 0x178u);
  for (const gunichar c : {0x7Fu, 0x81u, 0x9Du, 0xA0u, 0x2019u}) EXPECT_EQ(windows_1252(c), c);
}

}  // namespace
}  // namespace naclip
