// Figures of live streams: what a camera's frames wait for, how several share a model, what stays
// in memory.
//
//   live-benchmark live    SEGMENT seconds=600             one camera of 1280 x 720 at 30 frames a second
//   live-benchmark word    SEGMENT repeats=5               one new word while it plays
//   live-benchmark streams SEGMENT count=8 seconds=120     cameras of 4 sizes and 3 vocabularies on one model
//   live-benchmark batch   SEGMENT count=8 frames=5        the same as recordings, together and one after another
//   live-benchmark soak    SEGMENT frames=216000           two hours of frames, as fast as they go
//
// SEGMENT: the properties of naclipsegment, in one argument, the vocabulary left out. Prints one
// line of JSON.
#include <gst/gst.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "elements/segment/naclipsegment.h"
#include "live_camera.h"

namespace {

using namespace naclip;
using namespace naclip::bench;

constexpr const char *kWords =
    "aeroplane; bicycle; bird; boat; bottle; bus; car; cat; chair; cow; table; dog; horse; "
    "motorbike; person; plant; "
    "sheep; sofa; train; screen; background: wall, sky";
constexpr const char *kVocabularies[] = {kWords,
                                         "person; car, truck; tree, bush; background: sky, road",
                                         "cat; dog; horse; cow; sheep; bird"};
constexpr int kSizes[][2] = {{640, 360}, {1280, 720}, {480, 640}, {320, 240}};
constexpr const char *kPatterns[] = {"ball motion=sweep animation-mode=frames",
                                     "smpte horizontal-speed=5", "checkers-8 horizontal-speed=7",
                                     "zone-plate kx2=10 ky2=10 kt=3"};
constexpr double kMegabyte = 1024.0 * 1024.0;

class Options {
 public:
  Options(int argc, char **argv) {
    for (int i = 3; i < argc; ++i) {
      const char *equals = std::strchr(argv[i], '=');
      if (equals == nullptr) throw std::runtime_error(std::string(argv[i]) + " is not name=number");
      values_[std::string(argv[i]).substr(0, static_cast<std::size_t>(equals - argv[i]))] =
          std::atoi(equals + 1);
    }
  }
  int get(const std::string &name, int otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }

