// The names and sums of published models, and what a user's text for a model stands for.
#include "model/base/published_models.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "model/error.h"
#include "test_folder.h"

namespace naclip {
namespace {

namespace files = std::filesystem;

// GLib asks for the folder once, so it is set before anything can.
const bool kCacheIsSet = test::use_cache_of_our_own();

struct Row {
  const char *name, *file, *sha256;
};

// As the issue that asked for them pins them.
constexpr Row kPinned[] = {
    {"ViT-B/32", "ViT-B-32.pt", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"},
    {"ViT-B/16", "ViT-B-16.pt", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"},
    {"ViT-L/14", "ViT-L-14.pt", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"},
    {"ViT-L/14@336px", "ViT-L-14-336px.pt",
     "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"},
};

TEST(PublishedModels, AreThePinnedOnes) {
  ASSERT_EQ(published_models().size(), std::size(kPinned));
  for (std::size_t i = 0; i < std::size(kPinned); ++i) {
    const PublishedFile &model = published_models()[i];
    EXPECT_EQ(model.name, kPinned[i].name);
    EXPECT_EQ(model.file, kPinned[i].file);
    EXPECT_EQ(model.sha256, kPinned[i].sha256);
    EXPECT_EQ(model.url,
              "https://openaipublic.azureedge.net/clip/models/" + model.sha256 + "/" + model.file);
    EXPECT_GT(model.megabytes, 300);
  }
}

TEST(PublishedModels, HaveThePinnedVocabulary) {
  const PublishedFile &vocabulary = published_vocabulary();
  EXPECT_EQ(vocabulary.file, "bpe_simple_vocab_16e6.txt.gz");
  EXPECT_EQ(vocabulary.sha256, "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a");
  EXPECT_EQ(vocabulary.url,
            "https://github.com/openai/CLIP/raw/main/clip/bpe_simple_vocab_16e6.txt.gz");
}

TEST(PublishedModels, AreFoundByTheirExactNameAlone) {
  for (const PublishedFile &model : published_models())
    EXPECT_EQ(find_published(model.name), &model);
  EXPECT_EQ(find_published("vocabulary"), &published_vocabulary());
  for (const char *other : {"", "ViT-B", "vit-b/16", "ViT-B-16.pt", "RN50"})
    EXPECT_EQ(find_published(other), nullptr) << other;
}

TEST(PublishedModels, AreGuessedFromNamesThatAreNearlyTheirs) {
  const auto guessed = [](const char *text) {
    const PublishedFile *found = guess_published(text);
    return found != nullptr ? found->name : "";
  };
  for (const char *text : {"vit-b16", "ViT-B-16", "VIT-B/16", "ViT-B-16.pt", "ViTB16", "b16",
                           "openai/clip-vit-base-patch16"})
    EXPECT_EQ(guessed(text), "ViT-B/16") << text;
  EXPECT_EQ(guessed("vit_b_32"), "ViT-B/32");
  EXPECT_EQ(guessed("clip-vit-large-patch14"), "ViT-L/14");
  EXPECT_EQ(guessed("ViT-L-14-336"), "ViT-L/14@336px");
  for (const char *text : {"", "openai", "ViT-H/14", "RN50", "models/b16.safetensors", "b161"})
    EXPECT_EQ(guessed(text), "") << text;
}

class ResolveModel : public ::testing::Test {
 protected:
  void SetUp() override { files::remove_all(published_folder()); }
  void TearDown() override { files::remove_all(published_folder()); }

  static std::string refusal(const std::string &model) {
    try {
      return "taken for " + resolve_model(model);
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
      return error.what();
    }
  }
};

TEST_F(ResolveModel, NamesTheCommandWhereAModelIsStillToBeFetched) {
  EXPECT_EQ(refusal("ViT-B/16"), "ViT-B/16 is not here yet. Type: naclip-model fetch ViT-B/16");
  EXPECT_EQ(refusal("ViT-L/14@336px"),
            "ViT-L/14@336px is not here yet. Type: naclip-model fetch ViT-L/14@336px");
}

TEST_F(ResolveModel, TakesAFetchedModelFromTheUsersCache) {
  const std::string path = published_folder() + "/ViT-B-16.pt";
  EXPECT_EQ(path, test::cache_folder() + "/naclip/ViT-B-16.pt");
  files::create_directories(published_folder());
  std::ofstream(path) << "weights";
  EXPECT_EQ(resolve_model("ViT-B/16"), path);
}

TEST_F(ResolveModel, DoesNotTakeAPartForTheModel) {
  files::create_directories(published_folder());
  std::ofstream(published_folder() + "/ViT-B-16.pt.part") << "wei";
  EXPECT_EQ(refusal("ViT-B/16"), "ViT-B/16 is not here yet. Type: naclip-model fetch ViT-B/16");
}

TEST_F(ResolveModel, PrefersAFileOfThatNameToTheModel) {
  const files::path before = files::current_path();
  files::create_directories(test::cache_folder() + "/work/ViT-B");
  files::current_path(test::cache_folder() + "/work");
  std::ofstream("ViT-B/16") << "weights";
  EXPECT_EQ(resolve_model("ViT-B/16"), "ViT-B/16");
  files::current_path(before);
}

TEST_F(ResolveModel, TellsHowANameThatIsNearlyOneIsWritten) {
  const std::string text = refusal("vit-b16");
  EXPECT_NE(text.find("model=ViT-B/16"), std::string::npos) << text;
  EXPECT_NE(text.find("naclip-model fetch ViT-B/16"), std::string::npos) << text;
  files::create_directories(published_folder());
  std::ofstream(published_folder() + "/ViT-B-16.pt") << "weights";
  EXPECT_EQ(refusal("vit-b16").find("fetch"), std::string::npos) << refusal("vit-b16");
}

TEST_F(ResolveModel, TellsTheNamesWhereOneIsUnknown) {
  const std::string text = refusal("ViT-H/14");
  for (const PublishedFile &model : published_models())
    EXPECT_NE(text.find(model.name), std::string::npos) << text;
}

TEST_F(ResolveModel, LeavesPathsAsTheyAre) {
  for (const char *path : {"/nowhere/model.pt", "vit-mine.safetensors", "vocabulary"})
    EXPECT_EQ(resolve_model(path), path);
}

TEST_F(ResolveModel, AsksForAModelWhereNoneIsNamed) {
  try {
    resolve_model("");
    FAIL() << "no name was taken for one";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kSettings);
    EXPECT_NE(std::string(error.what()).find("ViT-B/16"), std::string::npos);
  }
}

}  // namespace
}  // namespace naclip
