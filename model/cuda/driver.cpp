#include "model/cuda/driver.h"

#include <dlfcn.h>

#include <map>
#include <mutex>
#include <string>

#include "model/error.h"

namespace naclip::cuda {

namespace {

// Of CUdevice_attribute and CUresult.
constexpr int kCapabilityMajor = 75, kCapabilityMinor = 76, kOutOfMemory = 2;

template <class F>
void find(void *library, const char *name, F &function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  if (function == nullptr)
    throw Error(ErrorKind::kDevice, "CUDA's driver is too old: update it",
                std::string("no ") + name);
}

}  // namespace

const Driver &driver() {
  static const Driver functions = [] {
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char *words = dlerror();
      throw Error(ErrorKind::kDevice, "CUDA's driver was not found: install NVIDIA's driver",
                  words != nullptr ? words : "");
    }
    Driver f;
    find(library, "cuGetErrorString", f.error_string);
    find(library, "cuDeviceGetAttribute", f.attribute);
    find(library, "cuDevicePrimaryCtxRetain", f.retain_primary);
    find(library, "cuCtxPushCurrent_v2", f.push_context);
    find(library, "cuCtxPopCurrent_v2", f.pop_context);
    find(library, "cuModuleLoadData", f.load_module);
    find(library, "cuModuleGetFunction", f.find_function);
    find(library, "cuLaunchKernel", f.launch);
    find(library, "cuCtxGetStreamPriorityRange", f.priority_range);
    find(library, "cuStreamCreateWithPriority", f.create_stream);
    find(library, "cuStreamDestroy_v2", f.destroy_stream);
    find(library, "cuStreamSynchronize", f.synchronize);
    find(library, "cuStreamWaitEvent", f.wait_event);
    find(library, "cuPointerGetAttribute", f.pointer_attribute);
    find(library, "cuMemcpyPeerAsync", f.copy_between_contexts);
    return f;
  }();
  return functions;
}

void require_success(int result, const char *doing) {
  if (result == 0) return;
  const char *words = nullptr;
  if (driver().error_string(result, &words) != 0 || words == nullptr) words = "unknown error";
  if (result == kOutOfMemory)
    throw Error(ErrorKind::kMemory,
                "The GPU's memory is full: take a smaller input-size, window or mask-size",
                std::string(doing) + ": " + words);
  throw Error(ErrorKind::kInference, std::string("The GPU failed ") + doing, words);
}

Context primary_context(const c10::Device &device) {
  static std::mutex mutex;
  static auto &contexts = *new std::map<int, Context>;  // never destroyed: threads may outlive it
  const int index = device.has_index() ? device.index() : 0;
  const std::lock_guard lock(mutex);
  const auto found = contexts.find(index);
  if (found != contexts.end()) return found->second;
  Context context = nullptr;
  require_success(driver().retain_primary(&context, index), "to give its context");
  return contexts.emplace(index, context).first->second;
}

int compute_capability(const c10::Device &device) {
  int major = 0, minor = 0;
  const int index = device.has_index() ? device.index() : 0;
  require_success(driver().attribute(&major, kCapabilityMajor, index), "to tell what it can");
  require_success(driver().attribute(&minor, kCapabilityMinor, index), "to tell what it can");
  return 10 * major + minor;
}

}  // namespace naclip::cuda
