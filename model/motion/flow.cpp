#include "model/motion/flow.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <string>

#include "model/error.h"
#include "model/motion/scene_cut.h"
#include "model/process/process_exit.h"

namespace naclip {

struct FlowPicture::Content {
  cv::Mat grey;  // 8 bits
  Thumbnail thumbnail;
  // The frame's size in pixels of `grey`, which leaves out a rest at the right and at the bottom.
  double width = 0.0, height = 0.0;
};

namespace {

constexpr int kShortSide = 120;
// The search's patches have 8 pixels; below two of them there is nothing to search.
constexpr int kLeastSide = 16;

/// Runs `work` on this thread alone. OpenCV's loops inside a loop of its own stay on their thread,
/// whatever number of threads the process has set; one with a single turn stays on its caller's.
void on_this_thread(const std::function<void()> &work) {
  const ExitSection section;
  cv::parallel_for_(cv::Range(0, 1), [&](const cv::Range &) { work(); });
}

/// The plane that brightness is read from, with as many channels as a pixel has bytes there.
cv::Mat first_plane(const Picture &frame) {
  const int type = CV_8UC(layout_of(frame.format).channels[0].step);
  // OpenCV's type is not for reading alone; nothing is written.
  auto *memory = const_cast<std::uint8_t *>(frame.planes[0]);
  // A single line's stride tells nothing, and OpenCV checks it.
  return frame.height == 1 ? cv::Mat(1, frame.width, type, memory)
                           : cv::Mat(frame.height, frame.width, type, memory,
                                     static_cast<std::size_t>(frame.strides[0]));
}

cv::Mat to_grey(const cv::Mat &picture, PixelFormat format) {
  const PixelLayout &layout = layout_of(format);
  if (picture.channels() == 1) return picture;
  cv::Mat grey;
  if (layout.ycbcr) {
    cv::extractChannel(picture, grey, layout.channels[0].offset);
    return grey;
  }
  const bool red_first = layout.channels[0].offset == 0;
  if (picture.channels() == 3)
    cv::cvtColor(picture, grey, red_first ? cv::COLOR_RGB2GRAY : cv::COLOR_BGR2GRAY);
  else
    cv::cvtColor(picture, grey, red_first ? cv::COLOR_RGBA2GRAY : cv::COLOR_BGRA2GRAY);
  return grey;
}

Thumbnail thumbnail_of(const cv::Mat &grey) {
  const ThumbnailSize size = thumbnail_size(grey.rows, grey.cols);
  Thumbnail thumbnail{1, size.height, size.width, {}};
  thumbnail.values.resize(static_cast<std::size_t>(size.height) *
                          static_cast<std::size_t>(size.width));
  cv::Mat target(size.height, size.width, CV_32F, thumbnail.values.data()), levels;
  grey.convertTo(levels, CV_32F);
  cv::resize(levels, target, target.size(), 0, 0, cv::INTER_AREA);
  return thumbnail;
}

/// The first plane of a frame in host memory, shrunk.
cv::Mat shrink(const Picture &frame) {
  const cv::Mat plane = first_plane(frame);
  const int factor = FlowPicture::factor_of(frame);
  if (factor == 1) return plane.clone();
  const int width = frame.width / factor, height = frame.height / factor;
  cv::Mat small = plane(cv::Rect(0, 0, width * factor, height * factor));
  // OpenCV averages squares of four pixels in vectors, and larger ones one by one.
  for (int left = factor; left > 1;) {
    const int step = left % 2 == 0 ? 2 : left;
    cv::Mat smaller;
    cv::resize(small, smaller, small.size() / step, 0, 0, cv::INTER_AREA);
    small = smaller;
    left /= step;
  }
  return small;
}

/// small: the frame's first plane, shrunk; memory of its own.
FlowPicture::Content content_of(const Picture &frame, const cv::Mat &small) {
  FlowPicture::Content content;
  const double factor = FlowPicture::factor_of(frame);
  content.width = frame.width / factor;
  content.height = frame.height / factor;
  content.grey = to_grey(small, frame.format);
  content.thumbnail = thumbnail_of(content.grey);
  return content;
}

/// The blocks' motion as a first guess of the flow.
cv::Mat flow_of(const BlockMotion &motion, const Thumbnail &thumbnail, cv::Size size) {
  cv::Mat blocks(motion.rows, motion.columns, CV_32FC2);
  const float across = static_cast<float>(size.width) / static_cast<float>(thumbnail.width);
  const float down = static_cast<float>(size.height) / static_cast<float>(thumbnail.height);
  for (int y = 0; y < motion.rows; ++y) {
    for (int x = 0; x < motion.columns; ++x) {
      const auto index = static_cast<std::size_t>(y * motion.columns + x);
      blocks.at<cv::Vec2f>(y, x) = {static_cast<float>(motion.dx[index]) * across,
                                    static_cast<float>(motion.dy[index]) * down};
    }
  }
  cv::Mat flow;
  cv::resize(blocks, flow, size, 0, 0, cv::INTER_LINEAR);
  return flow;
}

void require(bool condition, const char *message) {
  if (!condition) throw Error(ErrorKind::kSettings, message);
}

}  // namespace

// By a whole number: OpenCV averages such squares several times faster than others.
int FlowPicture::factor_of(const Picture &frame) {
  return std::max(
      1, static_cast<int>(std::lround(std::min(frame.width, frame.height) / double{kShortSide})));
}

template <class Shrink>
FlowPicture FlowPicture::from(const Picture &frame, const Shrink &shrink) {
  require(frame.width >= 1 && frame.height >= 1 && frame.planes[0] != nullptr,
          "A picture needs a size of at least 1 x 1 and its planes");
  FlowPicture picture;
  try {
    on_this_thread(
        [&] { picture.content_ = std::make_shared<const Content>(content_of(frame, shrink())); });
  } catch (const cv::Exception &error) {
    throw Error(ErrorKind::kInference, "OpenCV failed while shrinking a frame", error.what());
  }
  return picture;
}

FlowPicture FlowPicture::of(const Picture &frame) {
  require(frame.cuda_device < 0, "Flow is computed on pictures in host memory");
  return from(frame, [&] { return shrink(frame); });
}

FlowPicture FlowPicture::of(const Picture &frame, std::vector<std::uint8_t> shrunk) {
  const int factor = factor_of(frame), step = layout_of(frame.format).channels[0].step;
  const int width = frame.width / factor, height = frame.height / factor;
  require(shrunk.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                               static_cast<std::size_t>(step),
          "The shrunk plane has another size than the frame leads to");
  return from(frame, [&] { return cv::Mat(height, width, CV_8UC(step), shrunk.data()).clone(); });
}

class FlowSearch::Impl {
 public:
  explicit Impl(FlowDetail detail)
      : search_(cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)) {
    search_->setFinestScale(detail == FlowDetail::kFine ? 0 : 1);
    // It costs as much as the search and finds edges no better, with or without noise
    // (docs/benchmarks.md).
    search_->setVariationalRefinementIterations(0);
  }

