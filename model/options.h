// What a user may choose: when a model is loaded, and from call to call.
#pragma once

#include <array>
#include <compare>
#include <functional>
#include <string>
#include <vector>

#include "error.h"

namespace naclip {

/// One value of a choice: its name in properties and on command lines, and what it means. The
/// tables below are the only place where these are written: properties of elements, options of
/// programs and their help follow from them.
template <class Enum>
struct Choice {
  Enum value;
  const char *name;
  const char *meaning;
};

enum class Precision { kAuto, kFloat32, kBfloat16, kFloat16, kInt8 };
inline constexpr std::array<Choice<Precision>, 5> kPrecisions{
    {{Precision::kAuto, "auto",
      "float16 on CUDA; on the CPU bfloat16 where it is quicker, else float32"},
     {Precision::kFloat32, "float32", "32-bit floating point"},
     {Precision::kBfloat16, "bfloat16",
      "bfloat16 (on the CPU in linear layers, with attention as for int8 and the rest in float32)"},
     {Precision::kFloat16, "float16", "16-bit floating point (CUDA only)"},
     {Precision::kInt8, "int8",
      "products of 8 bits in the picture's network, of 16 bits in its attention (CPU with "
      "AVX512_VNNI or AVX-VNNI only), the rest as by auto"}}};

/// What the last vision block attends by (arXiv 2404.08181, section 3.2 and table 3; scclip is that
/// of arXiv 2411.15869, pearl that of arXiv 2603.21528).
enum class Attention { kNaclip, kNonly, kKk, kCsa, kVanilla, kScclip, kPearl };
inline constexpr std::array<Choice<Attention>, 7> kAttentions{
    {{Attention::kNaclip, "naclip", "Key-key similarity plus a Gaussian around each patch"},
     {Attention::kNonly, "nonly", "The Gaussian alone"},
     {Attention::kKk, "kk", "Key-key similarity alone"},
     {Attention::kCsa, "csa", "Query-query plus key-key similarity (architecture=vanilla only)"},
     {Attention::kVanilla, "vanilla", "CLIP's own query-key similarity"},
     {Attention::kScclip, "scclip",
      "SC-CLIP: similarity of middle blocks' patches plus key-key similarity "
      "(architecture=reduced only)"},
     {Attention::kPearl, "pearl",
      "PEARL: keys turned towards the queries, plus key-key similarity (architecture=reduced "
      "only)"}}};

/// The last vision block (section 3.3).
enum class Architecture { kReduced, kVanilla };
inline constexpr std::array<Choice<Architecture>, 2> kArchitectures{
    {{Architecture::kReduced, "reduced", "The last block without residual and MLP"},
     {Architecture::kVanilla, "vanilla", "CLIP's own last block"}}};

/// What the perceptrons of both towers are activated by: as the weights were trained.
enum class Activation { kAuto, kQuickGelu, kGelu };
inline constexpr std::array<Choice<Activation>, 3> kActivations{
    {{Activation::kAuto, "auto",
      "As the checkpoint or the configuration beside it says; else quick-gelu, with a warning"},
     {Activation::kQuickGelu, "quick-gelu", "x sigmoid(1.702 x), as in OpenAI's models"},
     {Activation::kGelu, "gelu", "The exact GELU, as in most of LAION's models"}}};

/// How a word becomes sentences.
enum class Prompts { kImageNet, kShort, kNone };
inline constexpr std::array<Choice<Prompts>, 3> kPrompts{
    {{Prompts::kImageNet, "imagenet", "The 80 templates that CLIP was evaluated with on ImageNet"},
     {Prompts::kShort, "short", "The 7 templates that CLIP's authors publish as the best subset"},
     {Prompts::kNone, "none", "The bare word"}}};

/// What makes scores follow the picture.
enum class Refine { kPamr, kTlp, kTlpPamr, kNone };
inline constexpr std::array<Choice<Refine>, 4> kRefinements{
    {{Refine::kPamr, "pamr", "Pixel-adaptive mask refinement, refine-steps of it"},
     {Refine::kTlp, "tlp", "PEARL's text-aware Laplacian propagation on a grid of about 80 x 80"},
     {Refine::kTlpPamr, "tlp+pamr", "The latter, and then refine-steps of the former"},
     {Refine::kNone, "none", "Nothing, as refine-steps=0"}}};

/// The size of the label map.
enum class MaskSize { kInput, kFrame };
inline constexpr std::array<Choice<MaskSize>, 2> kMaskSizes{
    {{MaskSize::kInput, "input", "That of the network's input"},
     {MaskSize::kFrame, "frame", "That of the frame"}}};

enum class LogLevel { kWarning, kInfo, kDebug };
/// Receives the library's log messages; may be called from any thread. The library itself never
/// prints. A warning is an Error that stops nothing; for other levels only the text matters.
using Log = std::function<void(LogLevel, const Error &)>;

/// Fixed when a model is loaded. Models of equal choices and of one file are the same.
struct ModelChoice {
  /// Path of a checkpoint, of the index of its shards, or of a folder with one of these; or the name
  /// of a published model that was fetched, e.g. "ViT-B/16".
  std::string model;
  /// Path of the byte-pair merges, plain or gzip; empty: found beside the model.
  std::string merges;
  std::string device = "auto";  ///< auto | cpu | cuda | cuda:N
  Precision precision = Precision::kAuto;
  Attention attention = Attention::kNaclip;
  Architecture architecture = Architecture::kReduced;
  double gaussian_std = 5.0;  ///< standard deviation of the Gaussian, in patches, > 0
  double pearl_alpha = 0.08;  ///< weight of the key-key similarity in kPearl, >= 0
  Activation activation = Activation::kAuto;
  Prompts prompts = Prompts::kImageNet;
  std::string cache_dir;  ///< folder for encoded words; empty: kept in memory only
  int threads = 0;        ///< of the CPU, for the whole process; 0: as many as it has cores

