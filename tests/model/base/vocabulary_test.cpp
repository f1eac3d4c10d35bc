#include "model/vocabulary.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "model/base/colour_difference.h"
#include "model/base/palette.h"
#include "model/error.h"

namespace naclip {
namespace {

using Synonyms = std::vector<std::string>;

// The message of the error that parsing ends in.
std::string message_of(std::string_view text) {
  try {
    Vocabulary::parse(text);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kVocabulary);
    return error.what();
  }
  ADD_FAILURE() << "parsed: " << text;
  return {};
}

std::string classes_named(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "class " + std::to_string(i) + ", other;";
  return text;
}

TEST(Vocabulary, ReadsClassesSynonymsLabelsAndColours) {
  const auto vocabulary =
      Vocabulary::parse("person; car, truck; greenery #30a030: tree, bush; background: sky, wall");
  const std::vector<VocabularyClass> expected{
      {"person", {"person"}, {}},
      {"car", {"car", "truck"}, {}},
      {"greenery", {"tree", "bush"}, 0x30A030},
      {"background", {"sky", "wall"}, {}},
  };
  EXPECT_EQ(vocabulary.classes(), expected);
}

TEST(Vocabulary, NumbersRegionsInOrderAndPutsBackgroundAtZeroWhereverItStands) {
  const auto vocabulary = Vocabulary::parse("person; BackGround #102030: sky; car");
  ASSERT_EQ(vocabulary.regions().size(), 3u);
  EXPECT_EQ(vocabulary.regions()[0].label, "BackGround");
  EXPECT_EQ(vocabulary.regions()[0].colour, 0x102030u);
  EXPECT_EQ(vocabulary.regions()[1].label, "person");
  EXPECT_EQ(vocabulary.regions()[2].label, "car");
  EXPECT_EQ(vocabulary.region_of(0), 1u);
  EXPECT_EQ(vocabulary.region_of(1), 0u);
  EXPECT_EQ(vocabulary.region_of(2), 2u);
}

TEST(Vocabulary, AddsABlackBackgroundRegionWhereNoneIsNamed) {
  const auto vocabulary = Vocabulary::parse("person; car #ff8000");
  ASSERT_EQ(vocabulary.regions().size(), 3u);
  EXPECT_EQ(vocabulary.regions()[0].label, "background");
  EXPECT_EQ(vocabulary.regions()[0].colour, 0u);
  EXPECT_EQ(vocabulary.regions()[1].colour, palette_colour(0));
  EXPECT_EQ(vocabulary.regions()[2].colour, 0xFF8000u);
}

std::vector<Colour> colours_of(std::string_view text) {
  std::vector<Colour> colours;
  const auto vocabulary = Vocabulary::parse(text);
  for (std::size_t id = 1; id < vocabulary.regions().size(); ++id)
    colours.push_back(vocabulary.regions()[id].colour);
  return colours;
}

// Colours as people name them, by hue.
bool is_green(Colour colour) {
  const Lab lab = lab_of(colour, Sight::kNormal);
  return lab.a < -20 && lab.b > 10;
}
bool is_blue(Colour colour) {
  return lab_of(colour, Sight::kNormal).b < -30;
}

TEST(Vocabulary, GivesWordsTheColourThatEverybodyExpects) {
  EXPECT_TRUE(is_green(colours_of("person; grass")[1]));
  EXPECT_TRUE(is_green(colours_of("person; TREE")[1])) << "however it is written";
  EXPECT_TRUE(is_green(colours_of("ground: moss, lawn")[0])) << "by any synonym";
  EXPECT_TRUE(is_blue(colours_of("sky")[0]));
  EXPECT_TRUE(is_blue(colours_of("Sky: above")[0])) << "by the label";
  EXPECT_TRUE(is_blue(colours_of("water")[0]));
  EXPECT_GT(lab_of(colours_of("snow")[0], Sight::kNormal).light, 95);
  EXPECT_EQ(colours_of("grasshopper")[0], palette_colour(0)) << "no part of a word counts";
  EXPECT_EQ(colours_of("skyline")[0], palette_colour(0));
}

TEST(Vocabulary, PrefersTheColourThatTheUserAskedFor) {
  EXPECT_EQ(colours_of("grass #ff00ff")[0], 0xFF00FFu);
  // What is asked for later counts as well.
  EXPECT_FALSE(is_green(colours_of("grass; frog #5cc42e")[0]));
}

TEST(Vocabulary, GivesNoTwoClassesConfusableColoursForTheirWords) {
  for (const char *text :
       {"water; sea", "grass; lawn; meadow", "road; street; asphalt", "snow; cloud",
        "penguin; flamingo; elephant; zebra; giraffe; red apple; pineapple; guitar; teapot; rose; "
        "palm tree; soccer ball; stop sign; traffic cone; fire truck; bus; airplane; hot air "
        "balloon; sailboat; grass; sand; water; sky; snow; wood; brick; road",
        "person #66bfff; sky; sea; grass; tree; sand; road; brick; fire; earth; a; b; c; d; e; "
        "f"}) {
    const auto vocabulary = Vocabulary::parse(text);
    const std::vector<Colour> colours = colours_of(text);
    for (std::size_t i = 0; i < colours.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const auto from_palette = [&](Colour colour) {
          for (std::size_t n = 0; n < kChosenColours; ++n)
            if (palette_colour(n) == colour) return true;
          return false;
        };
        if (from_palette(colours[i]) && from_palette(colours[j])) continue;
        EXPECT_FALSE(confusable(colours[i], colours[j]))
            << vocabulary.regions()[i + 1].label << " and " << vocabulary.regions()[j + 1].label;
      }
  }
  const auto water = colours_of("water; sea");
  EXPECT_TRUE(is_blue(water[0]));
  EXPECT_NE(water[0], water[1]);
}

TEST(Vocabulary, LeavesBackgroundBlackWhateverItsWords) {
  EXPECT_EQ(Vocabulary::parse("person; background: sky, grass").regions()[0].colour, 0u);
  EXPECT_TRUE(is_blue(colours_of("background: sky, grass; sky")[0]));
  EXPECT_EQ(colours_of("background: wall; person")[0], palette_colour(0));
}

TEST(Vocabulary, TakesColoursAnywhereInAClass) {
  for (const char *text : {"#Ff8000 red car, van", "red #ff8000 car, van", "red car #ff8000, van",
                           "red car, #ff8000, van", "red car, van #ff8000",
                           "red car:#ff8000 red car, van", "#ff8000: red car, van"}) {
    const auto vocabulary = Vocabulary::parse(text);
    ASSERT_EQ(vocabulary.classes().size(), 1u) << text;
    EXPECT_EQ(vocabulary.classes()[0], (VocabularyClass{"red car", {"red car", "van"}, 0xFF8000}))
        << text;
  }
}

TEST(Vocabulary, LeavesHashSignsWithinWordsAlone) {
  EXPECT_EQ(Vocabulary::parse("c# book").classes()[0].synonyms, Synonyms{"c# book"});
  EXPECT_EQ(Vocabulary::parse("a#ff0000").classes()[0].synonyms, Synonyms{"a#ff0000"});
}

TEST(Vocabulary, SkipsCommentLinesButNotLinesThatBeginWithAColour) {
  const auto vocabulary =
      Vocabulary::parse("# person; car\n  #12345 no colour\n#ff0000 cat\r\n#\r\ndog");
  ASSERT_EQ(vocabulary.classes().size(), 2u);
  EXPECT_EQ(vocabulary.classes()[0].label, "cat");
  EXPECT_EQ(vocabulary.classes()[0].colour, 0xFF0000u);
  EXPECT_EQ(vocabulary.classes()[1].label, "dog");
}

TEST(Vocabulary, DropsUnicodeWhiteSpaceAroundWordsAndAByteOrderMark) {
  const auto vocabulary =
      Vocabulary::parse("\xEF\xBB\xBF\u3000 red\u00A0\u2003car\v,\u0085truck\u2028;\t\u1680");
  ASSERT_EQ(vocabulary.classes().size(), 1u);
  EXPECT_EQ(vocabulary.classes()[0].synonyms, (Synonyms{"red car", "truck"}));
}

TEST(Vocabulary, EndsTheLabelAtTheFirstColonBeforeAComma) {
  EXPECT_EQ(Vocabulary::parse("screen: 16:9, tv").classes()[0],
            (VocabularyClass{"screen", {"16:9", "tv"}, {}}));
  EXPECT_EQ(Vocabulary::parse("tv, 16:9").classes()[0],
            (VocabularyClass{"tv", {"tv", "16:9"}, {}}));
  EXPECT_EQ(Vocabulary::parse(": tv").classes()[0].label, "tv");
}

TEST(Vocabulary, KeepsAnyScript) {
  const auto vocabulary = Vocabulary::parse("日本語, テスト; café; 🐈: кот");
  EXPECT_EQ(vocabulary.classes()[0].synonyms, (Synonyms{"日本語", "テスト"}));
  EXPECT_EQ(vocabulary.classes()[2].label, "🐈");
}

TEST(Vocabulary, RefusesATextWithoutClasses) {
  for (const char *text :
       {"", "   ", ";", "; ,,; \n;;\r\n ,", "# only a comment", "\xEF\xBB\xBF"}) {
    EXPECT_NE(message_of(text).find("names no class"), std::string::npos) << text;
  }
}

TEST(Vocabulary, NamesLineAndColumnInCharactersOfEachError) {
  EXPECT_EQ(message_of("person\nгруша, \xFF").substr(0, 16), "vocabulary:2:8: ");
  EXPECT_EQ(message_of("é; person\r\n ö; person").substr(0, 16), "vocabulary:2:5: ");
  EXPECT_EQ(message_of("a\r\r\nb\n\nc #12").substr(0, 16), "vocabulary:5:3: ");
}

TEST(Vocabulary, RefusesInvalidUtf8) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"\xFF"sv, "caf\xC3"sv, "a\xC0\xAF"sv, "\xED\xA0\x80"sv, "a\0b"sv}) {
    EXPECT_NE(message_of(text).find("not valid UTF-8"), std::string::npos);
  }
}

