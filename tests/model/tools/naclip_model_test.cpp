// The program naclip-model as a user types it: output, exit status, environment.
#include <gio/gio.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "http_server.h"
#include "model/base/published_models.h"
#include "test_folder.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

namespace files = std::filesystem;
using test::Answer;
using test::Asked;
using test::HttpServer;

template <class T>
using Object = std::unique_ptr<T, decltype(&g_object_unref)>;

struct Ran {
  int status = -1;
  std::string out, err;
};

class NaclipModel : public ::testing::Test {
 protected:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  void SetUp() override { files::remove_all(test::cache_folder()); }

  static Object<GSubprocess> start(const std::vector<std::string> &arguments,
                                   const Variables &variables) {
    const Object<GSubprocessLauncher> launcher(
        g_subprocess_launcher_new(static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                                G_SUBPROCESS_FLAGS_STDERR_PIPE)),
        g_object_unref);
    for (const char *name :
         {"NACLIP_MODEL_MIRROR", "http_proxy", "https_proxy", "all_proxy", "ALL_PROXY", "no_proxy"})
      g_subprocess_launcher_unsetenv(launcher.get(), name);
    g_subprocess_launcher_setenv(launcher.get(), "XDG_CACHE_HOME", test::cache_folder().c_str(),
                                 TRUE);
    for (const auto &[name, value] : variables)
      g_subprocess_launcher_setenv(launcher.get(), name.c_str(), value.c_str(), TRUE);
    std::vector<const gchar *> words{NACLIP_MODEL_TOOL};
    for (const std::string &argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    g_autoptr(GError) error = nullptr;
    GSubprocess *process = g_subprocess_launcher_spawnv(launcher.get(), words.data(), &error);
    if (process == nullptr) throw std::runtime_error(error->message);
    return {process, g_object_unref};
  }

  static Ran run(const std::vector<std::string> &arguments, const Variables &variables = {}) {
    const Object<GSubprocess> process = start(arguments, variables);
    g_autofree gchar *out = nullptr;
    g_autofree gchar *err = nullptr;
    if (!g_subprocess_communicate_utf8(process.get(), nullptr, nullptr, &out, &err, nullptr))
      throw std::runtime_error("naclip-model wrote what is no text");
    return {g_subprocess_get_if_exited(process.get()) != FALSE
                ? g_subprocess_get_exit_status(process.get())
                : -1,
            out, err};
  }

  static void expect_part(const std::string &text, const std::string &part) {
    EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in:\n" << text;
  }

  /// A file of the cache, whatever its content.
  static std::string put(const std::string &name, const std::string &bytes) {
    files::create_directories(test::cache_folder() + "/naclip");
    const std::string path = test::cache_folder() + "/naclip/" + name;
    std::ofstream(path) << bytes;
    return path;
  }
};

// --- The command line
// ------------------------------------------------------------------------------

TEST_F(NaclipModel, ToldNothingShowsItsHelpAndStatus2) {
  const Ran ran = run({});
  EXPECT_EQ(ran.status, 2);
  expect_part(ran.err, "fetch NAME");
}

TEST_F(NaclipModel, ExplainsItselfAndItsExitStatuses) {
  const Ran ran = run({"--help"});
  EXPECT_EQ(ran.status, 0);
  for (const char *part :
       {"fetch", "list", "info", "random", "Exit status: 0 done, 1 failed, 2 wrong"})
    expect_part(ran.out, part);
  const Ran fetch = run({"fetch", "--help"});
  EXPECT_EQ(fetch.status, 0);
  for (const char *part : {"XDG_CACHE_HOME", "NACLIP_MODEL_MIRROR", "https_proxy", "--quiet"})
    expect_part(fetch.out, part);
  const Ran random = run({"random", "--help"});
  EXPECT_EQ(random.status, 0);
  for (const char *part : {"NAME FILE", "--seed=N", "--force", "float16"})
    expect_part(random.out, part);
  EXPECT_EQ(run({"--version"}).status, 0);
}

TEST_F(NaclipModel, RefusesAWrongCommandLineWithStatus2) {
  for (const auto &[words, part] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"get", "ViT-B/16"}, "no command get"},
           {{"fetch"}, "ViT-B/16"},
           {{"fetch", "--fast", "ViT-B/16"}, "--fast"},
           {{"fetch", "vit-b16"}, "Did you mean ViT-B/16?"},
           {{"fetch", "ViT-H/14"}, "Use ViT-B/32"},
           {{"list", "ViT-B/16"}, "no arguments"},
           {{"list", "--quiet"}, "--quiet"},
           {{"info"}, "Name a checkpoint"},
           {{"random"}, "Models: ViT-B/32"},
           {{"random", "ViT-B/32"}, "the name of a model and a file"},
           {{"random", "ViT-H/14", test::cache_folder()}, "Use ViT-B/32"},
           {{"random", "vit-b32", test::cache_folder()}, "Did you mean ViT-B/32?"},
           {{"random", "vocabulary", test::cache_folder()}, "not a model"},
           {{"random", "ViT-B/32", test::cache_folder(), "--seed", "-1"}, "not -1"},
           {{"random", "ViT-B/32", test::cache_folder(), "--seed", "1x"}, "not 1x"}}) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, 2) << ran.err;
    expect_part(ran.err, part);
  }
  EXPECT_FALSE(files::exists(test::cache_folder()));
}

