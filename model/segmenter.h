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
#include "options.h"
#include "picture.h"
#include "segmentation.h"
#include "vocabulary.h"

namespace naclip {

/// Receives how many of a vocabulary's words are encoded so far; called by the encoding thread,
/// before it begins and whenever the number grows.
using EncodeProgress = std::function<void(std::size_t known, std::size_t words)>;

/// What a checkpoint turned out to be.
struct ModelInfo {
  std::string layout;                              ///< e.g. "OpenAI TorchScript archive"
  Activation activation = Activation::kQuickGelu;  ///< the one in use, never kAuto
  std::string activation_source;                   ///< what says so, e.g. "config.json"
  int patch_size = 0;
  int native_size = 0;  ///< side of the pictures that it was trained on, pixels
  int vision_width = 0, vision_layers = 0, vision_heads = 0;
  int text_width = 0, text_layers = 0, text_heads = 0;
  int embedding_size = 0, context_length = 0, vocabulary_size = 0;
  std::int64_t parameters = 0;
  int batch = 1;          ///< frames that it pays to segment together on this device
  std::string device;     ///< the device in use, e.g. "cuda:0"
  std::string precision;  ///< the precision in use, e.g. "float32"
  /// Pictures in the memory of `device` are read where they lie; else they are refused.
  bool reads_device_memory = false;
};

/// A vocabulary that was encoded by one model; immutable, may be shared between threads.
class NACLIP_API EncodedVocabulary {
 public:
  virtual ~EncodedVocabulary() = default;
  virtual const Vocabulary &vocabulary() const = 0;
};

/// A frame at the network's input size. It owns its data, so that the frame may be released.
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
  /// Called once on the computing thread, where the scores are wanted: a vocabulary that has
  /// changed since the request was made is still taken. Must not throw.
  std::function<std::shared_ptr<const EncodedVocabulary>()> vocabulary;
  InferenceOptions options;              ///< input_size is that of prepare()
  std::shared_ptr<StreamMemory> memory;  ///< may be null: nothing is remembered
};

/// The outcome for a request.
struct SegmentResult {
  Segmentation segmentation;
  std::shared_ptr<const EncodedVocabulary> vocabulary;  ///< those that the labels are of
};

/// A loaded model. Its methods may be called from any thread; calls of segment() run one after
/// another.
class NACLIP_API Segmenter {
 public:
  virtual ~Segmenter() = default;

  virtual const ModelInfo &info() const = 0;

  /// Encodes the words that are not known yet; slow for new words (80 sentences each), quick for
  /// known ones, also while another call encodes. Null where `stop` was asked for before it was
  /// done; what was encoded until then stays known. `log` hears of words that were cut; it and
  /// `progress` may be empty. Throws Error{kVocabulary | kMemory | kInference}.
  virtual std::shared_ptr<const EncodedVocabulary> encode(const Vocabulary &vocabulary,
                                                          const Log &log,
                                                          const EncodeProgress &progress,
                                                          std::stop_token stop) = 0;
  std::shared_ptr<const EncodedVocabulary> encode(const Vocabulary &vocabulary) {
    return encode(vocabulary, {}, {}, {});
  }

  /// Shrinks a frame to the network's input, pixels square; short side `input_size` pixels. Does
  /// not wait for segment() or encode(). Throws Error{kSettings | kDevice | kMemory | kInference}.
  virtual std::shared_ptr<const PreparedPicture> prepare(const Picture &picture,
                                                         int input_size) = 0;

  /// The first plane of a picture in this model's device memory, shrunk by a whole number >= 1, in
  /// host memory: each byte is the mean of those of factor x factor pixels, without what is left
  /// over at the right and at the bottom. For FlowPicture::of(), so that frames need not leave the
  /// device. Does not wait for segment() or encode(). -> [height / factor, width / factor, bytes of
  /// a pixel in that plane]. Throws Error{kSettings | kDevice | kMemory | kInference}.
  virtual std::vector<std::uint8_t> shrink(const Picture &picture, int factor) = 0;

  /// An empty memory for a stream.
  virtual std::shared_ptr<StreamMemory> make_memory() = 0;

  /// Segments frames of any streams, sizes and vocabularies; pictures of one size and one windowing
  /// go through the network together. Pictures and vocabulary must come from this segmenter. Throws
  /// Error{kSettings | kMemory | kInference}.
  virtual std::vector<SegmentResult> segment(std::span<const SegmentRequest> requests) = 0;

  /// The same for frames as they are, all of one vocabulary.
  virtual std::vector<Segmentation> segment(std::span<const Picture> pictures,
                                            const EncodedVocabulary &vocabulary,
                                            const InferenceOptions &options) = 0;
};

/// Loads a checkpoint. Throws Error of any kind but kVocabulary.
NACLIP_API std::unique_ptr<Segmenter> load_segmenter(const ModelOptions &options);

/// Changes whenever what this header declares does.
inline constexpr int kNaclipAbi = 10;

}  // namespace naclip

/// The entry point for programs that open the library at run time: as naclip::load_segmenter().
/// `abi` is the caller's kNaclipAbi; throws Error{kNotFound} where the library has another.
extern "C" NACLIP_API naclip::Segmenter *naclip_load_segmenter(int abi,
                                                               const naclip::ModelOptions *options);
