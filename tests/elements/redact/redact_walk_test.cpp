// Ten thousand frames of changing words, missing, old and broken masks, other settings and sizes:
// not one pixel of what is to be hidden may be seen.
#include <map>
#include <optional>
#include <random>

#include "redact_fixture.h"

namespace naclip::testing {
namespace {

constexpr int kFrames = 10000;
constexpr int kOldest = 3;  // frames, by max-age

/// A stream in which somebody walks about by at most a pixel a frame.
class Walk {
 public:
  Walk() { new_words(); }

  void run() {
    for (int i = 0; i < kFrames && !::testing::Test::HasFailure(); ++i) {
      disturb();
      move();
      ASSERT_EQ(redact_.push(make()), GST_FLOW_OK);
      check();
    }
    redact_.event(gst_event_new_eos());
    check();
  }

  int seen = 0;         ///< frames that came out
  int partly_seen = 0;  ///< those that were not covered whole
  guint64 statistic(const char *field) { return redact_.statistic(field); }

 private:
  struct Place {
    int x, y;
  };
  static constexpr int kWidth = 6, kHeight = 9;  // of the one who walks, pixels

  int any(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool once_in(int frames) { return any(frames) == 0; }

  void disturb() {
    if (once_in(40)) new_words();
    if (once_in(60)) redact_.set("hold", std::to_string(100 + 100 * any(3)).c_str());
    if (once_in(90)) redact_.set("lookahead", std::to_string(60 * any(5)).c_str());
    if (once_in(90)) redact_.set("classes", names(any(3)));
    if (once_in(200)) resize();
    if (once_in(300)) flush();
  }
  static const char *names(int choice) {
    return choice == 0 ? "person" : choice == 1 ? "person; car" : "";
  }
  /// A vocabulary in which a person may go by another name.
  void new_words() {
    words_ = {"background", "sky", "car", "tree"};
    id_ = 1 + any(4);
    words_.insert(words_.begin() + id_, once_in(3) ? "figure" : "person");
    if (once_in(4))
      std::replace(words_.begin(), words_.end(), std::string("car"), std::string("van"));
  }
  void resize() {
    const int height = 36 + 12 * any(3);
    if (height == height_) return;
    height_ = height;
    found_ = false;
    width_ = height * 4 / 3;
    redact_.set_caps("RGB", width_, height_);
    places_.clear();
    place_ = {any(width_ - kWidth), any(height_ - kHeight)};
  }
  void flush() {
    found_ = false;
    redact_.event(gst_event_new_flush_start());
    redact_.event(gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    redact_.event(gst_event_new_segment(&segment));
    if (once_in(2)) number_ += 1000;
  }
  void move() {
    place_.x = std::clamp(place_.x + any(3) - 1, 0, width_ - kWidth);
    place_.y = std::clamp(place_.y + any(3) - 1, 0, height_ - kHeight);
    places_[++number_] = place_;
    truth_[number_] = place_;
  }

  /// A frame with one of many kinds of masks.
  Ptr<GstBuffer> make() {
    Ptr<GstBuffer> frame = redact_.frame(number_);
    const int kind = any(20);
    const bool found_before = std::exchange(found_, false);
    if (kind == 0) return frame;
    int age = kind < 4 ? any(2 * kOldest + 2) : 0;
    while (age > 0 && !places_.contains(number_ - age)) --age;
    rectangle_ = {0, 0, width_, height_};
    if (kind == 4) rectangle_ = {any(9) - 4, any(9) - 4, width_ - any(9), height_ - any(9)};
    if (kind == 5) rectangle_ = {width_, 0, width_, height_};
    // A segmenter that misses the person for once, which hold makes up for.
    const bool misses = kind == 7 && found_before;
    found_ = kind > 7 && words_[static_cast<std::size_t>(id_)] == "person" &&
             std::count(words_.begin(), words_.end(), "car") == 1;
    attach_mask(frame.get(), age, kind == 6, misses);
    return frame;
  }
  struct Rectangle {
    int x, y, width, height;
  };

  void attach_mask(GstBuffer *frame, int age, bool broken, bool misses) {
    static constexpr std::pair<int, int> kSizes[] = {{48, 36}, {24, 18}, {13, 11}, {90, 70}};
    const auto [width, height] = kSizes[any(20) < 17 ? 1 : static_cast<std::size_t>(any(4))];
    const Rectangle &r = rectangle_;
    const Place place = places_.at(number_ - age);
    std::vector<std::uint8_t> ids(static_cast<std::size_t>(width * height));
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        // Every cell that shows any part of a person.
        const bool across = r.x * width + (x + 1) * r.width > place.x * width &&
                            r.x * width + x * r.width < (place.x + kWidth) * width;
        const bool down = r.y * height + (y + 1) * r.height > place.y * height &&
                          r.y * height + y * r.height < (place.y + kHeight) * height;
        if (across && down && !misses)
          ids[static_cast<std::size_t>(y * width + x)] = static_cast<std::uint8_t>(id_);
      }
    const auto segmentation = make_segmentation(
        width, height, ids, words_, static_cast<GstClockTime>(number_ - age) * kFrameTime);
    if (broken) gst_buffer_set_size(gst_naclip_segmentation_get_mask(segmentation.get()), 5);
    gst_buffer_add_naclip_segmentation_meta(frame, segmentation.get(), r.x, r.y,
                                            static_cast<guint>(r.width),
                                            static_cast<guint>(r.height));
  }

  /// Looks at what has come out.
  void check() {
    while (const Ptr<GstBuffer> frame = redact_.pull()) {
      ++seen;
      const int number = static_cast<int>(GST_BUFFER_PTS(frame.get()) / kFrameTime);
      const Place place = truth_.at(number);
      // Frames before a change of caps have the size that they had.
      const auto pixels = static_cast<int>(gst_buffer_get_size(frame.get()) / 3);
      int height = 36;
      while (height * height * 4 / 3 != pixels && height < 100) height += 12;
      const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_RGB, height * 4 / 3, height);
      const Pixels bytes = pixels_of(frame.get(), info);
      for (int y = place.y; y < place.y + kHeight; ++y)
        for (int x = 3 * place.x; x < 3 * (place.x + kWidth); ++x)
          ASSERT_EQ(bytes[static_cast<std::size_t>(y * info.width * 3 + x)], 255)
              << "frame " << number << " at " << x / 3 << ", " << y;
      partly_seen += std::find(bytes.begin(), bytes.end(), 100) != bytes.end();
    }
  }

  std::mt19937 random_{7};
  int width_ = 48, height_ = 36, number_ = 0, id_ = 0;
  Names words_;
  Place place_{20, 10};
  Rectangle rectangle_{};
  bool found_ = false;           // the frame before had a mask with the person
  std::map<int, Place> places_;  // of this size's frames, by number
  std::map<int, Place> truth_;
  Redact redact_{"classes=person max-age=300 dilate=80", "RGB", 48, 36};
};

TEST(RedactWalk, NoPixelOfThePersonIsSeenInTenThousandFrames) {
  Walk walk;
  walk.run();
  // Most frames came out, and many of them show what is not of the person.
  EXPECT_GT(walk.seen, kFrames * 9 / 10);
  EXPECT_GT(walk.partly_seen, kFrames / 4);
  EXPECT_GT(walk.statistic("by-mask"), 3000U);
  EXPECT_GT(walk.statistic("whole"), 1000U);
}

}  // namespace
}  // namespace naclip::testing
