#include "model/motion/scene_cut.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace naclip {

namespace {

constexpr int kLongSide = 48;
constexpr int kBlock = 8;
// How far a block may have moved, as a part of the long side: 12 of 48.
constexpr int kReach = 12;
// What a change of light may be, in levels: 5 % of full range.
constexpr float kFlicker = 13.0F;
// What a block costs however flat it is: noise and rounding that are left in a thumbnail, in
// levels.
constexpr float kFloor = 2.0F;
// A far match has to be better than a near one by this much a pixel, in levels.
constexpr float kPerPixel = 0.5F;
constexpr double kCut = 0.7;

struct Block {
  int x, y, width, height;
};

/// Where the blocks along one side begin; the last lies against the end and may overlap.
std::vector<int> starts(int side) {
  std::vector<int> result;
  for (int start = 0; start + kBlock <= side; start += kBlock) result.push_back(start);
  if (result.empty()) return {0};
  if (result.back() + kBlock < side) result.push_back(side - kBlock);
  return result;
}

std::vector<float> mean_differences(const Thumbnail &before, const Thumbnail &now) {
  std::vector<float> result;
  const auto plane = static_cast<std::size_t>(now.height) * static_cast<std::size_t>(now.width);
  for (int channel = 0; channel < now.channels; ++channel) {
    double sum = 0.0;
    for (std::size_t i = 0; i < plane; ++i)
      sum += now.row(channel, 0)[i] - before.row(channel, 0)[i];
    result.push_back(
        std::clamp(static_cast<float>(sum / static_cast<double>(plane)), -kFlicker, kFlicker));
  }
  return result;
}

/// Sum of the differences between a block and what lies (dx, dy) away from it in `before`.
float cost_from(const Thumbnail &before, const Thumbnail &now, const Block &block, int dx, int dy,
                const std::vector<float> &light, float limit) {
  float sum = 0.0F;
  for (int channel = 0; channel < now.channels && sum < limit; ++channel) {
    for (int y = 0; y < block.height; ++y) {
      const float *here = now.row(channel, block.y + y) + block.x;
      const float *there = before.row(channel, block.y + y + dy) + block.x + dx;
      float line = 0.0F;
      for (int x = 0; x < block.width; ++x)
        line += std::fabs(here[x] - there[x] - light[static_cast<std::size_t>(channel)]);
      sum += line;
    }
  }
  return sum;
}

/// Sum of the differences between a block and its own mean.
float cost_from_mean(const Thumbnail &now, const Block &block) {
  float sum = 0.0F;
  for (int channel = 0; channel < now.channels; ++channel) {
    float mean = 0.0F;
    for (int y = 0; y < block.height; ++y)
      for (int x = 0; x < block.width; ++x) mean += now.row(channel, block.y + y)[block.x + x];
    mean /= static_cast<float>(block.width * block.height);
    for (int y = 0; y < block.height; ++y)
      for (int x = 0; x < block.width; ++x)
        sum += std::fabs(now.row(channel, block.y + y)[block.x + x] - mean);
  }
  return sum;
}

struct Found {
  int dx = 0, dy = 0;
  float cost = 0.0F;
};

Found find(const Thumbnail &before, const Thumbnail &now, const Block &block,
           const std::vector<float> &light) {
  const float samples = static_cast<float>(block.width * block.height * now.channels);
  Found best{0, 0, cost_from(before, now, block, 0, 0, light, INFINITY)};
  float least = best.cost;
  for (int dy = std::max(-kReach, -block.y);
       dy <= std::min(kReach, before.height - block.height - block.y); ++dy) {
    for (int dx = std::max(-kReach, -block.x);
         dx <= std::min(kReach, before.width - block.width - block.x); ++dx) {
      const float way =
          kPerPixel * samples * std::hypot(static_cast<float>(dx), static_cast<float>(dy));
      if (way >= least) continue;
      const float cost = cost_from(before, now, block, dx, dy, light, least - way);
      if (cost + way >= least) continue;
      least = cost + way;
      best = {dx, dy, cost};
    }
  }
  best.cost = least;
  return best;
}

}  // namespace

ThumbnailSize thumbnail_size(int height, int width) {
  const double scale = std::min(1.0, static_cast<double>(kLongSide) / std::max(height, width));
  const auto shrunk = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  return {shrunk(height), shrunk(width)};
}

BlockMotion match_blocks(const Thumbnail &before, const Thumbnail &now) {
  BlockMotion motion;
  const std::vector<int> rows = starts(now.height), columns = starts(now.width);
  motion.rows = static_cast<int>(rows.size());
  motion.columns = static_cast<int>(columns.size());
  const std::vector<float> light = mean_differences(before, now);
  double unexplained = 0.0, all = 0.0;
  for (const int y : rows) {
    for (const int x : columns) {
      const Block block{x, y, std::min(kBlock, now.width), std::min(kBlock, now.height)};
      const Found found = find(before, now, block, light);
      const float floor = kFloor * static_cast<float>(block.width * block.height * now.channels);
      const float own = cost_from_mean(now, block) + floor;
      motion.dx.push_back(found.dx);
      motion.dy.push_back(found.dy);
      unexplained += std::min(found.cost, own);
      all += own;
    }
  }
  motion.unexplained = all > 0.0 ? unexplained / all : 0.0;
  return motion;
}

bool is_scene_cut(const Thumbnail &before, const Thumbnail &now) {
  if (before.channels != now.channels || before.height != now.height || before.width != now.width)
    return true;
  return is_scene_cut(match_blocks(before, now));
}

bool is_scene_cut(const BlockMotion &motion) {
  return motion.unexplained > kCut;
}

}  // namespace naclip
