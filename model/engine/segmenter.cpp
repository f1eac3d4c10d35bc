#include "model/segmenter.h"

#include <ATen/Parallel.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <tuple>

#include "model/base/published_models.h"
#include "model/cuda/runner.h"
#include "model/engine/checks.h"
#include "model/engine/memory_limit.h"
#include "model/machine/blas.h"
#include "model/machine/cpu.h"
#include "model/machine/device.h"
#include "model/network/checkpoint.h"
#include "model/network/clip_text.h"
#include "model/network/clip_vision.h"
#include "model/network/word_embeddings.h"
#include "model/stages/decode.h"
#include "model/stages/input_pool.h"
#include "model/stages/preprocess.h"
#include "model/stages/refine.h"
#include "model/stages/score.h"
#include "model/stages/smooth.h"
#include "model/text/merge_file.h"
#include "model/text/tokenizer.h"

namespace naclip {

namespace {

// Frames segmented together. A CPU is full with one; two spare it half of the small work between the large products
// where frames are small. A GPU's wide half is idle below some sixteen.
constexpr int kCpuBatch = 2, kGpuBatch = 16;

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
  std::shared_ptr<const Queries> queries;  // of the past, whose address the smoother compares
};

class EncodedVocabulary final : public Queries {
 public:
  EncodedVocabulary(const void *owner, Vocabulary vocabulary, at::Tensor features)
      : owner_(owner), vocabulary_(std::move(vocabulary)), features_(std::move(features)) {
    for (std::size_t index = 0; index < vocabulary_.classes().size(); ++index)
      region_of_query_.insert(region_of_query_.end(), vocabulary_.classes()[index].synonyms.size(),
                              static_cast<int>(vocabulary_.region_of(index)));
  }

  const Vocabulary &vocabulary() const override { return vocabulary_; }
  const void *owner() const { return owner_; }
  const at::Tensor &features() const { return features_; }
  const std::vector<int> &region_of_query() const { return region_of_query_; }

 private:
  const void *owner_;
  Vocabulary vocabulary_;
  at::Tensor features_;  // [Q, D] on the model's device
  std::vector<int> region_of_query_;
};

ModelInfo describe(const Checkpoint &checkpoint, const Compute &compute) {
  const NetworkSizes &sizes = checkpoint.sizes;
  ModelInfo info;
  info.layout = checkpoint.layout;
  info.patch_size = static_cast<int>(sizes.patch);
  info.native_size = static_cast<int>(sizes.patch * sizes.native_grid);
  info.vision_width = static_cast<int>(sizes.vision_width);
  info.vision_layers = static_cast<int>(sizes.vision_layers);
  info.vision_heads = static_cast<int>(sizes.vision_heads);
  info.text_width = static_cast<int>(sizes.text_width);
  info.text_layers = static_cast<int>(sizes.text_layers);
  info.text_heads = static_cast<int>(sizes.text_heads);
  info.embedding_size = static_cast<int>(sizes.embedding);
  info.context_length = static_cast<int>(sizes.context_length);
  info.vocabulary_size = static_cast<int>(sizes.vocabulary);
  info.parameters = checkpoint.parameters;
  info.batch = compute.device.is_cpu() ? kCpuBatch : kGpuBatch;
  info.device = compute.device.str();
  info.precision = precision_name(compute.weights);
  return info;
}

Tokenizer matching_tokenizer(const ModelOptions &options, const Checkpoint &checkpoint) {
  const std::string path = find_merges(options.model, options.merges);
  Tokenizer tokenizer = Tokenizer::from_file(path);
  if (static_cast<std::int64_t>(tokenizer.size()) != checkpoint.sizes.vocabulary)
    throw Error(ErrorKind::kModel,
                "The model knows " + std::to_string(checkpoint.sizes.vocabulary) +
                    " tokens, the merges in " + path + " give " + std::to_string(tokenizer.size()) +
                    ": set the property merges to the file that belongs to the model");
  return tokenizer;
}

class TorchSegmenter final : public Segmenter {
 public:
  TorchSegmenter(const ModelOptions &options, const Checkpoint &checkpoint, const Compute &compute,
                 std::shared_ptr<cuda::Runner> runner)
      : compute_(compute),
        runner_(std::move(runner)),
        info_(describe(checkpoint, compute)),
        vision_(checkpoint, compute, options.attention, options.architecture, options.gaussian_std),
        bank_(
            ClipText(checkpoint, compute), matching_tokenizer(options, checkpoint), options.prompts,
            options.cache_dir,
            options.cache_dir.empty() ? std::string() : weights_fingerprint(checkpoint, compute)) {}

