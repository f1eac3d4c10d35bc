// What each attention costs a frame of 1280 x 720 beside attention=naclip: in turn, medians.
//
//   methods-benchmark MODEL [ROUNDS] [PRECISION]
//
// Random weights serve: speed hardly depends on them (naclip-model random ViT-B/16 FILE). Prints a
// table in Markdown.
#include <glib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "model/error.h"
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

/// One row.
class Method {
 public:
  Method(std::string name, const std::string &model, Precision precision, Attention attention,
         const InferenceOptions &options)
      : name_(std::move(name)), options_(options) {
    ModelOptions choice;
    choice.model = model;
    choice.precision = precision;
    choice.attention = attention;
    choice.prompts = Prompts::kNone;
    if (attention == Attention::kCsa) choice.architecture = Architecture::kVanilla;
    segmenter_ = load_segmenter(choice);
    vocabulary_ = segmenter_->encode(words(), {}, {}, {});
  }

  void run(const Picture &picture) {
    const auto begin = std::chrono::steady_clock::now();
    segmenter_->segment(std::span(&picture, 1), *vocabulary_, options_);
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
  InferenceOptions options_;
  std::unique_ptr<Segmenter> segmenter_;
  std::shared_ptr<const EncodedVocabulary> vocabulary_;
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
  options.refine_steps = 0;
  options.mask_size = MaskSize::kFrame;
  std::vector<std::unique_ptr<Method>> methods;
  for (const auto &attention : kAttentions)
    methods.push_back(
        std::make_unique<Method>(attention.name, model, precision, attention.value, options));
  for (int round = 0; round <= rounds; ++round)
    for (const auto &method : methods) method->run(picture);
  std::printf("| attention | seconds a frame | beside naclip |\n| --- | ---: | ---: |\n");
  for (const auto &method : methods)
    std::printf("| %s | %.3f | %.2f |\n", method->name().c_str(), method->median(),
                method->median() / methods.front()->median());
  return 0;
}

}  // namespace
}  // namespace naclip

int main(int argc, char **argv) {
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
