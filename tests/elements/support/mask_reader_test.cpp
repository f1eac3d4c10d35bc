// What naclipoverlay and naclipmask have in common.
#include "elements/support/mask_reader.h"

#include <gtest/gtest.h>

#include "tests/elements/frames.h"

namespace naclip::testing {
namespace {

class Reader : public ::testing::Test {
 protected:
  /// The labels that are chosen on a frame at this second with masks of these elements, each of
  /// which has a class that is labelled as the element is named.
  std::vector<std::string> read(int second, const std::vector<const char *> &sources) {
    const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(second) * GST_SECOND;
    for (const char *source : sources) {
      const auto segmentation = make_segmentation<std::uint8_t>(1, 1, {1}, {"background", source},
                                                                GST_CLOCK_TIME_NONE, source);
      attach(frame.get(), segmentation.get(), 2, 2);
    }
    std::vector<std::string> labels;
    for (const ChosenMask &one : reader_.read(frame.get(), settings_)) {
      for (std::size_t id = 0; id < one.chosen.size(); ++id)
        if (one.chosen[id]) labels.push_back(one.mask.regions[id].label);
    }
    return labels;
  }

  /// The text of the next warning on the bus, empty where there is none.
  std::string warning() {
    const Ptr<GstMessage> message = messages_.next(GST_MESSAGE_WARNING);
    if (message == nullptr) return "";
    const Ptr<GError> error = error_of(message.get());
    EXPECT_TRUE(g_error_matches(error.get(), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
    return error->message;
  }

  using Labels = std::vector<std::string>;

  Ptr<GstElement> element_{GST_ELEMENT(gst_object_ref_sink(gst_bin_new("element")))};
  Messages messages_{element_.get()};
  MaskReader reader_{element_.get(), "naclipthing"};
  MaskSettings settings_;
};

constexpr const char *kNoMask =
    "No frame has a mask. Put naclipsegment before naclipthing, with no element between them that "
    "drops metadata.";

TEST_F(Reader, WarnsOnceWhereNoMaskComesInTenSeconds) {
  for (const int second : {100, 105, 109}) EXPECT_EQ(read(second, {}), Labels());
  EXPECT_EQ(warning(), "");
  for (const int second : {110, 130}) read(second, {});
  EXPECT_EQ(warning(), kNoMask);
  reader_.end();
  EXPECT_EQ(warning(), "");
}

TEST_F(Reader, WarnsAtTheEndOfAStreamWithoutMasksAndOfTheNextOne) {
  for (int stream = 0; stream < 2; ++stream) {
    read(1, {});
    EXPECT_EQ(warning(), "");
    reader_.end();
    EXPECT_EQ(warning(), kNoMask);
    reader_.restart();
  }
  reader_.end();
  EXPECT_EQ(warning(), "") << "a stream without frames";
}

TEST_F(Reader, DoesNotWarnOfFramesBetweenMasks) {
  EXPECT_EQ(read(0, {"people"}), Labels{"people"});
  read(60, {});
  reader_.end();
  EXPECT_EQ(warning(), "");
}

TEST_F(Reader, TakesTheLatestMaskOrThatOfItsSource) {
  EXPECT_EQ(read(0, {"people", "cars"}), Labels{"cars"});
  settings_.source = "people";
  EXPECT_EQ(read(1, {"people", "cars"}), Labels{"people"});
  settings_.source = "";
  EXPECT_EQ(read(2, {"people", "cars"}), Labels{"cars"});
  EXPECT_EQ(warning(), "");
}

TEST_F(Reader, ASourceThatIsNotThereIsWarnedOfOnceWithTheNamesThereAre) {
  settings_.source = "poeple";
  // Masks of one may come later than those of another.
  for (const int second : {0, 5, 9}) EXPECT_EQ(read(second, {"people", "cars"}), Labels());
  EXPECT_EQ(warning(), "");
  for (const int second : {10, 20}) read(second, {"people", "cars"});
  EXPECT_EQ(warning(),
            "No naclipsegment before naclipthing is named poeple. There are: cars, people.");
  EXPECT_EQ(warning(), "");
  settings_.source = "dogs";
  read(30, {"people"});
  reader_.end();
  EXPECT_EQ(warning(), "No naclipsegment before naclipthing is named dogs. There are: people.");
}

TEST_F(Reader, ASourceWhoseMasksComeLateIsNotWarnedOf) {
  settings_.source = "cars";
  read(0, {"people"});
  EXPECT_EQ(read(9, {"people", "cars"}), Labels{"cars"});
  EXPECT_EQ(read(30, {"people"}), Labels());
  reader_.end();
  EXPECT_EQ(warning(), "");
}

TEST_F(Reader, ChoosesClassesAndWarnsOnceOfALabelThatIsNotThere) {
  settings_.classes = "*, dragon";
  for (int second = 0; second < 2; ++second)
    EXPECT_EQ(read(second, {"people"}), (Labels{"background", "people"}));
  EXPECT_EQ(warning(), "No class is labelled dragon. There are: background, people.");
  EXPECT_EQ(warning(), "");
}

}  // namespace
}  // namespace naclip::testing
