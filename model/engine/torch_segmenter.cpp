#include "model/engine/torch_segmenter.h"

#include <algorithm>

#include "model/cuda/operations.h"
#include "model/engine/checks.h"
#include "model/process/process_exit.h"
#include "model/stages/decode.h"
#include "model/stages/preprocess.h"

namespace naclip {

TorchSegmenter::TorchSegmenter(ModelInfo info, const Compute &compute,
                               std::unique_ptr<Backend> backend, ClipVision vision,
                               std::unique_ptr<WordEmbeddings> words)
    : info_(std::move(info)),
      compute_(compute),
      backend_(std::move(backend)),
      vision_(std::move(vision)),
      words_(std::move(words)),
      refiner_(compute.weights == at::kFloat ? at::kFloat : at::kHalf) {
  info_.batch = backend_->batch();
  info_.reads_device_memory = backend_->reads_device_memory();
}

std::shared_ptr<const EncodedVocabulary> TorchSegmenter::encode(const Vocabulary &vocabulary,
                                                                const Log &log,
                                                                const EncodeProgress &progress,
                                                                std::stop_token stop) {
  return translated("encoding the vocabulary", [&]() -> std::shared_ptr<const EncodedVocabulary> {
    const ExitSection section;
    std::vector<std::string> words;
    for (const VocabularyClass &one : vocabulary.classes())
      words.insert(words.end(), one.synonyms.begin(), one.synonyms.end());
    std::shared_ptr<const NetworkVocabulary> result;
    backend_->aside([&] {
      const at::Tensor features = words_->encode(words, log, progress, stop);
      if (features.defined())
        result =
            std::make_shared<NetworkVocabulary>(this, vocabulary, features.to(compute_.device));
    });
    return result;
  });
}

std::shared_ptr<const PreparedPicture> TorchSegmenter::prepare(const Picture &picture, int side) {
  require_usable(picture);
  require_input_size(side, vision_.patch());
  return translated("preparing a picture", [&] {
    const ExitSection section;
    return std::make_shared<NetworkPicture>(
        this, picture, backend_->prepare(picture, network_input_size(picture, side)));
  });
}

std::vector<std::uint8_t> TorchSegmenter::shrink(const Picture &picture, int factor) {
  require_usable(picture);
  require(factor >= 1 && factor <= std::min(picture.width, picture.height),
          "A picture is shrunk by a whole number from 1 to its shorter side");
  return translated("shrinking a picture", [&] {
    const ExitSection section;
    return backend_->shrink(picture, factor);
  });
}

std::vector<SegmentResult> TorchSegmenter::segment(std::span<const SegmentRequest> requests) {
  std::vector<Frame> frames;
  for (const SegmentRequest &request : requests) {
    const auto *picture = dynamic_cast<const NetworkPicture *>(request.picture.get());
    require(picture != nullptr && picture->owner() == this,
            "This picture was prepared by another model; prepare it with this one");
    naclip::require_valid(request.options, vision_.patch());
    frames.push_back({picture->frame(), picture->pixel_aspect(), picture->input(), &request.options,
                      [this, &request] { return own(request.vocabulary()); },
                      dynamic_cast<ScoreMemory *>(request.memory.get()), nullptr});
  }
  return in_order([&] { return run(std::move(frames)); });
}

std::vector<Segmentation> TorchSegmenter::segment(std::span<const Picture> pictures,
                                                  const EncodedVocabulary &vocabulary,
                                                  const InferenceOptions &options) {
  // Borrowed: the caller keeps them until this returns.
  const Encoded borrowed = own({std::shared_ptr<void>(), &vocabulary});
  naclip::require_valid(options, vision_.patch());
  for (const Picture &picture : pictures) require_usable(picture);
  std::vector<Segmentation> results;
  for (SegmentResult &result : in_order([&] {
         std::vector<Frame> frames;
         for (const Picture &picture : pictures)
           frames.push_back(
               {{picture.height, picture.width},
                picture.pixel_aspect,
                backend_->preprocess(picture, network_input_size(picture, options.input_size)),
                &options,
                nullptr,
                nullptr,
                borrowed});
         return run(std::move(frames));
       }))
    results.push_back(std::move(result.segmentation));
  return results;
}

TorchSegmenter::Encoded TorchSegmenter::own(
    std::shared_ptr<const EncodedVocabulary> vocabulary) const {
  auto result = std::dynamic_pointer_cast<const NetworkVocabulary>(std::move(vocabulary));
  require(result != nullptr && result->owner() == this,
          "This vocabulary was encoded by another model; encode it with this one");
  return result;
}

void TorchSegmenter::require_usable(const Picture &picture) const {
  require_valid(picture);
  require_place(picture, backend_->reads_device_memory(), compute_);
}

PictureSize TorchSegmenter::network_input_size(const Picture &picture, int side) const {
  return naclip::network_input_size({picture.height, picture.width}, side,
                                    static_cast<int>(vision_.patch()), picture.pixel_aspect);
}

std::vector<SegmentResult> TorchSegmenter::in_order(
    const std::function<std::vector<SegmentResult>()> &work) {
  return translated("segmenting", [&] {
    const ExitSection section;
    const std::lock_guard lock(mutex_);
    std::vector<SegmentResult> results;
    backend_->in_order([&] { results = work(); });
    return results;
  });
}

std::map<TorchSegmenter::BatchKey, std::vector<TorchSegmenter::Frame *>> TorchSegmenter::batches(
    std::vector<Frame> &frames) const {
  std::map<BatchKey, std::vector<Frame *>> result;
  for (Frame &frame : frames) {
    const InferenceOptions &options = *frame.options;
    result[{frame.input.size(2), frame.input.size(3), options.window_size,
            options.window_size > 0 ? options.window_stride : 0}]
        .push_back(&frame);
  }
  return result;
}

std::vector<SegmentResult> TorchSegmenter::run(std::vector<Frame> frames) {
  std::vector<Finished> finished;
  for (const auto &[key, batch] : batches(frames)) {
    std::vector<at::Tensor> inputs;
    for (const Frame *frame : batch) inputs.push_back(frame->input);
    const auto words_of = [&, &batch = batch](std::size_t picture) {
      Frame &frame = *batch[picture];
      const at::Tensor &words = frame.vocabulary()->features();
      if (compute_.device.is_cpu())
        memory_limit_.require_fit({words.size(0), frame.size, vision_.patch(), *frame.options,
                                   frame.pixel_aspect, vision_.pair_matrices()});
      return words;
    };
    backend_->score(
        vision_, inputs, *batch.front()->options, words_of,
        [&, &batch = batch](std::size_t first, std::size_t count, const at::Tensor &scores) {
          const std::span<Frame *const> scored(batch.data() + first, count);
          for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
            end = begin + 1;
            while (end < count && alike(*scored[begin], *scored[end])) ++end;
            finished.push_back(finish(
                scored.subspan(begin, end - begin),
                scores.slice(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end))));
          }
        });
  }
  cuda::wait(compute_.device);
  std::vector<SegmentResult> results(frames.size());
  for (const Finished &one : finished) {
    std::vector<Segmentation> segmentations = one.outcome();
    for (std::size_t i = 0; i < segmentations.size(); ++i)
      results[static_cast<std::size_t>(one.frames[i] - frames.data())] = {
          std::move(segmentations[i]), one.frames[i]->encoded};
  }
  return results;
}

