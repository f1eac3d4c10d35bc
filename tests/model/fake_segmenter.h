// A segmenter that computes nothing and does what a test tells it to.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/segmenter.h"

namespace naclip::testing {

/// Waits for an event that a test is sure of; one that does not come is a failure, not a test that
/// hangs.
template <class Condition>
void await(std::condition_variable &changed, std::unique_lock<std::mutex> &lock,
           const char *awaited, Condition &&condition) {
  if (!changed.wait_for(lock, std::chrono::seconds(60), condition))
    throw std::runtime_error(std::string("this never came: ") + awaited);
}

/// What a test and a FakeSegmenter both hold.
struct FakeControl {
  /// Lets `count` calls of segment() go on; each waits for one.
  void release(int count = 1) {
    {
      const std::lock_guard lock(mutex);
      permits += count;
    }
    changed.notify_all();
  }
  /// Has calls of segment() wait for release(), or lets all go on.
  void gate(bool closed) {
    {
      const std::lock_guard lock(mutex);
      gated = closed;
    }
    changed.notify_all();
  }
  /// The same for loading, which nothing ends.
  void gate_loading(bool closed) {
    {
      const std::lock_guard lock(mutex);
      loading_gated = closed;
    }
    changed.notify_all();
  }
  /// What a load begins with: waits for an open gate; throws where loading was told to fail.
  void load() {
    std::unique_lock lock(mutex);
    ++loading;
    changed.notify_all();
    changed.wait(lock, [this] { return !loading_gated; });
    if (!load_fails) return;
    ++failed_loads;
    changed.notify_all();
    throw Error(ErrorKind::kModel, "loading was told to fail");
  }
  /// Waits until `count` loads have begun in all.
  void wait_for_loads(int count) {
    std::unique_lock lock(mutex);
    await(changed, lock, "load", [&] { return loading >= count; });
  }
  /// Waits until all loads have ended and all that was made is gone: a load that could not be
  /// interrupted drops what it has read.
  void wait_until_freed() {
    std::unique_lock lock(mutex);
    await(changed, lock, "the end of the last model", [&] {
      return loading <= loads + failed_loads && live_segmenters == 0 && live_vocabularies == 0;
    });
  }
  /// The same for encode(), whose calls that wait for an open gate end where they are told to stop.
  void gate_encoding(bool closed) {
    {
      const std::lock_guard lock(mutex);
      encoding_gated = closed;
    }
    changed.notify_all();
  }
  /// Waits until `count` calls of segment() have begun in all.
  void wait_for_calls(std::size_t count) {
    std::unique_lock lock(mutex);
    await(changed, lock, "segment()", [&] { return batches.size() >= count; });
  }
  /// Waits until `count` calls of encode() have begun in all.
  void wait_for_encodes(std::size_t count) {
    std::unique_lock lock(mutex);
    await(changed, lock, "encode()", [&] { return encoded.size() >= count; });
  }
  std::vector<std::vector<int>> seen() {
    const std::lock_guard lock(mutex);
    return batches;
  }
  std::vector<std::string> encoded_labels() {
    const std::lock_guard lock(mutex);
    return encoded;
  }
  /// The options of the last request.
  InferenceOptions last_options() {
    const std::lock_guard lock(mutex);
    return options;
  }
  /// Has every call of segment(), prepare() or encode() throw.
  void fail(bool segment, bool prepare = false, bool encode = false) {
    segment_fails = segment;
    prepare_fails = prepare;
    encode_fails = encode;
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool gated = false, encoding_gated = false, loading_gated = false;
  int loading = 0, failed_loads = 0;  ///< loads that have begun, and those of them that failed
  int permits = 0;
  int batch = 4;
  std::string device = "cpu";
  std::vector<std::vector<int>> batches;  ///< input_size of each request, which tells which it is
  std::vector<std::string> encoded;       ///< the first class's label of each vocabulary
  InferenceOptions options;
  std::function<void(std::span<const SegmentRequest>)> before;  ///< may throw
  std::atomic<bool> segment_fails = false, prepare_fails = false, encode_fails = false,
                    load_fails = false;
  std::atomic<int> loads = 0, prepared = 0;
  std::atomic<int> live_segmenters = 0, live_vocabularies = 0, live_pictures = 0, live_memories = 0;
};

/// Counts the objects of one kind that there are.
class Counted {
 public:
  Counted(std::shared_ptr<FakeControl> control, std::atomic<int> FakeControl::*count)
      : control_(std::move(control)), count_(count) {
    if (control_) ++(control_.get()->*count_);
  }
  ~Counted() {
    if (!control_) return;
    {
      const std::lock_guard lock(control_->mutex);
      --(control_.get()->*count_);
    }
    control_->changed.notify_all();
  }
  Counted(const Counted &) = delete;
  Counted &operator=(const Counted &) = delete;

