// How long naclipredact takes for a frame of 1920 x 1080, on one thread: discs that move all over the
// picture, of which a fifth is covered, a mask of 597 x 336 as naclipsegment makes it, half a second
// of hold.
// Checks what was covered before it takes the time, and prints lines of JSON: quartiles of the
// seconds a frame takes.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core/utility.hpp>
#include <string>
#include <vector>

#include "elements/redact/cover_memory.h"
#include "elements/redact/redactor.h"
#include "grey_frame.h"

namespace {

using namespace naclip;
using bench::Frame, bench::kHeight, bench::kWidth;

constexpr int kMaskWidth = 597, kMaskHeight = 336;
constexpr int kFrames = 100;
constexpr std::int64_t kStep = 40'000'000, kHold = 500'000'000;  // ns

/// Region 1 in discs, 0 elsewhere.
cv::Mat labels(int frame) {
  cv::Mat map(kMaskHeight, kMaskWidth, CV_8UC1, cv::Scalar(0));
  for (int y = 0; y < map.rows; ++y)
    for (int x = 0; x < map.cols; ++x) {
      const int column = (x + frame / 2) % 150 - 75, row = y % 112 - 56;
      if (column * column + row * row < 26 * 26) map.at<std::uint8_t>(y, x) = 1;
    }
  return map;
}

class Stream {
 public:
  Stream(PixelFormat format, RedactMode mode) : frame_(format), style_{mode, 0xffffff, 0.25} {
    for (int i = 0; i < 10; ++i) labels_.push_back(labels(i));
  }

  void next() {
    const cv::Rect whole(0, 0, kWidth, kHeight);
    const cv::Mat &map = labels_[static_cast<std::size_t>(index_) % labels_.size()];
    memory_.add(cells_to_cover(map, {false, true}, false), whole, index_ * kStep);
    const CoveredArea area = memory_.area(whole.size(), index_ * kStep - kHold, 12);
    redactor_.draw(frame_.canvas(), area, style_);
    ++index_;
  }

  /// The part of the picture that shows white.
  double covered() {
    const auto end = frame_.bytes.begin() + kWidth * kHeight;
    return static_cast<double>(std::count(frame_.bytes.begin(), end, 235)) / (kWidth * kHeight);
  }

 private:
  Frame frame_;
  RedactStyle style_;
  std::vector<cv::Mat> labels_;
  CoverMemory memory_;
  Redactor redactor_;
  int index_ = 0;
};

void print(const std::string &stage, Stream stream) {
  std::vector<double> times;
  for (int i = 0; i <= kFrames; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    stream.next();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    if (i > 0) times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"stage\": \"%s\", \"seconds\": [%.6f, %.6f, %.6f], \"repeats\": %d, \"threads\": 1}\n",
      stage.c_str(), times[kFrames / 4], times[kFrames / 2], times[kFrames * 3 / 4], kFrames);
}

}  // namespace

int main() {
  cv::setNumThreads(1);
  Stream stream(PixelFormat::kI420, RedactMode::kFill);
  for (int i = 0; i < 10; ++i) stream.next();
  if (const double covered = stream.covered(); std::abs(covered - 0.2) > 0.02) {
    std::fprintf(stderr, "%.3f of the picture is covered where it should be a fifth\n", covered);
    return EXIT_FAILURE;
  }
  const struct {
    const char *name;
    PixelFormat format;
  } formats[] = {{"i420", PixelFormat::kI420},
                 {"nv12", PixelFormat::kNv12},
                 {"rgb", PixelFormat::kRgb},
                 {"rgbx", PixelFormat::kRgbx}};
  for (const auto &[name, format] : formats) {
    print(std::string("redact-fill-") + name, {format, RedactMode::kFill});
    print(std::string("redact-pixelate-") + name, {format, RedactMode::kPixelate});
    print(std::string("redact-blur-") + name, {format, RedactMode::kBlur});
  }
  return EXIT_SUCCESS;
}
