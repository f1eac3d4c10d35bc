#include "mask_carrier.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <string>

#include "error.h"
#include "scene_cut.h"

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

/// Runs `work` on this thread alone. OpenCV's loops inside a loop of its own stay on their thread, whatever
/// number of threads the process has set; one with a single turn stays on its caller's.
void on_this_thread(const std::function<void()> &work) {
  cv::parallel_for_(cv::Range(0, 1), [&](const cv::Range &) { work(); });
}

/// The plane that brightness is read from.
cv::Mat first_plane(const Picture &frame) {
  int type = CV_8UC1;
  switch (frame.format) {
    case PixelFormat::kRgb:
    case PixelFormat::kBgr:
      type = CV_8UC3;
      break;
    case PixelFormat::kRgbx:
    case PixelFormat::kBgrx:
    case PixelFormat::kRgba:
    case PixelFormat::kBgra:
      type = CV_8UC4;
      break;
    case PixelFormat::kGray8:
    case PixelFormat::kI420:
    case PixelFormat::kNv12:
      break;
  }
  // OpenCV's type is not for reading alone; nothing is written.
  auto *memory = const_cast<std::uint8_t *>(frame.planes[0]);
  // A single line's stride tells nothing, and OpenCV checks it.
  return frame.height == 1 ? cv::Mat(1, frame.width, type, memory)
                           : cv::Mat(frame.height, frame.width, type, memory,
                                     static_cast<std::size_t>(frame.strides[0]));
}

cv::Mat to_grey(const cv::Mat &picture, PixelFormat format) {
  if (picture.channels() == 1) return picture;
  const bool red_first =
      format == PixelFormat::kRgb || format == PixelFormat::kRgbx || format == PixelFormat::kRgba;
  cv::Mat grey;
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

FlowPicture::Content shrink(const Picture &frame) {
  FlowPicture::Content content;
  const cv::Mat plane = first_plane(frame);
  // By a whole number: OpenCV averages such squares several times faster than others.
  const int factor = std::max(
      1, static_cast<int>(std::lround(std::min(frame.width, frame.height) / double{kShortSide})));
  const int width = std::max(1, frame.width / factor), height = std::max(1, frame.height / factor);
  content.width = static_cast<double>(frame.width) / factor;
  content.height = static_cast<double>(frame.height) / factor;
  cv::Mat small;
  if (factor == 1)
    small = plane.clone();
  else
    cv::resize(plane(cv::Rect(0, 0, width * factor, height * factor)), small,
               cv::Size(width, height), 0, 0, cv::INTER_AREA);
  content.grey = to_grey(small, frame.format);
  content.thumbnail = thumbnail_of(content.grey);
  return content;
}

/// Along one side of the mask, where its pixels lie between the flow's.
struct Taps {
  std::vector<int> first, second;
  std::vector<float> weight;  // of the second

  Taps(int mask, int flow, double whole) {
    for (int i = 0; i < mask; ++i) {
      const double place =
          std::clamp((i + 0.5) * whole / mask - 0.5, 0.0, static_cast<double>(flow - 1));
      first.push_back(static_cast<int>(place));
      second.push_back(std::min(first.back() + 1, flow - 1));
      weight.push_back(static_cast<float>(place - first.back()));
    }
  }
};

/// Reads each label where the flow says that it came from.
template <class Label>
void look_up(const MaskView &mask, const cv::Mat &flow, const FlowPicture::Content &shape,
             std::uint8_t *carried) {
  const Taps rows(mask.height, flow.rows, shape.height),
      columns(mask.width, flow.cols, shape.width);
  // From the flow's pixels to the mask's.
  const auto across = static_cast<float>(mask.width / shape.width);
  const auto down = static_cast<float>(mask.height / shape.height);
  std::vector<cv::Vec2f> line(static_cast<std::size_t>(flow.cols));
  const auto *labels = reinterpret_cast<const Label *>(mask.labels);
  auto *target = reinterpret_cast<Label *>(carried);
  for (int y = 0; y < mask.height; ++y) {
    const auto row = static_cast<std::size_t>(y);
    const auto *above = flow.ptr<cv::Vec2f>(rows.first[row]),
               *below = flow.ptr<cv::Vec2f>(rows.second[row]);
    for (int x = 0; x < flow.cols; ++x) {
      const cv::Vec2f way = above[x] + rows.weight[row] * (below[x] - above[x]);
      line[static_cast<std::size_t>(x)] = {way[0] * across, way[1] * down};
    }
    for (int x = 0; x < mask.width; ++x) {
      const auto column = static_cast<std::size_t>(x);
      const cv::Vec2f &left = line[static_cast<std::size_t>(columns.first[column])];
      const cv::Vec2f &right = line[static_cast<std::size_t>(columns.second[column])];
      const float part = columns.weight[column];
      const float from_x = static_cast<float>(x) + 0.5F + left[0] + part * (right[0] - left[0]);
      const float from_y = static_cast<float>(y) + 0.5F + left[1] + part * (right[1] - left[1]);
      const int source_x =
          static_cast<int>(std::clamp(from_x, 0.0F, static_cast<float>(mask.width - 1)));
      const int source_y =
          static_cast<int>(std::clamp(from_y, 0.0F, static_cast<float>(mask.height - 1)));
      *target++ = labels[static_cast<std::ptrdiff_t>(source_y) * mask.width + source_x];
    }
  }
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

FlowPicture FlowPicture::of(const Picture &frame) {
  require(frame.width >= 1 && frame.height >= 1 && frame.planes[0] != nullptr,
          "A picture needs a size of at least 1 x 1 and its planes");
  require(frame.cuda_device < 0, "Flow is computed on pictures in host memory");
  FlowPicture picture;
  try {
    on_this_thread([&] { picture.content_ = std::make_shared<const Content>(shrink(frame)); });
  } catch (const cv::Exception &error) {
    throw Error(ErrorKind::kInference, "OpenCV failed while shrinking a frame", error.what());
  }
  return picture;
}

class MaskCarrier::Impl {
 public:
  Impl() : search_(cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)) {
    if (const char *e = std::getenv("CARRY_PRESET"))
      search_ = cv::DISOpticalFlow::create(std::atoi(e));
    if (const char *e = std::getenv("CARRY_FINEST")) search_->setFinestScale(std::atoi(e));
  }

  bool carry(const FlowPicture &source, const FlowPicture &now, const MaskView &mask,
             std::vector<std::uint8_t> &carried) {
    const FlowPicture::Content &from = *source.content(), &to = *now.content();
    if (from.grey.size() != to.grey.size() || from.width != to.width || from.height != to.height) {
      reset();
      return false;
    }
    if (!follow(source, now)) return false;
    carried.resize(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height) *
                   static_cast<std::size_t>(mask.bytes_per_label));
    if (mask.bytes_per_label == 1)
      look_up<std::uint8_t>(mask, flow_, to, carried.data());
    else
      look_up<std::uint16_t>(mask, flow_, to, carried.data());
    return true;
  }

  void reset() {
    flow_.release();
    source_ = {};
  }

 private:
  /// Brings flow_ up to date; false at a scene cut.
  bool follow(const FlowPicture &source, const FlowPicture &now) {
    const FlowPicture::Content &from = *source.content(), &to = *now.content();
    if (source_.content() != &from) {
      flow_.release();
      source_ = source;
    }
    const BlockMotion motion = match_blocks(from.thumbnail, to.thumbnail);
    if (motion.unexplained > 0.5) {
      reset();
      return false;
    }
    if (flow_.empty()) flow_ = flow_of(motion, to.thumbnail, to.grey.size());
    if (std::min(to.grey.rows, to.grey.cols) < kLeastSide)
      flow_ = cv::Mat::zeros(to.grey.size(), CV_32FC2);
    else
      search_->calc(to.grey, from.grey, flow_);
    return true;
  }

  cv::Ptr<cv::DISOpticalFlow> search_;
  FlowPicture source_;
  cv::Mat
      flow_;  // [height, width] of the small picture, 2 floats: from `now` to `source`, its pixels
};

