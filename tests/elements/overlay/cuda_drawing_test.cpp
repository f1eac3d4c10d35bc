// naclipoverlay on frames in GstCuda's memory, on a stand-in for the driver (host_driver.h). There
// need not be a GPU; without libnvrtc the tests are skipped, since the kernel cannot be compiled.
#include <gtest/gtest.h>

#include "elements/overlay/naclipoverlay.h"
#include "elements/support/canvas.h"
#include "elements/support/gst_cuda.h"
#include "host_driver.h"
#include "model/cuda/kernel_compiler.h"
#include "model/error.h"
#include "tests/elements/frames.h"
#include "tests/elements/log_warnings.h"

namespace naclip::testing {
namespace {

// GstCuda 1.22 lets the planes of an odd height overlap.
constexpr int kWidth = 21, kHeight = 14;

class CudaDrawingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      nvrtc_architectures();
    } catch (const Error &error) {
      GTEST_SKIP() << error.what();
    }
    ASSERT_TRUE(gst_cuda_load_library());
    gst_cuda_memory_init_once();
    context_.reset(GST_OBJECT_CAST(gst_cuda_context_new(0)));
    ASSERT_NE(context_, nullptr);
    driver_use().loads_modules = true;
  }

  void TearDown() override {
    harness_.reset();
    context_.reset();
    EXPECT_EQ(driver_use().modules, 0);
    EXPECT_EQ(driver_use().allocations, 0);
  }

  void start(const char *format, const char *memory) {
    harness_.reset();
    const Ptr<GstElement> element(GST_ELEMENT(gst_object_ref_sink(
        g_object_new(GST_TYPE_NACLIP_OVERLAY, "opacity", 0.6, "contours", 60, nullptr))));
    harness_.reset(gst_harness_new_with_element(element.get(), "sink", "src"));
    std::string caps = caps_of(format, kWidth, kHeight);
    gst_harness_set_src_caps_str(harness_.get(), caps.insert(caps.find(','), memory).c_str());
  }

  /// A frame with a mask of three regions, drawn on.
  Ptr<GstBuffer> draw(Ptr<GstBuffer> frame, const std::vector<std::uint8_t> &ids) {
    attach(frame.get(), make_segmentation(3, 2, ids, {"background", "left", "right"}).get(), kWidth,
           kHeight);
    EXPECT_EQ(gst_harness_push(harness_.get(), frame.release()), GST_FLOW_OK);
    return Ptr<GstBuffer>(gst_harness_pull(harness_.get()));
  }

  /// A frame of the same bytes as make_frame()'s, in the GPU's memory.
  Ptr<GstBuffer> frame_on_gpu(GstVideoFormat format) {
    const GstVideoInfo info = info_of(format, kWidth, kHeight);
    const Ptr<GstObject> allocator(GST_OBJECT_CAST(gst_allocator_find(GST_CUDA_MEMORY_TYPE_NAME)));
    GstMemory *memory = gst_cuda_allocator_alloc(GST_CUDA_ALLOCATOR_CAST(allocator.get()),
                                                 GST_CUDA_CONTEXT_CAST(context_.get()),
#if GST_CHECK_VERSION(1, 24, 0)
                                                 nullptr,
#endif
                                                 &info);
    Ptr<GstBuffer> frame(gst_buffer_new());
    gst_buffer_append_memory(frame.get(), memory);
    GstVideoInfo &layout = GST_CUDA_MEMORY_CAST(memory)->info;
    gst_buffer_add_video_meta_full(frame.get(), GST_VIDEO_FRAME_FLAG_NONE, format, kWidth, kHeight,
                                   GST_VIDEO_INFO_N_PLANES(&info), layout.offset, layout.stride);
    GstMapInfo map;
    EXPECT_TRUE(gst_buffer_map(frame.get(), &map, GST_MAP_WRITE));
    std::fill(map.data, map.data + map.size, std::uint8_t{100});
    gst_buffer_unmap(frame.get(), &map);
    // As a decoder leaves it: nothing is left to be copied.
    EXPECT_TRUE(gst_buffer_map(frame.get(), &map,
                               static_cast<GstMapFlags>(GST_MAP_READWRITE | GST_MAP_CUDA)));
    gst_buffer_unmap(frame.get(), &map);
    GST_BUFFER_PTS(frame.get()) = 5 * GST_SECOND;
    return frame;
  }

  static void expect_equal(GstBuffer *one, GstBuffer *other, GstVideoFormat format) {
    const GstVideoInfo info = info_of(format, kWidth, kHeight);
    const MappedFrame a(one, info, GST_MAP_READ), b(other, info, GST_MAP_READ);
    for (int plane = 0; plane < a.n_planes(); ++plane) {
      const int component = plane;  // of these formats
      const int rows = GST_VIDEO_INFO_COMP_HEIGHT(&info, component);
      const int bytes = GST_VIDEO_INFO_COMP_WIDTH(&info, component) *
                        GST_VIDEO_INFO_COMP_PSTRIDE(&info, component);
      for (int y = 0; y < rows; ++y)
        ASSERT_EQ(std::vector<std::uint8_t>(a.plane(plane) + y * a.stride(plane),
                                            a.plane(plane) + y * a.stride(plane) + bytes),
                  std::vector<std::uint8_t>(b.plane(plane) + y * b.stride(plane),
                                            b.plane(plane) + y * b.stride(plane) + bytes))
            << gst_video_format_to_string(format) << ", plane " << plane << ", row " << y;
    }
  }

  Ptr<GstObject> context_;
  Harness harness_;
};

