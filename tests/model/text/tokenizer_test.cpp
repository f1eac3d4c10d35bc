#include "model/text/tokenizer.h"

#include <gio/gio.h>
#include <gtest/gtest.h>
#include <json-glib/json-glib.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "model/error.h"
#include "model/text/merge_file.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

namespace files = std::filesystem;

files::path golden(const char *name) {
  return files::path(test::golden_folder()) / name;
}

const Tokenizer &mini() {
  static const Tokenizer tokenizer = Tokenizer::from_file(golden("mini-bpe.txt.gz"));
  return tokenizer;
}

// Texts and ids as the reference has them.
void expect_equal_tokens(const Tokenizer &tokenizer, const files::path &path) {
  const std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser(json_parser_new(),
                                                                      g_object_unref);
  ASSERT_TRUE(json_parser_load_from_file(parser.get(), path.c_str(), nullptr)) << path;
  JsonObject *const root = json_node_get_object(json_parser_get_root(parser.get()));
  JsonArray *const texts = json_object_get_array_member(root, "texts");
  JsonArray *const ids = json_object_get_array_member(root, "ids");
  ASSERT_GT(json_array_get_length(texts), 0u);
  ASSERT_EQ(json_array_get_length(texts), json_array_get_length(ids));
  if (json_object_has_member(root, "start")) {
    EXPECT_EQ(tokenizer.start(), json_object_get_int_member(root, "start"));
    EXPECT_EQ(tokenizer.end(), json_object_get_int_member(root, "end"));
  }
  EXPECT_EQ(tokenizer.size(), tokenizer.end() + 1);
  for (guint i = 0; i < json_array_get_length(texts); ++i) {
    std::vector<int> expected;
    JsonArray *const row = json_array_get_array_element(ids, i);
    for (guint k = 0; k < json_array_get_length(row); ++k) {
      expected.push_back(static_cast<int>(json_array_get_int_element(row, k)));
    }
    const char *const text = json_array_get_string_element(texts, i);
    EXPECT_EQ(tokenizer.encode(text), expected) << text;
    EXPECT_EQ(tokenizer.encode(text), expected) << "from the cache: " << text;
  }
}

// The user's own cache must not decide what is found; GLib asks for its place once.
const std::string &cache_folder() {
  static const std::string folder =
      testing::TempDir() + "/naclip-cache-" + std::to_string(getpid());
  return folder;
}
[[maybe_unused]] const int kCacheIsOurs = setenv("XDG_CACHE_HOME", cache_folder().c_str(), 1);

std::string gzip(const std::string &text) {
  g_autoptr(GZlibCompressor) compressor =
      g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, /*level=*/1);
  std::string packed(text.size() + 64, '\0');
  gsize read = 0, written = 0;
  EXPECT_EQ(g_converter_convert(G_CONVERTER(compressor), text.data(), text.size(), packed.data(),
                                packed.size(), G_CONVERTER_INPUT_AT_END, &read, &written, nullptr),
            G_CONVERTER_FINISHED);
  EXPECT_EQ(read, text.size());
  packed.resize(written);
  return packed;
}

// A folder that goes with the test.
class MergeFiles : public testing::Test {
 protected:
  MergeFiles() { files::create_directories(folder_); }
  ~MergeFiles() override { files::remove_all(folder_); }