  const ModelInfo &info() const override { return info_; }

  std::shared_ptr<const Queries> encode(const Vocabulary &vocabulary, const Log &log,
                                        const EncodeProgress &progress,
                                        std::stop_token stop) override {
    return translated("encoding the vocabulary", [&]() -> std::shared_ptr<const Queries> {
      const ExitSection section;
      std::vector<std::string> words;
      for (const VocabularyClass &one : vocabulary.classes())
        words.insert(words.end(), one.synonyms.begin(), one.synonyms.end());
      at::Tensor features;
      const auto work = [&] {
        features = bank_.encode(words, log, progress, stop);
        if (features.defined()) features = features.to(compute_.device);
      };
      runner_ ? runner_->aside(work) : work();
      if (!features.defined()) return nullptr;
      return std::make_shared<EncodedVocabulary>(this, vocabulary, features);
    });
  }

  std::shared_ptr<const PreparedPicture> prepare(const Picture &picture, int side) override {
    check(picture);
    check_place(picture, runner_ != nullptr, compute_);
    check_input_size(side, vision_.patch());
    return translated("preparing a picture", [&] {
      const ExitSection section;
      const PictureSize size = size_of(picture, side);
      if (runner_)
        return std::make_shared<NetworkPicture>(this, picture, runner_->prepare(picture, size));
      const at::Tensor input = inputs_->take(size);
      preprocess(picture, input);
      return std::make_shared<NetworkPicture>(this, picture, input);
    });
  }

  std::shared_ptr<StreamMemory> make_memory() override { return std::make_shared<ScoreMemory>(); }

  std::vector<SegmentResult> segment(std::span<const SegmentRequest> requests) override {
    std::vector<Work> works;
    for (const SegmentRequest &request : requests) {
      const auto *picture = dynamic_cast<const NetworkPicture *>(request.picture.get());
      require(picture != nullptr && picture->owner() == this,
              "This picture was prepared by another model; prepare it with this one");
      check(request.options, vision_.patch());
      works.push_back({picture->frame(), picture->pixel_aspect(), picture->input(),
                       &request.options, [this, &request] { return encoded(request.queries()); },
                       dynamic_cast<ScoreMemory *>(request.memory.get())});
    }
    return segment(works);
  }

  std::vector<Segmentation> segment(std::span<const Picture> pictures, const Queries &queries,
                                    const InferenceOptions &options) override {
    // Borrowed: the caller keeps them until this returns.
    const auto borrowed = encoded({std::shared_ptr<void>(), &queries});
    check(options, vision_.patch());
    for (const Picture &picture : pictures) {
      check(picture);
      check_place(picture, runner_ != nullptr, compute_);
    }
    std::vector<Segmentation> results;
    for (SegmentResult &result : translated("segmenting", [&] {
           const ExitSection section;
           const std::lock_guard lock(mutex_);
           return in_order([&] {
             std::vector<Work> works;
             for (const Picture &picture : pictures)
               works.push_back({{picture.height, picture.width},
                                picture.pixel_aspect,
                                read(picture, size_of(picture, options.input_size)),
                                &options,
                                [&] { return borrowed; },
                                nullptr});
             return run(works);
           });
         }))
      results.push_back(std::move(result.segmentation));
    return results;
  }

 private:
  using Encoded = std::shared_ptr<const EncodedVocabulary>;

