// Words that change while the stream plays: each frame is of one vocabulary, the last one wins, a
// bad one leaves the one before.
#include <map>

#include "live_fixture.h"

namespace naclip::testing {
namespace {

/// The k-th of many vocabularies: k tells its words and how many they are.
std::string words(int k) {
  std::string text;
  for (int i = 0; i <= k % 5; ++i) text += "w" + std::to_string(k) + "n" + std::to_string(i) + ";";
  return text;
}

/// Which one these labels are, whole; -1 for the first ("cat; dog"), and a failure for any mixture.
int which(const Labels &labels) {
  if (labels == Labels{"background", "cat", "dog"}) return -1;
  int k = -2;
  if (labels.size() < 2 || std::sscanf(labels[1].c_str(), "w%dn0", &k) != 1) {
    ADD_FAILURE() << "labels of no vocabulary";
    return -2;
  }
  Labels expected{"background"};
  for (int i = 0; i <= k % 5; ++i)
    expected.push_back("w" + std::to_string(k) + "n" + std::to_string(i));
  EXPECT_EQ(labels, expected);
  return k;
}

class LiveWords : public Live {
 protected:
  static void set(LiveElement &element, const std::string &vocabulary) {
    g_object_set(element.get(), "vocabulary", vocabulary.c_str(), nullptr);
  }

  /// Which vocabulary a frame is of; a failure where its ids are of another.
  static int expect_consistent(const Ptr<GstBuffer> &frame) {
    const GstNaclipSegmentation *segmentation = segmentation_on(frame);
    if (segmentation == nullptr) return -3;
    const Labels labels = naclip::testing::labels_of(segmentation);
    // All pixels are bright, and so of the last region of the vocabulary that the engine decided
    // by.
    for (const std::uint8_t id : mask_bytes(segmentation)) {
      if (id + 1U != labels.size()) {
        ADD_FAILURE() << "id " << int(id) << " of " << labels.size() << " labels";
        break;
      }
    }
    return which(labels);
  }

  /// Frames until one is of the k-th vocabulary.
  static void pass_until(LiveElement &element, GstClockTime &pts, int k) {
    while (expect_consistent(element.pass(pts++)) != k) std::this_thread::yield();
  }

