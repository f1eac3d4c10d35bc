#include "model/text/tokenizer.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>

#include "model/error.h"
#include "model/text/merge_file.h"
#include "model/text/text_cleaning.h"

namespace naclip {
namespace {

constexpr std::string_view kStart = "<|startoftext|>";
constexpr std::string_view kEnd = "<|endoftext|>";
constexpr std::string_view kWordEnd = "</w>";
// Words are few and short; the bounds only keep hostile input from growing the cache.
constexpr std::size_t kMaxCachedWords = 1 << 16;
constexpr std::size_t kMaxCachedWordBytes = 64;

// CLIP's pattern. In cleaned text the space is the only white space; the possessive ++ keeps long
// words from using up the matcher's stack. U+0345, a mark whose upper case is a letter, fits none
// of the alternatives of CLIP's caseless matcher and is lost; so it is here.
constexpr const char *kPattern =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}++|\p{N}|[^ \p{L}\p{N}\x{345}]++)";

struct RegexDeleter {
  void operator()(GRegex *regex) const { g_regex_unref(regex); }
  void operator()(GMatchInfo *match) const { g_match_info_unref(match); }
  void operator()(GError *error) const { g_error_free(error); }
};
template <typename T>
using Owned = std::unique_ptr<T, RegexDeleter>;

// The bytes in the order of their ids: first those that are printable in Latin-1, then the rest.
std::array<std::uint8_t, 256> bytes_by_id() {
  const auto printable = [](int byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
  };
  std::array<std::uint8_t, 256> bytes;
  std::size_t count = 0;
  for (const bool wanted : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      if (printable(byte) == wanted) bytes[count++] = static_cast<std::uint8_t>(byte);
    }
  }
  return bytes;
}

// The character that stands for the byte of an id: itself where it is printable, else one from 256
// on.
std::string symbol_of(std::size_t id, std::uint8_t byte) {
  constexpr std::size_t kPrintable = 188;
  std::array<char, 6> utf8;
  const gunichar c = id < kPrintable ? byte : static_cast<gunichar>(256 + id - kPrintable);
  return {utf8.data(), static_cast<std::size_t>(g_unichar_to_utf8(c, utf8.data()))};
}

// A symbol is known by the number of its text, since CLIP compares texts and two merges may make
// one text.
using Symbol = std::uint32_t;

std::uint64_t pair_key(Symbol first, Symbol second) {
  return std::uint64_t{first} << 32 | second;
}

struct MergeRule {
  std::uint32_t rank;
  Symbol result;
};

}  // namespace

struct Tokenizer::State {
  explicit State(const std::vector<Merge> &merges);

  Symbol intern(const std::string &text);
  Symbol add(const std::string &text);
  std::vector<int> encode_word(std::string_view word) const;
  std::vector<int> encode_cached(std::string_view word) const;
  std::vector<Symbol> merge(std::vector<Symbol> symbols) const;

  std::unordered_map<std::string, Symbol> symbols;
  std::vector<int> id_of;  // by symbol; a text that stands twice has its last id, as in CLIP
  int size = 0;
  std::array<Symbol, 256> byte_symbol{};       // by byte
  std::array<Symbol, 256> last_byte_symbol{};  // by byte, at a word's end
  std::unordered_map<std::uint64_t, MergeRule> rules;
  Owned<GRegex> pattern;

  mutable std::mutex mutex;
  mutable std::unordered_map<std::string, std::vector<int>> cache;
};

// --- The vocabulary ------------------------------------------------------------------------------

Tokenizer::State::State(const std::vector<Merge> &merges) {
  const std::array<std::uint8_t, 256> bytes = bytes_by_id();
  for (std::size_t id = 0; id < bytes.size(); ++id) {
    byte_symbol[bytes[id]] = add(symbol_of(id, bytes[id]));
  }
  for (std::size_t id = 0; id < bytes.size(); ++id) {
    last_byte_symbol[bytes[id]] = add(symbol_of(id, bytes[id]).append(kWordEnd));
  }
  rules.reserve(merges.size());
  std::uint32_t rank = 0;
  for (const auto &[first, second] : merges) {
    const Symbol result = add(first + second);
    if (!first.empty()) {
      rules.insert_or_assign(pair_key(intern(first), intern(second)), MergeRule{rank, result});
    }
    ++rank;
  }
  add(std::string(kStart));
  add(std::string(kEnd));
  pattern.reset(g_regex_new(kPattern,
                            static_cast<GRegexCompileFlags>(G_REGEX_CASELESS | G_REGEX_OPTIMIZE),
                            static_cast<GRegexMatchFlags>(0), nullptr));
}

Symbol Tokenizer::State::intern(const std::string &text) {
  const auto [entry, added] = symbols.emplace(text, static_cast<Symbol>(id_of.size()));
  if (added) id_of.push_back(-1);
  return entry->second;
}

Symbol Tokenizer::State::add(const std::string &text) {
  const Symbol symbol = intern(text);
  id_of[symbol] = size++;
  return symbol;
}

// --- Encoding ------------------------------------------------------------------------------------