// --- list and info
// ---------------------------------------------------------------------------------

TEST_F(NaclipModel, ListsWhatIsHereAndHowToGetTheRest) {
  const std::string here = put("ViT-B-32.pt", std::string(2000, 'x'));
  put("ViT-B-16.pt.part", std::string(3000, 'x'));
  const Ran ran = run({"list"});
  EXPECT_EQ(ran.status, 0);
  expect_part(ran.out, "ViT-B/32        354 MB    2.0 kB          " + here + "\n");
  expect_part(ran.out, "ViT-B/16        351 MB    3.0 kB so far   naclip-model fetch ViT-B/16\n");
  expect_part(ran.out,
              "ViT-L/14@336px  934 MB    -               naclip-model fetch "
              "ViT-L/14@336px\n");
  expect_part(ran.out, "vocabulary      1.4 MB    -               naclip-model fetch vocabulary\n");
}

TEST_F(NaclipModel, DescribesCheckpointsAndFailsForWhatIsNone) {
  const std::string good = test::golden_folder() + "/tiny-openai.safetensors";
  const Ran ran = run({"info", good, "/nowhere.pt"});
  EXPECT_EQ(ran.status, 1);
  expect_part(ran.out, "layout      safetensors (OpenAI names)");
  expect_part(ran.err, "/nowhere.pt");
  EXPECT_EQ(run({"info", good}).status, 0);
}

TEST_F(NaclipModel, DescribesAFetchedModelByItsName) {
  const Ran absent = run({"info", "ViT-B/16"});
  EXPECT_EQ(absent.status, 1);
  expect_part(absent.err, "ViT-B/16 is not here yet. Type: naclip-model fetch ViT-B/16");
  files::create_directories(test::cache_folder() + "/naclip");
  files::copy_file(test::golden_folder() + "/tiny-openai.safetensors",
                   test::cache_folder() + "/naclip/ViT-B-16.pt");
  const Ran here = run({"info", "ViT-B/16"});
  EXPECT_EQ(here.status, 0) << here.err;
  expect_part(here.out, test::cache_folder() + "/naclip/ViT-B-16.pt");
}

// --- random
// ----------------------------------------------------------------------------------------

