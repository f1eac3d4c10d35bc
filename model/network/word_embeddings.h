// Words -> query embeddings, each word encoded once.
#pragma once

#include <ATen/ATen.h>

#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/network/clip_text.h"
#include "model/network/turns.h"
#include "model/segmenter.h"
#include "model/text/tokenizer.h"

namespace naclip {

/// The prompt ensemble of CLIP (arXiv 2103.00020, section 3.1.4) with a cache per word, in memory
/// and, where a folder is given, on disk. Thread-safe.
class WordEmbeddings {
 public:
  /// `cache_dir` may be empty; `fingerprint` names the weights and the precision (see
  /// weights_fingerprint).
  WordEmbeddings(ClipText text, Tokenizer tokenizer, Prompts prompts, std::string cache_dir,
                 std::string fingerprint);

  /// -> [words, D] float32 on the CPU; each row: the word's sentences embedded, normalised,
  /// averaged, normalised. Known words do not wait for those that another thread encodes. Not
  /// defined where `stop` was asked for before all words were known; those that were encoded until
  /// then stay known. Throws Error{kVocabulary}.
  at::Tensor encode(const std::vector<std::string> &words, const Log &log = {},
                    const EncodeProgress &progress = {}, const std::stop_token &stop = {});

 private:
  /// A word that is not in memory, and the sentences that it is encoded by.
  struct NewWord {
    std::string word;
    std::vector<std::vector<int>> sentences;  // of token ids
    bool cut = false;                         // one of them was longer than the model reads
  };

  std::vector<std::string> unknown(const std::vector<std::string> &words);
  void remember(const std::string &word, const at::Tensor &row);
  NewWord tokenized(const std::string &word) const;
  void encode_some(const std::vector<std::string> &words, const Log &log,
                   const std::stop_token &stop);
  at::Tensor encode_batch(const std::vector<NewWord> &words, const std::stop_token &stop);
  std::string cache_file(const NewWord &word) const;
  at::Tensor load(const NewWord &word) const;
  void store(const NewWord &word, const at::Tensor &features, const Log &log);

  ClipText text_;
  Tokenizer tokenizer_;
  Prompts prompts_;
  std::string cache_dir_, fingerprint_;
  Turns turns_;                  // one encodes at a time, so that no word is encoded twice
  bool told_of_folder_ = false;  // that it cannot be written; of whose turn it is
  std::mutex mutex_;             // guards the next, never held while encoding
  std::unordered_map<std::string, at::Tensor> known_;  // word -> [D] float32 on the CPU
};

/// Of the text tower's tensors (a SHA-256 over CRCs, since it is taken whenever a model is opened), the precision, and
/// the activation.
std::string weights_fingerprint(const Checkpoint &checkpoint, const Compute &compute);

}  // namespace naclip