  friend auto operator<=>(const ModelChoice &, const ModelChoice &) = default;
};

/// What a model is loaded by.
struct ModelOptions : ModelChoice {
  Log log;  ///< may be empty
};

/// May differ from call to call.
struct InferenceOptions {
  /// Short side of the network's input, square pixels; the long side is <= 2048.
  int input_size = 336;
  int window_size = 224;    ///< side of the sliding window, pixels; 0: the whole picture at once
  int window_stride = 112;  ///< pixels, 1..window_size
  Refine refine = Refine::kPamr;
  int tlp_grid = 80;      ///< samples along each side of TLP's grid, about; 1..4096
  int refine_steps = 10;  ///< PAMR iterations; 0: off
  std::vector<int> refine_dilations{8, 16};  ///< pixels, each >= 1
  double logit_scale = 40.0;  ///< multiplies the cosine similarities before the softmax
  double threshold = 0.0;     ///< least confidence, 0..1; below it the label is 0
  /// A class with a smaller share of all pixels that are not background loses them to the next best
  /// class (SC-CLIP's area rule), 0..1; 0: off. For vocabularies with a background class.
  double area_threshold = 0.0;
  bool confidences = false;  ///< tell each pixel's probability, too: Segmentation::confidences
  MaskSize mask_size = MaskSize::kInput;
  /// Weight of a stream's past in an exponential mean of its scores, 0..1; 0: each frame by itself.
  /// Needs a StreamMemory.
  double smoothing = 0.0;

  /// Whether scores pass through TLP.
  bool uses_tlp() const { return refine == Refine::kTlp || refine == Refine::kTlpPamr; }
  /// Iterations of PAMR that scores pass through, after TLP where they pass through both.
  int pamr_steps() const {
    return refine == Refine::kPamr || refine == Refine::kTlpPamr ? refine_steps : 0;
  }

  bool operator==(const InferenceOptions &) const = default;
};

}  // namespace naclip