TEST_F(NaclipModel, WritesARandomModelThatInfoDescribes) {
  const std::string path = test::folder() + "/random.safetensors";
  const Ran ran = run({"random", "ViT-B/32", path, "--seed", "5"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  expect_part(ran.out, path + " is a ViT-B/32 with random weights of seed 5");
  const Ran info = run({"info", path});
  EXPECT_EQ(info.status, 0) << info.err;
  for (const char *part :
       {"safetensors (OpenAI names)", "precision   float16\n", "151.3 million",
        "224 x 224 pixels, patches of 32 x 32", "12 layers, width 768, 12 heads", "49408 tokens"})
    expect_part(info.out, part);
  const auto size = files::file_size(path);
  const Ran again = run({"random", "ViT-B/32", path});
  EXPECT_EQ(again.status, 1);
  expect_part(again.err, "already");
  expect_part(again.err, "--force");
  EXPECT_EQ(files::file_size(path), size);
  files::remove(path);
}

TEST_F(NaclipModel, SaysWhereARandomModelCannotBeWritten) {
  const Ran ran = run({"random", "ViT-B/32", "/nowhere/model.safetensors"});
  EXPECT_EQ(ran.status, 1);
  expect_part(ran.err, "/nowhere/model.safetensors cannot be written");
}

// --- fetch
// -----------------------------------------------------------------------------------------

TEST_F(NaclipModel, ExplainsTheManualStepsWhereItIsOffline) {
  std::string nobody;
  {
    const HttpServer server([](Answer &, const Asked &) {});
    nobody = server.base();
  }
  const Ran ran = run({"fetch", "ViT-B/16"}, {{"NACLIP_MODEL_MIRROR", nobody}});
  EXPECT_EQ(ran.status, 1);
  expect_part(ran.err, "cannot be reached");
  const PublishedFile *model = find_published("ViT-B/16");
  for (const PublishedFile *file : {model, &published_vocabulary()})
    for (const std::string &part :
         {file->url, file->sha256, test::cache_folder() + "/naclip/" + file->file})
      expect_part(ran.err, part);
}

TEST_F(NaclipModel, RefusesAFileOfAnotherSum) {
  const HttpServer server([](Answer &answer, const Asked &) { answer.whole("something else"); });
  const Ran ran = run({"fetch", "vocabulary"}, {{"NACLIP_MODEL_MIRROR", server.base()}});
  EXPECT_EQ(ran.status, 1);
  expect_part(ran.err, "not the published file");
  EXPECT_TRUE(files::is_empty(test::cache_folder() + "/naclip"));
  EXPECT_EQ(ran.err.find('\r'), std::string::npos);
}

TEST_F(NaclipModel, FetchesTheVocabularyBeforeTheModel) {
  const HttpServer server([](Answer &answer, const Asked &) { answer.status(404); });
  const Ran ran = run({"fetch", "ViT-B/16"}, {{"NACLIP_MODEL_MIRROR", server.base()}});
  EXPECT_EQ(ran.status, 1);
  ASSERT_FALSE(server.asked().empty());
  EXPECT_EQ(server.asked().front().path, "/bpe_simple_vocab_16e6.txt.gz");
}

TEST_F(NaclipModel, AsksThroughTheProxyOfTheEnvironment) {
  const HttpServer proxy([](Answer &answer, const Asked &) { answer.status(404); });
  const Ran ran =
      run({"fetch", "vocabulary"},
          {{"NACLIP_MODEL_MIRROR", "http://models.invalid/clip"}, {"http_proxy", proxy.base()}});
  EXPECT_EQ(ran.status, 1);
  expect_part(ran.err, "HTTP 404");
  ASSERT_FALSE(proxy.asked().empty());
  EXPECT_EQ(proxy.asked().front().host, "models.invalid");
}

TEST_F(NaclipModel, StopsOnCtrlCAndKeepsWhatCame) {
  const std::string half(50000, 'x');
  const HttpServer server([&](Answer &answer, const Asked &) { answer.stall(half, 100000); });
  const auto process = start({"fetch", "vocabulary"}, {{"NACLIP_MODEL_MIRROR", server.base()}});
  const Object<GDataInputStream> err(
      g_data_input_stream_new(g_subprocess_get_stderr_pipe(process.get())), g_object_unref);
  // The line that tells of half the file is the event: what it tells of is on the disk.
  const auto next_line = [&] {
    g_autofree gchar *line = g_data_input_stream_read_line(err.get(), nullptr, nullptr, nullptr);
    return std::string(line != nullptr ? line : "");
  };
  std::string line = next_line();
  while (!line.empty() && line.find("50 %") == std::string::npos) line = next_line();
  ASSERT_FALSE(line.empty());
  g_subprocess_send_signal(process.get(), SIGINT);
  expect_part(next_line(), "interrupted");
  ASSERT_TRUE(g_subprocess_wait(process.get(), nullptr, nullptr));
  ASSERT_TRUE(g_subprocess_get_if_exited(process.get()));
  EXPECT_EQ(g_subprocess_get_exit_status(process.get()), 130);
  const std::string part =
      test::cache_folder() + "/naclip/" + published_vocabulary().file + ".part";
  EXPECT_EQ(files::file_size(part), half.size());
}

TEST_F(NaclipModel, FetchesTheRealVocabulary) {
  const char *folder = std::getenv("NACLIP_CLIP_DIR");
  if (folder == nullptr) GTEST_SKIP() << "NACLIP_CLIP_DIR names no folder with CLIP's vocabulary";
  std::ifstream stream(std::string(folder) + "/" + published_vocabulary().file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  const HttpServer server([&](Answer &answer, const Asked &) { answer.whole(bytes); });
  const Ran ran = run({"fetch", "vocabulary"}, {{"NACLIP_MODEL_MIRROR", server.base()}});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const std::string path = test::cache_folder() + "/naclip/" + published_vocabulary().file;
  EXPECT_EQ(files::file_size(path), bytes.size());
  expect_part(ran.out, "vocabulary fetched: " + path);
  const Ran again = run({"fetch", "--quiet", "vocabulary"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.out + again.err, "");
  const Ran model = run({"fetch", "ViT-B/16"}, {{"NACLIP_MODEL_MIRROR", "http://127.0.0.1:1"}});
  EXPECT_EQ(model.status, 1);
  expect_part(model.out, "vocabulary already there");
  expect_part(model.err, find_published("ViT-B/16")->url);
  EXPECT_EQ(model.err.find(published_vocabulary().url), std::string::npos) << model.err;
}

}  // namespace
}  // namespace naclip
