#include "pamr.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cuda/operations.h"

namespace naclip {

namespace {

constexpr std::array<std::array<int, 2>, 8> kNeighbours{
    {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}};
constexpr float kDeviationFloor = 1e-8F;
constexpr float kDeviationScale = 0.1F;

// Scores of one pixel are padded to a multiple of this, so that a register holds whole pixels.
constexpr std::int64_t kLanes = 8;

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NACLIP_TARGETS \
  __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define NACLIP_TARGETS  // sanitizers start before the resolver's processor check does
#endif

/// Where neighbours are: rows and columns of the picture, clamped at its edges.
class Neighbourhood {
 public:
  Neighbourhood(std::int64_t height, std::int64_t width, const std::vector<int> &dilations)
      : height_(height), width_(width), count_(kNeighbours.size() * dilations.size()) {
    columns_.resize(count_ * static_cast<std::size_t>(width));
    for (const int dilation : dilations)
      for (const auto &[dy, dx] : kNeighbours) {
        const std::size_t index = row_offsets_.size();
        row_offsets_.push_back(static_cast<std::int64_t>(dy) * dilation);
        for (std::int64_t x = 0; x < width; ++x)
          columns_[static_cast<std::size_t>(x) * count_ + index] = static_cast<std::int32_t>(
              std::clamp<std::int64_t>(x + static_cast<std::int64_t>(dx) * dilation, 0, width - 1));
      }
  }

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  std::size_t count() const { return count_; }
  /// First pixel of the row of neighbour `index` of a pixel in row y.
  std::int64_t row_start(std::size_t index, std::int64_t y) const {
    return std::clamp<std::int64_t>(y + row_offsets_[index], 0, height_ - 1) * width_;
  }
  /// Columns of the count() neighbours of a pixel in column x.
  const std::int32_t *columns(std::int64_t x) const {
    return &columns_[static_cast<std::size_t>(x) * count_];
  }

 private:
  std::int64_t height_, width_;
  std::size_t count_;
  std::vector<std::int64_t> row_offsets_;
  std::vector<std::int32_t> columns_;
};

/// Adds one channel's part to the neighbours' affinities of one pixel.
void add_affinity(const float *plane, std::int64_t centre_index, const std::int64_t *neighbours,
                  std::size_t count, std::size_t dilations, float *affinity) {
  const float centre = plane[centre_index];
  // The pixel itself is a sample once per dilation, as in the reference.
  const auto samples = static_cast<float>(count + dilations);
  float sum = centre * static_cast<float>(dilations);
  for (std::size_t p = 0; p < count; ++p) sum += plane[neighbours[p]];
  const float mean = sum / samples;
  float squares = (centre - mean) * (centre - mean) * static_cast<float>(dilations);
  for (std::size_t p = 0; p < count; ++p) {
    const float difference = plane[neighbours[p]] - mean;
    squares += difference * difference;
  }
  const float deviation = std::sqrt(squares / (samples - 1.0F));
  const float factor = 1.0F / (kDeviationFloor + kDeviationScale * deviation);
  for (std::size_t p = 0; p < count; ++p)
    affinity[p] -= std::abs(plane[neighbours[p]] - centre) * factor;
}

/// The weights of one pixel's neighbours.
void pixel_weights(const float *picture, const Neighbourhood &hood, std::int64_t y, std::int64_t x,
                   std::int64_t *neighbours, float *weights) {
  constexpr std::int64_t kChannels = 3;
  const std::size_t count = hood.count();
  const std::int64_t plane_size = hood.height() * hood.width();
  for (std::size_t p = 0; p < count; ++p) neighbours[p] = hood.row_start(p, y) + hood.columns(x)[p];
  std::fill_n(weights, count, 0.0F);
  for (std::int64_t channel = 0; channel < kChannels; ++channel)
    add_affinity(picture + channel * plane_size, y * hood.width() + x, neighbours, count,
                 count / kNeighbours.size(), weights);
  float greatest = weights[0];
  for (std::size_t p = 1; p < count; ++p) greatest = std::max(greatest, weights[p]);
  float total = 0.0F;
  for (std::size_t p = 0; p < count; ++p) {
    weights[p] = std::exp((weights[p] - greatest) / static_cast<float>(kChannels));
    total += weights[p];
  }
  for (std::size_t p = 0; p < count; ++p) weights[p] /= total;
}

template <int Lanes>
inline __attribute__((always_inline)) void mix(const float *scores, const std::int64_t *rows,
                                               const std::int32_t *columns, const float *weights,
                                               std::size_t count, std::int64_t channels,
                                               float *out) {
  float sum[Lanes] = {};
  for (std::size_t p = 0; p < count; ++p) {
    const float *neighbour = scores + (rows[p] + columns[p]) * channels;
    for (int lane = 0; lane < Lanes; ++lane) sum[lane] += weights[p] * neighbour[lane];
  }
  for (int lane = 0; lane < Lanes; ++lane) out[lane] = sum[lane];
}

/// One step for one row. scores, out: [H * W, channels]; channels is a multiple of kLanes.
NACLIP_TARGETS
void refine_row(const float *scores, const float *weights, const std::int64_t *rows,
                const std::int32_t *columns, std::size_t count, std::int64_t width,
                std::int64_t channels, float *out) {
  for (std::int64_t x = 0; x < width; ++x) {
    std::int64_t channel = 0;
    for (; channel + 4 * kLanes <= channels; channel += 4 * kLanes)
      mix<4 * kLanes>(scores + channel, rows, columns, weights, count, channels, out + channel);
    for (; channel + 2 * kLanes <= channels; channel += 2 * kLanes)
      mix<2 * kLanes>(scores + channel, rows, columns, weights, count, channels, out + channel);
    for (; channel < channels; channel += kLanes)
      mix<kLanes>(scores + channel, rows, columns, weights, count, channels, out + channel);
    weights += count;
    columns += count;
    out += channels;
  }
}

/// Neighbours' weights. -> [H * W, neighbours]
at::Tensor neighbour_weights(const at::Tensor &picture, const Neighbourhood &hood) {
  const at::Tensor planes = picture.contiguous();
  const auto count = static_cast<std::int64_t>(hood.count());
  at::Tensor weights = at::empty({hood.height() * hood.width(), count}, at::kFloat);
  const float *source = planes.data_ptr<float>();
  float *target = weights.data_ptr<float>();
  at::parallel_for(0, hood.height(), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> neighbours(hood.count());
    for (std::int64_t y = begin; y < end; ++y)
      for (std::int64_t x = 0; x < hood.width(); ++x)
        pixel_weights(source, hood, y, x, neighbours.data(),
                      target + (y * hood.width() + x) * count);
  });
  return weights;
}

void refine_step(const at::Tensor &scores, const at::Tensor &weights, const Neighbourhood &hood,
                 at::Tensor &out) {
  const std::int64_t channels = scores.size(1), width = hood.width();
  const float *source = scores.data_ptr<float>();
  const float *weight = weights.data_ptr<float>();
  float *target = out.data_ptr<float>();
  at::parallel_for(0, hood.height(), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> rows(hood.count());
    for (std::int64_t y = begin; y < end; ++y) {
      for (std::size_t p = 0; p < rows.size(); ++p) rows[p] = hood.row_start(p, y);
      refine_row(source, weight + y * width * weights.size(1), rows.data(), hood.columns(0),
                 rows.size(), width, channels, target + y * width * channels);
    }
  });
}

