// Compares the masks of a recording with the true ones.
//
//   naclip-score TRUE.mkv FOUND.mkv VOCABULARY.txt
//
// Both files hold region ids of the vocabulary as grey video without loss, as naclipmask makes it
// and pipelines/record-masks.launch records it. Every frame of FOUND is compared with the frame of
// TRUE at the same time. Prints intersection over union of each class that TRUE holds, of all
// frames together, what was found that is never there, and last the mean, as `mIoU 0.123`.
#include <gst/video/video.h>

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "video_reader.h"
#include "vocabulary.h"

namespace {

using naclip::examples::VideoReader;

constexpr std::size_t kIds = 256;

/// Pixels of each id: where it is, where it was found, and where both agree.
struct Counts {
  std::vector<std::uint64_t> there = std::vector<std::uint64_t>(kIds);
  std::vector<std::uint64_t> found = std::vector<std::uint64_t>(kIds);
  std::vector<std::uint64_t> both = std::vector<std::uint64_t>(kIds);
  std::uint64_t frames = 0;

  double iou(std::size_t id) const {
    return static_cast<double>(both[id]) / static_cast<double>(there[id] + found[id] - both[id]);
  }
};

/// A decoded frame of labels, mapped for reading.
class Labels {
 public:
  explicit Labels(GstSample *sample) {
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_video_frame_map(&frame_, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
      throw std::runtime_error("a frame cannot be read");
    }
  }
  ~Labels() { gst_video_frame_unmap(&frame_); }
  Labels(const Labels &) = delete;
  Labels &operator=(const Labels &) = delete;

  int width() const { return GST_VIDEO_FRAME_WIDTH(&frame_); }
  int height() const { return GST_VIDEO_FRAME_HEIGHT(&frame_); }
  const std::uint8_t *row(int y) const {
    return static_cast<const std::uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, 0)) +
           static_cast<std::ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, 0);
  }

 private:
  GstVideoFrame frame_;
};

void compare(Counts &counts, const Labels &truth, const Labels &found) {
  if (truth.width() != found.width() || truth.height() != found.height()) {
    throw std::runtime_error("the two recordings have frames of different sizes");
  }
  for (int y = 0; y < truth.height(); ++y) {
    const std::uint8_t *expected = truth.row(y), *actual = found.row(y);
    for (int x = 0; x < truth.width(); ++x) {
      ++counts.there[expected[x]];
      ++counts.found[actual[x]];
      if (expected[x] == actual[x]) ++counts.both[expected[x]];
    }
  }
  ++counts.frames;
}

GstClockTime time_of(GstSample *sample) {
  return GST_BUFFER_PTS(gst_sample_get_buffer(sample));
}

Counts compare_files(const std::string &true_path, const std::string &found_path) {
  const std::string decoder = "decodebin ! video/x-raw,format=GRAY8";
  VideoReader truth(true_path, decoder), found(found_path, decoder);
  Counts counts;
  g_autoptr(GstSample) expected = truth.next();
  while (g_autoptr(GstSample) sample = found.next()) {
    while (expected && time_of(expected) < time_of(sample)) {
      gst_sample_unref(expected);
      expected = truth.next();
    }
    if (!expected || time_of(expected) != time_of(sample)) {
      throw std::runtime_error(true_path + " has no frame at " +
                               std::to_string(time_of(sample) / GST_MSECOND) + " ms");
    }
    compare(counts, Labels(expected), Labels(sample));
  }
  if (counts.frames == 0) throw std::runtime_error(found_path + " holds no grey frame");
  return counts;
}

void print_scores(const Counts &counts, const naclip::Vocabulary &vocabulary) {
  const auto &regions = vocabulary.regions();
  double sum = 0.0;
  int classes = 0;
  std::uint64_t astray = 0, alike = 0, all = 0;
  for (std::size_t id = 0; id < kIds; ++id) {
    all += counts.found[id];
    alike += counts.both[id];
    if (counts.there[id] == 0) {
      astray += counts.found[id];
      continue;
    }
    if (id >= regions.size()) {
      throw std::runtime_error("the true masks hold id " + std::to_string(id) +
                               ", which the vocabulary does not have");
    }
    std::printf("  %.3f  %s\n", counts.iou(id), regions[id].label.c_str());
    sum += counts.iou(id);
    ++classes;
  }
  std::printf("%llu frames, %.1f %% of the pixels were called something that is never there\n",
              static_cast<unsigned long long>(counts.frames),
              100.0 * static_cast<double>(astray) / static_cast<double>(all));
  std::printf("agreement %.4f of the pixels\n",
              static_cast<double>(alike) / static_cast<double>(all));
  std::printf("mIoU %.3f\n", sum / classes);
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 4) {
    std::cerr << "usage: naclip-score TRUE.mkv FOUND.mkv VOCABULARY.txt\n";
    return 2;
  }
  try {
    const naclip::Vocabulary vocabulary = naclip::Vocabulary::parse_file(argv[3]);
    print_scores(compare_files(argv[1], argv[2]), vocabulary);
  } catch (const std::exception &error) {
    std::cerr << "naclip-score: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