MaskCarrier::MaskCarrier() : impl_(std::make_unique<Impl>()) {}
MaskCarrier::~MaskCarrier() = default;
MaskCarrier::MaskCarrier(MaskCarrier &&) noexcept = default;
MaskCarrier &MaskCarrier::operator=(MaskCarrier &&) noexcept = default;

bool MaskCarrier::carry(const FlowPicture &source, const FlowPicture &now, const MaskView &mask,
                        std::vector<std::uint8_t> &carried) {
  require(source && now, "A mask is carried from one picture to another: both are needed");
  require(mask.width >= 1 && mask.height >= 1 && mask.labels != nullptr &&
              (mask.bytes_per_label == 1 || mask.bytes_per_label == 2),
          "A mask needs a size of at least 1 x 1 and labels of 1 or 2 bytes");
  bool done = false;
  try {
    on_this_thread([&] { done = impl_->carry(source, now, mask, carried); });
  } catch (const cv::Exception &error) {
    throw Error(ErrorKind::kInference, "OpenCV failed while carrying a mask", error.what());
  }
  return done;
}

void MaskCarrier::reset() {
  impl_->reset();
}

std::vector<double> label_shares(const MaskView &mask, std::size_t regions) {
  std::vector<std::size_t> counts(mask.bytes_per_label == 2 ? 65536 : 256);
  const auto pixels = static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height);
  if (mask.bytes_per_label == 2) {
    for (std::size_t i = 0; i < pixels; ++i)
      ++counts[static_cast<std::size_t>(mask.labels[2 * i] | mask.labels[2 * i + 1] << 8)];
  } else {
    for (std::size_t i = 0; i < pixels; ++i) ++counts[mask.labels[i]];
  }
  std::vector<double> shares(regions);
  for (std::size_t label = 0; label < std::min(regions, counts.size()); ++label)
    shares[label] = static_cast<double>(counts[label]) / static_cast<double>(pixels);
  return shares;
}

}  // namespace naclip