  static int warnings(LiveElement &element) {
    int count = 0;
    while (element.messages().next(GST_MESSAGE_WARNING)) ++count;
    return count;
  }
};

class LiveWordsInModes : public LiveWords, public ::testing::WithParamInterface<const char *> {
 protected:
  std::string mode() const { return std::string("mode=") + GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Mode, LiveWordsInModes, ::testing::Values("sync", "async"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(LiveWordsInModes, ChangedAtEachOfAThousandFramesAreWholeOnEach) {
  LiveElement element(line(mode()));
  GstClockTime pts = 0;
  int newest = -1;
  for (int k = 0; k < 1000; ++k) {
    set(element, words(k));
    const auto frame = element.pass(pts++);
    ASSERT_NE(frame, nullptr);
    const int found = expect_consistent(frame);
    if (found == -3) continue;  // none yet
    EXPECT_GE(found, newest) << "an older one came back";
    EXPECT_LE(found, k);
    newest = found;
    EXPECT_LE(control_->live_vocabularies, 6) << "those of words long gone are kept";
  }
  pass_until(element, pts, 999);
}

TEST_P(LiveWordsInModes, ChangedByTwoThreadsAtOnceEndAsThePropertySays) {
  LiveElement element(line(mode()));
  std::atomic<int> running = 2;
  const auto change = [&](int first) {
    for (int k = first; k < 1000; k += 2) set(element, words(k));
    --running;
  };
  std::thread even(change, 0), odd(change, 1);
  GstClockTime pts = 0;
  while (running > 0) expect_consistent(element.pass(pts++));
  even.join();
  odd.join();
  g_autofree gchar *last = nullptr;
  g_object_get(element.get(), "vocabulary", &last, nullptr);
  int k = -2;
  ASSERT_EQ(std::sscanf(last, "w%dn0", &k), 1);
  pass_until(element, pts, k);
}

TEST_P(LiveWordsInModes, AreToldWithTheTimeOfTheFirstFrameUnderThem) {
  LiveElement element(line(mode() + " interval=2"));
  std::map<GstClockTime, int> seen;
  GstClockTime pts = 0;
  for (int k = 0; k < 200; ++k) {
    if (k % 3 == 0) set(element, words(k));
    seen[pts] = expect_consistent(element.pass(pts));
    ++pts;
  }
  std::map<GstClockTime, int> told, changed;
  int before = -3;
  for (const auto &[time, k] : seen) {
    if (k != before && before != -3) changed[time] = k;
    before = k;
  }
  while (const auto message = element.messages().next(GST_MESSAGE_ELEMENT)) {
    const GstStructure *structure = gst_message_get_structure(message.get());
    ASSERT_TRUE(gst_structure_has_name(structure, "naclip-vocabulary"));
    guint64 time = 0;
    EXPECT_TRUE(gst_structure_get_uint64(structure, "pts", &time));
    const GValue *list = gst_structure_get_value(structure, "labels");
    Labels labels;
    for (guint i = 0; i < gst_value_list_get_size(list); ++i)
      labels.emplace_back(g_value_get_string(gst_value_list_get_value(list, i)));
    told[time] = which(labels);
  }
  EXPECT_EQ(told, changed);
}

TEST_P(LiveWordsInModes, ThatCannotBeEncodedLeaveTheOnesBefore) {
  LiveElement element(line(mode()));
  GstClockTime pts = 0;
  pass_until(element, pts, -1);
  control_->fail(false, false, true);
  set(element, words(3));
  // On the worker: the message is the event.
  Ptr<GstMessage> warning;
  while (!(warning = element.messages().next(GST_MESSAGE_WARNING)))
    EXPECT_EQ(expect_consistent(element.pass(pts++)), -1);
  EXPECT_TRUE(
      g_error_matches(error_of(warning.get()).get(), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED));
  control_->fail(false);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(expect_consistent(element.pass(pts++)), -1);
  set(element, words(4));
  pass_until(element, pts, 4);
  EXPECT_EQ(element.messages().next(GST_MESSAGE_ERROR), nullptr);
}

TEST_P(LiveWordsInModes, SetWhileTheElementStartsAreTakenOver) {
  control_->gate_encoding(true);
  const Ptr<GstElement> element(static_cast<GstElement *>(
      gst_object_ref_sink(gst_parse_launch(line(mode()).c_str(), nullptr))));
  std::thread starter([&] { gst_element_set_state(element.get(), GST_STATE_PAUSED); });
  control_->wait_for_encodes(1);
  g_object_set(element.get(), "vocabulary", words(7).c_str(), nullptr);
  control_->gate_encoding(false);
  starter.join();
  control_->wait_for_encodes(2);
  EXPECT_EQ(control_->encoded_labels(), (Labels{"cat", "w7n0"}));
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST_F(LiveWords, FramesPassWhileOthersAreEncoded) {
  LiveElement element(line("mode=async"));
  GstClockTime pts = 0;
  pass_until(element, pts, -1);
  control_->gate_encoding(true);
  set(element, words(1));
  control_->wait_for_encodes(2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(expect_consistent(element.pass(pts++)), -1);
  control_->gate_encoding(false);
  pass_until(element, pts, 1);
}

TEST_F(LiveWords, ThatAreReplacedAreNotEncodedToTheEnd) {
  LiveElement element(line("mode=async"));
  GstClockTime pts = 0;
  pass_until(element, pts, -1);
  control_->gate_encoding(true);
  set(element, words(1));
  control_->wait_for_encodes(2);
  for (std::size_t k = 2; k < 10; ++k) {
    set(element, words(static_cast<int>(k)));
    control_->wait_for_encodes(k + 1);  // the gate is closed: the one before was given up
    EXPECT_EQ(expect_consistent(element.pass(pts++)), -1);
  }
  control_->gate_encoding(false);
  pass_until(element, pts, 9);
}

TEST_F(LiveWords, AreNotGivenUpForOtherProperties) {
  LiveElement element(line("mode=async"));
  control_->gate_encoding(true);
  set(element, words(1));
  control_->wait_for_encodes(2);
  g_object_set(element.get(), "threshold", 0.25, "interval", 2, nullptr);
  set(element, words(1));  // nor for the same ones
  control_->gate_encoding(false);
  element.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  EXPECT_EQ(control_->encoded_labels(), (Labels{"cat", "w1n0"}));
}

TEST_F(LiveWords, ThatCouldNotBeEncodedAreTriedAgainWhenTheyAreSetAgain) {
  LiveElement element(line("mode=async"));
  control_->fail(false, false, true);
  set(element, words(3));
  ASSERT_NE(element.messages().wait_for(GST_MESSAGE_WARNING), nullptr);
  control_->fail(false);
  set(element, words(3));
  GstClockTime pts = 0;
  pass_until(element, pts, 3);
}

TEST_F(LiveWords, GivenUpForOthersAreEncodedWhenTheyComeBack) {
  LiveElement element(line("mode=async"));
  GstClockTime pts = 0;
  control_->gate_encoding(true);
  set(element, words(1));
  control_->wait_for_encodes(2);
  set(element, words(2));
  control_->wait_for_encodes(3);
  set(element, words(1));
  control_->wait_for_encodes(4);
  control_->gate_encoding(false);
  pass_until(element, pts, 1);
}

TEST_F(LiveWords, ThatAreStillEncodedDoNotHoldUpTheEnd) {
  LiveElement element(line("mode=async"));
  control_->gate_encoding(true);
  set(element, words(1));
  control_->wait_for_encodes(2);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}

TEST_F(LiveWords, OfAFrameInWorkAreThoseOfTheTimeWhenItIsDecided) {
  control_->gate(true);
  LiveElement element(line("mode=sync"));
  std::thread pusher([&] { element.push(frame_at(0)); });
  control_->wait_for_calls(1);
  set(element, words(2));
  element.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  control_->gate(false);
  pusher.join();
  EXPECT_EQ(expect_consistent(Ptr<GstBuffer>(gst_harness_pull(element.harness()))), 2);
}

class LiveWordsFile : public LiveWords {
 protected:
  std::string file_line() const {
    return line("mode=async vocabulary=\"\" vocabulary-file=" + path("words"));
  }
};

TEST_F(LiveWordsFile, IsReadAgainWhenItIsReplaced) {
  write("words", words(0));
  LiveElement element(file_line());
  GstClockTime pts = 0;
  pass_until(element, pts, 0);
  for (const int k : {1, 2}) {
    write("words", words(k));
    pass_until(element, pts, k);
  }
  EXPECT_EQ(warnings(element), 0);
}

TEST_F(LiveWordsFile, MayBeGoneForAWhileWhateverElseChanges) {
  write("words", words(0));
  LiveElement element(file_line());
  GstClockTime pts = 0;
  pass_until(element, pts, 0);
  std::filesystem::remove(path("words"));
  for (int i = 0; i < 500; ++i) {
    g_object_set(element.get(), "threshold", i % 2 * 0.25, nullptr);
    EXPECT_EQ(expect_consistent(element.pass(pts++)), 0);
  }
  EXPECT_EQ(warnings(element), 0) << "an editor that saves takes it away first";
  write("words", words(1));
  pass_until(element, pts, 1);
  EXPECT_EQ(warnings(element), 0);
}

TEST_F(LiveWordsFile, ThatIsBadWarnsOnceAndLeavesTheOnesBefore) {
  write("words", words(0));
  LiveElement element(file_line());
  GstClockTime pts = 0;
  pass_until(element, pts, 0);
  write("words", "cat; cat");
  Ptr<GstMessage> warning;
  while (!(warning = element.messages().next(GST_MESSAGE_WARNING))) {
    EXPECT_EQ(expect_consistent(element.pass(pts++)), 0);
    std::this_thread::yield();
  }
  EXPECT_TRUE(g_error_matches(error_of(warning.get()).get(), GST_LIBRARY_ERROR,
                              GST_LIBRARY_ERROR_SETTINGS));
  write("words", words(1));
  pass_until(element, pts, 1);
  EXPECT_EQ(warnings(element), 0);
}

TEST_F(LiveWordsFile, GivesWayToWordsAndComesBack) {
  write("words", words(0));
  LiveElement element(file_line());
  GstClockTime pts = 0;
  pass_until(element, pts, 0);
  set(element, words(1));
  pass_until(element, pts, 1);
  set(element, "");
  pass_until(element, pts, 0);
}

}  // namespace
}  // namespace naclip::testing
