// A CUDA context that is not libtorch's, made with the driver's interface alone, as an application
// or a decoder would.
#pragma once

#include <c10/core/Device.h>
#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace naclip::testing {

/// Functions of the driver that the library itself does not need.
class DriverForTests {
 public:
  static const DriverForTests &get() {
    static const DriverForTests driver;
    return driver;
  }

  int (*create_context)(void **, unsigned flags, int device);
  int (*destroy_context)(void *);
  int (*push)(void *);
  int (*pop)(void **);
  int (*current)(void **);
  int (*allocate)(std::uintptr_t *, std::size_t);
  int (*free)(std::uintptr_t);
  int (*upload)(std::uintptr_t, const void *, std::size_t);
  int (*memory_info)(std::size_t *free, std::size_t *total);
  int (*retain_primary)(void **, int device);

  static void require(int result, const char *doing) {
    if (result != 0)
      throw std::runtime_error(std::string(doing) + " failed: " + std::to_string(result));
  }

  /// Of the device's memory, for all of its users.
  std::size_t free_bytes(const c10::Device &device) const {
    void *primary = nullptr;
    require(retain_primary(&primary, device.index()), "retaining the context");
    std::size_t free_now = 0, total = 0;
    require(push(primary), "pushing the context");
    require(memory_info(&free_now, &total), "asking for memory");
    pop(&primary);
    return free_now;
  }

 private:
  DriverForTests() {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    const auto find = [&](const char *name, auto &function) {
      void *found = library == nullptr ? nullptr : dlsym(library, name);
      if (found == nullptr) throw std::runtime_error(std::string("no ") + name);
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(found);
    };
    find("cuCtxCreate_v2", create_context);
    find("cuCtxDestroy_v2", destroy_context);
    find("cuCtxPushCurrent_v2", push);
    find("cuCtxPopCurrent_v2", pop);
    find("cuCtxGetCurrent", current);
    find("cuMemAlloc_v2", allocate);
    find("cuMemFree_v2", free);
    find("cuMemcpyHtoD_v2", upload);
    find("cuMemGetInfo_v2", memory_info);
    find("cuDevicePrimaryCtxRetain", retain_primary);
  }
};

class ForeignContext {
 public:
  explicit ForeignContext(const c10::Device &device) {
    const DriverForTests &driver = DriverForTests::get();
    DriverForTests::require(driver.create_context(&context_, 0, device.index()), "a context");
    void *popped = nullptr;
    driver.pop(&popped);  // making it made it current
  }
  ~ForeignContext() { DriverForTests::get().destroy_context(context_); }
  ForeignContext(const ForeignContext &) = delete;
  ForeignContext &operator=(const ForeignContext &) = delete;

  /// While it lives, the context is this thread's current one.
  class Current {
   public:
    explicit Current(const ForeignContext &context) : context_(context.context_) {
      DriverForTests::require(DriverForTests::get().push(context_), "pushing the context");
    }
    ~Current() {
      void *popped = nullptr;
      DriverForTests::get().pop(&popped);
    }
    Current(const Current &) = delete;
    Current &operator=(const Current &) = delete;

    bool is_current() const {
      void *now = nullptr;
      DriverForTests::get().current(&now);
      return now == context_;
    }

   private:
    void *context_;
  };

 private:
  void *context_ = nullptr;
};

/// Bytes in a context's memory.
class ForeignMemory {
 public:
  ForeignMemory(const ForeignContext &context, const std::vector<std::uint8_t> &bytes)
      : context_(context) {
    const ForeignContext::Current current(context_);
    const DriverForTests &driver = DriverForTests::get();
    DriverForTests::require(driver.allocate(&pointer_, bytes.size()), "memory");
    DriverForTests::require(driver.upload(pointer_, bytes.data(), bytes.size()), "the upload");
  }
  ~ForeignMemory() {
    const ForeignContext::Current current(context_);
    DriverForTests::get().free(pointer_);
  }
  ForeignMemory(const ForeignMemory &) = delete;
  ForeignMemory &operator=(const ForeignMemory &) = delete;

  const std::uint8_t *pointer() const { return reinterpret_cast<const std::uint8_t *>(pointer_); }

 private:
  const ForeignContext &context_;
  std::uintptr_t pointer_ = 0;
};

}  // namespace naclip::testing
