// The byte-pair merges of a tokenizer, as they stand in their file.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace naclip {

/// One line of a merge file; both empty where the line is.
using Merge = std::pair<std::string, std::string>;

/// Reads the merges of a file, plain or gzip, in order, at most the 48,894 that CLIP takes; the
/// first line is skipped. An empty line at the end is one merge, because CLIP gives it an id.
/// Throws Error{kNotFound | kRead | kFormat}, the last naming the line.
std::vector<Merge> read_merges(const std::string &path);

/// The path of the merges for a checkpoint: `explicit_path` unless that is empty, else the first
/// that exists of, beside the checkpoint, `<its stem>.bpe.txt.gz`, `bpe_simple_vocab_16e6.txt.gz`,
/// `bpe_simple_vocab_16e6.txt`, `merges.txt` with CLIP's merges in it, the only file named
/// `*bpe*.txt[.gz]`; and in naclip's folder of the
/// user's cache the two of OpenAI's name. Throws Error{kNotFound} saying where it looked.
std::string find_merges(const std::string &model_path, const std::string &explicit_path);

}  // namespace naclip
