// Compares masks with the true ones.
//
//   naclip-score TRUE.mkv FOUND.mkv VOCABULARY.txt
//   naclip-score --video VIDEO [--noise SIGMA] [--seed NUMBER] [--frames NUMBER]
//                TRUE.mkv VOCABULARY.txt [property=value]...
//
// The files of masks hold region ids of the vocabulary as grey video without loss, as naclipmask
// makes it and pipelines/record-masks.launch records it. Every frame of FOUND is compared with the
// frame of TRUE at the same time. With --video the masks are found there and then: VIDEO is
// decoded, Gaussian noise of SIGMA levels is added to its RGB samples, and naclipsegment segments
// it with these properties.
//
// Prints intersection over union of each class that TRUE holds, of all frames together, what was
// found that is never there, how many labels change from frame to frame where the true ones do not,
// and last the mean over the classes, as `mIoU 0.123`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "label_counts.h"
#include "model/vocabulary.h"
#include "sensor_noise.h"
#include "video_reader.h"

namespace {

using naclip::examples::add_noise;
using naclip::examples::LabelCounts;
using naclip::examples::Labels;
using naclip::examples::SensorNoise;
using naclip::examples::VideoReader;

constexpr const char *kUsage =
    "usage: naclip-score TRUE.mkv FOUND.mkv VOCABULARY.txt\n"
    "       naclip-score --video VIDEO [--noise SIGMA] [--seed NUMBER] [--frames NUMBER]\n"
    "                    TRUE.mkv VOCABULARY.txt [property=value]...\n";

struct Arguments {
  std::string video;
  SensorNoise noise;
  std::uint64_t frames = 0;  // 0: all
  std::vector<std::string> files, properties;
};

Arguments parse(const std::vector<std::string> &words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string &word = words[i];
    const auto value = [&] {
      if (i + 1 == words.size()) throw std::invalid_argument(word + " needs a value");
      return words[++i];
    };
    if (word == "--video")
      arguments.video = value();
    else if (word == "--noise")
      arguments.noise.sigma = std::stod(value());
    else if (word == "--seed")
      arguments.noise.seed = static_cast<std::uint32_t>(std::stoul(value()));
    else if (word == "--frames")
      arguments.frames = std::stoul(value());
    else if (word.starts_with("--"))
      throw std::invalid_argument("there is no option " + word);
    else if (arguments.files.size() < (arguments.video.empty() ? 3 : 2))
      arguments.files.push_back(word);
    else
      arguments.properties.push_back(word);
  }
  if (arguments.files.size() < (arguments.video.empty() ? 3 : 2))
    throw std::invalid_argument("files are missing");
  if (arguments.video.empty() && !arguments.properties.empty())
    throw std::invalid_argument("properties go with --video");
  return arguments;
}

/// The masks that naclipsegment finds.
std::unique_ptr<VideoReader> segmenting_reader(const Arguments &arguments) {
  auto reader = std::make_unique<VideoReader>(
      arguments.video,
      "decodebin ! videoconvert ! video/x-raw,format=RGB ! identity name=clean ! "
      "naclipsegment name=segment ! naclipmask output=labels ! video/x-raw,format=GRAY8");
  g_autoptr(GstElement) segment = reader->element("segment");
  g_object_set(segment, "vocabulary-file", arguments.files[1].c_str(), nullptr);
  for (const std::string &property : arguments.properties) {
    const std::string name = property.substr(0, property.find('='));
    if (name == property ||
        !g_object_class_find_property(G_OBJECT_GET_CLASS(segment), name.c_str()))
      throw std::invalid_argument("naclipsegment has no property " + name);
    gst_util_set_object_arg(G_OBJECT(segment), name.c_str(),
                            property.substr(name.size() + 1).c_str());
  }
  if (arguments.noise.sigma > 0.0) {
    g_autoptr(GstElement) clean = reader->element("clean");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(clean, "src");
    add_noise(pad, arguments.noise);
  }
  return reader;
}

GstClockTime time_of(GstSample *sample) {
  return GST_BUFFER_PTS(gst_sample_get_buffer(sample));
}

LabelCounts compare(VideoReader &truth, VideoReader &found, std::uint64_t frames) {
  LabelCounts counts;
  g_autoptr(GstSample) expected = truth.next();
  while (frames == 0 || counts.frames() < frames) {
    g_autoptr(GstSample) sample = found.next();
    if (!sample) break;
    while (expected && time_of(expected) < time_of(sample)) {
      gst_sample_unref(expected);
      expected = truth.next();
    }
    if (!expected || time_of(expected) != time_of(sample)) {
      throw std::runtime_error("there is no true mask at " +
                               std::to_string(time_of(sample) / GST_MSECOND) + " ms");
    }
    counts.add(Labels(expected), Labels(sample));
  }
  if (!found.error().empty()) throw std::runtime_error(found.error());
  if (counts.frames() == 0) throw std::runtime_error("there is no grey frame to compare");
  return counts;
}

LabelCounts compare(const Arguments &arguments) {
  const std::string decoder = "decodebin ! video/x-raw,format=GRAY8";
  VideoReader truth(arguments.files[0], decoder);
  if (arguments.video.empty()) {
    VideoReader found(arguments.files[1], decoder);
    return compare(truth, found, arguments.frames);
  }
  return compare(truth, *segmenting_reader(arguments), arguments.frames);
}

void print_scores(const LabelCounts &counts, const naclip::Vocabulary &vocabulary) {
  const auto &regions = vocabulary.regions();
  double sum = 0.0;
  int classes = 0;
  std::uint64_t astray = 0, alike = 0, all = 0;
  for (std::size_t id = 0; id < LabelCounts::kIds; ++id) {
    all += counts.found(id);
    alike += counts.both(id);
    if (counts.there(id) == 0) {
      if (id != 0) astray += counts.found(id);  // 0 is nothing
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
  std::printf("%llu frames, %.4f %% of the pixels were called something that is never there\n",
              static_cast<unsigned long long>(counts.frames()),
              100.0 * static_cast<double>(astray) / static_cast<double>(all));
  std::printf("agreement %.4f of the pixels\n",
              static_cast<double>(alike) / static_cast<double>(all));
  std::printf("false changes %.4f of a frame's steady pixels\n", counts.false_changes());
  std::printf("mIoU %.3f\n", sum / classes);
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  try {
    const Arguments arguments = parse({argv + 1, argv + argc});
    const naclip::Vocabulary vocabulary = naclip::Vocabulary::parse_file(arguments.files.back());
    print_scores(compare(arguments), vocabulary);
  } catch (const std::invalid_argument &error) {
    std::cerr << "naclip-score: " << error.what() << '\n' << kUsage;
    return 2;
  } catch (const std::exception &error) {
    std::cerr << "naclip-score: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
