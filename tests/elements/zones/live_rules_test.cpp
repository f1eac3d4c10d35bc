// Rules that change: by a property and in a file.
#include "elements/zones/live_rules.h"

#include <glib/gstdio.h>
#include <gtest/gtest.h>

#include <string>

#include "model/error.h"

namespace naclip::testing {
namespace {

using std::chrono::milliseconds;

std::string rules_for(const std::string &label) {
  return R"([{"class":")" + label + R"(","above":0.5}])";
}

class LiveRulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    gchar *folder = g_dir_make_tmp("zones-XXXXXX", nullptr);
    folder_ = folder;
    g_free(folder);
    file_ = folder_ + "/rules.json";
  }
  void TearDown() override {
    g_remove(file_.c_str());
    g_rmdir(folder_.c_str());
  }

  /// Puts another file in the place of the one there is, as editors do.
  void write(const std::string &text) {
    ASSERT_TRUE(
        g_file_set_contents(file_.c_str(), text.data(), static_cast<gssize>(text.size()), nullptr));
  }
  /// Looks so many milliseconds later.
  bool look(int later = 300) { return live_.refresh(settings_, now_ += milliseconds(later)); }
  std::string label() const { return live_.current().rules.at(0).label; }
  std::string problem(int later = 300) {
    try {
      look(later);
    } catch (const Error &error) {
      return error.what();
    }
    return "";
  }

  std::string folder_, file_;
  ZonesSettings settings_;
  LiveRules live_;
  LiveRules::Time now_{std::chrono::hours(1)};
};

TEST_F(LiveRulesTest, APropertyIsTakenOverAtOnce) {
  settings_.rules = rules_for("a");
  live_.begin(settings_);
  EXPECT_EQ(label(), "a");
  EXPECT_FALSE(look(0));
  settings_.rules = rules_for("b");
  EXPECT_TRUE(look(0));
  EXPECT_EQ(label(), "b");
  EXPECT_FALSE(look());
}

TEST_F(LiveRulesTest, ThereHaveToBeSome) {
  EXPECT_THROW(live_.begin(settings_), Error);
  settings_.rules_file = "/nowhere/rules.json";
  EXPECT_THROW(live_.begin(settings_), Error);
}

TEST_F(LiveRulesTest, AChangedFileIsReadOnceItIsSettled) {
  write(rules_for("a"));
  settings_.rules_file = file_;
  live_.begin(settings_);
  EXPECT_FALSE(look());
  write(rules_for("long"));
  EXPECT_FALSE(look()) << "it may still be written";
  EXPECT_EQ(label(), "a");
  EXPECT_FALSE(look(100)) << "too early";
  EXPECT_TRUE(look());
  EXPECT_EQ(label(), "long");
  EXPECT_FALSE(look());
}

TEST_F(LiveRulesTest, AFileThatIsGoneChangesNothing) {
  write(rules_for("a"));
  settings_.rules_file = file_;
  live_.begin(settings_);
  g_remove(file_.c_str());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(look());
  write(rules_for("b"));
  EXPECT_FALSE(look());
  EXPECT_TRUE(look());
  EXPECT_EQ(label(), "b");
}

TEST_F(LiveRulesTest, ABadFileIsToldOnceAndTheRulesBeforeStay) {
  write(rules_for("a"));
  settings_.rules_file = file_;
  live_.begin(settings_);
  write("[\n5]");
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(problem(),
            "The rules in " + file_ + " cannot be used: line 2, [0]: this is no object in { }.");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(problem(), "");
  EXPECT_EQ(label(), "a");
  write(rules_for("better"));
  EXPECT_FALSE(look());
  EXPECT_TRUE(look());
  EXPECT_EQ(label(), "better");
}

TEST_F(LiveRulesTest, AnotherFileIsReadAtOnceAndThePropertyWins) {
  write(rules_for("a"));
  settings_.rules = rules_for("text");
  settings_.rules_file = file_;
  live_.begin(settings_);
  EXPECT_EQ(label(), "text");
  settings_.rules.clear();
  EXPECT_TRUE(look(0));
  EXPECT_EQ(label(), "a");
  settings_.rules_file = "/nowhere/rules.json";
  EXPECT_EQ(problem(0).substr(0, 46), "Cannot read the rules file /nowhere/rules.json");
  EXPECT_EQ(problem(0), "") << "once";
  EXPECT_EQ(label(), "a");
  settings_.rules = rules_for("text");
  EXPECT_TRUE(look(0));
  EXPECT_EQ(label(), "text");
}

}  // namespace
}  // namespace naclip::testing