TEST(Vocabulary, RefusesALabelUsedTwice) {
  EXPECT_NE(message_of("car; truck; car").find("\"car\" is used twice"), std::string::npos);
  EXPECT_NE(message_of("car; x: bus; car: truck").find("twice"), std::string::npos);
  EXPECT_NE(message_of("background: a; Background: b").find("twice"), std::string::npos);
}

TEST(Vocabulary, RefusesAClassWithoutWords) {
  for (const char *text :
       {"a; #ff0000", "a; label:", "a; label: , ,", "a; :", "a; label: #ff0000"}) {
    EXPECT_NE(message_of(text).find("vocabulary:1:4: a class without words"), std::string::npos)
        << text;
  }
}

TEST(Vocabulary, RefusesMalformedAndSecondColours) {
  for (const char *text :
       {"a #", "a #ff00", "a #ff00001", "a #gg0000", "a #ff0000ff", "x; # note"}) {
    EXPECT_NE(message_of(text).find("is no colour"), std::string::npos) << text;
  }
  EXPECT_NE(message_of("a #ff0000, b #00ff00").find("second colour"), std::string::npos);
  EXPECT_NE(message_of("#ff0000 a: #ff0000 b").find("second colour"), std::string::npos);
}

TEST(Vocabulary, TakesThresholdsAnywhereInAClass) {
  const auto vocabulary =
      Vocabulary::parse("smoke >0.6: smoke, haze; car, truck > .25; tree>1; dog");
  const std::vector<VocabularyClass> expected{
      {"smoke", {"smoke", "haze"}, {}, 0.6},
      {"car", {"car", "truck"}, {}, 0.25},
      {"tree", {"tree"}, {}, 1.0},
  };
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(vocabulary.classes()[i], expected[i]) << i;
  EXPECT_FALSE(vocabulary.classes().back().threshold);
  EXPECT_EQ(Vocabulary::parse("sky #0000ff>0.5e-1: blue").classes().front(),
            (VocabularyClass{"sky", {"blue"}, 0x0000FF, 0.05}));
  EXPECT_FALSE(Vocabulary::parse("a >0.5") == Vocabulary::parse("a"));
}

