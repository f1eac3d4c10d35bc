// A stand-in for NVIDIA's driver, libcuda.so.1, which GstCuda opens: a GPU whose memory is the
// host's and whose one kernel is naclip_blend, run in the host's emulation.
#pragma once

namespace naclip::testing {

/// What was asked of the driver since the process began.
struct DriverUse {
  int uploads = 0, downloads = 0;  ///< copies of memory
  int launches = 0;
  int allocations = 0;        ///< that were not given back
  int modules = 0;            ///< that were not unloaded
  bool loads_modules = true;  ///< to be set
};

/// The one of the process.
__attribute__((visibility("default"))) DriverUse &driver_use();

}  // namespace naclip::testing
