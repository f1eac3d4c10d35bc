#include "engine_checks.h"

#include <ATen/ATen.h>

#include <cstdlib>
#include <vector>

#include "engine_stages.h"
#include "model/network/clip_text.h"
#include "model/network/clip_vision.h"
#include "model/network/word_embeddings.h"
#include "model/plain/refine.h"
#include "model/plain/score.h"
#include "model/plain/tlp.h"
#include "model/stages/decode.h"
#include "model/stages/preprocess.h"
#include "model/stages/refine.h"
#include "model/stages/tlp.h"
#include "model/stages/windows.h"
#include "tests/parity/golden.h"

namespace naclip::bench {

namespace {

using testing::agreement;
using testing::golden;
using testing::labels_of;
using testing::last_part;
using testing::numbers_in;
using testing::parameter;
using testing::relative_error;

// Those of the parity suite.
constexpr double kRelativeError = 1e-4;
// That of tests/model/stages/tlp_test.cpp, for scores that leave pixels undecided.
constexpr double kUndecidedError = 1e-2;
constexpr double kLabelsEqual = 0.999;
constexpr double kLabelsEqualFromPicture = 0.995;
constexpr double kLabelsEqualInBfloat16 = 0.97;

/// Remembers the first comparison that went wrong.
class Verdict {
 public:
  void at_most(double found, double limit, const std::string &what) {
    if (!(found <= limit)) wrong(what, found, limit);
  }
  void at_least(double found, double limit, const std::string &what) {
    if (!(found >= limit)) wrong(what, found, limit);
  }
  std::string text() const { return text_; }

 private:
  void wrong(const std::string &what, double found, double limit) {
    if (text_.empty())
      text_ = what + ": " + std::to_string(found) + ", the limit is " + std::to_string(limit);
  }
  std::string text_;
};

std::string golden_path(const std::string &name) {
  return test::golden_folder() + "/" + name;
}

/// The network: features, scores, windows, words.
void check_network(Verdict &verdict) {
  const Checkpoint checkpoint = read_checkpoint(golden_path("tiny-openai.safetensors"));
  ClipVision vision(checkpoint, Compute{}, Attention::kNaclip, Architecture::kReduced,
                    parameter("gaussian_std"));
  for (const std::string &name : golden().names("features/reduced/naclip/"))
    verdict.at_most(
        relative_error(vision.encode(golden().at("image/" + last_part(name))), golden().at(name)),
        kRelativeError, name);
  WordEmbeddings bank(ClipText(checkpoint, Compute{}),
                      Tokenizer::from_file(golden_path("mini-bpe.txt.gz")), Prompts::kImageNet, "",
                      "");
  const at::Tensor queries = bank.encode(testing::golden_words());
  verdict.at_most(relative_error(queries, golden().at("text/query_features")), kRelativeError,
                  "text/query_features");
  for (const std::string &name : golden().names("slide_logits/")) {
    const at::Tensor image =
        golden().at("image/" + last_part(name).substr(0, last_part(name).find('-')));
    const auto sizes = numbers_in(last_part(name));
    const auto windows = windows_of(image.size(2), image.size(3), sizes.at(0), sizes.at(1));
    const at::Tensor crops = crop_windows(image, windows);
    const at::Tensor scores =
        plain::patch_scores(plain::patch_directions(vision.encode(crops)), queries,
                            crops.size(2) / vision.patch(), crops.size(3) / vision.patch());
    verdict.at_most(relative_error(stitch_windows(scores, windows, image.size(2), image.size(3)),
                                   golden().at(name)),
                    kRelativeError, name);
  }
}

/// [1, words, 21, 37]: cosines as words and patches have them, by no rule that a pixel could tell.
at::Tensor scattered_scores(int words) {
  const at::Tensor places = at::arange(words * 21 * 37, at::kDouble);
  return (places * places * 0.7).sin().mul(0.05).add(0.2).to(at::kFloat).view({1, words, 21, 37});
}

/// Refinement and decoding, also against their plain forms at the sizes that are timed.
void check_fused_forms(Verdict &verdict) {
  for (const std::string &name : golden().names("pamr/steps")) {
    auto numbers = numbers_in(last_part(name));
    const int steps = numbers.at(0);
    numbers.erase(numbers.begin());
    verdict.at_most(relative_error(refine(golden().at("pamr/image"), golden().at("pamr/logits"),
                                          steps, numbers),
                                   golden().at(name)),
                    kRelativeError, name);
  }
  const at::Tensor picture = at::upsample_bilinear2d(golden().at("pamr/image"), {720, 1280}, false);
  for (const int words : {21, 171}) {
    const at::Tensor scores = scattered_scores(words);
    DecodeOptions options;
    options.regions = static_cast<std::size_t>(words);
    options.region_of_query = at::arange(words, at::kInt);
    verdict.at_least(agreement(labels_of(decode(scores, 720, 1280, options)),
                               labels_of(plain::decode(scores, 720, 1280, options))),
                     kLabelsEqual, "decoding of " + std::to_string(words) + " words, plain");
    if (words > 21) continue;
    const at::Tensor large = at::upsample_bilinear2d(scores, {720, 1280}, false);
    verdict.at_most(relative_error(refine(picture, large, 1, {8, 16}),
                                   plain::refine(picture, large, 1, {8, 16})),
                    kRelativeError, "refinement at 1280 x 720, plain");
    const at::Tensor embeddings = at::eye(words);
    verdict.at_most(relative_error(Propagator().propagate(picture, large, embeddings, 720, 1280),
                                   plain::tlp(picture, large, embeddings)),
                    kUndecidedError, "propagation at 1280 x 720, plain");
  }
}

at::Tensor segmented(Precision precision, int window, int stride, int steps) {
  return testing::segmented(golden_path("tiny-openai.safetensors"), golden_path("mini-bpe.txt.gz"),
                            precision, window, stride, steps);
}

/// The whole chain from the 8-bit picture, refined.
void check_labels(Verdict &verdict) {
  for (const std::string &name : golden().names("e2e/")) {
    if (last_part(name) != "labels-pamr") continue;
    auto sizes = numbers_in(name.substr(4));
    if (sizes.empty()) sizes = {0, 0};
    const int steps = static_cast<int>(parameter("pamr_steps"));
    verdict.at_least(agreement(segmented(Precision::kFloat32, sizes.at(0), sizes.at(1), steps),
                               golden().at(name)),
                     kLabelsEqualFromPicture, name);
    // libtorch asks the processor, and oneDNN what it may take: with AVX-512 forbidden they disagree.
    if (std::getenv("ONEDNN_MAX_CPU_ISA") != nullptr) continue;
    verdict.at_least(agreement(segmented(Precision::kBfloat16, sizes.at(0), sizes.at(1), steps),
                               golden().at(name)),
                     kLabelsEqualInBfloat16, name + " in bfloat16");
  }
}

}  // namespace

std::string first_wrong_answer() {
  Verdict verdict;
  check_network(verdict);
  check_fused_forms(verdict);
  check_labels(verdict);
  return verdict.text();
}

}  // namespace naclip::bench
