#include "model/text/prompts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace naclip {
namespace {

TEST(Prompts, OfImageNetAreEightyDifferentOnesWithTheWordInEach) {
  const auto prompts = prompts_for(Prompts::kImageNet, "tabby cat");
  EXPECT_EQ(prompts.size(), 80u);
  EXPECT_EQ(std::set<std::string>(prompts.begin(), prompts.end()).size(), 80u);
  EXPECT_EQ(prompts.front(), "a bad photo of a tabby cat.");
  EXPECT_EQ(prompts.back(), "a tattoo of the tabby cat.");
  for (const std::string &prompt : prompts) {
    EXPECT_NE(prompt.find("tabby cat"), std::string::npos) << prompt;
    EXPECT_EQ(prompt.find_first_of("{}"), std::string::npos) << prompt;
  }
}

TEST(Prompts, ThatAreShortAreSevenOfTheEighty) {
  const auto all = prompts_for(Prompts::kImageNet, "cat");
  const auto prompts = prompts_for(Prompts::kShort, "cat");
  ASSERT_EQ(prompts.size(), 7u);
  EXPECT_EQ(prompts[0], "itap of a cat.");
  EXPECT_EQ(prompts[4], "a cat in a video game.");
  for (const std::string &prompt : prompts) {
    EXPECT_EQ(std::ranges::count(all, prompt), 1) << prompt;
  }
}

TEST(Prompts, CanBeTheBareWordItself) {
  EXPECT_EQ(prompts_for(Prompts::kNone, "cat"), std::vector<std::string>{"cat"});
}

TEST(Prompts, TakeAWordWithBracesAsItIs) {
  EXPECT_EQ(prompts_for(Prompts::kShort, "{}")[0], "itap of a {}.");
}

}  // namespace
}  // namespace naclip
