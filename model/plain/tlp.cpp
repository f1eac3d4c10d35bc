#include "model/plain/tlp.h"

#include <algorithm>
#include <array>
#include <vector>

#include "model/plain/stretch.h"

namespace naclip::plain {

namespace {

constexpr int kSteps = 25;
constexpr double kTemperature = 0.5;
constexpr double kOwnWord = 10.0;
constexpr double kFloor = 1e-6;
constexpr double kLeastProbability = 0.05;
constexpr double kContrast = 5.0;
constexpr double kLeastProduct = 1e-12;
// Bounds the memory of the words' similarities.
constexpr std::int64_t kWordsAtOnce = 1024;

/// Sums over a picture's words and pixels, [B, 1, 1, 1].
at::Tensor product(const at::Tensor &a, const at::Tensor &b) {
  return (a * b).sum({1, 2, 3}, true);
}

/// The pixels that have one behind them along `side`, 2 or 3, and these.
std::array<at::Tensor, 2> pairs(const at::Tensor &map, std::int64_t side) {
  const std::int64_t last = map.size(side) - 1;
  return {map.narrow(side, 0, last), map.narrow(side, 1, last)};
}

at::Tensor block_means(const at::Tensor &map, std::int64_t height, std::int64_t width,
                       std::int64_t grid) {
  const std::array<std::int64_t, 2> block{tlp_block(height, grid), tlp_block(width, grid)};
  return at::avg_pool2d(stretched(map, height, width), block, block);
}

class System {
 public:
  System(const at::Tensor &picture, const at::Tensor &scores, const at::Tensor &words)
      : weights_(tlp_word_weights(words).view({1, -1, 1, 1})) {
    const at::Tensor probabilities = scores.softmax(1);
    trust_ = probabilities.amax(1, true).clamp_min(kLeastProbability).square() *
             (1.0 + agreement(probabilities, probabilities));
    const at::Tensor grey = 0.299 * picture.narrow(1, 0, 1) + 0.587 * picture.narrow(1, 1, 1) +
                            0.114 * picture.narrow(1, 2, 1);
    across_ = bonds(grey, probabilities, 3);
    down_ = bonds(grey, probabilities, 2);
  }

  const at::Tensor &trust() const { return trust_; }

  at::Tensor operator()(const at::Tensor &x) const {
    at::Tensor result = trust_ * x;
    add_flow(x, across_, 3, result);
    add_flow(x, down_, 2, result);
    return result;
  }

 private:
  at::Tensor agreement(const at::Tensor &p, const at::Tensor &other) const {
    return (weights_ * p * other).sum(1, true).clamp(0.0, 1.0);
  }

  at::Tensor bonds(const at::Tensor &grey, const at::Tensor &probabilities,
                   std::int64_t side) const {
    const auto [here, behind] = pairs(grey, side);
    const auto [p, q] = pairs(probabilities, side);
    const at::Tensor difference = (behind - here).abs();
    const at::Tensor contrast = difference / (difference.mean({1, 2, 3}, true) + kFloor);
    return ((-kContrast * contrast).exp() * (1.0 + agreement(p, q))).clamp_max(1.0);
  }

  static void add_flow(const at::Tensor &x, const at::Tensor &bonds, std::int64_t side,
                       at::Tensor &sum) {
    const auto [here, behind] = pairs(x, side);
    auto [to_here, to_behind] = pairs(sum, side);
    const at::Tensor flow = bonds * (here - behind);
    to_here.add_(flow);
    to_behind.sub_(flow);
  }

  at::Tensor weights_;  // [1, Q, 1, 1]
  at::Tensor trust_;    // [B, 1, h, w]
  at::Tensor across_;   // [B, 1, h, w - 1]
  at::Tensor down_;     // [B, 1, h - 1, w]
};

}  // namespace

std::int64_t tlp_block(std::int64_t size, std::int64_t grid) {
  const std::int64_t whole = size / grid, rest = size % grid * 2;
  return std::max<std::int64_t>(whole + (rest > grid || (rest == grid && whole % 2 == 1)), 1);
}

at::Tensor tlp_word_weights(const at::Tensor &words) {
  const at::Tensor rows = words.to(at::kFloat), columns = rows.t();
  std::vector<at::Tensor> own;
  std::int64_t first = 0;
  for (const at::Tensor &some : rows.split(kWordsAtOnce)) {
    const at::Tensor similar = (at::matmul(some, columns) / kTemperature).softmax(-1);
    own.push_back((similar.diagonal(first) + kOwnWord) / (similar.sum(-1) + (kOwnWord + kFloor)));
    first += some.size(0);
  }
  return at::cat(own);
}

at::Tensor tlp(const at::Tensor &picture, const at::Tensor &scores, const at::Tensor &words,
               std::int64_t grid) {
  const std::int64_t height = picture.size(2), width = picture.size(3);
  const at::Tensor means = block_means(scores, height, width, grid);
  const System system(block_means(picture, height, width, grid), means, words);
  at::Tensor result = means.clone(), residual = system.trust() * means - system(means),
             direction = residual, squares = product(residual, residual);
  for (int step = 0; step < kSteps; ++step) {
    const at::Tensor image = system(direction);
    const at::Tensor length = squares / (product(direction, image) + kLeastProduct);
    result += length * direction;
    residual = residual - length * image;
    const at::Tensor rest = product(residual, residual);
    direction = residual + rest / (squares + kLeastProduct) * direction;
    squares = rest;
  }
  return result;
}

}  // namespace naclip::plain