TEST(Vocabulary, RefusesMalformedAndSecondThresholds) {
  for (const char *text :
       {"a >", "a > ", "a >, 0.5", "a >x", "a >0.5x", "a >1.01", "a >-0.1", "a >nan", "a >>0.5"}) {
    EXPECT_NE(message_of(text).find("vocabulary:1:3: "), std::string::npos) << text;
    EXPECT_NE(message_of(text).find("is no threshold; write > and a number from 0 to 1"),
              std::string::npos)
        << message_of(text);
  }
  EXPECT_NE(message_of("a >0.5, b >0.5").find("1:11: a second threshold"), std::string::npos);
}

TEST(Vocabulary, IsWideFromTwoHundredFiftySevenRegionsOn) {
  EXPECT_FALSE(Vocabulary::parse(classes_named(1)).wide());
  EXPECT_FALSE(Vocabulary::parse(classes_named(255)).wide());
  EXPECT_TRUE(Vocabulary::parse(classes_named(256)).wide());
  EXPECT_FALSE(Vocabulary::parse(classes_named(255) + "background: x").wide());
}

TEST(Vocabulary, ReadsAThousandClasses) {
  const auto vocabulary = Vocabulary::parse(classes_named(1000));
  ASSERT_EQ(vocabulary.classes().size(), 1000u);
  EXPECT_EQ(vocabulary.regions().size(), 1001u);
  EXPECT_EQ(vocabulary.region_of(999), 1000u);
  EXPECT_EQ(vocabulary.classes()[999].synonyms, (Synonyms{"class 999", "other"}));
}

