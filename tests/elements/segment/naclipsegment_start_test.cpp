// How naclipsegment refuses to start: one error of a named domain, and a clean way back.
#include <sys/stat.h>

#include <filesystem>

#include "tests/elements/segment_harness.h"
#include "tests/model/checkpoint/torch_files.h"

namespace naclip::testing {
namespace {

// An empty cache, not the user's. GLib asks for the folder once, so this comes before main().
const bool kCacheIsSet =
    g_setenv("XDG_CACHE_HOME", (test::temporary_folder() + "/cache").c_str(), TRUE) != FALSE;

using Setter = std::function<void(GstElement *)>;

struct Outcome {
  GQuark domain = 0;
  int code = 0;
  std::string text;
  int errors = 0;
};

class SegmentStart : public Segment {
 protected:
  /// Starts the element as `set` leaves it; what it posted, after it went back to NULL. What is
  /// checked by loading is told later than what is checked at once.
  static Outcome start_with(const Setter &set) {
    const Ptr<GstElement> element(GST_ELEMENT(gst_object_ref_sink(
        gst_parse_launch(segment_line("vocabulary=\"cat; dog\"").c_str(), nullptr))));
    Messages messages(element.get());
    set(element.get());
    gst_element_set_state(element.get(), GST_STATE_PLAYING);
    Outcome outcome;
    for (Ptr<GstMessage> message = messages.wait_for(GST_MESSAGE_ERROR); message;
         message = messages.next(GST_MESSAGE_ERROR)) {
      const Ptr<GError> error = error_of(message.get());
      outcome = {error->domain, error->code, error->message, outcome.errors + 1};
      if (outcome.errors > 1) continue;
      EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    }
    return outcome;
  }

  static Outcome start_with_model(const std::string &path) {
    return start_with(
        [&](GstElement *element) { g_object_set(element, "model", path.c_str(), nullptr); });
  }

