// Any text is a vocabulary that keeps its promises, or an Error{kVocabulary}.
#include "model/vocabulary.h"

#include <cstdlib>

#include "model/error.h"

namespace {

// assert() would vanish in release builds.
void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  try {
    const auto vocabulary = naclip::Vocabulary::parse({reinterpret_cast<const char *>(data), size});
    const auto &classes = vocabulary.classes();
    require(!classes.empty());
    std::size_t next = 1;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      require(!classes[i].label.empty() && !classes[i].synonyms.empty());
      for (const auto &synonym : classes[i].synonyms) require(!synonym.empty());
      const std::size_t region = vocabulary.region_of(i);
      require(region == 0 || region == next++);
      require(vocabulary.regions().at(region).label == classes[i].label);
    }
    require(vocabulary.regions().size() == next);
  } catch (const naclip::Error &error) {
    require(error.kind() == naclip::ErrorKind::kVocabulary);
  }
  return 0;
}
