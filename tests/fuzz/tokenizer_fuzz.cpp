// Any text has ids within the vocabulary, or is an Error{kVocabulary}. The merges are those of the
// test data, or those that NACLIP_FUZZ_MERGES names.
#include "model/text/tokenizer.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "model/error.h"
#include "tests/golden_folder.h"

namespace {

// assert() would vanish in release builds.
void require(bool holds) {
  if (!holds) std::abort();
}

const naclip::Tokenizer &tokenizer() {
  const char *const named = std::getenv("NACLIP_FUZZ_MERGES");
  static const auto tokenizer = naclip::Tokenizer::from_file(
      named ? named : naclip::test::data_folder() + "/golden/mini-bpe.txt.gz");
  return tokenizer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const auto &bpe = tokenizer();
  try {
    const auto tokens = bpe.tokenize({reinterpret_cast<const char *>(data), size});
    require(tokens.ids.size() >= 2 && tokens.ids.size() <= 77);
    require(tokens.ids.front() == bpe.start() && tokens.ids.back() == bpe.end());
    require(std::ranges::all_of(tokens.ids, [&](int id) { return id >= 0 && id < bpe.size(); }));
  } catch (const naclip::Error &error) {
    require(error.kind() == naclip::ErrorKind::kVocabulary);
  }
  return 0;
}
