// What each attention, refinement and window stride costs a frame of 1280 x 720, masks of that size,
// beside attention=naclip without refinement: in turn, medians.
//
//   methods-benchmark MODEL [ROUNDS] [PRECISION]
//
// Random weights serve: speed hardly depends on them (naclip-model random ViT-B/16 FILE). Prints a
// table in Markdown.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/process/openblas_core.h"
#include "model/segmenter.h"

namespace naclip {
namespace {

constexpr int kWidth = 1280, kHeight = 720, kWords = 21;

/// Soft blobs, RGB.
std::vector<std::uint8_t> frame() {
  std::mt19937 random(4);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(kWidth) * kHeight * 3);
  std::vector<int> cells(40 * 23 * 3);
  for (int &cell : cells) cell = static_cast<int>(random() % 200);
  for (std::size_t y = 0; y < kHeight; ++y)
    for (std::size_t x = 0; x < kWidth; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        pixels[(y * kWidth + x) * 3 + c] = static_cast<std::uint8_t>(
            cells[(y / 32 * 40 + x / 32) * 3 + c] + static_cast<int>(random() % 40));
  return pixels;
}

Vocabulary words() {
  std::string text;
  for (int i = 0; i < kWords; ++i) text += std::string(1, static_cast<char>('a' + i)) + ";";
  return Vocabulary::parse(text);
}

/// A model that some rows share.
struct Model {
  std::unique_ptr<Segmenter> segmenter;
  std::shared_ptr<const EncodedVocabulary> vocabulary;
};

Model load(const std::string &file, Precision precision, Attention attention) {
  ModelOptions choice;
  choice.model = file;
  choice.precision = precision;
  choice.attention = attention;
  choice.prompts = Prompts::kNone;
  if (attention == Attention::kCsa) choice.architecture = Architecture::kVanilla;
  Model model;
  model.segmenter = load_segmenter(choice);
  model.vocabulary = model.segmenter->encode(words(), {}, {}, {});
  return model;
}

/// One row.
class Method {
 public:
  Method(std::string name, const Model &model, const InferenceOptions &options)
      : name_(std::move(name)), model_(model), options_(options) {}

  void run(const Picture &picture) {
    const auto begin = std::chrono::steady_clock::now();
    model_.segmenter->segment(std::span(&picture, 1), *model_.vocabulary, options_);
    seconds_.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }

  const std::string &name() const { return name_; }
  /// Without the first, which warms up.
  double median() const {
    std::vector<double> sorted(seconds_.begin() + 1, seconds_.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  std::string name_;
  const Model &model_;
  InferenceOptions options_;
  std::vector<double> seconds_;
};

Precision precision_named(const std::string &name) {
  for (const auto &one : kPrecisions)
    if (name == one.name) return one.value;
  throw Error(ErrorKind::kSettings, "There is no precision " + name);
}

int run(const std::string &model, int rounds, Precision precision) {
  const std::vector<std::uint8_t> pixels = frame();
  Picture picture;
  picture.width = kWidth;
  picture.height = kHeight;
  picture.format = PixelFormat::kRgb;
  picture.planes[0] = pixels.data();
  picture.strides[0] = kWidth * 3;
  InferenceOptions options;
  options.refine = Refine::kNone;
  options.mask_size = MaskSize::kFrame;
  std::vector<Model> models;
  models.reserve(kAttentions.size());
  std::vector<Method> methods;
  for (const auto &attention : kAttentions) {
    models.push_back(load(model, precision, attention.value));
    methods.emplace_back(std::string("attention=") + attention.name, models.back(), options);
  }
  const Model &naclip = models.front();
  for (const auto &refine : kRefinements) {
    if (refine.value == Refine::kNone) continue;
    InferenceOptions refined = options;
    refined.refine = refine.value;
    if (refine.value == Refine::kTlpPamr) refined.refine_steps = 2;
    methods.emplace_back(std::string("refine=") + refine.name +
                             (refine.value == Refine::kTlpPamr ? " refine-steps=2" : ""),
                         naclip, refined);
  }
  for (const int stride : {104, 120}) {
    InferenceOptions strided = options;
    strided.window_stride = stride;
    methods.emplace_back("window-stride=" + std::to_string(stride), naclip, strided);
  }
  for (int round = 0; round <= rounds; ++round)
    for (Method &method : methods) method.run(picture);
  std::printf("| settings | seconds a frame | beside naclip |\n| --- | ---: | ---: |\n");
  for (const Method &method : methods)
    std::printf("| `%s` | %.3f | %.2f |\n", method.name().c_str(), method.median(),
                method.median() / methods.front().median());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("\nMost memory of the process, which holds %zu models: %.2f GB\n", models.size(),
              static_cast<double>(usage.ru_maxrss) / 1e6);
  return 0;
}

}  // namespace
}  // namespace naclip

int main(int argc, char **argv) {
  naclip::restart_for_openblas(argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: methods-benchmark MODEL [ROUNDS] [PRECISION]\n");
    return 2;
  }
  try {
    return naclip::run(argv[1], argc > 2 ? std::max(std::atoi(argv[2]), 1) : 5,
                       naclip::precision_named(argc > 3 ? argv[3] : "auto"));
  } catch (const naclip::Error &error) {
    std::fprintf(stderr, "methods-benchmark: %s\n", error.what());
    return 1;
  }
}
