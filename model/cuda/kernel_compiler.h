// Compiles the CUDA kernels at run time with NVRTC: building needs no CUDA compiler, and every
// compute capability from 7.0 on that the found NVRTC knows is served.
#pragma once

#include <string>
#include <vector>

namespace naclip {

/// What NVRTC made of the kernels.
struct CompiledKernels {
  std::string architecture;  ///< e.g. "sm_90" for a device's own code, "compute_90" for PTX
  /// A cubin, or PTX with its closing zero, as cuModuleLoadData() takes it.
  std::vector<char> image;
};

/// The compute capabilities that the found NVRTC compiles for, ascending, e.g. 90 for 9.0. Throws
/// Error{kNotFound} where there is no libnvrtc.
std::vector<int> nvrtc_architectures();

/// Compiles kernel_source() for a device of compute capability `capability` / 10: its own code
/// where NVRTC knows it, else PTX of the nearest older one, which the driver translates. libnvrtc
/// is taken from those that the process has loaded, else from the loader's path, else from
/// /usr/local/cuda. Throws Error{kNotFound} where there is none, Error{kDevice} with NVRTC's words
/// where it fails or knows nothing so old.
CompiledKernels compile_kernels(int capability);

}  // namespace naclip
