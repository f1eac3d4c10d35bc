// Compiles CUDA kernels at run time with NVRTC: building needs no CUDA compiler, and every compute
// capability from 7.0 on that the found NVRTC knows is served.
#pragma once

#include <string>
#include <vector>

namespace naclip {

/// What NVRTC made of kernels.
struct CompiledKernels {
  std::string architecture;  ///< e.g. "sm_90" for a device's own code, "compute_90" for PTX
  /// A cubin, or PTX with its closing zero, as cuModuleLoadData() takes it.
  std::vector<char> image;
  /// What NVRTC says of it: each kernel's registers and spills, where it made a device's own code.
  std::string log;
};

/// Where libnvrtc is looked for, best first, as dlopen() takes it: beside the CUDA run time in
/// `runtime_folder` (pip's nvidia/cu13/lib), in the folder that pip's packages for CUDA 12 have
/// beside that one, on the loader's path, in /usr/local/cuda. runtime_folder: may be empty.
std::vector<std::string> nvrtc_places(const std::string &runtime_folder);

/// The compute capabilities that the found NVRTC compiles for, ascending, e.g. 90 for 9.0. Throws
/// Error{kNotFound} where there is no libnvrtc.
std::vector<int> nvrtc_architectures();

/// Compiles `source`, such as kernel_source(), for a device of compute capability `capability` / 10:
/// its own code where NVRTC knows it, else PTX of the nearest older one, which the driver
/// translates. Throws Error{kNotFound} where there is no libnvrtc, Error{kDevice} with NVRTC's words
/// where it fails or knows nothing so old.
CompiledKernels compile_kernels(const char *source, int capability);

}  // namespace naclip
