// Which device computes, and in which precision.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <string>
#include <type_traits>

#include "model/machine/compute_thread.h"
#include "model/options.h"

namespace naclip {

/// Where tensors live and how wide they are. On CUDA both types are the same. On the CPU bfloat16
/// is for linear layers alone: its attention and LayerNorm would be slower than float32's (oneDNN
/// has fast bfloat16 products only), so activations stay float32 there, but for attention between such layers, see
/// AttentionProducts.
struct Compute {
  at::Device device{at::kCPU};
  at::ScalarType weights = at::kFloat;      ///< of linear and convolution layers
  at::ScalarType activations = at::kFloat;  ///< of everything between them
  bool int8 = false;  ///< the picture's network has blocks whose products are of 8 bits
};

/// Resolves `device` (auto | cpu | cuda | cuda:N) and `precision`. kAuto is float16 on CUDA; on the
/// CPU it is bfloat16 where the processor is quicker with it, else float32. Throws Error{kSettings}
/// for an unknown name, {kDevice} for a device that is not there or cannot compute in that
/// precision.
Compute choose_compute(const std::string &device, Precision precision);

/// kShort: may run in the middle of other work on the CPU; see ComputeThread::run_between().
enum class Piece { kWhole, kShort };

/// Runs `work` where the device's work is done: on the process's one thread for the CPU, here for
/// others; without gradients. Throws what it throws, and on the CPU Interrupted as
/// ComputeThread::run() does.
template <class Work>
auto on_device(const Compute &compute, Work &&work, Piece piece = Piece::kWhole,
               const std::stop_token &stop = {}) -> std::invoke_result_t<Work> {
  const auto without_gradients = [&] {
    at::NoGradGuard no_grad;
    return work();
  };
  if (!compute.device.is_cpu()) return without_gradients();
  return piece == Piece::kShort ? ComputeThread::shared().run_between(without_gradients, stop)
                                : ComputeThread::shared().run(without_gradients, stop);
}

std::string precision_name(at::ScalarType type);

}  // namespace naclip
