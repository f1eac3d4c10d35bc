// The facade of libnaclip: load a model, encode a vocabulary, frames in, label maps out.
// NACLIP is described in "Pay Attention to Your Neighbours" (arXiv 2404.08181).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "api.h"
#include "error.h"
#include "picture.h"
#include "vocabulary.h"

namespace naclip {

enum class Precision { kAuto, kFloat32, kBfloat16, kFloat16 };
/// What the last vision block attends by (arXiv 2404.08181, section 3.2 and table 3).
enum class Attention { kNaclip, kNonly, kKk, kCsa, kVanilla };
/// kReduced leaves out the last block's residual and MLP (section 3.3).
enum class Architecture { kReduced, kVanilla };
/// How a word becomes sentences: the 80 ImageNet templates of CLIP, its authors' best 7, or the
/// bare word.
enum class Prompts { kImageNet, kShort, kNone };
/// The size of the label map: that of the network's input, or that of the frame.
enum class MaskSize { kInput, kFrame };

enum class LogLevel { kWarning, kInfo, kDebug };
/// Receives what the library has to say; may be called from any thread. The library itself never
/// prints. A warning is an Error that ends nothing; of the other levels only the text counts.
using Log = std::function<void(LogLevel, const Error &)>;

/// Hears how many of a vocabulary's words are known by now; called by the thread that encodes, before
/// it begins and whenever there are more.
using EncodeProgress = std::function<void(std::size_t known, std::size_t words)>;

/// Fixed when a model is loaded.
struct ModelOptions {
  /// path of a checkpoint, or the name of a published model that was fetched, e.g. "ViT-B/16"
  std::string model;
  std::string
      merges;  ///< path of the byte-pair merges, plain or gzip; empty: found beside the model
  std::string device = "auto";  ///< auto | cpu | cuda | cuda:N
  Precision precision = Precision::kAuto;
  Attention attention = Attention::kNaclip;
  Architecture architecture = Architecture::kReduced;
  double gaussian_std = 5.0;  ///< standard deviation of the Gaussian, in patches, > 0
  Prompts prompts = Prompts::kImageNet;
  std::string cache_dir;  ///< folder for encoded words; empty: kept in memory only
  int threads = 0;        ///< of the CPU, for the whole process; 0: as many as it has cores
  Log log;                ///< may be empty
};

/// May differ from call to call.
struct InferenceOptions {
  int input_size =
      336;  ///< short side of the network's input, square pixels; the long side is <= 2048
  int window_size = 224;    ///< side of the sliding window, pixels; 0: the whole picture at once
  int window_stride = 112;  ///< pixels, 1..window_size
  int refine_steps = 10;    ///< PAMR iterations; 0: off
  std::vector<int> refine_dilations{8, 16};  ///< pixels, each >= 1
  double logit_scale = 40.0;  ///< multiplies the cosine similarities before the softmax
  double threshold = 0.0;     ///< least confidence, 0..1; below it the label is 0
  MaskSize mask_size = MaskSize::kInput;
  /// Weight of a stream's past in an exponential mean of its scores, 0..1; 0: each frame by itself. Needs a
  /// StreamMemory.
  double smoothing = 0.0;
};

/// What is known of one region of one frame.
struct RegionStatistics {
  double share = 0.0;  ///< part of the mask's pixels, 0..1
  double confidence =
      0.0;  ///< mean probability of the label over those pixels, 0..1; 0 where there are none
};

/// The outcome for one frame: a label map over the whole picture.
struct Segmentation {
  int width = 0;
  int height = 0;
  int bytes_per_label = 1;                ///< 1, or 2 (little endian) where Vocabulary::wide()
  std::vector<std::uint8_t> labels;       ///< [height, width] region ids, rows not padded
  std::vector<RegionStatistics> regions;  ///< by region id, as Vocabulary::regions()
};

/// What a checkpoint turned out to be.
struct ModelInfo {
  std::string layout;  ///< e.g. "OpenAI TorchScript archive"
  int patch_size = 0;
  int native_size = 0;  ///< side of the pictures that it was trained on, pixels
  int vision_width = 0, vision_layers = 0, vision_heads = 0;
  int text_width = 0, text_layers = 0, text_heads = 0;
  int embedding_size = 0, context_length = 0, vocabulary_size = 0;
  std::int64_t parameters = 0;
  int batch = 1;          ///< frames that it pays to segment together on this device
  std::string device;     ///< the device in use, e.g. "cuda:0"
  std::string precision;  ///< the precision in use, e.g. "float32"
};

/// A vocabulary that was encoded by one model; immutable, may be shared between threads.
class NACLIP_API Queries {
 public:
  virtual ~Queries() = default;
  virtual const Vocabulary &vocabulary() const = 0;
};

/// A frame as the network reads it: small, and owning what it holds, so that the frame may go.
/// Immutable, may be shared between threads.
class NACLIP_API PreparedPicture {
 public:
  virtual ~PreparedPicture() = default;
};

/// What a stream remembers from frame to frame, for InferenceOptions::smoothing. Used by one
/// segment() at a time.
class NACLIP_API StreamMemory {
 public:
  virtual ~StreamMemory() = default;
};

/// One frame of one stream.
struct SegmentRequest {
  std::shared_ptr<const PreparedPicture> picture;
  /// Called once on the computing thread, where the scores are wanted: a vocabulary that has changed
  /// since the request was made is still taken. Must not throw.
  std::function<std::shared_ptr<const Queries>()> queries;
  InferenceOptions options;              ///< input_size is that of prepare()
  std::shared_ptr<StreamMemory> memory;  ///< may be null: nothing is remembered
};

/// The outcome for a request.
struct SegmentResult {
  Segmentation segmentation;
  std::shared_ptr<const Queries> queries;  ///< those that the labels are of
};

/// A loaded model. Its methods may be called from any thread; calls of segment() run one after
/// another.
class NACLIP_API Segmenter {
 public:
  virtual ~Segmenter() = default;

