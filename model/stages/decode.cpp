#include "model/stages/decode.h"

#include <ATen/Parallel.h>

#include <mutex>

#include "model/cuda/operations.h"
#include "model/kernels/bilinear.h"
#include "model/kernels/decode.h"
#include "model/kernels/lanes.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

constexpr std::int64_t kRowsPerTask = 16;

/// Pixels and summed confidence of each region, gathered by one worker.
struct Tally {
  std::vector<std::int64_t> pixels;
  std::vector<double> confidence;
  explicit Tally(std::size_t regions) : pixels(regions), confidence(regions) {}
  void add(std::size_t region, double probability) {
    ++pixels[region];
    confidence[region] += probability;
  }
  void add(const Tally &other) {
    for (std::size_t region = 0; region < pixels.size(); ++region) {
      pixels[region] += other.pixels[region];
      confidence[region] += other.confidence[region];
    }
  }
};

Segmentation empty_segmentation(int height, int width, std::size_t regions) {
  Segmentation result;
  result.width = width;
  result.height = height;
  result.bytes_per_label = regions > 256 ? 2 : 1;
  result.labels.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                       static_cast<std::size_t>(result.bytes_per_label));
  result.regions.resize(regions);
  return result;
}

void put_label(Segmentation &segmentation, std::size_t pixel, std::size_t region) {
  if (segmentation.bytes_per_label == 1) {
    segmentation.labels[pixel] = static_cast<std::uint8_t>(region);
  } else {
    segmentation.labels[2 * pixel] = static_cast<std::uint8_t>(region & 0xff);
    segmentation.labels[2 * pixel + 1] = static_cast<std::uint8_t>(region >> 8);
  }
}

void put_statistics(Segmentation &segmentation, const Tally &tally) {
  const double pixels = static_cast<double>(segmentation.width) * segmentation.height;
  for (std::size_t region = 0; region < segmentation.regions.size(); ++region) {
    const auto count = static_cast<double>(tally.pixels[region]);
    segmentation.regions[region].share = count / pixels;
    segmentation.regions[region].confidence = count > 0 ? tally.confidence[region] / count : 0.0;
  }
}

/// What one worker needs to decide a row.
class RowDecoder {
 public:
  RowDecoder(const at::Tensor &scores, int width, const DecodeOptions &options)
      : scores_(scores),
        options_(options),
        columns_(kernels::line_taps(scores.size(3), width)),
        pitch_(kernels::padded(width)),
        sampled_(static_cast<std::size_t>(scores.size(1) * pitch_)),
        scratch_(static_cast<std::size_t>(kernels::stretch_scratch(scores.size(3)))),
        best_(static_cast<std::size_t>(pitch_)),
        probability_(static_cast<std::size_t>(pitch_)),
        tally_(options.regions) {}

  /// Decides the row that lies at `down` in the scores, as row y of `result`.
  void decode(const Tap &down, std::int64_t y, Segmentation &result) {
    kernels::stretch_row(row_of(scores_, down.first), row_of(scores_, down.second), down.weight,
                         scores_.size(1), columns_, scratch_.data(), sampled_.data(), pitch_,
                         false);
    kernels::decide_row(sampled_.data(), pitch_, scores_.size(1), result.width,
                        static_cast<float>(options_.logit_scale), best_.data(),
                        probability_.data());
    const auto threshold = static_cast<float>(options_.threshold);
    const auto first = static_cast<std::size_t>(y * result.width);
    for (std::size_t x = 0; x < static_cast<std::size_t>(result.width); ++x) {
      const std::size_t region =
          probability_[x] < threshold
              ? 0
              : static_cast<std::size_t>(
                    options_.region_of_query[static_cast<std::size_t>(best_[x])]);
      put_label(result, first + x, region);
      tally_.add(region, probability_[x]);
    }
  }

  const Tally &tally() const { return tally_; }

 private:
  const at::Tensor &scores_;
  const DecodeOptions &options_;
  kernels::LineTaps columns_;
  std::int64_t pitch_;
  std::vector<float> sampled_, scratch_;
  std::vector<std::int32_t> best_;
  std::vector<float> probability_;
  Tally tally_;
};

}  // namespace

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  if (scores.is_cuda()) return cuda::decode(scores, height, width, options);
  if (!scores.device().is_cpu()) return decode_plain(scores, height, width, options);
  const at::Tensor map = with_lines(scores);
  const std::vector<Tap> rows = bilinear_taps(map.size(2), height);
  Segmentation result = empty_segmentation(height, width, options.regions);
  std::mutex mutex;
  Tally total(options.regions);
  at::parallel_for(0, height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    RowDecoder decoder(map, width, options);
    for (std::int64_t y = begin; y < end; ++y)
      decoder.decode(rows[static_cast<std::size_t>(y)], y, result);
    const std::lock_guard lock(mutex);
    total.add(decoder.tally());
  });
  put_statistics(result, total);
  return result;
}

Segmentation decode_plain(const at::Tensor &scores, int height, int width,
                          const DecodeOptions &options) {
  const at::Tensor sampled = stretched(scores, height, width);
  const auto [probability, query] = (sampled[0] * options.logit_scale).softmax(0).max(0);
  const at::Tensor region_of_query =
      at::tensor(options.region_of_query, at::kLong).to(scores.device());
  const at::Tensor labels = region_of_query.index({query})
                                .masked_fill(probability < options.threshold, 0)
                                .to(at::kCPU, at::kLong)
                                .contiguous();
  const at::Tensor confidence = probability.to(at::kCPU, at::kFloat).contiguous();
  Segmentation result = empty_segmentation(height, width, options.regions);
  Tally tally(options.regions);
  for (std::int64_t pixel = 0; pixel < labels.numel(); ++pixel) {
    const auto region = static_cast<std::size_t>(labels.data_ptr<std::int64_t>()[pixel]);
    put_label(result, static_cast<std::size_t>(pixel), region);
    tally.add(region, confidence.data_ptr<float>()[pixel]);
  }
  put_statistics(result, tally);
  return result;
}

at::Tensor class_probabilities(const at::Tensor &scores, const at::Tensor &class_of_query,
                               std::int64_t classes, double logit_scale) {
  const at::Tensor words = (scores * logit_scale).softmax(0);
  std::vector<at::Tensor> maxima;
  for (std::int64_t index = 0; index < classes; ++index)
    maxima.push_back(words.index({class_of_query == index}).amax(0));
  return at::stack(maxima);
}

}  // namespace naclip
