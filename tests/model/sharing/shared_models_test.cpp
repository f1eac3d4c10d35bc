// Who shares a loaded model with whom.
#include "model/sharing/shared_models.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <latch>

#include "tests/model/fake_segmenter.h"

namespace naclip::testing {
namespace {

class SharedModels : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "naclip-shared-models";
    std::filesystem::create_directories(folder_);
    write("one.safetensors", "one");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string &name, const std::string &contents) {
    const auto beside = folder_ / (name + ".new");
    std::ofstream(beside) << contents;
    std::filesystem::rename(beside, folder_ / name);
  }
  ModelOptions options(const std::string &name = "one.safetensors") const {
    ModelOptions result;
    result.model = (folder_ / name).string();
    return result;
  }
  std::shared_ptr<SharedModel> get(const ModelOptions &options) {
    return share_model(options, [this](const ModelOptions &) {
      ++loads_;
      return std::make_unique<FakeSegmenter>(std::make_shared<FakeControl>());
    });
  }

  std::filesystem::path folder_;
  std::atomic<int> loads_ = 0;
};

TEST_F(SharedModels, EqualOptionsShareOne) {
  const auto first = get(options()), second = get(options());
  EXPECT_EQ(first, second);
  EXPECT_EQ(loads_, 1);
}

TEST_F(SharedModels, AnotherNameOfTheSameFileIsTheSame) {
  std::filesystem::create_symlink(folder_ / "one.safetensors", folder_ / "link.safetensors");
  EXPECT_EQ(get(options()), get(options("link.safetensors")));
}

TEST_F(SharedModels, WhatTheModelDependsOnSetsItApart) {
  const auto one = get(options());
  const auto differs = [&](auto change) {
    ModelOptions other = options();
    change(other);
    return get(other) != one;
  };
  EXPECT_TRUE(differs([](ModelOptions &o) { o.device = "cpu"; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.precision = Precision::kFloat32; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.attention = Attention::kKk; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.architecture = Architecture::kVanilla; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.gaussian_std = 4; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.pearl_alpha = 0.3; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.activation = Activation::kGelu; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.prompts = Prompts::kNone; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.merges = "merges"; }));
  EXPECT_TRUE(differs([](ModelOptions &o) { o.cache_dir = "cache"; }));
  EXPECT_FALSE(differs([](ModelOptions &o) { o.log = [](LogLevel, const Error &) {}; }));
}

TEST_F(SharedModels, AConfigurationBesideThatChangesSetsItApart) {
  const auto without = get(options());
  write("config.json", "{}");
  const auto with = get(options());
  EXPECT_NE(without, with);
  EXPECT_EQ(with, get(options()));
  write("config.json", "{ }");
  EXPECT_NE(with, get(options()));
}

TEST_F(SharedModels, AFolderIsTheCheckpointInIt) {
  write("model.safetensors", "one");
  EXPECT_EQ(get(options("model.safetensors")), get(options("")));
}

TEST_F(SharedModels, AShardThatChangesSetsItApart) {
  write("model.safetensors.index.json", "{}");
  write("model-1.safetensors", "one");
  const auto first = get(options("model.safetensors.index.json"));
  EXPECT_EQ(first, get(options("model.safetensors.index.json")));
  write("model-1.safetensors", "two");
  EXPECT_NE(first, get(options("model.safetensors.index.json")));
}

TEST_F(SharedModels, TheLastToLetGoFreesIt) {
  auto first = get(options());
  auto second = get(options());
  const std::weak_ptr<Segmenter> segmenter = first->segmenter;
  first.reset();
  EXPECT_FALSE(segmenter.expired());
  second.reset();
  EXPECT_TRUE(segmenter.expired());
  get(options());
  EXPECT_EQ(loads_, 2);
}

TEST_F(SharedModels, AFileThatWasReplacedIsAnotherModel) {
  const auto old_model = get(options());
  write("one.safetensors", "two");
  EXPECT_NE(get(options()), old_model);
  EXPECT_EQ(loads_, 2);
}

TEST_F(SharedModels, TwoWhoAskAtOnceLoadOnce) {
  std::latch loading(1), second_asks(1);
  std::shared_ptr<SharedModel> first, second;
  std::thread one([&] {
    first = share_model(options(), [&](const ModelOptions &) {
      loading.count_down();
      second_asks.wait();
      ++loads_;
      return std::make_unique<FakeSegmenter>(std::make_shared<FakeControl>());
    });
  });
  loading.wait();
  std::thread two([&] {
    second_asks.count_down();
    second = get(options());
  });
  one.join();
  two.join();
  EXPECT_EQ(first, second);
  EXPECT_EQ(loads_, 1);
}

TEST_F(SharedModels, ALoadThatFailsIsTriedAgainByTheNext) {
  EXPECT_THROW(share_model(options(),
                           [](const ModelOptions &) -> std::unique_ptr<Segmenter> {
                             throw Error(ErrorKind::kModel, "broken");
                           }),
               Error);
  EXPECT_NE(get(options()), nullptr);
}

}  // namespace
}  // namespace naclip::testing