TEST(Vocabulary, TakesSixteenBitsOfClassesAndNotOneMore) {
  EXPECT_EQ(Vocabulary::parse(classes_named(65535)).regions().size(), 65536u);
  EXPECT_NE(message_of(classes_named(65536)).find("more than 65535 classes"), std::string::npos);
}

TEST(Vocabulary, IsEqualWhereItsClassesAre) {
  EXPECT_EQ(Vocabulary::parse("a,b;c"), Vocabulary::parse(" a, b\n\nc;"));
  EXPECT_FALSE(Vocabulary::parse("a") == Vocabulary::parse("a #000000"));
}

TEST(VocabularyFile, IsParsedAndNamedInErrors) {
  const std::string path = testing::TempDir() + "/naclip-vocabulary.txt";
  std::ofstream(path) << "# street\nperson\ncar, truck\n";
  EXPECT_EQ(Vocabulary::parse_file(path), Vocabulary::parse("person; car, truck"));
  std::ofstream(path) << "person\nperson\n";
  try {
    Vocabulary::parse_file(path);
    ADD_FAILURE() << "a duplicate label was taken";
  } catch (const Error &error) {
    EXPECT_EQ(std::string(error.what()).find(path + ":2:1: "), 0u) << error.what();
  }
  std::filesystem::remove(path);
}

TEST(VocabularyFile, ThatIsMissingOrAFolderHasItsOwnErrorKind) {
  const auto kind_of = [](const std::string &path) {
    try {
      Vocabulary::parse_file(path);
    } catch (const Error &error) {
      return error.kind();
    }
    return ErrorKind::kInference;
  };
  EXPECT_EQ(kind_of(testing::TempDir() + "/naclip-no-such-file"), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(testing::TempDir()), ErrorKind::kRead);
}

}  // namespace
}  // namespace naclip
