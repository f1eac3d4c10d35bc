#include "model/engine/checks.h"

#include <c10/util/Exception.h>

#include <new>

namespace naclip {

namespace {

bool out_of_memory(const std::string &message) {
  return message.find("out of memory") != std::string::npos ||
         message.find("can't allocate memory") != std::string::npos ||
         message.find("not enough memory") != std::string::npos;
}

}  // namespace

void require(bool condition, const std::string &message) {
  if (!condition) throw Error(ErrorKind::kSettings, message);
}

void require_input_size(int input_size, std::int64_t patch) {
  require(
      input_size >= patch && input_size <= 2048,
      "input-size must be between the model's patch size, " + std::to_string(patch) + ", and 2048");
}

void require_valid(const InferenceOptions &options, std::int64_t patch) {
  const std::string patch_text = std::to_string(patch);
  require_input_size(options.input_size, patch);
  require(options.window_size == 0 || options.window_size >= patch,
          "window-size must be 0 or at least the model's patch size, " + patch_text);
  require(options.window_size == 0 ||
              (options.window_stride >= 1 && options.window_stride <= options.window_size),
          "window-stride must be between 1 and window-size");
  require(options.refine_steps >= 0, "refine-steps must not be negative");
  require(options.pamr_steps() == 0 || !options.refine_dilations.empty(),
          "refine-dilations is empty: name one at least, or set refine-steps=0");
  for (const int dilation : options.refine_dilations)
    require(dilation >= 1 && dilation <= 4096, "refine-dilations must be between 1 and 4096");
  require(options.tlp_grid >= 1 && options.tlp_grid <= 4096, "tlp-grid must be between 1 and 4096");
  require(options.threshold >= 0.0 && options.threshold <= 1.0,
          "threshold must be between 0 and 1");
  require(options.area_threshold >= 0.0 && options.area_threshold <= 1.0,
          "area-threshold must be between 0 and 1");
  require(options.logit_scale > 0.0, "logit-scale must be above 0");
  require(options.smoothing >= 0.0 && options.smoothing <= 1.0,
          "smoothing must be between 0 and 1");
}

void require_valid(const Picture &picture) {
  require(picture.width >= 1 && picture.height >= 1 && picture.planes[0] != nullptr,
          "A picture needs a size of at least 1 x 1 and its planes");
  // Any ratio of two ints is between them.
  require(picture.pixel_aspect >= 1e-10 && picture.pixel_aspect <= 1e10,
          "A picture's pixel aspect must be above 0, within 1e-10 to 1e10");
}

void require_place(const Picture &picture, bool accelerated, const Compute &compute) {
  if (picture.cuda_device < 0) return;
  if (!accelerated)
    throw Error(ErrorKind::kDevice, "The picture lies on a GPU, and the model computes on " +
                                        compute.device.str() +
                                        (compute.device.is_cuda() ? " without CUDA kernels" : "") +
                                        ": give it pictures in host memory");
  if (picture.cuda_device != compute.device.index())
    throw Error(ErrorKind::kDevice,
                "The picture lies on cuda:" + std::to_string(picture.cuda_device) +
                    ", the model on " + compute.device.str());
}

void rethrow_translated(const std::string &doing) {
  try {
    throw;
  } catch (const Error &) {
    throw;
  } catch (const Interrupted &) {
    throw;
  } catch (const c10::Error &error) {
    const std::string detail = error.what_without_backtrace();
    if (out_of_memory(detail))
      throw Error(
          ErrorKind::kMemory,
          "Not enough memory while " + doing + ": take a smaller input-size, window or mask-size",
          detail);
    throw Error(ErrorKind::kInference, "libtorch failed while " + doing, detail);
  } catch (const std::bad_alloc &error) {
    throw Error(
        ErrorKind::kMemory,
        "Not enough memory while " + doing + ": take a smaller input-size, window or mask-size",
        error.what());
  } catch (const std::exception &error) {
    throw Error(ErrorKind::kInference, "Unexpected failure while " + doing, error.what());
  }
}

}  // namespace naclip