 private:
  std::map<std::string, int> values_;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void wait(int seconds) {
  g_usleep(static_cast<gulong>(seconds) * G_USEC_PER_SEC);
}

std::string with_vocabulary(const std::string &segment, const char *vocabulary) {
  return segment + " vocabulary=\"" + vocabulary + "\"";
}

double milliseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / GST_MSECOND;
}

void live(const std::string &segment, const Options &options) {
  const int seconds = options.get("seconds", 600), warm = std::min(seconds / 5, 60);
  Camera camera({1280, 720, -1, true, with_vocabulary(segment, kWords)});
  camera.play();
  wait(warm);
  camera.begin_measuring();
  const Resources early = resources();
  const auto begin = std::chrono::steady_clock::now();
  // The latter half apart: a latency that grows would show.
  wait((seconds - warm) / 2);
  const Times first_latency = camera.added_latency();
  wait(seconds - warm - (seconds - warm) / 2);
  const double played = seconds_since(begin);
  const std::uint64_t frames = camera.frames(), masks = camera.masks();
  const Times latency = camera.added_latency(), age = camera.mask_age();
  const Resources late = resources();
  std::printf(
      "{\"scenario\": \"live\", \"seconds\": %.1f, \"frames\": %llu, \"frames_expected\": %.0f, "
      "\"masks\": %llu, "
      "\"latency_ms\": [%.3f, %.3f, %.3f], \"latency_first_half_ms\": [%.3f, %.3f, %.3f], "
      "\"age_ms\": [%.0f, %.0f, %.0f], \"inferred\": %llu, \"inference_mean_ms\": %.0f, "
      "\"inference_p99_ms\": %.0f, "
      "\"resident_mb\": [%.1f, %.1f], \"descriptors\": [%d, %d], \"threads\": [%d, %d]}\n",
      played, static_cast<unsigned long long>(frames), played * 30,
      static_cast<unsigned long long>(masks), latency.median, latency.percentile_99,
      latency.greatest, first_latency.median, first_latency.percentile_99, first_latency.greatest,
      age.median, age.percentile_99, age.greatest,
      static_cast<unsigned long long>(camera.statistic("inferred")),
      milliseconds(camera.statistic("latency-mean")), milliseconds(camera.statistic("latency-p99")),
      early.resident / kMegabyte, late.resident / kMegabyte, early.descriptors, late.descriptors,
      early.threads, late.threads);
}

void word(const std::string &segment, const Options &options) {
  Camera camera({1280, 720, -1, true, with_vocabulary(segment, kWords)});
  camera.play();
  camera.wait_for_label("sofa");
  std::string vocabulary = kWords, taken;
  for (int i = 0; i < options.get("repeats", 5); ++i) {
    wait(2);
    const std::string label = "thing " + std::to_string(i + 1);
    vocabulary += "; " + label;
    camera.set("vocabulary", vocabulary);
    taken += (i > 0 ? ", " : "") + std::to_string(camera.wait_for_label(label));
  }
  std::printf(
      "{\"scenario\": \"word\", \"seconds\": [%s], \"inference_mean_ms\": %.0f, "
      "\"inference_p99_ms\": %.0f, \"latency_ms\": [%.3f, %.3f, %.3f]}\n",
      taken.c_str(), milliseconds(camera.statistic("latency-mean")),
      milliseconds(camera.statistic("latency-p99")), camera.added_latency().median,
      camera.added_latency().percentile_99, camera.added_latency().greatest);
}

CameraSettings camera_of(std::size_t index, int frames, bool live, const std::string &segment) {
  const auto &[width, height] = kSizes[index % 4];
  return {width,
          height,
          frames,
          live,
          with_vocabulary(segment, kVocabularies[index % 3]),
          kPatterns[index % 4]};
}

void streams(const std::string &segment, const Options &options) {
  const auto count = static_cast<std::size_t>(options.get("count", 8));
  std::vector<std::unique_ptr<Camera>> cameras;
  for (std::size_t i = 0; i < count; ++i)
    cameras.push_back(std::make_unique<Camera>(camera_of(i, -1, true, segment)));
  for (const auto &camera : cameras) camera->play();
  wait(options.get("seconds", 120) / 4);
  std::vector<std::uint64_t> before;
  for (const auto &camera : cameras) {
    camera->begin_measuring();
    before.push_back(camera->statistic("inferred"));
  }
  wait(options.get("seconds", 120));
  std::string shares;
  double greatest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    shares += (i > 0 ? ", " : "") + std::to_string(cameras[i]->statistic("inferred") - before[i]);
    greatest = std::max(greatest, cameras[i]->added_latency().percentile_99);
  }
  const Resources used = resources();
  std::printf(
      "{\"scenario\": \"streams\", \"inferred\": [%s], \"resident_mb\": %.1f, \"latency_p99_ms\": "
      "%.3f}\n",
      shares.c_str(), used.resident / kMegabyte, greatest);
}

/// All streams' checksums; together, or one element after another.
std::vector<std::vector<std::uint32_t>> record(const std::string &segment, std::size_t count,
                                               int frames, bool together, double &seconds) {
  // Keeps the model between the elements, so that loading is not timed.
  Camera holder({64, 48, 1, false, with_vocabulary(segment, "cat")});
  holder.play();
  holder.finish();
  std::vector<std::unique_ptr<Camera>> cameras;
  for (std::size_t i = 0; i < count; ++i)
    cameras.push_back(std::make_unique<Camera>(camera_of(i, frames, false, segment)));
  const auto begin = std::chrono::steady_clock::now();
  for (const auto &camera : cameras) {
    camera->play();
    if (!together) camera->finish();
  }
  std::vector<std::vector<std::uint32_t>> checksums;
  for (const auto &camera : cameras) {
    if (together) camera->finish();
    checksums.push_back(camera->checksums());
  }
  seconds = seconds_since(begin);
  return checksums;
}

