// The segmenter on libtorch.
#pragma once

#include <map>
#include <mutex>
#include <tuple>

#include "model/engine/backend.h"
#include "model/engine/handles.h"
#include "model/engine/memory_limit.h"
#include "model/network/word_embeddings.h"
#include "model/segmenter.h"
#include "model/stages/refine.h"
#include "model/stages/tlp.h"

namespace naclip {

class TorchSegmenter final : public Segmenter {
 public:
  TorchSegmenter(ModelInfo info, const Compute &compute, std::unique_ptr<Backend> backend,
                 ClipVision vision, std::unique_ptr<WordEmbeddings> words);

  const ModelInfo &info() const override { return info_; }

  std::shared_ptr<const EncodedVocabulary> encode(const Vocabulary &vocabulary, const Log &log,
                                                  const EncodeProgress &progress,
                                                  std::stop_token stop) override;
  std::shared_ptr<const PreparedPicture> prepare(const Picture &picture, int side) override;
  std::vector<std::uint8_t> shrink(const Picture &picture, int factor) override;
  std::shared_ptr<StreamMemory> make_memory() override { return std::make_shared<ScoreMemory>(); }
  std::vector<SegmentResult> segment(std::span<const SegmentRequest> requests) override;
  std::vector<Segmentation> segment(std::span<const Picture> pictures,
                                    const EncodedVocabulary &vocabulary,
                                    const InferenceOptions &options) override;

 private:
  using Encoded = std::shared_ptr<const NetworkVocabulary>;

  /// A frame on its way through the network.
  struct Frame {
    PictureSize size;
    double pixel_aspect;
    at::Tensor input;
    const InferenceOptions *options;
    std::function<Encoded()> ask;  // for its vocabulary
    ScoreMemory *memory;
    Encoded encoded;  // its vocabulary, once it was asked for

    const Encoded &vocabulary() { return encoded ? encoded : encoded = ask(); }
  };

  /// Frames of one key go through the network together: the input's height and width, the window's
  /// size and stride.
  using BatchKey = std::tuple<std::int64_t, std::int64_t, int, int>;

  /// Frames whose labels the device may still be at work on, and what gives these once it was
  /// waited for.
  struct Finished {
    std::vector<Frame *> frames;
    std::function<std::vector<Segmentation>()> outcome;
  };

  Encoded own(std::shared_ptr<const EncodedVocabulary> vocabulary) const;
  void require_usable(const Picture &picture) const;
  PictureSize network_input_size(const Picture &picture, int side) const;
  std::vector<SegmentResult> in_order(const std::function<std::vector<SegmentResult>()> &work);
  std::map<BatchKey, std::vector<Frame *>> batches(std::vector<Frame> &frames) const;
  std::vector<SegmentResult> run(std::vector<Frame> frames);
  /// Whether scores of one vocabulary become labels in the same way.
  static bool alike(const Frame &one, const Frame &other);
  /// Frames that are alike, and their scores.
  Finished finish(std::span<Frame *const> frames, at::Tensor scores);

  ModelInfo info_;
  Compute compute_;
  std::unique_ptr<Backend> backend_;
  ClipVision vision_;
  std::unique_ptr<WordEmbeddings> words_;
  Propagator propagator_;
  Refiner refiner_;
  MemoryLimit memory_limit_;
  std::mutex mutex_;  // of segment()
};

}  // namespace naclip
