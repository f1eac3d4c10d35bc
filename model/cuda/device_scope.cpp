#include "model/cuda/device_scope.h"

#include <c10/cuda/CUDACachingAllocator.h>

#include "model/cuda/driver.h"

namespace naclip::cuda {

namespace {

c10::cuda::CUDAStream make_stream(const c10::Device &device, bool urgent) {
  constexpr unsigned kNonBlocking = 1;
  const PushedContext context(device);
  int least = 0, greatest = 0;
  Stream stream = nullptr;
  require_success(driver().priority_range(&least, &greatest), "to tell its priorities");
  require_success(driver().create_stream(&stream, kNonBlocking, urgent ? greatest : least),
                  "to make a stream");
  return c10::cuda::getStreamFromExternal(static_cast<cudaStream_t>(stream), device.index());
}

}  // namespace

OwnStream::OwnStream(const c10::Device &device, bool urgent)
    : stream_(make_stream(device, urgent)) {}

OwnStream::~OwnStream() {
  try {
    const DeviceScope scope(stream_);
    driver().synchronize(stream_.stream());
    c10::cuda::CUDACachingAllocator::emptyCache();
  } catch (const std::exception &) {
    // A device that has failed is told of by whoever uses it next.
  }
  driver().destroy_stream(stream_.stream());
}

PushedContext::PushedContext(const c10::Device &device) {
  require_success(driver().push_context(primary_context(device)), "to take its context");
}

PushedContext::~PushedContext() {
  Context popped = nullptr;
  driver().pop_context(&popped);
}

DeviceScope::DeviceScope(const c10::cuda::CUDAStream &stream)
    : context_(stream.device()), guard_(stream.unwrap()) {}

DeviceScope::~DeviceScope() = default;

void synchronize(const c10::Device &device) {
  require_success(driver().synchronize(c10::cuda::getCurrentCUDAStream(device.index()).stream()),
                  "while it computed");
}

}  // namespace naclip::cuda
