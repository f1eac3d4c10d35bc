// The demo clip's true masks as a segmenter's: of other sizes, late, missing, with other ids and
// words. No pixel of the class may be seen that the masks show.
#include <deque>
#include <fstream>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>

#include "redact_fixture.h"

namespace naclip::testing {
namespace {

constexpr int kWidth = 640, kHeight = 360, kClipFrames = 300;
constexpr int kFrames = 1200;
// Of the element's properties: frames of 100 ms, and pixels of a picture of 360 lines.
constexpr int kHold = 2, kLookahead = 1, kOldest = 3, kDilate = 4;

/// Region ids, [360, 640] 8UC1; no frames where GStreamer's libav plugin is missing.
std::vector<cv::Mat> true_masks() {
  for (const char *plugin : {"coreelements", "matroska", "libav"}) {
    const std::string path = std::string(NACLIP_SYSTEM_PLUGINS "/libgst") + plugin + ".so";
    if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) return {};
    const Ptr<GstPlugin> loaded(gst_plugin_load_file(path.c_str(), nullptr));
    EXPECT_NE(loaded, nullptr) << path;
  }
  const Ptr<GstElement> pipeline(
      static_cast<GstElement *>(gst_object_ref_sink(gst_parse_launch(
          "filesrc location=" NACLIP_DEMO "/masks.mkv ! matroskademux ! avdec_ffv1 ! "
          "video/x-raw,format=GRAY8,width=640,height=360 ! fakesink name=sink signal-handoffs=true",
          nullptr))));
  std::vector<cv::Mat> masks;
  const auto take = +[](GstElement *, GstBuffer *frame, GstPad *, std::vector<cv::Mat> *taken) {
    const MappedFrame mapped(frame, info_of(GST_VIDEO_FORMAT_GRAY8, kWidth, kHeight), GST_MAP_READ);
    taken->push_back(cv::Mat(kHeight, kWidth, CV_8UC1, mapped.plane(0),
                             static_cast<std::size_t>(mapped.stride(0)))
                         .clone());
  };
  const Ptr<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  g_signal_connect(sink.get(), "handoff", G_CALLBACK(take), &masks);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Ptr<GstBus> bus(gst_element_get_bus(pipeline.get()));
  const Ptr<GstMessage> end(
      gst_bus_timed_pop_filtered(bus.get(), 60 * GST_SECOND,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  EXPECT_TRUE(end != nullptr && GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_EOS);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return masks;
}

/// The clip's words by region id, 0 the background.
Names words_of_clip() {
  Names words{"background"};
  std::ifstream file(NACLIP_DEMO "/vocabulary.txt");
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#') words.push_back(line);
  return words;
}

class ClipWalk {
 public:
  explicit ClipWalk(std::vector<cv::Mat> masks) : clip_(std::move(masks)) { new_words(); }

  void run() {
    for (number_ = 0; number_ < kFrames && !::testing::Test::HasFailure(); ++number_) {
      if (number_ % 60 == 0) hide_another();
      if (once_in(40)) new_words();
      ASSERT_EQ(redact_.push(make()), GST_FLOW_OK);
      check();
    }
    redact_.event(gst_event_new_eos());
    check();
  }

  int seen = 0;                                ///< frames that came out
  int partly_seen = 0;                         ///< those that were not covered whole
  std::int64_t hidden = 0, missed_by_all = 0;  ///< pixels of the class, those that no mask shows
  guint64 statistic(const char *field) { return redact_.statistic(field); }

 private:
  /// What is known of a frame.
  struct Pushed {
    int number;
    cv::Mat hidden;  ///< 255 where its class is
    cv::Mat shown;   ///< 255 where its mask shows the class; empty where all has to be covered
  };

  int any(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool once_in(int frames) { return any(frames) == 0; }
  const cv::Mat &truth(int number) const {
    return clip_[static_cast<std::size_t>(number % kClipFrames)];
  }

  /// One of the things that are in the picture now, or its ground.
  void hide_another() {
    hidden_id_ = truth(number_).at<std::uint8_t>(any(kHeight), any(kWidth));
    redact_.set("classes", names_[hidden_id_].c_str());
  }
  /// The same words in another order.
  void new_words() {
    std::iota(ids_.begin(), ids_.end(), std::uint8_t{0});
    std::shuffle(ids_.begin() + 1, ids_.begin() + static_cast<std::ptrdiff_t>(names_.size()),
                 random_);
    words_.resize(names_.size());
    for (std::size_t id = 0; id < names_.size(); ++id) words_[ids_[id]] = names_[id];
  }

  /// A frame with one of many kinds of masks.
  Ptr<GstBuffer> make() {
    Pushed pushed{number_, truth(number_) == hidden_id_, {}};
    Ptr<GstBuffer> frame = redact_.frame(number_);
    const int kind = any(20);
    if (kind > 0) {
      const int age = std::min(kind < 5 ? any(2 * kOldest) : 0, number_);
      const bool misses = kind == 5, broken = kind == 6, other_words = kind == 7;
      const cv::Mat cells = misses ? cv::Mat::zeros(90, 160, CV_8UC1) : sampled(number_ - age);
      attach_mask(frame.get(), cells, age, broken, other_words);
      if (age <= kOldest && !broken && !other_words)
        cv::resize(cells == hidden_id_, pushed.shown, {kWidth, kHeight}, 0, 0, cv::INTER_NEAREST);
    }
    pushed_.push_back(pushed);
    return frame;
  }
  /// A true mask in the clip's ids, of one of the sizes that segmenters give.
  cv::Mat sampled(int number) {
    static const cv::Size kSizes[] = {{640, 360}, {597, 336}, {160, 90}, {40, 22}, {100, 300}};
    cv::Mat cells;
    cv::resize(truth(number), cells, kSizes[any(std::size(kSizes))], 0, 0, cv::INTER_NEAREST);
    return cells;
  }
  void attach_mask(GstBuffer *frame, const cv::Mat &cells, int age, bool broken, bool other_words) {
    cv::Mat renumbered;
    cv::LUT(cells, ids_, renumbered);
    Names words = words_;
    if (other_words) words[ids_[hidden_id_]] = "something else";
    const auto segmentation =
        make_segmentation(cells.cols, cells.rows,
                          Pixels(renumbered.begin<std::uint8_t>(), renumbered.end<std::uint8_t>()),
                          words, static_cast<GstClockTime>(number_ - age) * kFrameTime);
    if (broken) gst_buffer_set_size(gst_naclip_segmentation_get_mask(segmentation.get()), 5);
    attach(frame, segmentation.get(), kWidth, kHeight);
  }

  /// Looks at what has come out.
  void check() {
    while (const Ptr<GstBuffer> frame = redact_.pull()) {
      const int number = static_cast<int>(GST_BUFFER_PTS(frame.get()) / kFrameTime);
      ASSERT_GE(pushed_.back().number, std::min(number + kLookahead, kFrames - 1)) << "too early";
      while (pushed_.front().number < number - kHold) pushed_.pop_front();
      const Pushed &own = *std::ranges::find(pushed_, number, &Pushed::number);
      Pixels luma = pixels_of(frame.get(), redact_.info());
      const cv::Mat open = cv::Mat(kHeight, kWidth, CV_8UC1, luma.data()) == 100;
      const cv::Mat bare = open & own.hidden & to_cover(own);
      ASSERT_EQ(cv::countNonZero(bare), 0) << "of " << names_[hidden_id_] << ", frame " << number;
      ++seen;
      partly_seen += cv::countNonZero(open) > 0;
      hidden += cv::countNonZero(own.hidden);
      missed_by_all += cv::countNonZero(open & own.hidden);
    }
  }
  /// What the masks up to `kLookahead` after a frame show, grown.
  cv::Mat to_cover(const Pushed &own) const {
    if (own.shown.empty()) return cv::Mat(kHeight, kWidth, CV_8UC1, cv::Scalar(255));
    cv::Mat shown = cv::Mat::zeros(kHeight, kWidth, CV_8UC1);
    for (const Pushed &one : pushed_)
      if (one.number <= own.number + kLookahead && !one.shown.empty()) shown |= one.shown;
    cv::dilate(shown, shown, cv::Mat::ones(2 * kDilate + 1, 2 * kDilate + 1, CV_8UC1));
    return shown;
  }

  std::mt19937 random_{7};
  std::vector<cv::Mat> clip_;
  const Names names_ = words_of_clip();                             // by the clip's ids
  std::vector<std::uint8_t> ids_ = std::vector<std::uint8_t>(256);  // by the clip's ids
  Names words_;                                                     // by those
  std::uint8_t hidden_id_ = 0;                                      // the clip's
  int number_ = 0;
  std::deque<Pushed> pushed_;
  Redact redact_{"max-age=300 dilate=8 hold=200 lookahead=100", "I420", kWidth, kHeight};
};

TEST(RedactClip, NoPixelOfAClassIsSeenThatMasksOfTheDemoClipShow) {
  std::vector<cv::Mat> masks = true_masks();
  if (masks.empty()) GTEST_SKIP() << "GStreamer's libav plugin, which reads the clip, is missing";
  ASSERT_EQ(masks.size(), static_cast<std::size_t>(kClipFrames));
  ClipWalk walk(std::move(masks));
  walk.run();
  EXPECT_EQ(walk.seen, kFrames);
  EXPECT_GT(walk.partly_seen, kFrames / 2);
  EXPECT_GT(walk.statistic("whole"), static_cast<guint64>(kFrames / 10));
  EXPECT_GT(walk.hidden, std::int64_t{kFrames} * 1000);
  // What is too thin for the coarse masks and moved away from the late ones.
  EXPECT_LT(walk.missed_by_all, walk.hidden / 100);
}

}  // namespace
}  // namespace naclip::testing
