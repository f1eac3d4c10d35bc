// Words -> query embeddings, each word encoded once.
#pragma once

#include <ATen/ATen.h>

#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "clip_text.h"
#include "segmenter.h"
#include "tokenizer.h"

namespace naclip {

/// The prompt ensemble of CLIP (arXiv 2103.00020, section 3.1.4) with a cache per word, in memory
/// and, where a folder is given, on disk. Thread-safe.
class TextBank {
 public:
  /// `cache_dir` may be empty; `fingerprint` names the weights and everything else that the outcome
  /// depends on but the word (see weights_fingerprint).
  TextBank(ClipText text, Tokenizer tokenizer, Prompts prompts, std::string cache_dir,
           std::string fingerprint);

  /// -> [words, D] float32 on the CPU; each row: the word's sentences embedded, normalised, averaged,
  /// normalised. Known words do not wait for those that another thread encodes. Not defined where `stop`
  /// was asked for before all words were known. Throws Error{kVocabulary}.
  at::Tensor encode(const std::vector<std::string> &words, const Log &log = {},
                    std::stop_token stop = {});

 private:
  std::vector<std::string> unknown(const std::vector<std::string> &words);
  at::Tensor encode_new(const std::vector<std::string> &words, const Log &log,
                        std::stop_token stop);
  std::string cache_file(const std::string &word) const;
  at::Tensor load(const std::string &word) const;
  void store(const std::string &word, const at::Tensor &features, const Log &log) const;

  ClipText text_;
  Tokenizer tokenizer_;
  Prompts prompts_;
  std::string cache_dir_, fingerprint_;
  std::mutex encoding_;  // held while words are encoded, so that none is encoded twice
  std::mutex mutex_;     // guards the next, never held while encoding
  std::unordered_map<std::string, at::Tensor> known_;  // word -> [D] float32 on the CPU
};

/// SHA-256 over the text tower's tensors and the settings that change its outcome.
std::string weights_fingerprint(const Checkpoint &checkpoint, Prompts prompts,
                                const Compute &compute);

}  // namespace naclip