 private:
  std::shared_ptr<FakeControl> control_;
  std::atomic<int> FakeControl::*count_;
};

class FakeQueries final : public EncodedVocabulary {
 public:
  explicit FakeQueries(Vocabulary vocabulary, std::shared_ptr<FakeControl> control = nullptr)
      : vocabulary_(std::move(vocabulary)),
        counted_(std::move(control), &FakeControl::live_vocabularies) {}
  const Vocabulary &vocabulary() const override { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  Counted counted_;
};

/// Keeps which pixels of a frame are bright.
class FakePicture final : public PreparedPicture {
 public:
  explicit FakePicture(const Picture &picture, std::shared_ptr<FakeControl> control)
      : width(picture.width),
        height(picture.height),
        counted_(std::move(control), &FakeControl::live_pictures) {
    const int step = picture.format == PixelFormat::kRgb ? 3 : 1;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        bright.push_back(picture.planes[0][y * picture.strides[0] + x * step] > 128);
  }

  const int width, height;
  std::vector<bool> bright;

 private:
  Counted counted_;
};

class FakeMemory final : public StreamMemory {
 public:
  explicit FakeMemory(std::shared_ptr<FakeControl> control)
      : counted_(std::move(control), &FakeControl::live_memories) {}

 private:
  Counted counted_;
};

/// Gives the frame's bright pixels the vocabulary's last region, all others 0; with a threshold
/// above 0.5, nothing is sure enough. A request without a picture gets a segmentation of its
/// input_size and no labels.
class FakeSegmenter final : public Segmenter {
 public:
  explicit FakeSegmenter(std::shared_ptr<FakeControl> control)
      : control_(std::move(control)), counted_(control_, &FakeControl::live_segmenters) {
    ++control_->loads;
    info_.batch = control_->batch;
    info_.device = control_->device;
    info_.precision = "float32";
  }

  const ModelInfo &info() const override { return info_; }

  std::shared_ptr<const EncodedVocabulary> encode(const Vocabulary &vocabulary, const Log &,
                                                  const EncodeProgress &progress,
                                                  std::stop_token stop) override {
    const std::stop_callback wake(stop, [this] {
      const std::lock_guard lock(control_->mutex);
      control_->changed.notify_all();
    });
    const std::size_t words = vocabulary.classes().size();
    if (progress) progress(0, words);
    {
      std::unique_lock lock(control_->mutex);
      control_->encoded.push_back(vocabulary.classes().front().label);
      control_->changed.notify_all();
      control_->changed.wait(lock,
                             [&] { return !control_->encoding_gated || stop.stop_requested(); });
    }
    if (stop.stop_requested()) return nullptr;
    if (control_->encode_fails) throw Error(ErrorKind::kInference, "encoding was told to fail");
    if (progress) progress(words, words);
    return std::make_shared<FakeQueries>(vocabulary, control_);
  }

  std::shared_ptr<const PreparedPicture> prepare(const Picture &picture, int) override {
    ++control_->prepared;
    if (control_->prepare_fails) throw Error(ErrorKind::kMemory, "preparing was told to fail");
    return std::make_shared<FakePicture>(picture, control_);
  }

  /// As of a grey picture.
  std::vector<std::uint8_t> shrink(const Picture &picture, int factor) override {
    return std::vector<std::uint8_t>(static_cast<std::size_t>(picture.width / factor) *
                                     static_cast<std::size_t>(picture.height / factor));
  }

  std::shared_ptr<StreamMemory> make_memory() override {
    return std::make_shared<FakeMemory>(control_);
  }

  std::vector<SegmentResult> segment(std::span<const SegmentRequest> requests) override {
    {
      std::unique_lock lock(control_->mutex);
      std::vector<int> batch;
      for (const SegmentRequest &request : requests) batch.push_back(request.options.input_size);
      control_->batches.push_back(batch);
      control_->options = requests.back().options;
      control_->changed.notify_all();
      control_->changed.wait(lock, [this] { return !control_->gated || control_->permits > 0; });
      if (control_->gated) --control_->permits;
    }
    if (control_->segment_fails) throw Error(ErrorKind::kInference, "segmenting was told to fail");
    if (control_->before) control_->before(requests);
    std::vector<SegmentResult> results;
    for (const SegmentRequest &request : requests) results.push_back(answer(request));
    return results;
  }

  std::vector<Segmentation> segment(std::span<const Picture> pictures, const EncodedVocabulary &,
                                    const InferenceOptions &) override {
    return std::vector<Segmentation>(pictures.size());
  }

 private:
  static SegmentResult answer(const SegmentRequest &request) {
    SegmentResult result;
    result.vocabulary = request.vocabulary ? request.vocabulary() : nullptr;
    Segmentation &segmentation = result.segmentation;
    segmentation.width = request.options.input_size;
    const auto *picture = dynamic_cast<const FakePicture *>(request.picture.get());
    if (picture == nullptr) return result;
    segmentation.width = picture->width;
    segmentation.height = picture->height;
    const std::size_t regions = result.vocabulary->vocabulary().regions().size();
    segmentation.regions.resize(regions);
    const bool sure = request.options.threshold <= 0.5;
    for (const bool bright : picture->bright) {
      const std::size_t id = bright && sure ? regions - 1 : 0;
      segmentation.labels.push_back(static_cast<std::uint8_t>(id));
      segmentation.regions[id].share += 1.0 / static_cast<double>(picture->bright.size());
    }
    return result;
  }

  std::shared_ptr<FakeControl> control_;
  Counted counted_;
  ModelInfo info_;
};

}  // namespace naclip::testing
