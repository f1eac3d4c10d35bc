// The few functions of CUDA's driver interface that libtorch does not wrap. The driver is opened at
// run time, like libtorch does it, so that a CUDA build starts on machines without one.
#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>

namespace naclip::cuda {

// The driver's handles are pointers to structures that nobody sees; its interface has been the same
// since CUDA 4.
using Context = struct DriverContext *;
using Module = struct DriverModule *;
using Function = struct DriverFunction *;
using Stream = void *;
using Event = void *;
using Pointer = std::uintptr_t;

struct Driver {
  int (*error_string)(int, const char **) = nullptr;
  int (*attribute)(int *value, int attribute, int device) = nullptr;
  int (*retain_primary)(Context *, int device) = nullptr;
  int (*push_context)(Context) = nullptr;
  int (*pop_context)(Context *) = nullptr;
  int (*load_module)(Module *, const void *image) = nullptr;
  int (*find_function)(Function *, Module, const char *name) = nullptr;
  int (*launch)(Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                unsigned shared_bytes, Stream, void **parameters, void **extra) = nullptr;
  int (*priority_range)(int *least, int *greatest) = nullptr;
  int (*create_stream)(Stream *, unsigned flags, int priority) = nullptr;
  int (*destroy_stream)(Stream) = nullptr;
  int (*synchronize)(Stream) = nullptr;
  int (*wait_event)(Stream, Event, unsigned flags) = nullptr;
  int (*pointer_attribute)(void *value, int attribute, Pointer) = nullptr;
  int (*copy_between_contexts)(Pointer to, Context, Pointer from, Context, std::size_t bytes,
                               Stream) = nullptr;
};

/// Opened once. Throws Error{kDevice} where there is no driver.
const Driver &driver();

/// Throws Error{kInference} in the driver's words where `result` is none of success, Error{kMemory}
/// where memory was short.
void require_success(int result, const char *doing);

/// The context that libtorch computes in; kept until the process ends.
Context primary_context(const c10::Device &device);

/// The compute capability times ten, e.g. 90.
int compute_capability(const c10::Device &device);

}  // namespace naclip::cuda