  std::string write(const std::string &name, const std::string &content) {
    const files::path path = folder_ / name;
    files::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  template <typename Action>
  void expect_error(ErrorKind kind, const std::string &part, Action action) {
    try {
      action();
      ADD_FAILURE() << "no error about " << part;
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }

  const files::path folder_ =
      files::path(testing::TempDir()) /
      ("naclip-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
       "-" + std::to_string(getpid()));
};

TEST(Tokenizer, GivesTheReferencesIdsUnderTheSmallVocabulary) {
  expect_equal_tokens(mini(), golden("tokens-mini.json"));
}

TEST(Tokenizer, GivesTheReferencesIdsUnderOpenAisVocabulary) {
  const char *const folder = std::getenv("NACLIP_CLIP_DIR");
  if (!folder)
    GTEST_SKIP() << "NACLIP_CLIP_DIR does not name the folder of bpe_simple_vocab_16e6.txt.gz";
  const auto tokenizer = Tokenizer::from_file(files::path(folder) / "bpe_simple_vocab_16e6.txt.gz");
  EXPECT_EQ(tokenizer.size(), 49408);
  expect_equal_tokens(tokenizer, golden("tokens-openai.json"));
}

TEST(Tokenizer, PutsStartAndEndAroundAText) {
  const Tokens tokens = mini().tokenize("a cat.");
  std::vector<int> expected = mini().encode("a cat.");
  expected.insert(expected.begin(), mini().start());
  expected.push_back(mini().end());
  EXPECT_EQ(tokens.ids, expected);
  EXPECT_FALSE(tokens.cut);
  EXPECT_EQ(mini().tokenize("").ids, (std::vector<int>{mini().start(), mini().end()}));
}

TEST(Tokenizer, CutsLongTextsAtTheContextAndSaysSo) {
  std::string text;
  for (int i = 0; i < 75; ++i) text += "1 ";
  const Tokens full = mini().tokenize(text);
  EXPECT_EQ(full.ids.size(), 77u);
  EXPECT_FALSE(full.cut);
  const Tokens cut = mini().tokenize(text + "2 3");
  EXPECT_EQ(cut.ids, full.ids);
  EXPECT_TRUE(cut.cut);
  EXPECT_EQ(mini().tokenize(text, 4).ids.size(), 4u);
  EXPECT_EQ(mini().tokenize(text, 4).ids.back(), mini().end());
}

TEST(Tokenizer, RefusesAContextWithoutRoomForText) {
  EXPECT_THROW(mini().tokenize("a", 1), Error);
  EXPECT_EQ(mini().tokenize("a", 2).ids, (std::vector<int>{mini().start(), mini().end()}));
}

TEST(Tokenizer, RefusesInvalidUtf8) {
  EXPECT_THROW(mini().encode("\xC3("), Error);
  EXPECT_THROW(mini().tokenize("cat \xFF"), Error);
}

TEST(Tokenizer, LosesTheCombiningIotaAsClipsMatcherDoes) {
  EXPECT_EQ(mini().encode("a\u0345"), mini().encode("a"));
}

TEST(Tokenizer, EncodesEveryCharacterOfTheFirstPlanes) {
  for (unsigned c = 1; c < 0x30000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text(4, '\0');
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
              static_cast<char>(0x80 | (c & 0x3F))};
    } else {
      text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
              static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    }
    for (const int id : mini().encode(text)) {
      ASSERT_GE(id, 0) << std::hex << c;
      ASSERT_LT(id, mini().size()) << std::hex << c;
    }
  }
}

TEST(Tokenizer, TakesTextsOfAMegabyteInMuchLessThanQuadraticTime) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_GT(mini().encode(std::string(1 << 20, 'x')).size(), 0u);
  EXPECT_GT(mini().encode(std::string(1 << 20, '!')).size(), 0u);
  std::string words;
  while (words.size() < 1 << 20) words += "cats & dogs 12 ";
  EXPECT_GT(mini().encode(words).size(), 0u);
  // Seconds even under sanitizers; the square of a million steps would be hours.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

// With the symbols of a word in text order, each rule goes through the whole word before the next.
TEST_F(MergeFiles, ApplyInOrderOfRankAndFromLeftToRight) {
  const auto tokenizer =
      Tokenizer::from_file(write("m.txt", "#\na a\na a</w>\naa aa</w>\nb c\na b\naa a</w>"));
  const int first_merge = 512;
  EXPECT_EQ(tokenizer.size(), 512 + 6 + 2);
  EXPECT_EQ(tokenizer.encode("aaaa"), (std::vector<int>{first_merge + 2}));
  EXPECT_EQ(tokenizer.encode("aaa"), (std::vector<int>{first_merge + 5}));
  const int byte_a = 'a' - '!';
  const int last_byte_c = 256 + 'c' - '!';
  EXPECT_EQ(tokenizer.encode("abc"), (std::vector<int>{first_merge + 4, last_byte_c}));
  EXPECT_EQ(tokenizer.encode("abcb").front(), byte_a);
}

