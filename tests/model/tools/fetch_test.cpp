// Where published files are asked for, and what to do without a network.
#include "model/tools/naclip-model/fetch.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "http_server.h"
#include "model/error.h"
#include "test_folder.h"

namespace naclip {
namespace {

using test::Answer;
using test::Asked;
using test::HttpServer;

const PublishedFile kFile{"Tiny/1", "tiny-1.pt",
                          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                          "https://models.example/clip/models/9a12/tiny-1.pt", 0};

PublishedFile file_of(const std::string &bytes) {
  PublishedFile file = kFile;
  g_autofree gchar *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, bytes.c_str(), -1);
  file.sha256 = sum;
  return file;
}

TEST(UrlsOf, IsTheFilesOwnWithoutAMirror) {
  EXPECT_EQ(urls_of(kFile, ""), std::vector<std::string>{kFile.url});
}

TEST(UrlsOf, AMirrorIsAFlatFolderOrTheOriginalsTree) {
  const std::vector<std::string> expected{"http://mirror/a/tiny-1.pt",
                                          "http://mirror/a/clip/models/9a12/tiny-1.pt"};
  EXPECT_EQ(urls_of(kFile, "http://mirror/a"), expected);
  EXPECT_EQ(urls_of(kFile, "http://mirror/a//"), expected);
}

TEST(Fetch, TakesAFileFromEitherOfAMirrorsPlaces) {
  const PublishedFile file = file_of("weights");
  for (const char *place : {"/base/tiny-1.pt", "/base/clip/models/9a12/tiny-1.pt"}) {
    const HttpServer server([&](Answer &answer, const Asked &asked) {
      asked.path == place ? answer.whole("weights") : answer.status(404);
    });
    const std::string folder = test::folder() + "/fetch";
    EXPECT_EQ(fetch(file, folder, server.base() + "/base", {}), Downloaded::kFetched);
    EXPECT_TRUE(std::filesystem::exists(folder + "/tiny-1.pt"));
    std::filesystem::remove_all(folder);
  }
}

TEST(ManualSteps, NameEveryFileItsSumAndItsPlace) {
  const std::array<const PublishedFile *, 2> files{&kFile, &published_vocabulary()};
  const std::string steps = manual_steps(files, "/cache/naclip");
  for (const PublishedFile *file : files)
    for (const std::string &part : {file->url, file->sha256, "/cache/naclip/" + file->file})
      EXPECT_NE(steps.find(part), std::string::npos) << part << " in:\n" << steps;
  for (const char *part : {"https_proxy", "NACLIP_MODEL_MIRROR"})
    EXPECT_NE(steps.find(part), std::string::npos) << steps;
}

}  // namespace
}  // namespace naclip
