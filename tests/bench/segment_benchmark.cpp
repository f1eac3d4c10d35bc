// What naclipsegment costs a frame that is not inferred: 1920 x 1080 I420, frames of a pool, beside
// the element identity in the same harness. Checks that such frames carry the last mask before it
// takes the time. Prints two lines of JSON; allocations are the thread's.
#include <gst/check/gstharness.h>
#include <gst/naclip/naclipmeta.h>
#include <gst/video/video.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "elements/segment/naclipsegment.h"
#include "elements/support/ptr.h"
#include "tests/elements/allocations.h"

namespace {

using naclip::Ptr;
using naclip::testing::allocations;
using naclip::testing::kCountsAllocations;

constexpr const char *kCaps =
    "video/x-raw,format=I420,width=1920,height=1080,framerate=30/1,pixel-aspect-ratio=1/1";
constexpr int kWarmFrames = 200, kFrames = 2000;

struct HarnessDeleter {
  void operator()(GstHarness *harness) const { gst_harness_teardown(harness); }
};
using Harness = std::unique_ptr<GstHarness, HarnessDeleter>;

/// Frames as a decoder has them: a few buffers that come round again.
class Frames {
 public:
  Frames() : pool_(gst_video_buffer_pool_new()) {
    const Ptr<GstCaps> caps(gst_caps_from_string(kCaps));
    GstVideoInfo info;
    gst_video_info_from_caps(&info, caps.get());
    GstStructure *config = gst_buffer_pool_get_config(pool_);
    gst_buffer_pool_config_set_params(config, caps.get(),
                                      static_cast<guint>(GST_VIDEO_INFO_SIZE(&info)), 4, 4);
    gst_buffer_pool_set_config(pool_, config);
    gst_buffer_pool_set_active(pool_, TRUE);
  }
  ~Frames() {
    gst_buffer_pool_set_active(pool_, FALSE);
    gst_object_unref(pool_);
  }
  Frames(const Frames &) = delete;
  Frames &operator=(const Frames &) = delete;

  GstBuffer *next() {
    GstBuffer *frame = nullptr;
    if (gst_buffer_pool_acquire_buffer(pool_, &frame, nullptr) != GST_FLOW_OK) return nullptr;
    GST_BUFFER_PTS(frame) = static_cast<GstClockTime>(number_++) * GST_SECOND / 30;
    return frame;
  }

 private:
  GstBufferPool *pool_;
  int number_ = 0;
};

struct Cost {
  double microseconds[3] = {};  // quartiles
  double allocations = 0;       // a frame
};

Cost measure(GstHarness *harness, Frames &frames) {
  std::vector<double> times;
  times.reserve(kFrames);
  std::size_t allocated = 0;
  for (int i = 0; i < kWarmFrames + kFrames; ++i) {
    GstBuffer *frame = frames.next();
    const std::size_t before = allocations;
    const auto begin = std::chrono::steady_clock::now();
    // Giving the frame back takes its metadata away, which is part of what that costs.
    gst_buffer_unref(gst_harness_push_and_pull(harness, frame));
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
    if (i < kWarmFrames) continue;
    allocated += allocations - before;
    times.push_back(time.count());
  }
  std::sort(times.begin(), times.end());
  Cost cost;
  for (std::size_t i = 0; i < 3; ++i) cost.microseconds[i] = times[kFrames * (i + 1) / 4];
  cost.allocations = static_cast<double>(allocated) / kFrames;
  return cost;
}

Harness harness_of(const std::string &line) {
  Harness harness(gst_harness_new_parse(line.c_str()));
  gst_harness_set_src_caps_str(harness.get(), kCaps);
  return harness;
}

/// Whether the second frame carries the mask of the first.
bool carries_the_last_mask(GstHarness *harness, Frames &frames) {
  GstClockTime sources[2] = {1, 1};
  for (GstClockTime &source : sources) {
    const Ptr<GstBuffer> out(gst_harness_push_and_pull(harness, frames.next()));
    const auto *meta = out ? gst_buffer_get_naclip_segmentation_meta(out.get()) : nullptr;
    if (meta == nullptr) return false;
    source = gst_naclip_segmentation_get_source_pts(meta->segmentation);
  }
  return sources[0] == 0 && sources[1] == 0;
}

void print(const char *stage, const Cost &cost) {
  std::printf(
      "{\"stage\": \"%s\", \"seconds\": [%.9f, %.9f, %.9f], \"repeats\": %d, "
      "\"allocations\": %s%.2f%s}\n",
      stage, cost.microseconds[0] * 1e-6, cost.microseconds[1] * 1e-6, cost.microseconds[2] * 1e-6,
      kFrames, kCountsAllocations ? "" : "\"not ", cost.allocations,
      kCountsAllocations ? "" : "counted\"");
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: segment-benchmark CHECKPOINT\n");
    return 2;
  }
  GST_ELEMENT_REGISTER(naclipsegment, nullptr);
  Frames frames;
  const Harness segment = harness_of(
      "naclipsegment device=cpu mode=sync prompts=none input-size=96 window-size=0 "
      "refine-steps=0 interval=100000000 vocabulary=\"car; tree; grass; road; sky\" "
      "model=\"" +
      std::string(argv[1]) + "\"");
  if (!carries_the_last_mask(segment.get(), frames)) {
    std::fprintf(stderr, "a frame that is not inferred does not carry the last mask\n");
    return EXIT_FAILURE;
  }
  const Harness identity = harness_of("identity");
  print("identity", measure(identity.get(), frames));
  print("not-inferred", measure(segment.get(), frames));
  return EXIT_SUCCESS;
}
