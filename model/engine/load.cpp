// A checkpoint on disk -> a segmenter.
#include <future>
#include <mutex>

#include "model/base/published_models.h"
#include "model/engine/checks.h"
#include "model/engine/torch_segmenter.h"
#include "model/machine/blas.h"
#include "model/network/checkpoint.h"
#include "model/process/process_exit.h"
#include "model/text/merge_file.h"

namespace naclip {

namespace {

ModelInfo info_of(const Checkpoint &checkpoint, const Compute &compute) {
  const NetworkSizes &sizes = checkpoint.sizes;
  ModelInfo info;
  info.layout = checkpoint.layout;
  info.activation = checkpoint.activation.activation;
  info.activation_source = checkpoint.activation.source;
  info.patch_size = static_cast<int>(sizes.patch);
  info.native_size = static_cast<int>(sizes.patch * sizes.native_grid);
  info.vision_width = static_cast<int>(sizes.vision_width);
  info.vision_layers = static_cast<int>(sizes.vision_layers);
  info.vision_heads = static_cast<int>(sizes.vision_heads);
  info.text_width = static_cast<int>(sizes.text_width);
  info.text_layers = static_cast<int>(sizes.text_layers);
  info.text_heads = static_cast<int>(sizes.text_heads);
  info.embedding_size = static_cast<int>(sizes.embedding);
  info.context_length = static_cast<int>(sizes.context_length);
  info.vocabulary_size = static_cast<int>(sizes.vocabulary);
  info.parameters = checkpoint.parameters;
  info.device = compute.device.str();
  info.precision = compute.int8 ? "int8" : precision_name(compute.weights);
  return info;
}

struct Merges {
  std::string path;
  Tokenizer tokenizer;
};

/// Reads them beside other work; what reading throws, get() does.
std::future<Merges> read_merges(const ModelOptions &options) {
  return std::async(std::launch::async, [options] {
    const std::string path = find_merges(options.model, options.merges);
    return Merges{path, Tokenizer::from_file(path)};
  });
}

Tokenizer matching_tokenizer(Merges merges, const Checkpoint &checkpoint) {
  if (static_cast<std::int64_t>(merges.tokenizer.size()) != checkpoint.sizes.vocabulary)
    throw Error(ErrorKind::kModel, "The model knows " +
                                       std::to_string(checkpoint.sizes.vocabulary) +
                                       " tokens, the merges in " + merges.path + " give " +
                                       std::to_string(merges.tokenizer.size()) +
                                       ": set the property merges to the file that belongs to the "
                                       "model");
  return std::move(merges.tokenizer);
}

/// Once in a process.
void warn_of_slow_blas(const Log &log) {
  static std::once_flag once;
  std::call_once(once, [&] {
    const std::string warning = blas_warning(blas_file());
    if (log && !warning.empty()) log(LogLevel::kWarning, Error(ErrorKind::kNotFound, warning));
  });
}

/// SC-CLIP's blocks are published for networks of two depths.
void tell_scaled_blocks(const Log &log, std::int64_t depth) {
  if (!log || depth == 12 || depth == 24) return;
  const ScClipBlocks blocks = scclip_blocks(depth);
  log(LogLevel::kInfo,
      Error(ErrorKind::kSettings,
            "attention=scclip reads blocks " + std::to_string(blocks.shallow) + ", " +
                std::to_string(blocks.middle) + " and " + std::to_string(blocks.sum_from) + " to " +
                std::to_string(blocks.sum_to) + " of " + std::to_string(depth) +
                ", scaled from those published for networks of 12 and 24 blocks"));
}

void warn_of_assumption(const Log &log, const ActivationInUse &activation) {
  if (log && !activation.warning.empty())
    log(LogLevel::kWarning, Error(ErrorKind::kModel, activation.warning));
}

std::unique_ptr<Backend> make_backend(const Compute &compute, const ModelOptions &options) {
  std::unique_ptr<Backend> gpu = make_gpu_backend(compute, options.log);
  return gpu ? std::move(gpu) : make_cpu_backend(compute, options.threads);
}

}  // namespace

std::unique_ptr<Segmenter> load_segmenter(const ModelOptions &given) {
  ModelOptions options = given;
  options.model = resolve_model(given.model);
  return translated("loading " + options.model, [&]() -> std::unique_ptr<Segmenter> {
    const ExitSection section;
    warn_of_slow_blas(options.log);
    const Compute compute = choose_compute(options.device, options.precision);
    std::unique_ptr<Backend> backend = make_backend(compute, options);
    Backend &device = *backend;
    std::unique_ptr<Segmenter> segmenter;
    device.load([&] {
      std::future<Merges> merges = read_merges(options);
      Checkpoint checkpoint = read_checkpoint(options.model, options.activation);
      warn_of_assumption(options.log, checkpoint.activation);
      if (options.attention == Attention::kScclip)
        tell_scaled_blocks(options.log, checkpoint.sizes.vision_layers);
      ModelInfo info = info_of(checkpoint, compute);
      Tokenizer tokenizer = matching_tokenizer(merges.get(), checkpoint);
      std::string fingerprint;
      if (!options.cache_dir.empty()) fingerprint = weights_fingerprint(checkpoint, compute);
      // Each tower takes its weights from the checkpoint, so that there is little of them twice.
      ClipVision vision(checkpoint.take("visual."), compute, options.attention,
                        options.architecture, options.gaussian_std, options.pearl_alpha);
      auto words = std::make_unique<WordEmbeddings>(ClipText(std::move(checkpoint), compute),
                                                    std::move(tokenizer), options.prompts,
                                                    options.cache_dir, std::move(fingerprint));
      segmenter = std::make_unique<TorchSegmenter>(std::move(info), compute, std::move(backend),
                                                   std::move(vision), std::move(words));
    });
    return segmenter;
  });
}

}  // namespace naclip

naclip::Segmenter *naclip_load_segmenter(int abi, const naclip::ModelOptions *options) {
  if (abi != naclip::kNaclipAbi)
    throw naclip::Error(
        naclip::ErrorKind::kNotFound,
        "libnaclip and the plugin are of different versions: install both from one build");
  return naclip::load_segmenter(*options).release();
}
