#include "text_bank.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <algorithm>
#include <numeric>

#include "prompts.h"

namespace naclip {

namespace {

// Sentences in one batch: enough to fill the machine and to share beginnings, few enough that
// activations stay small (ViT-B/16's text tower: some 5 tokens of its own a sentence, 10 x 512 floats
// each: 100 MB).
constexpr std::size_t kSentencesPerBatch = 1024;

at::Tensor normalised(const at::Tensor &x) {
  return x / x.norm(2, -1, true);
}

std::string sha256(const std::string &text) {
  g_autofree gchar *sum = g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar *>(text.data()), text.size());
  return sum;
}

}  // namespace

TextBank::TextBank(ClipText text, Tokenizer tokenizer, Prompts prompts, std::string cache_dir,
                   std::string fingerprint)
    : text_(std::move(text)),
      tokenizer_(std::move(tokenizer)),
      prompts_(prompts),
      cache_dir_(std::move(cache_dir)),
      fingerprint_(std::move(fingerprint)) {}

/// Those of `words` that are not in memory, each once.
std::vector<std::string> TextBank::unknown(const std::vector<std::string> &words) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> fresh;
  for (const std::string &word : words)
    if (!known_.contains(word) && std::find(fresh.begin(), fresh.end(), word) == fresh.end())
      fresh.push_back(word);
  return fresh;
}

at::Tensor TextBank::encode(const std::vector<std::string> &words, const Log &log,
                            std::stop_token stop) {
  if (!unknown(words).empty()) {
    const std::lock_guard encoding(encoding_);
    std::vector<std::string> fresh;
    for (const std::string &word : unknown(words)) {
      const at::Tensor row = load(word);
      if (!row.defined()) {
        fresh.push_back(word);
        continue;
      }
      const std::lock_guard lock(mutex_);
      known_.emplace(word, row);
    }
    if (!fresh.empty()) {
      const at::Tensor features = encode_new(fresh, log, stop);
      if (!features.defined()) return {};
      for (std::size_t i = 0; i < fresh.size(); ++i) {
        const at::Tensor row = features[static_cast<std::int64_t>(i)].clone();
        store(fresh[i], row, log);
        const std::lock_guard lock(mutex_);
        known_.emplace(fresh[i], row);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  std::vector<at::Tensor> rows;
  for (const std::string &word : words) rows.push_back(known_.at(word));
  return at::stack(rows);
}

at::Tensor TextBank::encode_new(const std::vector<std::string> &words, const Log &log,
                                std::stop_token stop) {
  std::vector<std::vector<int>> sentences;
  std::vector<std::int64_t> owner;
  for (std::size_t word = 0; word < words.size(); ++word) {
    bool cut = false;
    for (const std::string &prompt : prompts_for(prompts_, words[word])) {
      auto tokenized =
          tokenizer_.tokenize(prompt, static_cast<std::size_t>(text_.context_length()));
      cut = cut || tokenized.cut;
      sentences.push_back(std::move(tokenized.ids));
      owner.push_back(static_cast<std::int64_t>(word));
    }
    if (cut && log)
      log(LogLevel::kWarning, "\"" + words[word] +
                                  "\" is longer than the model reads and was cut at " +
                                  std::to_string(text_.context_length()) + " tokens");
  }

  // Sentences that begin alike come together, so that beginnings are computed in one batch only.
  std::vector<std::size_t> order(sentences.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sentences[a] < sentences[b]; });
  at::Tensor sums;
  for (std::size_t begin = 0; begin < order.size(); begin += kSentencesPerBatch) {
    if (stop.stop_requested()) return {};
    const std::size_t end = std::min(order.size(), begin + kSentencesPerBatch);
    std::vector<std::vector<int>> batch;
    at::Tensor batch_owner = at::empty({static_cast<std::int64_t>(end - begin)}, at::kLong);
    for (std::size_t i = begin; i < end; ++i) {
      batch.push_back(sentences[order[i]]);
      batch_owner.data_ptr<std::int64_t>()[i - begin] = owner[order[i]];
    }
    // A batch at a time, so that frames find their turn between them, and between the blocks of a frame's network,
    // so that new words are there when its scores are made.
    on_device(
        text_.compute(),
        [&] {
          const at::Tensor features = normalised(text_.encode(batch)).cpu();
          if (!sums.defined())
            sums = at::zeros({static_cast<std::int64_t>(words.size()), features.size(1)});
          sums.index_add_(0, batch_owner, features);
        },
        Piece::kShort);
  }
  return normalised(sums);
}

std::string TextBank::cache_file(const std::string &word) const {
  g_autofree gchar *path = g_build_filename(
      cache_dir_.c_str(), (sha256(fingerprint_ + "\n" + word) + ".naclip-word").c_str(), nullptr);
  return path;
}

at::Tensor TextBank::load(const std::string &word) const {
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

void TextBank::store(const std::string &word, const at::Tensor &features, const Log &log) const {
  if (cache_dir_.empty()) return;
  std::string data(reinterpret_cast<const char *>(features.data_ptr<float>()),
                   static_cast<std::size_t>(features.numel()) * sizeof(float));
  data += sha256(data);
  g_autoptr(GError) error = nullptr;
  g_mkdir_with_parents(cache_dir_.c_str(), 0700);
  // g_file_set_contents writes beside the file and renames: another process never reads half a
  // word.
  if (!g_file_set_contents(cache_file(word).c_str(), data.data(), static_cast<gssize>(data.size()),
                           &error) &&
      log)
    log(LogLevel::kWarning,
        std::string("cannot keep an encoded word in cache-dir: ") + error->message);
}

std::string weights_fingerprint(const Checkpoint &checkpoint, Prompts prompts,
                                const Compute &compute) {
  std::vector<std::string> names;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (!name.starts_with("visual.") && name != "logit_scale") names.push_back(name);
  std::sort(names.begin(), names.end());
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  for (const std::string &name : names) {
    const at::Tensor tensor = checkpoint.at(name).contiguous();
    g_checksum_update(checksum, reinterpret_cast<const guchar *>(name.data()),
                      static_cast<gssize>(name.size()));
    g_checksum_update(checksum, static_cast<const guchar *>(tensor.data_ptr()),
                      static_cast<gssize>(tensor.nbytes()));
  }
  return std::string(g_checksum_get_string(checksum)) + " prompts " +
         std::to_string(static_cast<int>(prompts)) + " " + precision_name(compute.weights);
}

}  // namespace naclip
