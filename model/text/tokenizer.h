// CLIP's byte-pair encoding: text to token ids.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naclip {

/// One text as the text tower takes it.
struct Tokens {
  std::vector<int> ids;  ///< [start, ..., end], not padded
  bool cut = false;      ///< the text was longer than the context, so that its end is lost
};

/// CLIP's tokenizer (openai/CLIP, clip/simple_tokenizer.py). Ids: 256 byte symbols, the same at a
/// word's end, one for each merge, the start and the end of text. Immutable; may be shared between
/// threads.
class Tokenizer {
 public:
  /// Reads byte-pair merges, plain or gzip, UTF-8: a first line that is skipped, then two symbols a
  /// line. Of OpenAI's file the first 48,894 merges count, as in CLIP. Throws Error{kNotFound |
  /// kRead | kFormat}, the last naming the line.
  static Tokenizer from_file(const std::string &path);

  Tokenizer(Tokenizer &&) noexcept;
  Tokenizer &operator=(Tokenizer &&) noexcept;
  ~Tokenizer();

  /// The ids of a text (UTF-8, cleaned here), without start and end; `<|startoftext|>` and
  /// `<|endoftext|>` in the text become those ids. Throws Error{kVocabulary}: see clean_text().
  std::vector<int> encode(std::string_view text) const;

  /// The ids with start and end, at most `context_length` (>= 2) of them; of a longer text the last
  /// id that fits is replaced by the end, as CLIP's tokenize(truncate=True) does. Throws
  /// Error{kVocabulary | kSettings}.
  Tokens tokenize(std::string_view text, std::size_t context_length = 77) const;

  int size() const;   ///< how many ids there are
  int start() const;  ///< the id of `<|startoftext|>`
  int end() const;    ///< the id of `<|endoftext|>`

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace naclip