const std::vector<std::uint8_t> kIds = {0, 1, 2, 1, 1, 2}, kOtherIds = {0, 0, 2, 1, 0, 2};

TEST_F(CudaDrawingTest, DrawsTheSamePixelsWithoutCopyingAFrame) {
  for (const PixelLayout &layout : kPixelLayouts) {
    if (!can_be_drawn_on(layout)) continue;
    const GstVideoFormat format = gst_video_format_from_string(layout.name);
    start(layout.name, "");
    const Ptr<GstBuffer> expected = draw(make_frame(format, kWidth, kHeight), kIds);
    start(layout.name, "(memory:CUDAMemory)");
    Ptr<GstBuffer> frame = frame_on_gpu(format);
    const DriverUse before = driver_use();
    frame = draw(std::move(frame), kIds);
    const int planes = static_cast<int>(plane_layouts(layout.format).size());
    EXPECT_EQ(driver_use().downloads, before.downloads) << layout.name;
    EXPECT_EQ(driver_use().uploads, before.uploads + planes) << layout.name;
    EXPECT_EQ(driver_use().launches, before.launches + planes) << layout.name;
    expect_equal(frame.get(), expected.get(), format);
  }
}

TEST_F(CudaDrawingTest, UploadsADrawingOnce) {
  start("NV12", "(memory:CUDAMemory)");
  draw(frame_on_gpu(GST_VIDEO_FORMAT_NV12), kIds);
  Ptr<GstBuffer> second = frame_on_gpu(GST_VIDEO_FORMAT_NV12);
  const DriverUse before = driver_use();
  second = draw(std::move(second), kIds);
  EXPECT_EQ(driver_use().uploads, before.uploads);
  EXPECT_EQ(driver_use().downloads, before.downloads);
  Ptr<GstBuffer> third = draw(frame_on_gpu(GST_VIDEO_FORMAT_NV12), kOtherIds);
  start("NV12", "");
  expect_equal(second.get(), draw(make_frame(GST_VIDEO_FORMAT_NV12, kWidth, kHeight), kIds).get(),
               GST_VIDEO_FORMAT_NV12);
  expect_equal(third.get(),
               draw(make_frame(GST_VIDEO_FORMAT_NV12, kWidth, kHeight), kOtherIds).get(),
               GST_VIDEO_FORMAT_NV12);
}

TEST_F(CudaDrawingTest, DrawsInHostMemoryWhereTheKernelCannotBeLoadedAndWarnsOnce) {
  driver_use().loads_modules = false;
  start("RGBA", "(memory:CUDAMemory)");
  LogWarnings warnings("naclipoverlay");
  const int launches = driver_use().launches;
  draw(frame_on_gpu(GST_VIDEO_FORMAT_RGBA), kIds);
  const Ptr<GstBuffer> frame = draw(frame_on_gpu(GST_VIDEO_FORMAT_RGBA), kIds);
  EXPECT_EQ(driver_use().launches, launches);
  ASSERT_EQ(warnings.texts().size(), 1U);
  EXPECT_NE(warnings.texts().front().find("host memory"), std::string::npos);
  start("RGBA", "");
  expect_equal(frame.get(), draw(make_frame(GST_VIDEO_FORMAT_RGBA, kWidth, kHeight), kIds).get(),
               GST_VIDEO_FORMAT_RGBA);
}

TEST_F(CudaDrawingTest, FollowsFramesIntoAnotherContext) {
  start("NV12", "(memory:CUDAMemory)");
  const Ptr<GstBuffer> one = draw(frame_on_gpu(GST_VIDEO_FORMAT_NV12), kIds);
  context_.reset(GST_OBJECT_CAST(gst_cuda_context_new(0)));
  const Ptr<GstBuffer> other = draw(frame_on_gpu(GST_VIDEO_FORMAT_NV12), kIds);
  expect_equal(one.get(), other.get(), GST_VIDEO_FORMAT_NV12);
  EXPECT_EQ(driver_use().modules, 1);
}

}  // namespace
}  // namespace naclip::testing
