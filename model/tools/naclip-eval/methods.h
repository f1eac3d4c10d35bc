// Published methods without training on CLIP's own weights: what each is made of, the figures that
// its authors print, and the constants that they chose for single benchmarks.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "model/options.h"
#include "model/tools/naclip-eval/benchmark.h"

namespace naclip::eval {

/// Figures are mIoU in percent.
struct PublishedMethod {
  const char *title, *source;
  Attention attention;
  Refine refine;
  /// With ViT-B/16 on the benchmarks in their order; empty where only a mean is printed.
  std::optional<std::array<double, 8>> figures;
  double mean;                       ///< over the eight
  std::optional<double> large_mean;  ///< that with ViT-L/14
};

std::span<const PublishedMethod> published_methods();

/// Null where nobody published this combination.
const PublishedMethod *published_method(Attention attention, Refine refine);

/// The constants that the attention's and the refinement's authors have for this benchmark in place of
/// their general ones.
void set_published_constants(const Benchmark &benchmark, ModelOptions &model,
                             InferenceOptions &inference);

}  // namespace naclip::eval
