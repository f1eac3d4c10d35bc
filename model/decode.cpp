#include "decode.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "bilinear.h"
#include "cuda/operations.h"

namespace naclip {

namespace {

struct Decision {
  std::size_t query;
  float probability;
};

/// Chooses among one pixel's scores.
Decision decide(const float *scores, std::size_t queries, float scale) {
  std::size_t best = 0;
  for (std::size_t q = 1; q < queries; ++q)
    if (scores[q] > scores[best]) best = q;
  float total = 0.0F;
  for (std::size_t q = 0; q < queries; ++q) total += std::exp(scale * (scores[q] - scores[best]));
  return {best, 1.0F / total};
}

/// Pixels and summed confidence of each region, gathered by one worker.
struct Tally {
  std::vector<std::int64_t> pixels;
  std::vector<double> confidence;
  explicit Tally(std::size_t regions) : pixels(regions), confidence(regions) {}
  void add(std::size_t region, double probability) {
    ++pixels[region];
    confidence[region] += probability;
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

/// Samples one row's scores at one output column. -> Q scores in `out`
void sample_pixel(const float *above, const float *below, float down, const Tap &across,
                  std::int64_t queries, float *out) {
  const float *a = above + across.first * queries, *b = above + across.second * queries;
  const float *c = below + across.first * queries, *d = below + across.second * queries;
  const float right = across.weight;
  for (std::int64_t q = 0; q < queries; ++q) {
    const float top = a[q] + (b[q] - a[q]) * right;
    const float bottom = c[q] + (d[q] - c[q]) * right;
    out[q] = top + (bottom - top) * down;
  }
}

}  // namespace

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  if (scores.is_cuda()) return cuda::decode(scores, height, width, options);
  if (!scores.device().is_cpu()) return decode_plain(scores, height, width, options);
  const at::Tensor map = scores.contiguous(at::MemoryFormat::ChannelsLast);
  const std::int64_t queries = map.size(1), map_width = map.size(3);
  const auto rows = bilinear_taps(map.size(2), height), columns = bilinear_taps(map_width, width);
  const at::Tensor pixels_first = map.permute({0, 2, 3, 1});
  const float *source = pixels_first.data_ptr<float>();
  Segmentation result = empty_segmentation(height, width, options.regions);
  std::mutex mutex;
  Tally total(options.regions);
  at::parallel_for(0, height, 16, [&](std::int64_t begin, std::int64_t end) {
    Tally tally(options.regions);
    std::vector<float> sampled(static_cast<std::size_t>(queries));
    for (std::int64_t y = begin; y < end; ++y) {
      const Tap &down = rows[static_cast<std::size_t>(y)];
      const float *above = source + down.first * map_width * queries;
      const float *below = source + down.second * map_width * queries;
      for (int x = 0; x < width; ++x) {
        sample_pixel(above, below, down.weight, columns[static_cast<std::size_t>(x)], queries,
                     sampled.data());
        const Decision decision =
            decide(sampled.data(), sampled.size(), static_cast<float>(options.logit_scale));
        const std::size_t region =
            decision.probability < static_cast<float>(options.threshold)
                ? 0
                : static_cast<std::size_t>(options.region_of_query[decision.query]);
        put_label(result,
                  static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                      static_cast<std::size_t>(x),
                  region);
        tally.add(region, decision.probability);
      }
    }
    const std::lock_guard lock(mutex);
    for (std::size_t region = 0; region < options.regions; ++region) {
      total.pixels[region] += tally.pixels[region];
      total.confidence[region] += tally.confidence[region];
    }
  });
  put_statistics(result, total);
  return result;
}

Segmentation decode_plain(const at::Tensor &scores, int height, int width,
                          const DecodeOptions &options) {
  at::Tensor sampled = scores;
  if (scores.size(2) != height || scores.size(3) != width)
    sampled = at::upsample_bilinear2d(scores, {height, width}, false);
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
