#include "host_driver.h"

#include <cuda.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/model/cuda/kernel_emulation.h"

// After the emulation, which gives meaning to its words.
#include "elements/overlay/blend.cu"

namespace naclip::testing {

DriverUse &driver_use() {
  static DriverUse use;
  return use;
}

namespace {

std::atomic<std::uintptr_t> contexts_made;
thread_local std::vector<CUcontext> current;  // the last one is

/// What needs a current context fails without one, as with the driver.
CUresult require_context() {
  return current.empty() ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
}

CUresult allocate(void **memory, std::size_t bytes) {
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  *memory = std::malloc(bytes);
  ++driver_use().allocations;
  return CUDA_SUCCESS;
}

CUresult release(void *memory) {
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  std::free(memory);
  --driver_use().allocations;
  return CUDA_SUCCESS;
}

CUresult copy(const CUDA_MEMCPY2D &copy) {
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  const bool from_host = copy.srcMemoryType == CU_MEMORYTYPE_HOST;
  const bool to_host = copy.dstMemoryType == CU_MEMORYTYPE_HOST;
  const auto *source = static_cast<const char *>(
      from_host ? copy.srcHost : reinterpret_cast<const void *>(copy.srcDevice));
  auto *target =
      static_cast<char *>(to_host ? copy.dstHost : reinterpret_cast<void *>(copy.dstDevice));
  if (copy.srcPitch < copy.WidthInBytes || copy.dstPitch < copy.WidthInBytes)
    return CUDA_ERROR_INVALID_VALUE;
  for (std::size_t row = 0; row < copy.Height; ++row)
    std::memcpy(target + row * copy.dstPitch, source + row * copy.srcPitch, copy.WidthInBytes);
  driver_use().uploads += from_host && !to_host ? 1 : 0;
  driver_use().downloads += to_host && !from_host ? 1 : 0;
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace naclip::testing

using naclip::testing::current;
using naclip::testing::driver_use;
using naclip::testing::require_context;

// The driver's functions by their names in the library, which cuda.h hides behind macros.
#pragma GCC visibility push(default)
extern "C" {

CUresult cuInit(unsigned) {
  return CUDA_SUCCESS;
}
CUresult cuDriverGetVersion(int *version) {
  *version = 12000;
  return CUDA_SUCCESS;
}
CUresult cuGetErrorName(CUresult, const char **text) {
  *text = "CUDA_ERROR";
  return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult, const char **text) {
  *text = "the stand-in failed";
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetCount(int *count) {
  *count = 1;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice *device, int number) {
  *device = number;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetName(char *name, int length, CUdevice) {
  std::strncpy(name, "stand-in", static_cast<std::size_t>(length));
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR   ? 9
           : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? 0
                                                                       : 256;
  return CUDA_SUCCESS;
}
CUresult cuDeviceCanAccessPeer(int *can, CUdevice, CUdevice) {
  *can = 0;
  return CUDA_SUCCESS;
}
CUresult cuCtxCreate_v2(CUcontext *context, unsigned, CUdevice) {
  *context = reinterpret_cast<CUcontext>(++naclip::testing::contexts_made);
  current.push_back(*context);
  return CUDA_SUCCESS;
}
CUresult cuCtxDestroy_v2(CUcontext) {
  return CUDA_SUCCESS;
}
CUresult cuCtxPushCurrent_v2(CUcontext context) {
  current.push_back(context);
  return CUDA_SUCCESS;
}
CUresult cuCtxPopCurrent_v2(CUcontext *) {
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  current.pop_back();
  return CUDA_SUCCESS;
}
CUresult cuMemAlloc_v2(CUdeviceptr *memory, std::size_t bytes) {
  return naclip::testing::allocate(reinterpret_cast<void **>(memory), bytes);
}
CUresult cuMemAllocPitch_v2(CUdeviceptr *memory, std::size_t *pitch, std::size_t width,
                            std::size_t height, unsigned) {
  *pitch = (width + 63) / 64 * 64;
  return naclip::testing::allocate(reinterpret_cast<void **>(memory), *pitch * height);
}
CUresult cuMemAllocHost_v2(void **memory, std::size_t bytes) {
  return naclip::testing::allocate(memory, bytes);
}
CUresult cuMemFree_v2(CUdeviceptr memory) {
  return naclip::testing::release(reinterpret_cast<void *>(memory));
}
CUresult cuMemFreeHost(void *memory) {
  return naclip::testing::release(memory);
}
CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D *copy) {
  return naclip::testing::copy(*copy);
}
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *copy, CUstream) {
  return naclip::testing::copy(*copy);
}
CUresult cuStreamSynchronize(CUstream) {
  return require_context();
}
CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  if (!driver_use().loads_modules || std::memcmp(image, "\177ELF", 4) != 0)
    return CUDA_ERROR_INVALID_IMAGE;
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  *module = reinterpret_cast<CUmodule>(current.back());  // whose code serves there alone
  ++driver_use().modules;
  return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule) {
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  --driver_use().modules;
  return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  *function = reinterpret_cast<CUfunction>(module);
  return std::strcmp(name, "naclip_blend") == 0 ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                        unsigned block_x, unsigned block_y, unsigned block_z, unsigned, CUstream,
                        void **parameters, void **) {
  if (const CUresult result = require_context(); result != CUDA_SUCCESS) return result;
  if (function != reinterpret_cast<CUfunction>(current.back())) return CUDA_ERROR_INVALID_HANDLE;
  ++driver_use().launches;
  const Blend blend = *static_cast<const Blend *>(parameters[0]);
  naclip::emulation::launch({grid_x, grid_y, grid_z}, {block_x, block_y, block_z},
                            [&] { naclip_blend(blend); });
  return CUDA_SUCCESS;
}
}
#pragma GCC visibility pop
