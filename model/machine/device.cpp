#include "model/machine/device.h"

#include <ATen/Context.h>

#include <charconv>

#include "model/machine/cpu.h"

namespace naclip {

namespace {

/// libtorch keeps the count of CUDA devices behind different headers in different versions; asking
/// for a tensor on the device answers the same question in all of them.
bool device_answers(const at::Device &device) {
  try {
    at::empty({1}, at::TensorOptions().device(device));
    return true;
  } catch (const c10::Error &) {
    return false;
  }
}

at::Device parse_device(const std::string &name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto")
    return at::hasCUDA() && device_answers(at::Device(at::kCUDA, 0)) ? at::Device(at::kCUDA, 0)
                                                                     : at::Device(at::kCPU);
  int index = 0;
  const std::string prefix = "cuda:";
  if (name.starts_with(prefix)) {
    const char *first = name.data() + prefix.size();
    const char *last = name.data() + name.size();
    const auto [end, failure] = std::from_chars(first, last, index);
    if (failure != std::errc() || end != last || index < 0 || index > 127)
      throw Error(ErrorKind::kSettings, "\"" + name + "\" is no device: write cuda:0, cuda:1, …");
  } else if (name != "cuda") {
    throw Error(ErrorKind::kSettings,
                "\"" + name + "\" is no device: choose auto, cpu, cuda or cuda:N");
  }
  const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  if (!at::hasCUDA())
    throw Error(ErrorKind::kDevice,
                "Device " + name +
                    " is not available: this libtorch has no CUDA, or no driver was found. "
                    "Choose device=cpu, or build with -Dlibtorch= a CUDA libtorch");
  if (!device_answers(device))
    throw Error(ErrorKind::kDevice,
                "Device " + name + " does not answer; choose another with device=");
  return device;
}

/// bfloat16 is quicker only where both the processor and libtorch (through oneDNN) have products of
/// it.
at::ScalarType cpu_precision() {
  return has_fast_bfloat16() && at::hasMKLDNN() ? at::kBFloat16 : at::kFloat;
}

}  // namespace

Compute choose_compute(const std::string &name, Precision precision) {
  Compute compute;
  compute.device = parse_device(name);
  const bool cuda = compute.device.is_cuda();
  compute.int8 = precision == Precision::kInt8;
  switch (precision) {
    case Precision::kAuto:
      compute.weights = cuda ? at::kHalf : cpu_precision();
      break;
    case Precision::kFloat32:
      compute.weights = at::kFloat;
      break;
    case Precision::kBfloat16:
      compute.weights = at::kBFloat16;
      break;
    case Precision::kInt8:
      if (cuda || !has_int8_products())
        throw Error(ErrorKind::kDevice,
                    cuda ? "precision=int8 needs device=cpu: on CUDA choose float16"
                         : "precision=int8 needs a processor with AVX512_VNNI or AVX-VNNI: choose "
                           "auto, float32 or bfloat16");
      compute.weights = cpu_precision();
      break;
    case Precision::kFloat16:
      if (!cuda)
        throw Error(ErrorKind::kDevice,
                    "precision=float16 needs device=cuda: on the CPU choose float32 or bfloat16");
      compute.weights = at::kHalf;
      break;
  }
  compute.activations = cuda ? compute.weights : at::kFloat;
  if (cuda && compute.weights == at::kFloat) {
    // float32 means float32: convolutions would take TF32, with 10 bits of mantissa, by default.
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
  }
  return compute;
}

std::string precision_name(at::ScalarType type) {
  switch (type) {
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    default:
      return "float32";
  }
}

}  // namespace naclip
