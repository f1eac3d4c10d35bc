#include "elements/support/class_selection.h"

#include <gtest/gtest.h>

namespace naclip {
namespace {

const std::vector<MaskRegion> kRegions{{"background"}, {"person"}, {"red car"}, {"sky"}};

std::vector<bool> chosen(const char *text) {
  return ClassSelection(text).choose(kRegions);
}

using Flags = std::vector<bool>;

TEST(ClassSelection, EmptyTextChoosesAllButTheBackground) {
  EXPECT_EQ(chosen(""), (Flags{false, true, true, true}));
  EXPECT_EQ(chosen(" ,; "), (Flags{false, true, true, true}));
  EXPECT_EQ(ClassSelection().choose(kRegions), (Flags{false, true, true, true}));
}

TEST(ClassSelection, ChoosesTheLabelsWrittenWithEitherSeparator) {
  EXPECT_EQ(chosen("sky, red car"), (Flags{false, false, true, true}));
  EXPECT_EQ(chosen(" sky ;person"), (Flags{false, true, false, true}));
}

TEST(ClassSelection, KnowsWhetherEveryWrittenLabelIsARegions) {
  for (const char *text : {"", "*", "person", "person, !sky", "background; red car"})
    EXPECT_TRUE(ClassSelection(text).knows_all(kRegions)) << text;
  for (const char *text : {"dog", "person, dog", "!dog", "*, !dog", "Person"})
    EXPECT_FALSE(ClassSelection(text).knows_all(kRegions)) << text;
}

TEST(ClassSelection, ChoosesTheBackgroundByItsLabel) {
  EXPECT_EQ(chosen("background"), (Flags{true, false, false, false}));
}

TEST(ClassSelection, AsteriskChoosesAllRegions) {
  EXPECT_EQ(chosen("*"), (Flags{true, true, true, true}));
}

TEST(ClassSelection, ExclamationMarkExcludesWhereverItStands) {
  EXPECT_EQ(chosen("!sky"), (Flags{false, true, true, false}));
  EXPECT_EQ(chosen("! sky, *"), (Flags{true, true, true, false}));
  EXPECT_EQ(chosen("person, sky, !sky"), (Flags{false, true, false, false}));
}

TEST(ClassSelection, LabelsAreComparedAsWritten) {
  EXPECT_EQ(chosen("Person"), (Flags{false, false, false, false}));
}

TEST(ClassSelection, UnknownLabelsAreToldOnceWithThoseThereAre) {
  ClassSelection selection("person, dog, !cat");
  const std::string text = selection.unknown_labels(kRegions);
  EXPECT_EQ(text, "No class is labelled dog, cat. There are: background, person, red car, sky.");
  EXPECT_EQ(selection.unknown_labels(kRegions), "");
}

TEST(ClassSelection, KnownLabelsAreNotTold) {
  EXPECT_EQ(ClassSelection("person, !sky, *").unknown_labels(kRegions), "");
}

TEST(ClassSelection, MessageStaysReadableWithAThousandClasses) {
  std::vector<MaskRegion> regions(1001);
  for (std::size_t id = 0; id < regions.size(); ++id) regions[id].label = std::to_string(id);
  const std::string text = ClassSelection("dog").unknown_labels(regions);
  EXPECT_NE(text.find("(1001 in all)"), std::string::npos);
  EXPECT_LT(text.size(), 300U);
}

}  // namespace
}  // namespace naclip