bool TorchSegmenter::alike(const Frame &one, const Frame &other) {
  return one.memory == nullptr && other.memory == nullptr && one.size == other.size &&
         *one.options == *other.options;
}

TorchSegmenter::Finished TorchSegmenter::finish(std::span<Frame *const> frames, at::Tensor scores) {
  const Frame &frame = *frames.front();
  const InferenceOptions &options = *frame.options;
  const bool frame_sized = options.mask_size == MaskSize::kFrame;
  const std::int64_t height = frame_sized ? frame.size.height : frame.input.size(2);
  const std::int64_t width = frame_sized ? frame.size.width : frame.input.size(3);
  std::vector<at::Tensor> inputs;
  for (const Frame *one : frames) inputs.push_back(one->input);
  const at::Tensor input = inputs.size() == 1 ? inputs.front() : at::cat(inputs);
  // Noise moves labels by way of the picture that refinement follows, too.
  ScoreSmoother *smoother = frame.memory ? &frame.memory->smoother : nullptr;
  const at::Tensor guide = smoother ? smoother->smooth_picture(input, options.smoothing) : input;
  if (options.uses_tlp())
    scores = propagator_.propagate(guide, scores, frame.encoded->features(), height, width,
                                   options.tlp_grid);
  if (options.pamr_steps() > 0)
    scores = refiner_.refine(guide, scores, height, width, options.pamr_steps(),
                             options.refine_dilations);
  if (smoother) {
    scores = smoother->smooth_scores(scores.to(at::kFloat), frame.encoded.get());
    // Kept alive because the smoother compares addresses.
    frame.memory->vocabulary = frame.encoded;
  }
  DecodeOptions decode_options;
  decode_options.region_of_query = frame.encoded->region_of_query();
  decode_options.regions = frame.encoded->vocabulary().regions().size();
  decode_options.logit_scale = options.logit_scale;
  decode_options.threshold = options.threshold;
  decode_options.area_threshold = options.area_threshold;
  decode_options.confidences = options.confidences;
  decode_options.threshold_of_query = frame.encoded->threshold_of_query();
  return {{frames.begin(), frames.end()},
          begin_decode(scores, static_cast<int>(height), static_cast<int>(width), decode_options)};
}

}  // namespace naclip