// Applies the rules from the least rank up, each to all its places from left to right before the
// next is looked for, as CLIP does; a heap of places makes that O(n log n).
std::vector<Symbol> Tokenizer::State::merge(std::vector<Symbol> symbols) const {
  struct Place {
    std::uint32_t rank;
    std::uint32_t at;
    Symbol first, second;
    bool operator>(const Place &other) const {
      return std::pair(rank, at) > std::pair(other.rank, other.at);
    }
  };
  constexpr std::uint32_t kNone = UINT32_MAX;
  const auto count = static_cast<std::uint32_t>(symbols.size());
  // A linked list over the places; a symbol that was merged into its left neighbour is kNone.
  std::vector<std::uint32_t> next(count), previous(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    next[i] = i + 1 < count ? i + 1 : kNone;
    previous[i] = i > 0 ? i - 1 : kNone;
  }
  std::priority_queue<Place, std::vector<Place>, std::greater<>> places;
  const auto offer = [&](std::uint32_t at) {
    if (at == kNone || next[at] == kNone) return;
    const Symbol first = symbols[at];
    const Symbol second = symbols[next[at]];
    const auto rule = rules.find(pair_key(first, second));
    if (rule != rules.end()) places.push({rule->second.rank, at, first, second});
  };
  for (std::uint32_t i = 0; i < count; ++i) offer(i);
  std::vector<std::uint32_t> merged;
  while (!places.empty()) {
    const std::uint32_t rank = places.top().rank;
    merged.clear();
    for (; !places.empty() && places.top().rank == rank; places.pop()) {
      const Place &place = places.top();
      const std::uint32_t right = next[place.at];
      if (symbols[place.at] != place.first || right == kNone || symbols[right] != place.second) {
        continue;
      }
      symbols[place.at] = rules.at(pair_key(place.first, place.second)).result;
      symbols[right] = kNone;
      next[place.at] = next[right];
      if (next[right] != kNone) previous[next[right]] = place.at;
      merged.push_back(place.at);
    }
    // Only now, so that a rule of lower rank that came about waits until this one is through.
    for (const std::uint32_t at : merged) {
      if (symbols[at] == kNone) continue;
      offer(previous[at]);
      offer(at);
    }
  }
  std::erase(symbols, kNone);
  return symbols;
}

std::vector<int> Tokenizer::State::encode_word(std::string_view word) const {
  if (word == kStart) return {size - 2};
  if (word == kEnd) return {size - 1};
  std::vector<Symbol> word_symbols;
  word_symbols.reserve(word.size());
  for (const char byte : word) word_symbols.push_back(byte_symbol[static_cast<std::uint8_t>(byte)]);
  word_symbols.back() = last_byte_symbol[static_cast<std::uint8_t>(word.back())];
  std::vector<int> ids;
  for (const Symbol symbol : merge(std::move(word_symbols))) ids.push_back(id_of[symbol]);
  return ids;
}

std::vector<int> Tokenizer::State::encode_cached(std::string_view word) const {
  if (word.size() > kMaxCachedWordBytes) return encode_word(word);
  std::string key(word);
  const std::lock_guard lock(mutex);
  if (const auto known = cache.find(key); known != cache.end()) return known->second;
  if (cache.size() >= kMaxCachedWords) cache.clear();
  return cache.emplace(std::move(key), encode_word(word)).first->second;
}

// --- The public face -----------------------------------------------------------------------------

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer &&) noexcept = default;
Tokenizer &Tokenizer::operator=(Tokenizer &&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::from_file(const std::string &path) {
  return Tokenizer(std::make_unique<State>(read_merges(path)));
}

std::vector<int> Tokenizer::encode(std::string_view text) const {
  const std::string cleaned = clean_text(text);
  GMatchInfo *raw_match = nullptr;
  GError *raw_error = nullptr;
  g_regex_match_full(state_->pattern.get(), cleaned.data(), static_cast<gssize>(cleaned.size()), 0,
                     static_cast<GRegexMatchFlags>(0), &raw_match, &raw_error);
  const Owned<GMatchInfo> match(raw_match);
  std::vector<int> ids;
  while (!raw_error && g_match_info_matches(match.get())) {
    int begin = 0;
    int end = 0;
    g_match_info_fetch_pos(match.get(), 0, &begin, &end);
    const std::string_view word(cleaned.data() + begin, static_cast<std::size_t>(end - begin));
    const std::vector<int> word_ids = state_->encode_cached(word);
    ids.insert(ids.end(), word_ids.begin(), word_ids.end());
    g_match_info_next(match.get(), &raw_error);
  }
  const Owned<GError> error(raw_error);
  if (error) {
    throw Error(ErrorKind::kVocabulary, "The text cannot be cut into words; shorten it.",
                error->message);
  }
  return ids;
}

Tokens Tokenizer::tokenize(std::string_view text, std::size_t context_length) const {
  if (context_length < 2) {
    throw Error(ErrorKind::kSettings, "A context of " + std::to_string(context_length) +
                                          " tokens has no room for a text; it must be at least 2.");
  }
  Tokens tokens;
  tokens.ids = encode(text);
  tokens.cut = tokens.ids.size() + 2 > context_length;
  tokens.ids.resize(std::min(tokens.ids.size(), context_length - 2));
  tokens.ids.insert(tokens.ids.begin(), start());
  tokens.ids.push_back(end());
  return tokens;
}

int Tokenizer::size() const {
  return state_->size;
}
int Tokenizer::start() const {
  return state_->size - 2;
}
int Tokenizer::end() const {
  return state_->size - 1;
}

}  // namespace naclip
