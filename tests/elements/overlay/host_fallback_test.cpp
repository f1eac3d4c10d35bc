// naclipoverlay on frames in CUDA memory that it cannot draw on where they lie. There need not be a
// GPU or GstCuda: memory of the same name stands in, which is mapped to the host as GstCuda's is.
#include <gtest/gtest.h>

#include "elements/overlay/naclipoverlay.h"
#include "tests/elements/frames.h"
#include "tests/elements/log_warnings.h"

namespace {

struct NamedMemory {
  GstMemory memory;
  std::uint8_t bytes[24];
};

struct NamedAllocator {
  GstAllocator parent;
};
struct NamedAllocatorClass {
  GstAllocatorClass parent;
};

G_DEFINE_TYPE(NamedAllocator, named_allocator, GST_TYPE_ALLOCATOR)

GstMemory *alloc(GstAllocator *allocator, gsize size, GstAllocationParams *) {
  auto *memory = new NamedMemory{};
  gst_memory_init(&memory->memory, GstMemoryFlags{}, allocator, nullptr, sizeof memory->bytes, 0, 0,
                  size);
  return &memory->memory;
}

void named_allocator_init(NamedAllocator *self) {
  GstAllocator *allocator = GST_ALLOCATOR_CAST(self);
  allocator->mem_type = "gst.cuda.memory";
  allocator->mem_map = [](GstMemory *memory, gsize, GstMapFlags) -> gpointer {
    return reinterpret_cast<NamedMemory *>(memory)->bytes;
  };
  allocator->mem_unmap = [](GstMemory *) {};
}

void named_allocator_class_init(NamedAllocatorClass *klass) {
  klass->parent.alloc = alloc;
  klass->parent.free = [](GstAllocator *, GstMemory *memory) {
    delete reinterpret_cast<NamedMemory *>(memory);
  };
}

}  // namespace

namespace naclip::testing {
namespace {

class HostFallback : public ::testing::Test {
 protected:
  HostFallback()
      : element_(GST_ELEMENT(gst_object_ref_sink(g_object_new(
            GST_TYPE_NACLIP_OVERLAY, "opacity", 1.0, "contours", 0, "legend", 0, nullptr)))),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")) {
    std::string caps = caps_of("RGB", 4, 2);
    gst_harness_set_src_caps_str(harness_.get(),
                                 caps.insert(caps.find(','), "(memory:CUDAMemory)").c_str());
  }

  /// The red of both regions of a frame of 4 x 2 whose left half is the one, the right the other.
  std::pair<int, int> draw(GstAllocator *allocator) {
    Ptr<GstBuffer> frame(gst_buffer_new_allocate(allocator, 24, nullptr));
    const std::vector<std::uint8_t> ids{1, 1, 2, 2, 1, 1, 2, 2};
    attach(frame.get(), make_segmentation(4, 2, ids, {"background", "left", "right"}).get(), 4, 2);
    EXPECT_EQ(gst_harness_push(harness_.get(), frame.release()), GST_FLOW_OK);
    const Ptr<GstBuffer> drawn(gst_harness_pull(harness_.get()));
    const auto pixels = pixels_of(drawn.get(), info_of(GST_VIDEO_FORMAT_RGB, 4, 2));
    return {pixels.at(0), pixels.at(9)};
  }
  std::pair<int, int> draw_in_cuda_memory() { return draw(GST_ALLOCATOR_CAST(named_.get())); }

  Ptr<GstObject> named_{
      GST_OBJECT_CAST(gst_object_ref_sink(g_object_new(named_allocator_get_type(), nullptr)))};
  Ptr<GstElement> element_;
  Harness harness_;
  LogWarnings warnings_{"naclipoverlay"};
};

TEST_F(HostFallback, DrawsTheSameAndWarnsOnceOfCudaMemory) {
  for (int frame = 0; frame < 3; ++frame) EXPECT_EQ(draw_in_cuda_memory(), std::pair(1, 2));
  ASSERT_EQ(warnings_.texts().size(), 1U);
  EXPECT_NE(warnings_.texts().front().find("host memory"), std::string::npos);
}

TEST_F(HostFallback, SaysNothingOfHostMemory) {
  EXPECT_EQ(draw(nullptr), std::pair(1, 2));
  EXPECT_TRUE(warnings_.texts().empty());
}

}  // namespace
}  // namespace naclip::testing
