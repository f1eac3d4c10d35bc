#include "model/checkpoint/pickle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "model/checkpoint/pickle_torch.h"
#include "model/checkpoint/zip_archive.h"
#include "model/error.h"
#include "torch_files.h"

namespace naclip::pickle {
namespace {

using test::PickleWriter;

Document read_text(const std::string &bytes) {
  return read_torch({reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()});
}

/// The error that reading ends in; a failure of the test where there is none.
Error error_of(const std::string &bytes) {
  try {
    read_text(bytes);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat) << error.what();
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::kRead, "");
}

std::string golden_pickle() {
  ZipArchive archive(*RegularFile::open(test::golden_file("tiny-openai-state-dict.pt")));
  // The folder within is named as whoever wrote the archive liked.
  const auto name = std::find_if(archive.names().begin(), archive.names().end(),
                                 [](const auto &each) { return each.ends_with("/data.pkl"); });
  if (name == archive.names().end()) throw std::runtime_error("the golden archive has no pickle");
  const ZipEntry entry = archive.read(*name);
  return {reinterpret_cast<const char *>(entry.bytes.get()), static_cast<std::size_t>(entry.size)};
}

std::string tensor_pickle(std::int64_t stored, std::int64_t offset, std::vector<std::int64_t> shape,
                          std::vector<std::int64_t> strides) {
  return PickleWriter().tensor("FloatStorage", "0", stored, offset, shape, strides).end();
}

TEST(Pickle, ReadsNumbersOfAllWidths) {
  const Document document =
      read_text(PickleWriter()
                    .raw(std::string("(K\xff") + "M\xff\xff" + "J\xfe\xff\xff\xff" +
                         std::string("\x8a\x00", 2) + "\x8a\x01\x80" +
                         std::string("G\x3f\xf8\0\0\0\0\0\0", 9))
                    .integer(INT64_MIN)
                    .raw("t")
                    .end());
  const auto &items = document.get<Tuple>(document.root)->items;
  ASSERT_EQ(items.size(), 7u);
  EXPECT_EQ(*document.get<std::int64_t>(items[0]), 255);
  EXPECT_EQ(*document.get<std::int64_t>(items[1]), 65535);
  EXPECT_EQ(*document.get<std::int64_t>(items[2]), -2);
  EXPECT_EQ(*document.get<std::int64_t>(items[3]), 0);
  EXPECT_EQ(*document.get<std::int64_t>(items[4]), -128);
  EXPECT_EQ(*document.get<double>(items[5]), 1.5);
  EXPECT_EQ(*document.get<std::int64_t>(items[6]), INT64_MIN);
}

TEST(Pickle, ReadsDictionariesListsAndTuplesThroughTheMemo) {
  const Document document = read_text(PickleWriter()
                                          .raw("}q\x01(")
                                          .text("a")
                                          .raw("](NK\x07"
                                               "eq\x02")
                                          .text("b")
                                          .raw("h\x02\x85u")
                                          .end());
  const auto &items = document.get<Dict>(document.root)->items;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(*document.get<std::string>(items[0].first), "a");
  EXPECT_EQ(document.get<List>(items[0].second)->items.size(), 2u);
  EXPECT_EQ(document.get<Tuple>(items[1].second)->items, std::vector<Ref>{items[0].second});
}

TEST(Pickle, ReadsATensorWithItsStorage) {
  const Document document = read_text(tensor_pickle(20, 2, {3, 4}, {1, 4}));
  const Tensor &tensor = *document.get<Tensor>(document.root);
  EXPECT_EQ(tensor.shape, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(tensor.strides, (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(tensor.offset, 2);
  EXPECT_EQ(document.get<Storage>(tensor.storage)->key, "0");
  EXPECT_EQ(document.get<Storage>(tensor.storage)->type, ElementType::kFloat32);
}

TEST(Pickle, ReadsObjectsOfTorchScriptAsAttributes) {
  const Document document = read_text(PickleWriter()
                                          .global("__torch__.model.___torch_mangle_0", "CLIP")
                                          .raw(")\x81}")
                                          .text("training")
                                          .raw("\x88sb")
                                          .end());
  const auto state = document.get<Object>(document.root)->state;
  ASSERT_TRUE(state);
  EXPECT_EQ(document.get<Dict>(*state)->items.size(), 1u);
}

class ForeignName : public testing::TestWithParam<std::pair<const char *, const char *>> {};

TEST_P(ForeignName, IsRefusedByName) {
  const auto [module, name] = GetParam();
  const std::string expected = std::string("refuses to run ") + module + "." + name;
  for (const std::string &bytes :
       {test::hostile_pickle(module, name, "true"),
        PickleWriter().text(module).text(name).raw("\x93(").text("true").raw("tR").end(),
        // Even where it is only mentioned.
        PickleWriter().global(module, name).end()})
    EXPECT_NE(std::string(error_of(bytes).what()).find(expected), std::string::npos)
        << error_of(bytes).what();
}

INSTANTIATE_TEST_SUITE_P(
    Pickle, ForeignName,
    testing::Values(std::pair("os", "system"), std::pair("posix", "system"),
                    std::pair("nt", "system"), std::pair("builtins", "eval"),
                    std::pair("__builtin__", "exec"), std::pair("subprocess", "Popen"),
                    std::pair("torch", "load"), std::pair("torch.nn.modules.linear", "Linear"),
                    std::pair("__torch__evil", "run"), std::pair("torch.serialization", "load"),
                    std::pair("collections", "namedtuple"),
                    std::pair("torch._utils", "_rebuild_tensor_v2.__globals__")));

TEST(Pickle, RefusesTheTextualProtocolsCallByName) {
  const Error error = error_of("cos\nsystem\n(S'true'\ntR.");
  EXPECT_NE(std::string(error.what()).find("refuses to run os.system"), std::string::npos);
}

TEST(Pickle, RefusesToCallWhatIsNoFunction) {
  error_of(PickleWriter().global("torch", "FloatStorage").raw(")R").end());
  error_of(PickleWriter().global("torch", "float16").raw(")R").end());
  error_of(PickleWriter().global("__torch__.model", "CLIP").raw(")R").end());
  error_of(PickleWriter().global("collections", "OrderedDict").raw(")\x81").end());
  error_of(PickleWriter().text("os.system").raw(")R").end());
  error_of(PickleWriter().global("torch._utils", "_rebuild_parameter").raw("(K\x01tR").end());
}

TEST(Pickle, MakesHostileNamesPrintable) {
  const Error error = error_of(PickleWriter().global("o\x1b[2J\xff", "x").end());
  const std::string message = error.what();
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_TRUE(g_utf8_validate(message.c_str(), -1, nullptr));
}

TEST(Pickle, RefusesTensorsOutsideTheirStorage) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  EXPECT_NO_THROW(read_text(tensor_pickle(12, 0, {3, 4}, {4, 1})));
  EXPECT_NO_THROW(read_text(tensor_pickle(12, 12, {0, 4}, {4, 1})));
  error_of(tensor_pickle(11, 0, {3, 4}, {4, 1}));
  error_of(tensor_pickle(12, 1, {3, 4}, {4, 1}));
  error_of(tensor_pickle(12, -1, {3}, {1}));
  error_of(tensor_pickle(12, 13, {0}, {1}));
  error_of(tensor_pickle(12, 0, {3, 4}, {5, 1}));
  error_of(tensor_pickle(12, 0, {3, 4}, {-4, 1}));
  error_of(tensor_pickle(12, 0, {-3, -4}, {4, 1}));
  error_of(tensor_pickle(12, 0, {3, 4}, {4}));
  // More elements than are stored, by strides of nought.
  error_of(tensor_pickle(12, 0, {1000, 1000}, {0, 0}));
  error_of(tensor_pickle(12, 0, {kHuge, 4}, {0, 0}));
  error_of(tensor_pickle(12, 0, {3, 4}, {kHuge, kHuge}));
  error_of(tensor_pickle(12, 0, std::vector<std::int64_t>(9, 1), std::vector<std::int64_t>(9, 1)));
  error_of(tensor_pickle(kHuge, 0, {1}, {1}));
  error_of(tensor_pickle(-1, 0, {}, {}));
}

TEST(Pickle, RefusesSizesThatTheFileCannotHold) {
  error_of(PickleWriter()
               .raw("X\xff\xff\xff\xff"
                    "abc")
               .end());
  error_of(PickleWriter()
               .raw("\x8c\xff"
                    "abc")
               .end());
  error_of(PickleWriter()
               .raw("\x8a\xff"
                    "abc")
               .end());
  error_of(std::string("\x80\x02"
                       "c") +
           std::string(100'000, 'a'));
  error_of(std::string(kMaxBytes + 1, 'N'));
}

TEST(Pickle, RefusesUnderflowsOfStackMarksAndMemo) {
  for (const char *opcodes :
       {"t",      "a",    "s",    "u",    "e",     "R",     "b",
        "Q",      "\x81", "\x85", "\x87", "q\x01", "h\x01", "j\x01\x01\x01\x01",
        "N(\x85", "}(s",  "(",    "NN",   "N(",    "\x93"})
    error_of(PickleWriter().raw(opcodes).end());
  error_of("");
  error_of("\x80");
  error_of("\x80\x02");
  error_of("\x80\x09N.");
}

TEST(Pickle, RefusesValuesOfTheWrongKind) {
  for (const char *opcodes :
       {"NNa", "NNNs", "N(NNu", "}(Nu", "NNR", "NNb", "NQ", ")Q", "NN\x93", "N)\x81"})
    error_of(PickleWriter().raw(opcodes).end());
}

TEST(Pickle, SurvivesDeepNesting) {
  std::string nested = "N";
  for (int i = 0; i < 400'000; i++) nested += '\x85';
  EXPECT_NO_THROW(read_text(PickleWriter().raw(nested).end()));
  error_of(PickleWriter().raw(std::string(kMaxValues + 1, '}')).end());
  error_of(PickleWriter().raw(std::string(1'000'000, '(')).end());
}

TEST(Pickle, SurvivesCycles) {
  // A list that holds itself, and a dictionary that does.
  EXPECT_NO_THROW(read_text(PickleWriter()
                                .raw("]q\x01h\x01"
                                     "a")
                                .end()));
  EXPECT_NO_THROW(read_text(PickleWriter().raw("}q\x01").text("a").raw("h\x01s").end()));
}

TEST(Pickle, KeepsMemoBombsSmall) {
  // Each tuple holds the one before twice: 2^200 leaves if it were ever copied out.
  std::string bomb = "Nq\x01";
  for (int i = 0; i < 200; i++) bomb += "h\x01\x86q\x01";
  const Document document = read_text(PickleWriter().raw(bomb).end());
  EXPECT_LT(document.values.size(), 300u);
  EXPECT_NO_THROW(read_text(PickleWriter().raw("Nr\xff\xff\xff\xff").end()));
}

TEST(Pickle, ReadsOneLargeTupleOftenWithoutCopyingIt) {
  std::string bytes = "(" + std::string(100'000, ')') + "tq\x01";
  PickleWriter writer;
  writer.raw("(").raw(bytes).global("torch", "Size").raw("q\x02");
  std::string calls;
  for (int i = 0; i < 1'000'000; i++) calls += "h\x02h\x01R";
  const std::clock_t begin = std::clock();
  EXPECT_NO_THROW(read_text(writer.raw(calls + "t").end()));
  // Of the processor's time, not the wall's: other tests may run beside this one. Copies would take
  // minutes.
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 20);
}

TEST(Pickle, RefusesEveryTruncationOfASoundPickle) {
  const std::string bytes = golden_pickle();
  ASSERT_NO_THROW(read_text(bytes));
  for (std::size_t length = 0; length < bytes.size(); length++) error_of(bytes.substr(0, length));
}

TEST(Pickle, SurvivesFlippedBits) {
  const std::string sound = golden_pickle();
  int refused = 0;
  for (std::size_t i = 0; i < sound.size(); i++) {
    std::string bytes = sound;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
    try {
      read_text(bytes);
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFormat);
      refused++;
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace naclip::pickle
