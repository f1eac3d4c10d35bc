#include "elements/overlay/cuda_drawing.h"

#include <type_traits>
#include <utility>

#include "elements/overlay/blend_kernel.h"
#include "elements/overlay/device_layers.h"
#include "elements/support/frame_canvas.h"
#include "elements/support/gst_cuda.h"
#include "elements/support/ptr.h"
#include "model/cuda/kernel_compiler.h"
#include "model/cuda/kernel_grids.h"
#include "model/error.h"

namespace naclip {

namespace {

void require_success(CUresult result, const char *doing) {
  if (result == CUDA_SUCCESS) return;
  const char *words = nullptr;
  CuGetErrorString(result, &words);
  throw Error(ErrorKind::kDevice, std::string("The GPU failed ") + doing + ".",
              words != nullptr ? words : "error " + std::to_string(result));
}

/// Makes a context this thread's own for as long as it lives.
class CurrentContext {
 public:
  explicit CurrentContext(GstCudaContext *context) {
    if (!gst_cuda_context_push(context))
      throw Error(ErrorKind::kDevice, "The context of a frame's memory cannot be used.",
                  "gst_cuda_context_push failed");
  }
  ~CurrentContext() { gst_cuda_context_pop(nullptr); }
  CurrentContext(const CurrentContext &) = delete;
  CurrentContext &operator=(const CurrentContext &) = delete;
};

// The stream in which all that is done to a frame's memory is in order; null for the default one.
#if GST_CHECK_VERSION(1, 24, 0)
struct ReleaseStream {
  void operator()(GstCudaStream *stream) const noexcept { gst_cuda_stream_unref(stream); }
};
using Stream = std::unique_ptr<GstCudaStream, ReleaseStream>;
Stream stream_of(GstCudaMemory *memory) {
  GstCudaStream *stream = gst_cuda_memory_get_stream(memory);
  return Stream(stream != nullptr ? gst_cuda_stream_ref(stream) : nullptr);
}
CUstream handle_of(const Stream &stream) {
  return stream != nullptr ? gst_cuda_stream_get_handle(stream.get()) : nullptr;
}
void flag_unfinished(GstCudaMemory *memory) {
  GST_MINI_OBJECT_FLAG_SET(memory, GST_CUDA_MEMORY_TRANSFER_NEED_SYNC);
}
#else
using Stream = std::nullptr_t;
Stream stream_of(GstCudaMemory *) {
  return nullptr;
}
CUstream handle_of(Stream) {
  return nullptr;
}
void flag_unfinished(GstCudaMemory *) {}
#endif

struct UnloadModule {
  void operator()(CUmodule module) const noexcept { CuModuleUnload(module); }
};
using Module = std::unique_ptr<std::remove_pointer_t<CUmodule>, UnloadModule>;

int compute_capability(GstCudaContext *context) {
  guint number = 0;
  g_object_get(context, "cuda-device-id", &number, nullptr);
  const auto device = static_cast<CUdevice>(number);
  int major = 0, minor = 0;
  require_success(
      CuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device),
      "to say what it is");
  require_success(
      CuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device),
      "to say what it is");
  return 10 * major + minor;
}

/// A GPU as one context of it shows it. But for release() and the end, its context must be current.
class CudaDevice : public BlendDevice {
 public:
  explicit CudaDevice(GstCudaContext *context) : context_(ref(GST_OBJECT_CAST(context))) {
    const CompiledKernels compiled =
        compile_kernels(blend_kernel_source(), compute_capability(context));
    CUmodule loaded = nullptr;
    require_success(CuModuleLoadData(&loaded, compiled.image.data()), "to load the kernel");
    Module module(loaded);
    require_success(CuModuleGetFunction(&kernel_, module.get(), kBlendKernel),
                    "to find the kernel");
    module_ = std::move(module);
  }

  ~CudaDevice() override {
    if (!gst_cuda_context_push(context())) {
      (void)module_.release();
      return;
    }
    CuStreamSynchronize(handle_of(stream_));
    module_.reset();
    gst_cuda_context_pop(nullptr);
  }

