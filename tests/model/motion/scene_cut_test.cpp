// Where a scene cut is seen, and what is none.
#include "model/motion/scene_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace naclip {
namespace {

constexpr int kHeight = 27, kWidth = 48;

/// Smooth random shapes that go on for ever: a scene to look at through a window. Mean 128.
class Scene {
 public:
  explicit Scene(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> any(0.0, 1.0);
    for (Wave &wave : waves_) {
      const double angle = 6.2832 * any(random), length = 8.0 + 22.0 * any(random);
      wave = {6.2832 * std::cos(angle) / length, 6.2832 * std::sin(angle) / length,
              6.2832 * any(random)};
    }
  }
  float at(double x, double y) const {
    double sum = 0.0;
    for (const Wave &wave : waves_) sum += std::sin(wave.x * x + wave.y * y + wave.phase);
    return static_cast<float>(128.0 + 20.0 * sum);
  }
  /// What a camera at (left, top) sees, `zoom` times as near.
  Thumbnail seen(double left, double top, double zoom = 1.0) const {
    Thumbnail result{1, kHeight, kWidth, {}};
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x) result.values.push_back(at(left + x / zoom, top + y / zoom));
    return result;
  }

 private:
  struct Wave {
    double x, y, phase;
  };
  Wave waves_[8];
};

Thumbnail changed(Thumbnail picture, double gain, double offset) {
  for (float &value : picture.values)
    value = static_cast<float>(gain * static_cast<double>(value) + offset);
  return picture;
}

Thumbnail noisy(Thumbnail picture, double sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, static_cast<float>(sigma));
  for (float &value : picture.values) value += normal(random);
  return picture;
}

Thumbnail flat(float level, int height = kHeight, int width = kWidth) {
  return {1, height, width,
          std::vector<float>(static_cast<std::size_t>(height) * static_cast<std::size_t>(width),
                             level)};
}

TEST(SceneCut, IsSeenBetweenScenesOfEqualBrightness) {
  int seen = 0;
  for (unsigned seed = 0; seed < 100; seed += 2)
    seen += is_scene_cut(Scene(seed).seen(0, 0), Scene(seed + 1).seen(0, 0));
  // Such waves are so alike that now and then a block of the one is found in the other.
  EXPECT_GE(seen, 46);
}

TEST(SceneCut, IsSeenBetweenFlatPictures) {
  EXPECT_TRUE(is_scene_cut(flat(60), flat(160)));
  EXPECT_TRUE(is_scene_cut(flat(128), Scene(1).seen(0, 0)));
}

TEST(SceneCut, IsSeenInColourAlone) {
  Thumbnail red{3, 4, 4, {}}, green{3, 4, 4, {}};
  for (const float level : {200.0F, 60.0F, 80.0F}) red.values.insert(red.values.end(), 16, level);
  for (const float level : {60.0F, 132.0F, 80.0F})
    green.values.insert(green.values.end(), 16, level);
  EXPECT_TRUE(is_scene_cut(red, green));
  EXPECT_FALSE(is_scene_cut(red, red));
}

TEST(SceneCut, IsNotSeenInNoise) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Thumbnail scene = Scene(seed).seen(0, 0);
    EXPECT_FALSE(is_scene_cut(noisy(scene, 3.0, 2 * seed), noisy(scene, 3.0, 2 * seed + 1)));
    EXPECT_FALSE(is_scene_cut(noisy(flat(90), 1.5, 2 * seed), noisy(flat(90), 1.5, 2 * seed + 1)));
  }
}

TEST(SceneCut, IsNotSeenInPansAndZooms) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Scene scene(seed);
    for (const double way : {1.0, 2.5, 6.0, -9.0})
      EXPECT_FALSE(is_scene_cut(scene.seen(0, 0), scene.seen(way, way / 3))) << way;
    EXPECT_FALSE(is_scene_cut(scene.seen(0, 0), scene.seen(2, 1, 1.08)));
  }
}

TEST(SceneCut, IsNotSeenWhereALargeThingPassesQuickly) {
  const auto with_thing = [](int left) {
    Thumbnail picture = Scene(3).seen(0, 0);
    for (int y = 5; y < 22; ++y)
      for (int x = std::max(0, left); x < std::min(kWidth, left + 16); ++x)
        picture.values[static_cast<std::size_t>(y * kWidth + x)] = Scene(4).at(x - left, y);
    return picture;
  };
  EXPECT_FALSE(is_scene_cut(with_thing(4), with_thing(14)));
  EXPECT_FALSE(is_scene_cut(with_thing(-16), with_thing(2)));
}

TEST(SceneCut, IsNotSeenInChangesOfLight) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Thumbnail scene = Scene(seed).seen(0, 0);
    for (const double percent : {-6.0, -3.0, 3.0, 6.0}) {
      EXPECT_FALSE(is_scene_cut(scene, changed(scene, 1.0 + percent / 100.0, 0.0)));
      EXPECT_FALSE(is_scene_cut(flat(150), flat(static_cast<float>(150.0 + 1.5 * percent))));
    }
  }
}

TEST(SceneCut, DoesNotDependOnWhereZeroLies) {
  const Thumbnail scene = Scene(1).seen(0, 0), moved = Scene(1).seen(5, 2);
  const double unexplained = match_blocks(scene, moved).unexplained;
  EXPECT_NEAR(match_blocks(changed(scene, 1.0, -128.0), changed(moved, 1.0, -128.0)).unexplained,
              unexplained, 1e-3);
}

TEST(SceneCut, IsWhereThumbnailsHaveDifferentShapes) {
  EXPECT_TRUE(is_scene_cut(flat(90, 4, 8), flat(90, 8, 4)));
  EXPECT_TRUE(is_scene_cut(Thumbnail{}, flat(90)));
  EXPECT_FALSE(is_scene_cut(flat(90, 4, 8), flat(90, 4, 8)));
}

TEST(SceneCut, BlocksAreFoundWhereTheyWere) {
  const Scene scene(5);
  const BlockMotion motion = match_blocks(scene.seen(0, 0), scene.seen(6, -3));
  ASSERT_EQ(motion.rows * motion.columns, static_cast<int>(motion.dx.size()));
  // The middle of the picture: what is at the edge may have come from outside.
  const auto middle = static_cast<std::size_t>(motion.columns + motion.columns / 2);
  EXPECT_EQ(motion.dx[middle], 6);
  EXPECT_EQ(motion.dy[middle], -3);
  EXPECT_LT(motion.unexplained, 0.5);
}

TEST(SceneCut, PicturesOfAnySizeHaveThumbnails) {
  for (const auto &[height, width] : {std::pair{1, 1},
                                      {3, 5},
                                      {1, 4000},
                                      {4000, 1},
                                      {720, 1280},
                                      {8, 48},
                                      {9, 49},
                                      {4320, 7680}}) {
    const ThumbnailSize size = thumbnail_size(height, width);
    EXPECT_GE(size.height, 1);
    EXPECT_GE(size.width, 1);
    EXPECT_LE(size.height, std::min(height, 48));
    EXPECT_LE(size.width, std::min(width, 48));
    EXPECT_FALSE(is_scene_cut(flat(9, size.height, size.width), flat(9, size.height, size.width)));
    EXPECT_TRUE(is_scene_cut(flat(9, size.height, size.width), flat(99, size.height, size.width)));
  }
  EXPECT_EQ(thumbnail_size(720, 1280).width, 48);
  EXPECT_EQ(thumbnail_size(720, 1280).height, 27);
}

}  // namespace
}  // namespace naclip
