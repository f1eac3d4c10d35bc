#include "model/network/word_embeddings.h"

#include <ATen/Parallel.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "model/base/quote.h"
#include "model/text/prompts.h"

namespace naclip {

namespace {

// Sentences in one batch: enough to fill the machine and to share beginnings, few enough that
// activations stay small (ViT-B/16's text tower: some 5 tokens of its own a sentence, 10 x 512
// floats each: 100 MB).
constexpr std::size_t kSentencesPerBatch = 1024;

at::Tensor normalised(const at::Tensor &x) {
  return x / x.norm(2, -1, true);
}

std::string sha256(const std::string &text) {
  g_autofree gchar *sum = g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar *>(text.data()), text.size());
  return sum;
}

/// CRC-32 of each part of a dense tensor's bytes.
std::vector<std::uint32_t> checksums(const at::Tensor &tensor) {
  constexpr std::int64_t kPart = 1 << 20;
  const auto *bytes = static_cast<const Bytef *>(tensor.data_ptr());
  const auto size = static_cast<std::int64_t>(tensor.nbytes());
  std::vector<std::uint32_t> sums(static_cast<std::size_t>((size + kPart - 1) / kPart));
  at::parallel_for(
      0, static_cast<std::int64_t>(sums.size()), 1, [&](std::int64_t i, std::int64_t end) {
        for (; i < end; ++i)
          sums[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(crc32_z(
              0, bytes + i * kPart, static_cast<z_size_t>(std::min(kPart, size - i * kPart))));
      });
  return sums;
}

std::vector<std::string> each_once(const std::vector<std::string> &words) {
  std::vector<std::string> distinct;
  std::unordered_set<std::string_view> seen;
  for (const std::string &word : words)
    if (seen.insert(word).second) distinct.push_back(word);
  return distinct;
}

}  // namespace

WordEmbeddings::WordEmbeddings(ClipText text, Tokenizer tokenizer, Prompts prompts,
                               std::string cache_dir, std::string fingerprint)
    : text_(std::move(text)),
      tokenizer_(std::move(tokenizer)),
      prompts_(prompts),
      cache_dir_(std::move(cache_dir)),
      fingerprint_(std::move(fingerprint)) {
  std::vector<std::vector<int>> beginnings;
  for (const std::string &beginning : prompt_beginnings(prompts)) {
    std::vector<int> ids =
        tokenizer_.tokenize(beginning, static_cast<std::size_t>(text_.context_length())).ids;
    ids.pop_back();  // the end of the text
    beginnings.push_back(std::move(ids));
  }
  text_.share(std::move(beginnings));
}

/// Those of `words` that are not in memory, in their order.
std::vector<std::string> WordEmbeddings::unknown(const std::vector<std::string> &words) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> fresh;
  for (const std::string &word : words)
    if (!known_.contains(word)) fresh.push_back(word);
  return fresh;
}

void WordEmbeddings::remember(const std::string &word, const at::Tensor &row) {
  const std::lock_guard lock(mutex_);
  known_.emplace(word, row);
}

at::Tensor WordEmbeddings::encode(const std::vector<std::string> &words, const Log &log,
                                  const EncodeProgress &progress, const std::stop_token &stop) {
  const std::vector<std::string> distinct = each_once(words);
  for (;;) {
    const std::size_t left = unknown(distinct).size();
    if (progress) progress(distinct.size() - left, distinct.size());
    if (left == 0) break;
    // A batch at a time, so that who has few words need not wait for all of another's.
    try {
      turns_.in_turn(stop, [&] { encode_some(unknown(distinct), log, stop); });
    } catch (const Interrupted &) {
      if (!stop.stop_requested()) throw;
    }
    if (stop.stop_requested()) return {};
  }
  const std::lock_guard lock(mutex_);
  std::vector<at::Tensor> rows;
  for (const std::string &word : words) rows.push_back(known_.at(word));
  return at::stack(rows);
}

WordEmbeddings::NewWord WordEmbeddings::tokenized(const std::string &word) const {
  NewWord result;
  result.word = word;
  for (const std::string &prompt : prompts_for(prompts_, word)) {
    auto sentence = tokenizer_.tokenize(prompt, static_cast<std::size_t>(text_.context_length()));
    result.cut = result.cut || sentence.cut;
    result.sentences.push_back(std::move(sentence.ids));
  }
  return result;
}

