// What the segmenter hands out: pictures, vocabularies and memories that only it can read.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "model/segmenter.h"
#include "model/stages/smooth.h"

namespace naclip {

/// `owner` is the segmenter that made it.
class NetworkPicture final : public PreparedPicture {
 public:
  NetworkPicture(const void *owner, const Picture &frame, at::Tensor input)
      : owner_(owner),
        frame_{frame.height, frame.width},
        pixel_aspect_(frame.pixel_aspect),
        input_(std::move(input)) {}

  const void *owner() const { return owner_; }
  PictureSize frame() const { return frame_; }
  double pixel_aspect() const { return pixel_aspect_; }
  const at::Tensor &input() const { return input_; }

 private:
  const void *owner_;
  PictureSize frame_;
  double pixel_aspect_;  // of the frame
  at::Tensor input_;     // [1, 3, H, W] float32 on the model's device
};

class ScoreMemory final : public StreamMemory {
 public:
  ScoreSmoother smoother;
  /// Of the past: kept alive because the smoother compares addresses.
  std::shared_ptr<const EncodedVocabulary> vocabulary;
};

class NetworkVocabulary final : public EncodedVocabulary {
 public:
  NetworkVocabulary(const void *owner, Vocabulary vocabulary, at::Tensor features)
      : owner_(owner), vocabulary_(std::move(vocabulary)), features_(std::move(features)) {
    std::vector<int> regions;
    std::vector<float> thresholds;
    bool has_thresholds = false;
    for (std::size_t index = 0; index < vocabulary_.classes().size(); ++index) {
      const VocabularyClass &one = vocabulary_.classes()[index];
      regions.insert(regions.end(), one.synonyms.size(),
                     static_cast<int>(vocabulary_.region_of(index)));
      thresholds.insert(thresholds.end(), one.synonyms.size(),
                        static_cast<float>(one.threshold.value_or(-1.0)));
      has_thresholds = has_thresholds || one.threshold;
    }
    region_of_query_ = at::tensor(regions, at::kInt).to(features_.device());
    if (has_thresholds)
      threshold_of_query_ = at::tensor(thresholds, at::kFloat).to(features_.device());
  }

  const Vocabulary &vocabulary() const override { return vocabulary_; }
  const void *owner() const { return owner_; }
  const at::Tensor &features() const { return features_; }
  const at::Tensor &region_of_query() const { return region_of_query_; }
  /// As DecodeOptions has it.
  const at::Tensor &threshold_of_query() const { return threshold_of_query_; }

 private:
  const void *owner_;
  Vocabulary vocabulary_;
  at::Tensor features_;         // [Q, D] on the model's device
  at::Tensor region_of_query_;  // [Q] int32, there too
  at::Tensor threshold_of_query_;
};

}  // namespace naclip