  /// A frame on its way through the network.
  struct Work {
    PictureSize frame;
    double pixel_aspect;
    at::Tensor input;
    const InferenceOptions *options;
    std::function<Encoded()> queries;
    ScoreMemory *memory;
  };

  /// Works of one key go through the network together: size and windowing, and on a GPU, whose graph holds the
  /// scores too, the vocabulary.
  using BatchKey = std::tuple<std::int64_t, std::int64_t, int, int, const EncodedVocabulary *>;

  Encoded encoded(std::shared_ptr<const Queries> queries) const {
    auto result = std::dynamic_pointer_cast<const EncodedVocabulary>(std::move(queries));
    require(result != nullptr && result->owner() == this,
            "These queries were encoded by another model; encode the vocabulary with this one");
    return result;
  }

  std::vector<SegmentResult> segment(const std::vector<Work> &works) {
    return translated("segmenting", [&] {
      const ExitSection section;
      const std::lock_guard lock(mutex_);
      return in_order([&] { return run(works); });
    });
  }

  std::vector<SegmentResult> run(const std::vector<Work> &works) {
    std::vector<Encoded> queries(works.size());
    std::map<BatchKey, std::vector<std::size_t>> batches;
    for (std::size_t i = 0; i < works.size(); ++i) {
      if (runner_) queries[i] = works[i].queries();
      const InferenceOptions &options = *works[i].options;
      batches[{works[i].input.size(2), works[i].input.size(3), options.window_size,
               options.window_size > 0 ? options.window_stride : 0, queries[i].get()}]
          .push_back(i);
    }
    std::vector<SegmentResult> results(works.size());
    for (const auto &[key, members] : batches) {
      std::vector<at::Tensor> inputs;
      for (const std::size_t i : members) inputs.push_back(works[i].input);
      const at::Tensor input = inputs.size() == 1 ? inputs.front() : at::cat(inputs);
      const InferenceOptions &options = *works[members.front()].options;
      const std::vector<at::Tensor> scores =
          runner_ ? replayed_score(input, queries[members.front()]->features(), options)
                  : std::vector<at::Tensor>();
      const WindowFeatures features =
          runner_ ? WindowFeatures() : encode_windows(vision_, input, options);
      for (std::size_t k = 0; k < members.size(); ++k) {
        const std::size_t i = members[k];
        if (!runner_) queries[i] = works[i].queries();
        if (compute_.device.is_cpu())
          memory_limit_.check({queries[i]->features().size(0), works[i].frame, vision_.patch(),
                               *works[i].options, works[i].pixel_aspect});
        results[i].segmentation =
            finish(works[i], queries[i],
                   runner_ ? scores[k]
                           : score(features, static_cast<std::int64_t>(k), queries[i]->features()));
        results[i].queries = queries[i];
      }
    }
    return results;
  }

  PictureSize size_of(const Picture &picture, int side) const {
    return input_size({picture.height, picture.width}, side, static_cast<int>(vision_.patch()),
                      picture.pixel_aspect);
  }

  at::Tensor read(const Picture &picture, PictureSize size) const {
    return runner_ ? runner_->preprocess(picture, size) : preprocess(picture, size);
  }

  /// Runs `work` where the device's work is done.
  template <class Work>
  auto in_order(Work work) -> decltype(work()) {
    if (!runner_) return on_device(compute_, work);
    decltype(work()) result;
    runner_->in_order([&] { result = work(); });
    return result;
  }

  /// encode_windows() and score() on a GPU, as one graph for each shape. A graph keeps addresses, so it has its own copy of the vision
  /// tower, whose tensors for the grid nobody else replaces.
  std::vector<at::Tensor> replayed_score(const at::Tensor &input, const at::Tensor &features,
                                         const InferenceOptions &options) {
    const cuda::NetworkKey key{input.size(0),    input.size(2),       input.size(3),
                               features.size(0), options.window_size, options.window_stride};
    return runner_->network(key, {input, features}, [&]() -> cuda::Network {
      return
          [vision = std::make_shared<ClipVision>(vision_), options](const cuda::Tensors &inputs) {
            const WindowFeatures features = encode_windows(*vision, inputs[0], options);
            cuda::Tensors scores;
            for (std::int64_t i = 0; i < inputs[0].size(0); ++i)
              scores.push_back(score(features, i, inputs[1]));
            return scores;
          };
    });
  }

