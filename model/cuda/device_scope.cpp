#include "model/cuda/device_scope.h"

#include "model/cuda/driver.h"

namespace naclip::cuda {

DeviceScope::PushedContext::PushedContext(const c10::Device &device) {
  require_success(driver().push_context(primary_context(device)), "to take its context");
}

DeviceScope::PushedContext::~PushedContext() {
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