/// Makes words known: those that the folder has, and of the others as many as fit one batch.
void WordEmbeddings::encode_some(const std::vector<std::string> &words, const Log &log,
                                 const std::stop_token &stop) {
  std::vector<NewWord> batch;
  std::size_t sentences = 0;
  for (const std::string &word : words) {
    if (stop.stop_requested()) return;
    NewWord fresh = tokenized(word);
    if (const at::Tensor row = load(fresh); row.defined()) {
      remember(word, row);
      continue;
    }
    if (!batch.empty() && sentences + fresh.sentences.size() > kSentencesPerBatch) break;
    sentences += fresh.sentences.size();
    batch.push_back(std::move(fresh));
  }
  if (batch.empty()) return;
  const at::Tensor features = encode_batch(batch, stop);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].cut && log)
      log(LogLevel::kWarning,
          Error(ErrorKind::kVocabulary, quote(batch[i].word) +
                                            " is longer than the model reads and was cut at " +
                                            std::to_string(text_.context_length()) + " tokens"));
    const at::Tensor row = features[static_cast<std::int64_t>(i)].clone();
    store(batch[i], row, log);
    remember(batch[i].word, row);
  }
}

/// -> [words, D]
at::Tensor WordEmbeddings::encode_batch(const std::vector<NewWord> &words,
                                        const std::stop_token &stop) {
  std::vector<std::vector<int>> sentences;
  std::vector<std::int64_t> owners;
  for (std::size_t word = 0; word < words.size(); ++word)
    for (const std::vector<int> &sentence : words[word].sentences) {
      sentences.push_back(sentence);
      owners.push_back(static_cast<std::int64_t>(word));
    }
  // Frames find their turn between batches, and new words theirs between the blocks of a frame's
  // network, so that they are there when its scores are made.
  return on_device(
      text_.compute(),
      [&] {
        const at::Tensor features = normalised(text_.encode(sentences)).cpu();
        at::Tensor sums =
            at::zeros({static_cast<std::int64_t>(words.size()), features.size(1)}, at::kFloat);
        return normalised(sums.index_add_(0, at::tensor(owners, at::kLong), features));
      },
      Piece::kShort, stop);
}

/// What the embedding depends on is the weights and the sentences' tokens: templates, cleaning and
/// merges are in these.
std::string WordEmbeddings::cache_file(const NewWord &word) const {
  std::string key = fingerprint_;
  for (const std::vector<int> &sentence : word.sentences) {
    key += '\n';
    for (const int id : sentence) key += std::to_string(id) + " ";
  }
  g_autofree gchar *path =
      g_build_filename(cache_dir_.c_str(), (sha256(key) + ".naclip-word").c_str(), nullptr);
  return path;
}

at::Tensor WordEmbeddings::load(const NewWord &word) const {
  if (cache_dir_.empty()) return {};
  g_autofree gchar *contents = nullptr;
  gsize length = 0;
  if (!g_file_get_contents(cache_file(word).c_str(), &contents, &length, nullptr)) return {};
  // The embedding, then its checksum: a file that was cut or altered is encoded anew.
  constexpr std::size_t kSum = 64;
  if (length <= kSum || (length - kSum) % sizeof(float) != 0) return {};
  const std::string data(contents, length - kSum);
  if (sha256(data) != std::string(contents + data.size(), kSum)) return {};
  const auto size = static_cast<std::int64_t>(data.size() / sizeof(float));
  at::Tensor row = at::empty({size}, at::kFloat);
  std::copy(data.begin(), data.end(), reinterpret_cast<char *>(row.data_ptr<float>()));
  return row;
}

void WordEmbeddings::store(const NewWord &word, const at::Tensor &features, const Log &log) {
  if (cache_dir_.empty()) return;
  std::string data(reinterpret_cast<const char *>(features.data_ptr<float>()),
                   static_cast<std::size_t>(features.numel()) * sizeof(float));
  data += sha256(data);
  g_autoptr(GError) error = nullptr;
  g_mkdir_with_parents(cache_dir_.c_str(), 0700);
  // g_file_set_contents writes beside the file and renames: another process never reads half a
  // word.
  if (g_file_set_contents(cache_file(word).c_str(), data.data(), static_cast<gssize>(data.size()),
                          &error))
    return;
  if (!std::exchange(told_of_folder_, true) && log)
    log(LogLevel::kWarning, Error(ErrorKind::kWrite,
                                  "Encoded words cannot be kept in cache-dir " + cache_dir_ +
                                      "; name a folder that can be written",
                                  error->message));
}

std::string weights_fingerprint(const Checkpoint &checkpoint, const Compute &compute) {
  std::vector<std::string> names;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (!name.starts_with("visual.") && name != "logit_scale") names.push_back(name);
  std::sort(names.begin(), names.end());
  std::string parts;
  for (const std::string &name : names)
    for (const std::uint32_t sum : checksums(checkpoint.at(name).contiguous()))
      parts += name + " " + std::to_string(sum) + "\n";
  std::string fingerprint = sha256(parts);
  fingerprint += " ";
  fingerprint += precision_name(compute.weights);
  if (checkpoint.activation.activation == Activation::kGelu) fingerprint += " gelu";
  return fingerprint;
}

}  // namespace naclip
