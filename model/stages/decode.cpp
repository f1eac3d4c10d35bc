#include "model/stages/decode.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <mutex>
#include <span>

#include "model/cuda/operations.h"
#include "model/kernels/bilinear.h"
#include "model/kernels/decode.h"
#include "model/kernels/lanes.h"
#include "model/plain/tally.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

constexpr std::int64_t kRowsPerTask = 16;

std::vector<float> least_probabilities(std::int64_t queries, const DecodeOptions &options) {
  std::vector<float> least(static_cast<std::size_t>(queries),
                           static_cast<float>(options.threshold));
  if (!options.threshold_of_query.defined()) return least;
  const float *own = options.threshold_of_query.data_ptr<float>();
  for (std::size_t query = 0; query < least.size(); ++query)
    if (own[query] >= 0.0F) least[query] = own[query];
  return least;
}

/// What one worker needs to decide a row.
class RowDecoder {
 public:
  /// struck: none, or one for each word.
  RowDecoder(const at::Tensor &scores, int width, const DecodeOptions &options,
             std::span<const std::uint8_t> struck)
      : scores_(scores),
        options_(options),
        struck_(struck),
        region_of_query_(options.region_of_query.data_ptr<int>()),
        least_(least_probabilities(scores.size(1), options)),
        columns_(kernels::line_taps(scores.size(3), width)),
        pitch_(kernels::padded(width)),
        sampled_(static_cast<std::size_t>(scores.size(1) * pitch_)),
        scratch_(static_cast<std::size_t>(kernels::stretch_scratch(scores.size(3)))),
        best_(static_cast<std::size_t>(pitch_)),
        probability_(static_cast<std::size_t>(pitch_)),
        tally_(options.regions) {}

  /// Decides the row that lies at `down` in the scores, as row y of `result`.
  void decode(const Tap &down, std::int64_t y, Segmentation &result) {
    choose_words(down, result.width);
    const auto first = static_cast<std::size_t>(y * result.width);
    for (std::size_t x = 0; x < static_cast<std::size_t>(result.width); ++x) {
      const auto query = static_cast<std::size_t>(best_[x]);
      const std::size_t region =
          probability_[x] < least_[query] ? 0 : static_cast<std::size_t>(region_of_query_[query]);
      put_label(result, first + x, region);
      tally_.add(region, probability_[x]);
    }
    if (options_.confidences)
      std::copy_n(probability_.begin(), result.width,
                  result.confidences.begin() + static_cast<std::ptrdiff_t>(first));
  }

  /// Counts the row's pixels, without thresholds.
  void count(const Tap &down, int width) {
    choose_words(down, width);
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
      tally_.add(static_cast<std::size_t>(region_of_query_[best_[x]]), probability_[x]);
  }

  const Tally &tally() const { return tally_; }

 private:
  /// The best word of each pixel and its probability.
  void choose_words(const Tap &down, int width) {
    kernels::stretch_row(row_of(scores_, down.first), row_of(scores_, down.second), down.weight,
                         scores_.size(1), columns_, scratch_.data(), sampled_.data(), pitch_,
                         kernels::Writing::kOver);
    const auto scale = static_cast<float>(options_.logit_scale);
    if (struck_.empty())
      kernels::decode_row(sampled_.data(), pitch_, scores_.size(1), width, scale, best_.data(),
                          probability_.data());
    else
      kernels::decode_row_without(struck_.data(), sampled_.data(), pitch_, scores_.size(1), width,
                                  scale, best_.data(), probability_.data());
  }

  const at::Tensor &scores_;
  const DecodeOptions &options_;
  std::span<const std::uint8_t> struck_;
  const int *region_of_query_;
  std::vector<float> least_;  // probability of each word
  kernels::LineTaps columns_;
  std::int64_t pitch_;
  std::vector<float> sampled_, scratch_;
  std::vector<std::int32_t> best_;
  std::vector<float> probability_;
  Tally tally_;
};

/// What workers gather that call `row(decoder, y)` for each row of the mask.
template <class Row>
Tally for_rows(const at::Tensor &map, int height, int width, const DecodeOptions &options,
               std::span<const std::uint8_t> struck, const Row &row) {
  std::mutex mutex;
  Tally total(options.regions);
  at::parallel_for(0, height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    RowDecoder decoder(map, width, options, struck);
    for (std::int64_t y = begin; y < end; ++y) row(decoder, y);
    const std::lock_guard lock(mutex);
    total.add(decoder.tally());
  });
  return total;
}

Segmentation decode_lines(const at::Tensor &scores, int height, int width,
                          const DecodeOptions &options) {
  const at::Tensor map = with_lines(scores);
  const std::vector<Tap> rows = bilinear_taps(map.size(2), height);
  const auto at_row = [&](std::int64_t y) { return rows[static_cast<std::size_t>(y)]; };
  std::vector<std::uint8_t> struck;
  if (options.area_threshold > 0.0)
    struck = struck_words(
        for_rows(map, height, width, options, {},
                 [&](RowDecoder &decoder, std::int64_t y) { decoder.count(at_row(y), width); })
            .pixels,
        options);
  Segmentation result = empty_segmentation(height, width, options.regions);
  if (options.confidences)
    result.confidences.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  put_statistics(result, for_rows(map, height, width, options, struck,
                                  [&](RowDecoder &decoder, std::int64_t y) {
                                    decoder.decode(at_row(y), y, result);
                                  }));
  return result;
}

}  // namespace

std::function<std::vector<Segmentation>()> begin_decode(const at::Tensor &scores, int height,
                                                        int width, const DecodeOptions &options) {
  if (!scores.device().is_cpu()) return cuda::begin_decode(scores, height, width, options);
  std::vector<Segmentation> results;
  for (const at::Tensor &one : scores.split(1))
    results.push_back(decode_lines(one, height, width, options));
  return [results = std::move(results)]() mutable { return std::move(results); };
}

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  const auto outcome = begin_decode(scores, height, width, options);
  cuda::wait(scores.device());
  return std::move(outcome().front());
}

}  // namespace naclip