  /// Brings flow_ up to date; false where there is none.
  bool follow(const FlowPicture &source, const FlowPicture &now) {
    const FlowPicture::Content &from = *source.content(), &to = *now.content();
    if (from.grey.size() != to.grey.size() || from.width != to.width || from.height != to.height) {
      reset();
      return false;
    }
    // Over a long way a scene may change as much as at a cut; from frame to frame it does not.
    const bool goes_on = source_.content() == &from && !flow_.empty();
    const Thumbnail &last = goes_on ? last_.content()->thumbnail : from.thumbnail;
    const BlockMotion motion = match_blocks(last, to.thumbnail);
    if (is_scene_cut(motion)) {
      reset();
      return false;
    }
    if (!goes_on) flow_ = flow_of(motion, to.thumbnail, to.grey.size());
    source_ = source;
    last_ = now;
    if (std::min(to.grey.rows, to.grey.cols) < kLeastSide)
      flow_ = cv::Mat::zeros(to.grey.size(), CV_32FC2);
    else
      search_->calc(to.grey, from.grey, flow_);
    field_ = {to.grey.cols, to.grey.rows, to.width, to.height, flow_.ptr<float>()};
    return true;
  }

  const FlowField &field() const { return field_; }

  void reset() {
    flow_.release();
    source_ = last_ = {};
    field_ = {};
  }

 private:
  cv::Ptr<cv::DISOpticalFlow> search_;
  FlowPicture source_, last_;
  cv::Mat flow_;
  FlowField field_;
};

FlowSearch::FlowSearch(FlowDetail detail) : impl_(std::make_unique<Impl>(detail)) {}
FlowSearch::~FlowSearch() = default;
FlowSearch::FlowSearch(FlowSearch &&) noexcept = default;
FlowSearch &FlowSearch::operator=(FlowSearch &&) noexcept = default;

bool FlowSearch::follow(const FlowPicture &source, const FlowPicture &now) {
  require(source && now, "Flow leads from one picture to another: both are needed");
  bool found = false;
  try {
    on_this_thread([&] { found = impl_->follow(source, now); });
  } catch (const cv::Exception &error) {
    throw Error(ErrorKind::kInference, "OpenCV failed while searching the flow", error.what());
  }
  return found;
}

const FlowField &FlowSearch::field() const {
  return impl_->field();
}

void FlowSearch::reset() {
  impl_->reset();
}

}  // namespace naclip
