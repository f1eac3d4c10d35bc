// Caps of frames in a GPU's memory, memory:CUDAMemory. There need not be a GPU: buffers of system
// memory stand in for CUDA's, which GStreamer maps alike for whoever asks for host memory.
#include <gtest/gtest.h>

#include "elements/mask/naclipmask.h"
#include "elements/overlay/naclipoverlay.h"
#include "elements/support/cuda_frame.h"
#include "tests/elements/segment_harness.h"

namespace naclip::testing {
namespace {

std::string cuda_caps_of(const char *format, int width, int height) {
  std::string caps = caps_of(format, width, height);
  return caps.insert(caps.find(','), "(memory:CUDAMemory)");
}

class CudaMemory : public Segment {
 protected:
  static void SetUpTestSuite() {
    Segment::SetUpTestSuite();
    GST_ELEMENT_REGISTER(naclipoverlay, nullptr);
    GST_ELEMENT_REGISTER(naclipmask, nullptr);
  }

  bool in_cuda_memory() {
    const Ptr<GstCaps> caps(gst_pad_get_current_caps(harness_->sinkpad));
    EXPECT_NE(caps, nullptr);
    return caps != nullptr &&
           gst_caps_features_contains(gst_caps_get_features(caps.get(), 0), "memory:CUDAMemory");
  }
};

TEST_F(CudaMemory, PassesTheSegmenterAndTheOverlayAsItIs) {
  start(segment_line("vocabulary=\"cat; dog\"") + " ! naclipoverlay opacity=1",
        cuda_caps_of("NV12", 64, 48));
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_NV12, 64, 48));
  ASSERT_NE(segmentation_of(out), nullptr);
  EXPECT_TRUE(in_cuda_memory());
  const std::vector<std::uint8_t> grey(gst_buffer_get_size(out.get()), 100);
  EXPECT_NE(gst_buffer_memcmp(out.get(), 0, grey.data(), grey.size()), 0) << "nothing was drawn";
}

TEST_F(CudaMemory, BecomesAMaskInSystemMemory) {
  for (const char *output : {"labels", "colour"}) {
    start(segment_line("vocabulary=\"cat; dog\"") + " ! naclipmask output=" + output,
          cuda_caps_of("NV12", 64, 48));
    ASSERT_NE(pass(make_frame(GST_VIDEO_FORMAT_NV12, 64, 48)), nullptr) << output;
    EXPECT_FALSE(in_cuda_memory()) << output;
  }
  start(segment_line("vocabulary=\"cat; dog\"") + " ! naclipmask output=matte",
        cuda_caps_of("RGBA", 64, 48));
  ASSERT_NE(pass(make_frame(GST_VIDEO_FORMAT_RGBA, 64, 48)), nullptr);
  EXPECT_FALSE(in_cuda_memory());
}

TEST_F(CudaMemory, ComesBehindSystemMemory) {
  for (const char *line : {"naclipoverlay", "naclipmask"}) {
    harness_.reset(gst_harness_new_parse(line));
    const Ptr<GstPad> pad(gst_pad_get_peer(harness_->srcpad));
    const Ptr<GstCaps> caps(gst_pad_query_caps(pad.get(), nullptr));
    EXPECT_TRUE(gst_caps_features_is_equal(gst_caps_get_features(caps.get(), 0),
                                           GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY))
        << line;
  }
}

TEST_F(CudaMemory, FramesOfSystemMemoryAreReadThere) {
  auto frame = make_frame(GST_VIDEO_FORMAT_NV12, 64, 48);
  EXPECT_EQ(cuda_device_of(frame.get()), -1);
  const EngineFrame read(frame.get(), info_of(GST_VIDEO_FORMAT_NV12, 64, 48), "cuda:0");
  EXPECT_EQ(read.picture().cuda_device, -1);
  EXPECT_EQ(read.picture().planes[0][0], 100);
}

}  // namespace
}  // namespace naclip::testing
