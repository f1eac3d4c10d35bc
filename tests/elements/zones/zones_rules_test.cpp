// The rules of naclipzones: at start, replaced while playing, and in a file.
#include <glib/gstdio.h>
#include <gtest/gtest.h>

#include <string>

#include "zones_fixture.h"

namespace naclip::testing {
namespace {

TEST(ZonesRules, RulesAreReplacedWhilePlaying) {
  Zones zones(
      R"([{"name":"a","class":"smoke","above":0.3},{"name":"b","class":"smoke","above":0.3}])");
  EXPECT_EQ(zones.told_after(zones.smoky(0, 5)), "begin a at 0, begin b at 0");
  zones.set(
      "rules",
      R"([{"name":"c","class":"smoke","above":0.3},{"name":"a","class":"smoke","above":0.3}])");
  EXPECT_EQ(zones.told_after(zones.smoky(1, 5)), "end b at 0, begin c at 1");
  EXPECT_EQ(zones.told_after(zones.smoky(2, 0)), "end c at 2, end a at 2");
  // The same share of another zone.
  zones.set("rules",
            R"([{"name":"d","class":"smoke","above":0.3,"zone":[[0,0],[0.5,0],[0.5,1],[0,1]]}])");
  EXPECT_EQ(zones.told_after(zones.smoky(3, 2)), "begin d at 3");
  zones.set("rules",
            R"([{"name":"e","class":"smoke","above":0.3,"zone":[[0.5,0],[1,0],[1,1],[0.5,1]]}])");
  EXPECT_EQ(zones.told_after(zones.smoky(4, 2)), "end d at 3") << "none in the right half";
  EXPECT_EQ(zones.told_after(zones.smoky(5, 9)), "begin e at 5");
  EXPECT_EQ(zones.statistic("events"), 5U);
  EXPECT_EQ(zones.warning(), "");
}

TEST(ZonesRules, BadRulesWhilePlayingAreWarnedOfAndTheOldOnesGoOn) {
  Zones zones(kSmoke);
  zones.pass(zones.smoky(0, 5));
  EXPECT_EQ(zones.told_on_bus(), "begin r at 0");
  zones.set("rules", "[{\"class\":\"smoke\",\n\"above\":3}]");
  EXPECT_EQ(zones.warning(),
            "The rules cannot be used: line 2, [0].above: this is no share, which is 0 to 1, or "
            "\"0%\" to \"100%\".");
  EXPECT_EQ(zones.told_after(zones.smoky(1, 5)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(2, 0)), "end r at 2");
  gchar *rules = nullptr;
  g_object_get(zones.element(), "rules", &rules, nullptr);
  EXPECT_STREQ(GCharPtr(rules).get(), kSmoke);
}

TEST(ZonesRules, DoesNotStartWithBadRulesOrNone) {
  GST_ELEMENT_REGISTER(naclipzones, nullptr);
  const Ptr<GstElement> element(
      GST_ELEMENT(gst_object_ref_sink(g_object_new(GST_TYPE_NACLIP_ZONES, nullptr))));
  Messages messages(element.get());
  const auto problem = [&] {
    EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    gst_element_set_state(element.get(), GST_STATE_NULL);
    const Ptr<GstMessage> message = messages.next(GST_MESSAGE_ERROR);
    return message != nullptr ? std::string(error_of(message.get())->message) : "";
  };
  EXPECT_EQ(problem(), "There are no rules. Set rules or rules-file.");
  g_object_set(element.get(), "rules", "[", nullptr);
  EXPECT_EQ(problem().substr(0, 42), "The rules cannot be used: line 1, column 1");
  g_object_set(element.get(), "rules", "", "rules-file", "/nowhere/rules.json", nullptr);
  EXPECT_EQ(problem().substr(0, 46), "Cannot read the rules file /nowhere/rules.json");
  g_object_set(element.get(), "rules", "[]", nullptr);
  EXPECT_NE(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

/// A file of rules that is gone with its scope.
class RulesFile {
 public:
  explicit RulesFile(const std::string &text) { write(text); }
  ~RulesFile() { g_remove(path_.c_str()); }
  void write(const std::string &text) {
    EXPECT_TRUE(g_file_set_contents(path_.c_str(), text.c_str(), -1, nullptr));
  }
  const std::string &path() const { return path_; }

 private:
  std::string path_ = ::testing::TempDir() + "/zones-" + std::to_string(g_random_int()) + ".json";
};

/// Pushes frames until `done`, for a minute at most.
template <class Done>
bool push_until(Zones &zones, const Done &done) {
  const gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
  for (int number = 1; g_get_monotonic_time() < end; ++number) {
    zones.pass(zones.smoky(number, 5));
    if (done()) return true;
    g_usleep(1000);
  }
  return false;
}

TEST(ZonesRules, AFileOfRulesIsWatched) {
  RulesFile file(R"([{"name":"first","class":"smoke","above":0.3}])");
  Zones zones("[]");
  EXPECT_EQ(zones.told_after(zones.smoky(0, 5)), "");
  zones.set("rules-file", file.path());
  zones.set("rules", "");
  EXPECT_EQ(zones.told_after(zones.smoky(0, 5)), "begin first at 0");

  file.write("[{\"class\":\n7}]");
  EXPECT_TRUE(push_until(zones, [&] {
    return zones.warning() == "The rules in " + file.path() +
                                  " cannot be used: line 2, [0].class: this is no text in "
                                  "quotation marks.";
  }));
  EXPECT_EQ(zones.statistic("active"), 1U);
  file.write(R"([{"name":"second","class":"smoke","above":0.3}])");
  std::string told;
  EXPECT_TRUE(push_until(zones, [&] {
    told += zones.told_on_bus();
    return told.find("begin second") != std::string::npos;
  }));
  EXPECT_NE(told.find("end first"), std::string::npos);
}

}  // namespace
}  // namespace naclip::testing