  static Outcome start_with_vocabulary(const std::string &text) {
    return start_with(
        [&](GstElement *element) { g_object_set(element, "vocabulary", text.c_str(), nullptr); });
  }
};

void expect(const Outcome &outcome, GQuark domain, int code, const std::string &part) {
  EXPECT_EQ(outcome.errors, 1);
  EXPECT_STREQ(g_quark_to_string(outcome.domain), g_quark_to_string(domain));
  EXPECT_EQ(outcome.code, code) << outcome.text;
  EXPECT_NE(outcome.text.find(part), std::string::npos) << outcome.text;
}

TEST_F(SegmentStart, WithoutAModelSaysToSetIt) {
  expect(start_with_model(""), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "model");
}

TEST_F(SegmentStart, WithAModelThatIsNotThereNamesIt) {
  expect(start_with_model("/nowhere/model.pt"), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
         "/nowhere/model.pt");
}

TEST_F(SegmentStart, WithAPublishedModelThatIsNotThereYetNamesTheCommand) {
  const Outcome outcome = start_with_model("ViT-B/16");
  expect(outcome, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "naclip-model fetch ViT-B/16");
  EXPECT_EQ(outcome.text, "ViT-B/16 is not here yet. Type: naclip-model fetch ViT-B/16");
}

TEST_F(SegmentStart, WithAMisspeltPublishedModelSaysHowItIsWritten) {
  expect(start_with_model("vit-b16"), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
         "model=ViT-B/16");
}

TEST_F(SegmentStart, WithAPublishedModelTakesItFromTheCache) {
  const std::filesystem::path folder = test::temporary_folder() + "/cache/naclip";
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(tiny_model(), folder / "ViT-B-16.pt");
  std::filesystem::copy_file(test::golden_file("mini-bpe.txt.gz"), folder / "mini-bpe.txt.gz");
  const Ptr<GstElement> element(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(
      segment_line("prompts=none vocabulary=\"cat\" model=ViT-B/16").c_str(), nullptr))));
  Messages messages(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  messages.wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  std::filesystem::remove_all(folder);
}

TEST_F(SegmentStart, WithAFolderWithoutAModelSaysWhatItMissesThere) {
  expect(start_with_model(test::temporary_folder()), GST_RESOURCE_ERROR,
         GST_RESOURCE_ERROR_NOT_FOUND, "none of model.safetensors");
}

TEST_F(SegmentStart, WithATextFileOrATruncatedOneSaysWhatAModelIs) {
  expect(start_with_model(test::write_file("model.txt", "not a model\n")), GST_STREAM_ERROR,
         GST_STREAM_ERROR_WRONG_TYPE, "model.txt");
  expect(start_with_model(test::write_file("empty.pt", "")), GST_STREAM_ERROR,
         GST_STREAM_ERROR_WRONG_TYPE, "empty.pt");
  for (const char *golden :
       {"tiny-openai.safetensors", "tiny-openai-torchscript.pt", "tiny-openai-state-dict.pt"}) {
    const std::string whole = test::read_bytes(test::golden_file(golden));
    expect(start_with_model(test::write_file("cut", whole.substr(0, whole.size() / 2))),
           GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "cut");
  }
}

TEST_F(SegmentStart, WithABadTensorNamesIt) {
  const std::string name = "visual.ln_post.weight";
  for (const auto &edit : std::vector<std::function<void(test::FileTensors &)>>{
           [&](test::FileTensors &tensors) { tensors.erase(name); },
           [&](test::FileTensors &tensors) { test::reshape(tensors.at(name), {3}); },
           [&](test::FileTensors &tensors) { test::put_nan(tensors.at(name)); }})
    expect(start_with_model(test::write_checkpoint_with(edit)), GST_LIBRARY_ERROR,
           GST_LIBRARY_ERROR_INIT, name);
}

TEST_F(SegmentStart, WithAHostilePickleRunsNothing) {
  const std::string witness = test::temporary_folder() + "/witness";
  const std::string archive = test::zip_bytes(
      {{"archive/data.pkl", test::hostile_pickle("posix", "system", "touch " + witness)},
       {"archive/version", "3\n"}});
  expect(start_with_model(test::write_file("hostile.pt", archive)), GST_STREAM_ERROR,
         GST_STREAM_ERROR_WRONG_TYPE, "posix.system");
  EXPECT_FALSE(std::filesystem::exists(witness));
}

TEST_F(SegmentStart, WithABadVocabularySaysWhere) {
  expect(start_with_vocabulary(""), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "vocabulary");
  expect(start_with_vocabulary(" ; ,, ;\n;"), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
         "vocabulary");
  expect(start_with_vocabulary("cat; dog; cat"), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
         "cat");
  expect(start_with_vocabulary("cat; d\xffg"), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
         "UTF-8");
}

TEST_F(SegmentStart, WithAVocabularyFileThatIsNotThereNamesIt) {
  expect(start_with([](GstElement *element) {
           g_object_set(element, "vocabulary", "", "vocabulary-file", "/nowhere/words.txt",
                        nullptr);
         }),
         GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "/nowhere/words.txt");
}

TEST_F(SegmentStart, WithAPipeWhereAFileShouldBeIsRefusedAtOnce) {
  const std::string pipe = test::temporary_folder() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect(start_with_model(pipe), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "pipe");
  for (const char *property : {"merges", "vocabulary-file"})
    expect(start_with([&](GstElement *element) {
             g_object_set(element, "vocabulary", "", "vocabulary-file", "", nullptr);
             g_object_set(element, property, pipe.c_str(), nullptr);
             if (std::string(property) == "merges")
               g_object_set(element, "vocabulary", "cat", nullptr);
           }),
           GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "pipe");
  std::filesystem::remove(pipe);
}

TEST_F(SegmentStart, WithADeviceThatIsNoneOrNotThereSaysSo) {
  const auto device = [](const char *name) {
    return start_with([&](GstElement *element) { g_object_set(element, "device", name, nullptr); });
  };
  expect(device("tpu"), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "tpu");
  expect(device("cuda:99"), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS, "cuda:99");
}

TEST_F(SegmentStart, ThatFailedMaySucceedLater) {
  const Ptr<GstElement> element(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch(segment_line("vocabulary=\"cat; cat\"").c_str(), nullptr))));
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  g_object_set(element.get(), "vocabulary", "cat; dog", nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}

}  // namespace
}  // namespace naclip::testing
