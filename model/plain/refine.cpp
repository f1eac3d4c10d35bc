#include "model/plain/refine.h"

#include <algorithm>
#include <array>

#include "model/plain/stretch.h"

namespace naclip::plain {

namespace {

constexpr std::array<std::array<int, 2>, 8> kNeighbours{
    {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}};
constexpr float kDeviationFloor = 1e-8F;
constexpr float kDeviationScale = 0.1F;

at::Tensor shifted(const at::Tensor &padded, int dy, int dx, int border, std::int64_t height,
                   std::int64_t width) {
  return padded.slice(2, border + dy, border + dy + height)
      .slice(3, border + dx, border + dx + width);
}

}  // namespace

at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations) {
  const std::int64_t height = picture.size(2), width = picture.size(3);
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

  at::Tensor current = stretched(scores, height, width);
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
  return current;
}

}  // namespace naclip::plain