  GstCudaContext *context() const { return GST_CUDA_CONTEXT_CAST(context_.get()); }

  /// What follows is done to this memory, in its stream.
  void begin(GstCudaMemory *memory) {
    Stream stream = stream_of(memory);
    if (stream == stream_) return;
    // Drawings that the stream before reads are not to be overwritten.
    wait();
    stream_ = std::move(stream);
  }

  void finish(GstCudaMemory *memory) {
    // Memory without a stream is taken to be finished by whoever reads it.
    if (stream_ == nullptr)
      wait();
    else
      flag_unfinished(memory);
  }

  std::uint8_t *allocate(std::size_t bytes) override {
    CUdeviceptr memory = 0;
    require_success(CuMemAlloc(&memory, bytes), "to find room for what is drawn");
    return reinterpret_cast<std::uint8_t *>(memory);
  }

  void release(std::uint8_t *memory) noexcept override {
    if (!gst_cuda_context_push(context())) return;
    CuStreamSynchronize(handle_of(stream_));
    CuMemFree(reinterpret_cast<CUdeviceptr>(memory));
    gst_cuda_context_pop(nullptr);
  }

  void upload(const Texture &texture, std::uint8_t *memory) override {
    CUDA_MEMCPY2D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = texture.bytes.data();
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = reinterpret_cast<CUdeviceptr>(memory);
    copy.srcPitch = copy.dstPitch = copy.WidthInBytes =
        static_cast<std::size_t>(texture.area.width);
    copy.Height = 2 * static_cast<std::size_t>(texture.area.height);
    require_success(CuMemcpy2DAsync(&copy, handle_of(stream_)), "to take what is drawn");
    wait();
  }

  void blend(const kernel::Blend &blend) override {
    const KernelGrid grid = pixel_grid(blend.height, blend.width);
    kernel::Blend argument = blend;
    void *arguments[] = {&argument};
    require_success(
        CuLaunchKernel(kernel_, static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y), 1,
                       kBlockWidth, kBlockHeight, 1, 0, handle_of(stream_), arguments, nullptr),
        "to draw");
  }

 private:
  void wait() { require_success(CuStreamSynchronize(handle_of(stream_)), "while it drew"); }

  Ptr<GstObject> context_;
  Module module_;
  CUfunction kernel_ = nullptr;
  Stream stream_ = nullptr;  // of the frame that was drawn on last
};

/// All of a frame's planes lie in one memory, as GstCuda's pools make them.
GstCudaMemory *memory_of(GstBuffer *frame) {
  GstMemory *memory = gst_buffer_peek_memory(frame, 0);
  if (gst_buffer_n_memory(frame) != 1 || !gst_is_cuda_memory(memory))
    throw Error(ErrorKind::kDevice,
                "A frame does not lie in one memory of GstCuda's. Put cudaconvert in front.",
                std::to_string(gst_buffer_n_memory(frame)) + " memories");
  return GST_CUDA_MEMORY_CAST(memory);
}

}  // namespace

struct CudaDrawing::Impl {
  explicit Impl(GstCudaContext *context) : device(context), layers(device) {}
  CudaDevice device;
  DeviceLayers layers;
};

CudaDrawing::CudaDrawing() = default;
CudaDrawing::~CudaDrawing() = default;

void CudaDrawing::draw(GstBuffer *frame, const GstVideoInfo &info,
                       std::span<const OverlayLayer *const> layers) {
  GstCudaMemory *memory = memory_of(frame);
  const CurrentContext current(memory->context);
  if (impl_ == nullptr || impl_->device.context() != memory->context) {
    impl_.reset();
    impl_ = std::make_unique<Impl>(memory->context);
  }
  impl_->device.begin(memory);
  impl_->layers.update(layers);
  const MappedFrame mapped(frame, info, static_cast<GstMapFlags>(GST_MAP_READWRITE | GST_MAP_CUDA));
  impl_->layers.draw(canvas_of(mapped));
  impl_->device.finish(memory);
}

void CudaDrawing::clear() {
  impl_.reset();
}

}  // namespace naclip