at::Tensor shifted(const at::Tensor &padded, int dy, int dx, int border, std::int64_t height,
                   std::int64_t width) {
  return padded.slice(2, border + dy, border + dy + height)
      .slice(3, border + dx, border + dx + width);
}

}  // namespace

at::Tensor pamr(const at::Tensor &picture, const at::Tensor &scores, int steps,
                const std::vector<int> &dilations) {
  if (steps <= 0 || dilations.empty()) return scores.contiguous(at::MemoryFormat::ChannelsLast);
  if (scores.is_cuda()) return cuda::pamr(picture, scores, steps, dilations);
  if (!scores.device().is_cpu()) return pamr_plain(picture, scores, steps, dilations);
  const std::int64_t queries = scores.size(1), height = scores.size(2), width = scores.size(3);
  const std::int64_t channels = (queries + kLanes - 1) / kLanes * kLanes;
  const Neighbourhood hood(height, width, dilations);
  const at::Tensor weights = neighbour_weights(picture, hood);
  at::Tensor current = at::zeros({height * width, channels}, at::kFloat);
  current.slice(1, 0, queries)
      .copy_(scores[0].permute({1, 2, 0}).reshape({height * width, queries}));
  at::Tensor next = at::empty_like(current);
  for (int step = 0; step < steps; ++step) {
    refine_step(current, weights, hood, next);
    std::swap(current, next);
  }
  return current.slice(1, 0, queries)
      .contiguous()
      .view({1, height, width, queries})
      .permute({0, 3, 1, 2});
}

at::Tensor pamr_plain(const at::Tensor &picture, const at::Tensor &scores, int steps,
                      const std::vector<int> &dilations) {
  const std::int64_t height = scores.size(2), width = scores.size(3);
  const int border = *std::max_element(dilations.begin(), dilations.end());
  const auto pad = [&](const at::Tensor &x) {
    return at::replication_pad2d(x, {border, border, border, border});
  };

  const at::Tensor padded = pad(picture);
  std::vector<at::Tensor> neighbours, samples;
  for (const int dilation : dilations) {
    samples.push_back(picture);
    for (const auto &[dy, dx] : kNeighbours)
      neighbours.push_back(shifted(padded, dy * dilation, dx * dilation, border, height, width));
  }
  samples.insert(samples.end(), neighbours.begin(), neighbours.end());
  const at::Tensor deviation = at::stack(samples).std(0, true);
  std::vector<at::Tensor> affinities;
  for (const at::Tensor &neighbour : neighbours)
    affinities.push_back(
        (-(neighbour - picture).abs() / (kDeviationFloor + kDeviationScale * deviation))
            .mean(1, true));
  const at::Tensor weights = at::stack(affinities).softmax(0);

  at::Tensor current = scores;
  for (int step = 0; step < steps; ++step) {
    const at::Tensor source = pad(current);
    at::Tensor next = at::zeros_like(current);
    std::int64_t index = 0;
    for (const int dilation : dilations)
      for (const auto &[dy, dx] : kNeighbours)
        next.addcmul_(weights[index++],
                      shifted(source, dy * dilation, dx * dilation, border, height, width));
    current = next;
  }
  return current.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace naclip
