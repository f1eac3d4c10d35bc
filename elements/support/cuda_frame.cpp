#include "elements/support/cuda_frame.h"

#include <dlfcn.h>

#include <charconv>
#include <mutex>

#include "elements/support/cuda_mapping.h"
#include "elements/support/gst_cuda.h"
#include "elements/support/ptr.h"

namespace naclip {

namespace {

/// The number in "cuda:N"; 0 for auto and cuda, none for cpu and what the engine will refuse.
std::optional<int> device_number(const std::string &device) {
  if (device == "auto" || device == "cuda") return 0;
  const std::string prefix = "cuda:";
  int number = 0;
  if (!device.starts_with(prefix)) return std::nullopt;
  const char *end = device.data() + device.size();
  const auto [rest, failure] = std::from_chars(device.data() + prefix.size(), end, number);
  if (failure != std::errc() || rest != end || number < 0) return std::nullopt;
  return number;
}

/// The device's primary context, which libtorch computes in; retained until the process ends, since
/// libtorch's memory lives as long. GstCuda does not wrap this call of the driver.
CUcontext primary_context(int device) {
  using Retain = CUresult (*)(CUcontext *, CUdevice);
  void *driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (driver == nullptr) return nullptr;
  const auto retain = reinterpret_cast<Retain>(dlsym(driver, "cuDevicePrimaryCtxRetain"));
  CUcontext context = nullptr;
  if (retain == nullptr || retain(&context, device) != CUDA_SUCCESS) return nullptr;
  return context;
}

}  // namespace

struct CudaSharing::Impl {
  std::mutex mutex;
  GstCudaContext *context = nullptr;  // owned
};

CudaSharing::CudaSharing() : impl_(new Impl) {}

CudaSharing::~CudaSharing() {
  forget();
  delete impl_;
}

void CudaSharing::offer(GstElement *element, const std::string &device) {
  const std::optional<int> number = device_number(device);
  const std::lock_guard lock(impl_->mutex);
  // A context that a neighbour or the application set goes first: the model then copies frames over
  // on the device.
  if (!number || impl_->context != nullptr || !gst_cuda_load_library() || CuInit(0) != CUDA_SUCCESS)
    return;
  CUdevice handle = 0;
  if (CuDeviceGet(&handle, *number) != CUDA_SUCCESS) return;
  const CUcontext primary = primary_context(handle);
  if (primary != nullptr) impl_->context = gst_cuda_context_new_wrapped(primary, handle);
}

void CudaSharing::set_context(GstElement *element, GstContext *context, const std::string &device) {
  const std::optional<int> number = device_number(device);
  if (!number || !gst_context_has_context_type(context, GST_CUDA_CONTEXT_TYPE)) return;
  const std::lock_guard lock(impl_->mutex);
  gst_cuda_handle_set_context(element, context, *number, &impl_->context);
}

bool CudaSharing::query(GstElement *element, GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  const std::lock_guard lock(impl_->mutex);
  return impl_->context != nullptr && gst_cuda_handle_context_query(element, query, impl_->context);
}

void CudaSharing::forget() {
  const std::lock_guard lock(impl_->mutex);
  gst_clear_object(&impl_->context);
}

int cuda_device_of(GstBuffer *frame) {
  int device = -1;
  for (guint i = 0; i < gst_buffer_n_memory(frame); ++i) {
    GstMemory *memory = gst_buffer_peek_memory(frame, i);
    if (!gst_is_cuda_memory(memory)) return -1;
    guint number = 0;
    g_object_get(GST_CUDA_MEMORY_CAST(memory)->context, "cuda-device-id", &number, nullptr);
    if (device >= 0 && device != static_cast<int>(number)) return -1;
    device = static_cast<int>(number);
  }
  return device;
}

GstMapFlags flags_on_device() {
  return static_cast<GstMapFlags>(GST_MAP_READ | GST_MAP_CUDA);
}

void wait_until_written(GstBuffer *frame) {
#if GST_CHECK_VERSION(1, 24, 0)
  for (guint i = 0; i < gst_buffer_n_memory(frame); ++i)
    gst_cuda_memory_sync(GST_CUDA_MEMORY_CAST(gst_buffer_peek_memory(frame, i)));
#else
  (void)frame;  // mapping waits itself
#endif
}

}  // namespace naclip
