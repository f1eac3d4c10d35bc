// How long naclippublish takes for a frame of 1280 x 720 with ten classes, on one thread: a mask of
// blobs with ragged edges, as large as naclipsegment makes it by default (597 x 336), and as large
// as the frame.
// Checks what was written before it takes the time, and prints lines of JSON: quartiles of the
// seconds a frame takes.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "elements/publish/messages.h"

namespace {

using namespace naclip;

constexpr int kWidth = 1280, kHeight = 720, kClasses = 10, kFrames = 200;

/// Where each of ten classes and nothing has the highest of as many smooth random scores, which
/// change over an eighth of the height; the edges are ragged by what changes over three pixels of
/// the network's input.
cv::Mat labels(cv::Size size) {
  cv::theRNG().state = 5;
  cv::Mat map(size, CV_8UC1, cv::Scalar(0)), best(size, CV_32FC1, cv::Scalar(-1));
  for (int id = 0; id <= kClasses; ++id) {
    cv::Mat scores(8, 14, CV_32FC1), ragged(112, 199, CV_32FC1), noise;
    cv::randu(scores, 0, 1);
    cv::randn(ragged, 0, 0.01);
    cv::resize(scores, scores, size, 0, 0, cv::INTER_CUBIC);
    cv::resize(ragged, noise, size);
    scores += noise;
    const cv::Mat better = scores > best;
    scores.copyTo(best, better);
    map.setTo(id, better);
  }
  return map;
}

class Stream {
 public:
  explicit Stream(cv::Size size)
      : mask_(buffer_of(labels(size))), shown_(FrameMask(mask_.get(), {0, 0, kWidth, kHeight})) {
    for (int id = 0; id <= kClasses; ++id) {
      MaskRegion region = unnamed_region(static_cast<std::size_t>(id));
      region.confidence = 0.71234;
      shown_.mask.regions.push_back(region);
      shown_.chosen.push_back(id > 0);
    }
    shown_.mask.count_shares();
    shown_.mask.source_pts = 0;
    facts_.pts = GST_SECOND;
    facts_.width = kWidth;
    facts_.height = kHeight;
  }

  const std::string &next(unsigned content) {
    ++facts_.sequence;
    return writer_.frame(facts_, &shown_, content, 1);
  }

 private:
  static Ptr<GstBuffer> buffer_of(const cv::Mat &map) {
    Ptr<GstBuffer> buffer(gst_buffer_new_allocate(nullptr, map.total(), nullptr));
    gst_buffer_fill(buffer.get(), 0, map.data, map.total());
    gsize offset[GST_VIDEO_MAX_PLANES] = {};
    gint stride[GST_VIDEO_MAX_PLANES] = {map.cols};
    gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8,
                                   static_cast<guint>(map.cols), static_cast<guint>(map.rows), 1,
                                   offset, stride);
    return buffer;
  }

  Ptr<GstBuffer> mask_;
  ChosenMask shown_;
  FrameFacts facts_;
  MessageWriter writer_{"door"};
};

void print(const std::string &stage, Stream &stream, unsigned content) {
  std::vector<double> times;
  std::size_t bytes = 0;
  for (int i = 0; i <= kFrames; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    bytes = stream.next(content).size();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    if (i > 0) times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"stage\": \"%s\", \"seconds\": [%.7f, %.7f, %.7f], \"repeats\": %d, \"threads\": 1, "
      "\"bytes\": %zu}\n",
      stage.c_str(), times[kFrames / 4], times[kFrames / 2], times[kFrames * 3 / 4], kFrames,
      bytes);
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  cv::setNumThreads(1);
  const struct {
    const char *name;
    unsigned content;
  } contents[] = {{"shares", kShares}, {"boxes", kBoxes}, {"rle", kRle}, {"polygons", kPolygons}};
  for (const auto &[suffix, size] :
       {std::pair{"input", cv::Size(597, 336)}, {"frame", cv::Size(kWidth, kHeight)}}) {
    Stream stream(size);
    const std::string text = stream.next(kShares | kBoxes | kRle | kPolygons);
    const auto count = [&](const std::string &word) {
      int found = 0;
      for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++found;
      return found;
    };
    for (const char *word : {"\"share\"", "\"box\"", "\"counts\"", "\"polygons\":[[[["})
      if (count(word) != kClasses) {
        std::fprintf(stderr, "%s is not there once for each class\n", word);
        return EXIT_FAILURE;
      }
    for (const auto &[name, content] : contents)
      print(std::string("publish-") + name + "-" + suffix, stream, content);
  }
  return EXIT_SUCCESS;
}
