#include "model/cuda/runner.h"

#include <ATen/Context.h>

#include <cstdlib>

#include "model/cuda/device_scope.h"
#include "model/cuda/graph_cache.h"
#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"
#include "model/cuda/worker.h"

namespace naclip::cuda {

namespace {

/// For the whole process. Where libtorch takes cuDNN's attention (H100 and newer), cuDNN plans each
/// shape anew, also while a graph is captured.
void choose_attention() {
  if (std::getenv("NACLIP_CUDNN_ATTENTION") == nullptr) at::globalContext().setSDPUseCuDNN(false);
}

class StreamRunner final : public Runner {
 public:
  StreamRunner(const at::Device &device, const Log &log)
      : device_(device),
        stream_(device, true),
        second_stream_(device, false),
        pictures_stream_(device, true),
        graphs_(cuda_graph_maker(device), log) {
    choose_attention();
    const DeviceScope scope(stream_.get());
    has_kernels_ = Kernels::of(device_) != nullptr;
    if (!has_kernels_ && log)
      log(LogLevel::kWarning,
          Error(ErrorKind::kDevice,
                "The GPU's kernels cannot be had, so that refinement and labels are slow",
                Kernels::failure_of(device_)));
  }

  bool has_kernels() const override { return has_kernels_; }

  void in_order(const std::function<void()> &work) override {
    worker_.run([&] {
      const DeviceScope scope(stream_.get());
      try {
        work();
      } catch (...) {
        // What was begun may still read the caller's pictures.
        driver().synchronize(stream_.get().stream());
        throw;
      }
    });
  }

  void aside(const std::function<void()> &work) override {
    const DeviceScope scope(second_stream_.get());
    work();
    synchronize(device_);
  }

  at::Tensor preprocess(const Picture &picture, PictureSize size) override {
    return cuda::preprocess(picture, size, device_);
  }

  at::Tensor prepare(const Picture &picture, PictureSize size) override {
    const DeviceScope scope(pictures_stream_.get());
    const at::Tensor result = cuda::preprocess(picture, size, device_);
    synchronize(device_);
    return result;
  }

  std::vector<std::uint8_t> shrink(const Picture &picture, int factor) override {
    const DeviceScope scope(pictures_stream_.get());
    return cuda::shrink(picture, factor, device_);
  }

  at::Tensor network(const NetworkKey &key, std::span<const at::Tensor> pictures,
                     const std::function<Network()> &make) override {
    return graphs_.run(key, pictures, make);
  }

 private:
  at::Device device_;
  bool has_kernels_ = false;
  OwnStream stream_, second_stream_, pictures_stream_;
  GraphCache graphs_;
  Worker worker_;  // goes first
};

}  // namespace

std::unique_ptr<Runner> Runner::on(const at::Device &device, Log log) {
  if (!device.is_cuda()) return nullptr;
  return std::make_unique<StreamRunner>(device, log);
}

}  // namespace naclip::cuda