  Segmentation finish(const Work &work, const Encoded &queries, at::Tensor scores) {
    const InferenceOptions &options = *work.options;
    const at::Tensor &input = work.input;
    const bool frame_sized = options.mask_size == MaskSize::kFrame;
    const std::int64_t height = frame_sized ? work.frame.height : input.size(2);
    const std::int64_t width = frame_sized ? work.frame.width : input.size(3);
    // Noise moves labels by way of the picture that refinement follows, too.
    ScoreSmoother *smoother = work.memory ? &work.memory->smoother : nullptr;
    const at::Tensor guide = smoother ? smoother->smooth_picture(input, options.smoothing) : input;
    if (options.refine_steps > 0)
      scores = refiner_.refine(guide, scores, height, width, options.refine_steps,
                               options.refine_dilations);
    if (smoother) {
      scores = smoother->smooth_scores(scores, queries.get());
      work.memory->queries = queries;  // whose address is not another's while it is compared
    }
    DecodeOptions decode_options;
    decode_options.region_of_query = queries->region_of_query();
    decode_options.regions = queries->vocabulary().regions().size();
    decode_options.logit_scale = options.logit_scale;
    decode_options.threshold = options.threshold;
    return decode(scores, static_cast<int>(height), static_cast<int>(width), decode_options);
  }

  Compute compute_;
  std::shared_ptr<cuda::Runner> runner_;  // null on the CPU
  ModelInfo info_;
  ClipVision vision_;
  TextBank bank_;
  std::shared_ptr<InputPool> inputs_ = std::make_shared<InputPool>();
  Refiner refiner_;
  MemoryLimit memory_limit_;
  std::mutex mutex_;
};

/// 0: as many as there are cores, but what the user wrote into OMP_NUM_THREADS stands.
void set_threads(int threads) {
  if (threads > 0)
    at::set_num_threads(threads);
  else if (std::getenv("OMP_NUM_THREADS") == nullptr)
    at::set_num_threads(available_cores());
}

/// Once in a process.
void warn_of_slow_blas(const Log &log) {
  static std::once_flag once;
  std::call_once(once, [&] {
    const std::string warning = blas_warning(blas_file());
    if (log && !warning.empty()) log(LogLevel::kWarning, Error(ErrorKind::kNotFound, warning));
  });
}

}  // namespace

std::unique_ptr<Segmenter> load_segmenter(const ModelOptions &given) {
  ModelOptions options = given;
  options.model = resolve_model(given.model);
  return translated("loading " + options.model, [&]() -> std::unique_ptr<Segmenter> {
    const ExitSection section;
    warn_of_slow_blas(options.log);
    const Compute compute = choose_compute(options.device, options.precision);
    const std::shared_ptr<cuda::Runner> runner = cuda::Runner::on(compute.device, options.log);
    std::unique_ptr<Segmenter> segmenter;
    const auto work = [&] {
      segmenter = std::make_unique<TorchSegmenter>(options, read_checkpoint(options.model), compute,
                                                   runner);
    };
    if (runner) {
      runner->aside(work);
    } else {
      on_device(compute, [&] {
        set_threads(options.threads);
        work();
      });
    }
    return segmenter;
  });
}

}  // namespace naclip

naclip::Segmenter *naclip_load_segmenter(int abi, const naclip::ModelOptions *options) {
  if (abi != naclip::kNaclipAbi)
    throw naclip::Error(
        naclip::ErrorKind::kNotFound,
        "libnaclip and the plugin are of different versions: install both from one build");
  return naclip::load_segmenter(*options).release();
}
