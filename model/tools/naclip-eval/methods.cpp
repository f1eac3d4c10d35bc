#include "model/tools/naclip-eval/methods.h"

#include <iterator>

namespace naclip::eval {

namespace {

// In the order of benchmarks(): VOC21, Context60, COCO-Object, VOC20, Cityscapes, Context59, ADE20K,
// COCO-Stuff.
constexpr PublishedMethod kMethods[]{
    {"NACLIP", "arXiv 2404.08181, table 1", Attention::kNaclip, Refine::kPamr,
     std::array{64.07, 34.99, 36.19, 83.03, 38.27, 38.35, 19.05, 25.69}, 42.46, std::nullopt},
    {"NACLIP without refinement", "arXiv 2404.08181", Attention::kNaclip, Refine::kNone,
     std::nullopt, 39.4, 36.5},
    {"SC-CLIP", "arXiv 2411.15869", Attention::kScclip, Refine::kNone,
     std::array{64.6, 36.8, 37.7, 84.3, 41.0, 40.1, 20.1, 26.6}, 43.9, 45.2},
    {"PEARL", "arXiv 2603.21528", Attention::kPearl, Refine::kTlp,
     std::array{64.1, 35.1, 37.3, 86.9, 37.6, 38.6, 19.4, 26.3}, 43.2, std::nullopt},
    {"PEARL's attention alone", "arXiv 2603.21528", Attention::kPearl, Refine::kNone, std::nullopt,
     40.6, std::nullopt},
    {"NACLIP with PEARL's refinement", "arXiv 2603.21528", Attention::kNaclip, Refine::kTlp,
     std::nullopt, 42.3, std::nullopt}};

/// Those of SC-CLIP's configuration files. It slides its window over VOC's pictures, too.
void set_scclip_constants(const Benchmark &benchmark, InferenceOptions &inference) {
  inference.window_size = 224;
  if (benchmark.name == "voc21") {
    inference.logit_scale = 50.0;
    inference.threshold = 0.15;
    inference.area_threshold = 0.1;
  } else if (benchmark.name == "context60") {
    inference.threshold = 0.15;
  } else if (benchmark.name == "coco-object") {
    inference.logit_scale = 55.0;
    inference.threshold = 0.35;
  }
}

}  // namespace

std::span<const PublishedMethod> published_methods() {
  return kMethods;
}

const PublishedMethod *published_method(Attention attention, Refine refine) {
  for (const PublishedMethod &one : kMethods)
    if (one.attention == attention && one.refine == refine) return &one;
  return nullptr;
}

void set_published_constants(const Benchmark &benchmark, ModelOptions &model,
                             InferenceOptions &inference) {
  if (model.attention == Attention::kScclip) set_scclip_constants(benchmark, inference);
  if (benchmark.name == "ade20k" || benchmark.name == "cityscapes") model.pearl_alpha = 0.3;
  if (benchmark.name == "cityscapes") inference.tlp_grid = 224;
}

}  // namespace naclip::eval