TEST_F(MergeFiles, GiveTheLastIdToATextThatTwoMergesMake) {
  const auto tokenizer = Tokenizer::from_file(write("m.txt", "#\na b\nb c\nab c\na bc\nabc d</w>"));
  EXPECT_EQ(tokenizer.encode("abcx").front(), 512 + 3);
}

TEST_F(MergeFiles, CountAnEmptyLastLineAsClipDoes) {
  EXPECT_EQ(Tokenizer::from_file(write("m.txt", "#\na b")).size(), 512 + 1 + 2);
  EXPECT_EQ(Tokenizer::from_file(write("m.txt", "#\na b\n")).size(), 512 + 2 + 2);
  EXPECT_EQ(Tokenizer::from_file(write("m.txt", "#\r\na b\r\n")).encode("abx").front(), 512);
}

TEST_F(MergeFiles, AreReadPlainAsWellAsCompressed) {
  std::string text = "#\n";
  for (const auto &[first, second] : read_merges(golden("mini-bpe.txt.gz"))) {
    if (!first.empty()) text += first + " " + second + "\n";
  }
  const auto plain = Tokenizer::from_file(write("plain.txt", text));
  EXPECT_EQ(plain.size(), mini().size());
  EXPECT_EQ(plain.encode("a photo of a zebra"), mini().encode("a photo of a zebra"));
}

TEST_F(MergeFiles, ThatAreMalformedAreRefusedWithTheLine) {
  const auto expect = [&](const std::string &content, const std::string &part) {
    const std::string path = write("bad.txt", content);
    expect_error(ErrorKind::kFormat, part, [&] { Tokenizer::from_file(path); });
  };
  expect("#\na b\nabc\n", "line 3");
  expect("#\na b\n\nb c", "line 3");
  expect("#\na b c", "line 2");
  expect("#\na  b", "line 2");
  expect("#\n b", "line 2");
  expect("#\na \u3042", "line 2");
  expect("", "holds no merges");
  expect("# alone", "holds no merges");
  expect("#\n", "holds no merges");
  expect("#\na \xFF", "not UTF-8");
  expect(std::string("PK\3\4\0\0", 6), "not UTF-8");
}

TEST_F(MergeFiles, ThatAreCutShortAreRefusedWhereverTheCutIs) {
  const std::string whole = gzip("#\na b\nb c\nab c\n");
  const std::size_t bytes_that_tell_gzip = 2;
  for (std::size_t size = bytes_that_tell_gzip; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const std::string path = write("cut.txt.gz", whole.substr(0, size));
    expect_error(ErrorKind::kFormat, "cut short", [&] { read_merges(path); });
  }
  const std::string cut_later = write("cut.txt.gz", gzip("#\na b\n") + whole.substr(0, 1));
  expect_error(ErrorKind::kFormat, "cut short", [&] { read_merges(cut_later); });
}

TEST_F(MergeFiles, ThatAreDamagedAreRefused) {
  const std::string whole = gzip("#\na b\nb c\nab c\n");
  const std::size_t header = 10;
  for (std::size_t place = header; place < whole.size(); ++place) {
    SCOPED_TRACE(place);
    std::string bytes = whole;
    bytes[place] ^= 0x55;
    const std::string path = write("damaged.txt.gz", bytes);
    expect_error(ErrorKind::kFormat, "", [&] { read_merges(path); });
  }
  std::string another_sum = whole;
  another_sum[whole.size() - 8] ^= 1;
  const std::string path = write("damaged.txt.gz", another_sum);
  expect_error(ErrorKind::kFormat, "is damaged (incorrect data check)", [&] { read_merges(path); });
}

TEST_F(MergeFiles, ThatWereJoinedAreReadToTheEnd) {
  const std::string joined = gzip("#\na b\n") + gzip("b c\nab ") + gzip("") + gzip("c");
  const std::vector<Merge> merges{{"a", "b"}, {"b", "c"}, {"ab", "c"}};
  EXPECT_EQ(read_merges(write("joined.txt.gz", joined)), merges);
  EXPECT_EQ(read_merges(write("padded.txt.gz", joined + std::string(512, '\0'))), merges);
}

