// A segmenter that computes nothing and does what a test tells it to.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "../../model/segmenter.h"

namespace naclip::testing {

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
  /// Waits until `count` calls of segment() have begun in all.
  void wait_for_calls(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return batches.size() >= count; });
  }
  std::vector<std::vector<int>> seen() {
    const std::lock_guard lock(mutex);
    return batches;
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool gated = false;  ///< calls wait for release()
  int permits = 0;
  int batch = 4;
  std::vector<std::vector<int>>
      batches;  ///< input_size of each request, which tells tests which it is
  std::function<void(std::span<const SegmentRequest>)> before;  ///< may throw
};

class FakeQueries final : public Queries {
 public:
  explicit FakeQueries(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  const Vocabulary &vocabulary() const override { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
};

class FakePicture final : public PreparedPicture {};
class FakeMemory final : public StreamMemory {};

class FakeSegmenter final : public Segmenter {
 public:
  explicit FakeSegmenter(std::shared_ptr<FakeControl> control) : control_(std::move(control)) {
    info_.batch = control_->batch;
    info_.device = "cpu";
    info_.precision = "float32";
  }

  const ModelInfo &info() const override { return info_; }
  std::shared_ptr<const Queries> encode(const Vocabulary &vocabulary, const Log &,
                                        std::stop_token) override {
    return std::make_shared<FakeQueries>(vocabulary);
  }
  std::shared_ptr<const PreparedPicture> prepare(const Picture &, int) override {
    return std::make_shared<FakePicture>();
  }
  std::shared_ptr<StreamMemory> make_memory() override { return std::make_shared<FakeMemory>(); }

  std::vector<SegmentResult> segment(std::span<const SegmentRequest> requests) override {
    {
      std::unique_lock lock(control_->mutex);
      std::vector<int> batch;
      for (const SegmentRequest &request : requests) batch.push_back(request.options.input_size);
      control_->batches.push_back(batch);
      control_->changed.notify_all();
      if (control_->gated) {
        control_->changed.wait(lock, [this] { return control_->permits > 0; });
        --control_->permits;
      }
    }
    if (control_->before) control_->before(requests);
    std::vector<SegmentResult> results;
    for (const SegmentRequest &request : requests) {
      SegmentResult result;
      result.queries = request.queries ? request.queries() : nullptr;
      result.segmentation.width = request.options.input_size;
      results.push_back(std::move(result));
    }
    return results;
  }

  std::vector<Segmentation> segment(std::span<const Picture> pictures, const Queries &,
                                    const InferenceOptions &) override {
    return std::vector<Segmentation>(pictures.size());
  }

 private:
  std::shared_ptr<FakeControl> control_;
  ModelInfo info_;
};

}  // namespace naclip::testing