void batch(const std::string &segment, const Options &options) {
  const auto count = static_cast<std::size_t>(options.get("count", 8));
  const int frames = options.get("frames", 5);
  double ignored = 0;
  record(segment, count, 1, false, ignored);  // words and shapes become known
  std::string alone_times, together_times;
  std::size_t masks = 0, different = 0;
  std::set<std::uint32_t> distinct;
  for (int i = 0; i < options.get("repeats", 3); ++i) {
    double alone = 0, together = 0;
    const auto one_by_one = record(segment, count, frames, false, alone);
    const auto at_once = record(segment, count, frames, true, together);
    alone_times += (i > 0 ? ", " : "") + std::to_string(alone);
    together_times += (i > 0 ? ", " : "") + std::to_string(together);
    for (std::size_t stream = 0; stream < count; ++stream)
      for (std::size_t frame = 0; frame < one_by_one[stream].size(); ++frame) {
        ++masks;
        distinct.insert(one_by_one[stream][frame]);
        different += at_once[stream].at(frame) != one_by_one[stream][frame];
      }
  }
  std::printf(
      "{\"scenario\": \"batch\", \"alone_s\": [%s], \"together_s\": [%s], \"masks\": %zu, "
      "\"masks_that_differ\": %zu, \"masks_distinct\": %zu}\n",
      alone_times.c_str(), together_times.c_str(), masks, different, distinct.size());
}

void soak(const std::string &segment, const Options &options) {
  const int frames = options.get("frames", 216000);
  Camera camera({320, 240, frames, false, with_vocabulary(segment, kVocabularies[1])});
  const auto begin = std::chrono::steady_clock::now();
  camera.play();
  std::string residents, descriptors, threads;
  const std::uint64_t step = static_cast<std::uint64_t>(frames) / 12;
  std::uint64_t changes = 0;
  for (std::uint64_t next = step; next <= static_cast<std::uint64_t>(frames) - step; next += step) {
    while (camera.frames() < next) {
      camera.set("vocabulary", kVocabularies[1 + ++changes % 2]);
      g_usleep(100000);
    }
    const Resources used = resources();
    const char *comma = next > step ? ", " : "";
    residents += comma + std::to_string(used.resident / kMegabyte);
    descriptors += comma + std::to_string(used.descriptors);
    threads += comma + std::to_string(used.threads);
  }
  camera.finish();
  std::printf(
      "{\"scenario\": \"soak\", \"seconds\": %.0f, \"frames\": %llu, \"masks\": %llu, "
      "\"inferred\": %llu, "
      "\"vocabulary_changes\": %llu, \"labels_agree\": %s, \"resident_mb\": [%s], \"descriptors\": "
      "[%s], \"threads\": [%s]}\n",
      seconds_since(begin), static_cast<unsigned long long>(camera.frames()),
      static_cast<unsigned long long>(camera.masks()),
      static_cast<unsigned long long>(camera.statistic("inferred")),
      static_cast<unsigned long long>(camera.changes()), camera.labels_agree() ? "true" : "false",
      residents.c_str(), descriptors.c_str(), threads.c_str());
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  GST_ELEMENT_REGISTER(naclipsegment, nullptr);
  const std::map<std::string, void (*)(const std::string &, const Options &)> scenarios{
      {"live", live}, {"word", word}, {"streams", streams}, {"batch", batch}, {"soak", soak}};
  const auto scenario = argc >= 3 ? scenarios.find(argv[1]) : scenarios.end();
  if (scenario == scenarios.end()) {
    std::fprintf(stderr,
                 "usage: live-benchmark live|word|streams|batch|soak SEGMENT [name=number]...\n");
    return 2;
  }
  try {
    scenario->second(argv[2], Options(argc, argv));
  } catch (const std::exception &error) {
    std::fprintf(stderr, "live-benchmark: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