TEST_F(MergeFiles, ThatUnpackToTooMuchAreRefused) {
  const std::string trap = write("trap.txt.gz", gzip(std::string(std::size_t{65} << 20, ' ')));
  expect_error(ErrorKind::kFormat, "too large", [&] { read_merges(trap); });
}

TEST_F(MergeFiles, ThatAreMissingOrAFolderHaveTheirOwnErrorKind) {
  expect_error(ErrorKind::kNotFound, "no such file",
               [&] { Tokenizer::from_file(folder_ / "none.gz"); });
  expect_error(ErrorKind::kRead, folder_, [&] { Tokenizer::from_file(folder_); });
}

TEST_F(MergeFiles, AreFoundBesideTheModelInOrder) {
  const std::string model = folder_ / "ViT-B-16.pt";
  const std::string other = write("my-bpe-merges.txt", "");
  EXPECT_EQ(find_merges(model, ""), other);
  const std::string published_plain = write("bpe_simple_vocab_16e6.txt", "");
  EXPECT_EQ(find_merges(model, ""), published_plain);
  const std::string published = write("bpe_simple_vocab_16e6.txt.gz", "");
  EXPECT_EQ(find_merges(model, ""), published);
  const std::string own = write("ViT-B-16.bpe.txt.gz", "");
  EXPECT_EQ(find_merges(model, ""), own);
  EXPECT_EQ(find_merges(model, "/elsewhere"), "/elsewhere");
}

TEST_F(MergeFiles, OfHuggingFaceAreFoundWhereTheyAreClips) {
  const std::string model = folder_ / "model.safetensors";
  const std::string other = write("my-bpe-merges.txt", "");
  const std::string merges = write("merges.txt", "#version: 0.2\ni n\nt h\na n</w>\n");
  EXPECT_EQ(find_merges(model, ""), merges);
  // GPT-2's begin words with a mark instead.
  write("merges.txt", "#version: 0.2\n\u0120 t\n\u0120 a\nh e\n");
  EXPECT_EQ(find_merges(model, ""), other);
  write("merges.txt", "no merges");
  EXPECT_EQ(find_merges(model, ""), other);
  const std::string published = write("bpe_simple_vocab_16e6.txt", "");
  write("merges.txt", "#version: 0.2\na n</w>\n");
  EXPECT_EQ(find_merges(model, ""), published);
}

TEST_F(MergeFiles, OfHuggingFaceThatAreFullHaveAsManyTokensAsOpenAis) {
  // 48,894 merges and the end of the last line, which OpenAI's longer file has none of there.
  std::string text = "#version: 0.2\n";
  for (int i = 0; i < 48894; ++i)
    text += std::string(1, static_cast<char>('a' + i % 26)) + " " +
            static_cast<char>('a' + i / 26 % 26) + std::to_string(i) + "\n";
  EXPECT_EQ(Tokenizer::from_file(write("merges.txt", text)).size(), 49408);
}

TEST_F(MergeFiles, AreFoundInTheUsersCacheAfterTheModelsFolder) {
  const std::string model = folder_ / "model.pt";
  const files::path cached =
      files::path(cache_folder()) / "naclip" / "bpe_simple_vocab_16e6.txt.gz";
  files::create_directories(cached.parent_path());
  std::ofstream(cached) << "";
  EXPECT_EQ(find_merges(model, ""), cached);
  const std::string beside = write("a-bpe.txt", "");
  EXPECT_EQ(find_merges(model, ""), beside);
  files::remove_all(cache_folder());
}

TEST_F(MergeFiles, ThatAreNotFoundAreAskedForByTheProperty) {
  const std::string model = folder_ / "model.pt";
  write("notes.txt", "");
  expect_error(ErrorKind::kNotFound, "property merges", [&] { find_merges(model, ""); });
  expect_error(ErrorKind::kNotFound, folder_, [&] { find_merges(model, ""); });
  write("one-bpe.txt", "");
  write("two-bpe.txt.gz", "");
  expect_error(ErrorKind::kNotFound, "several", [&] { find_merges(model, ""); });
}

}  // namespace
}  // namespace naclip