  virtual const ModelInfo &info() const = 0;

  /// Encodes the words that are not known yet; slow for new words (80 sentences each), quick for
  /// known ones, also while another call encodes. Null where `stop` was asked for before it was done;
  /// what was encoded until then stays known. `log` hears of words that were cut; it and `progress`
  /// may be empty. Throws Error{kVocabulary | kMemory | kInference}.
  virtual std::shared_ptr<const Queries> encode(const Vocabulary &vocabulary, const Log &log,
                                                const EncodeProgress &progress,
                                                std::stop_token stop) = 0;
  std::shared_ptr<const Queries> encode(const Vocabulary &vocabulary) {
    return encode(vocabulary, {}, {}, {});
  }

  /// Shrinks a frame to the network's input, pixels square; short side `input_size` pixels. Does not wait for
  /// segment() or encode(). Throws Error{kSettings | kDevice | kMemory | kInference}.
  virtual std::shared_ptr<const PreparedPicture> prepare(const Picture &picture,
                                                         int input_size) = 0;

  /// An empty memory for a stream.
  virtual std::shared_ptr<StreamMemory> make_memory() = 0;

  /// Segments frames of any streams, sizes and vocabularies; pictures of one size and one windowing go
  /// through the network together. Pictures and queries must come from this segmenter. Throws
  /// Error{kSettings | kMemory | kInference}.
  virtual std::vector<SegmentResult> segment(std::span<const SegmentRequest> requests) = 0;

  /// The same for frames as they are, all of one vocabulary.
  virtual std::vector<Segmentation> segment(std::span<const Picture> pictures,
                                            const Queries &queries,
                                            const InferenceOptions &options) = 0;
};

/// Loads a checkpoint. Throws Error of any kind but kVocabulary.
NACLIP_API std::unique_ptr<Segmenter> load_segmenter(const ModelOptions &options);

/// Changes whenever what this header declares does.
inline constexpr int kNaclipAbi = 5;

}  // namespace naclip

/// The entry point for programs that open the library at run time: as naclip::load_segmenter().
/// `abi` is the caller's kNaclipAbi; throws Error{kNotFound} where the library has another.
extern "C" NACLIP_API naclip::Segmenter *naclip_load_segmenter(int abi,
                                                               const naclip::ModelOptions *options);
