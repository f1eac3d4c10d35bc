#include "model/text/merge_file.h"

#include <glib.h>
#define ZLIB_CONST  // inflate() only reads its input
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>

#include "model/base/file_error.h"
#include "model/error.h"

namespace naclip {
namespace {

// What CLIP takes of the file, so that OpenAI's yields its 49,408 ids.
constexpr std::size_t kMaxMerges = 49152 - 256 - 2;
// OpenAI's file is 3 MB; whatever is much larger is something else, or a compressed trap.
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kChunk = 65536;

constexpr std::array<const char *, 2> kPublishedNames{"bpe_simple_vocab_16e6.txt.gz",
                                                      "bpe_simple_vocab_16e6.txt"};
// Hugging Face's name, for the merges of any tokenizer.
constexpr const char *kHuggingFaceName = "merges.txt";

[[noreturn]] void fail_read(const std::string &path, const std::string &cause) {
  throw Error(ErrorKind::kRead,
              "The merge file " + path + " cannot be read; check that it is a readable file.",
              cause);
}

[[noreturn]] void fail_format(const std::string &path, const std::string &what) {
  throw Error(ErrorKind::kFormat, "The merge file " + path + " " + what +
                                      "; give the tokenizer's byte-pair merges, "
                                      "e.g. bpe_simple_vocab_16e6.txt.gz.");
}

struct FileCloser {
  void operator()(std::FILE *file) const { std::fclose(file); }
};

void append(std::string &text, const char *data, std::size_t size, const std::string &path) {
  text.append(data, size);
  if (text.size() > kMaxBytes) fail_format(path, "is too large");
}

std::string read_all(const std::string &path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      throw Error(ErrorKind::kNotFound, "There is no merge file " + path + "; check the path.",
                  g_strerror(error));
    }
    fail_read(path, g_strerror(error));
  }
  std::string text;
  std::array<char, kChunk> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get()))
    append(text, buffer.data(), size, path);
  if (std::ferror(file.get())) fail_read(path, g_strerror(errno));
  return text;
}

// --- gzip ----------------------------------------------------------------------------------------
// Not by gzread: versions of zlib differ in what they say of a file that was cut.

constexpr int kGzipFormat = 16 + MAX_WBITS;

struct Inflater : z_stream {
  Inflater() : z_stream() {
    if (inflateInit2(this, kGzipFormat) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(this); }
  Inflater(const Inflater &) = delete;
  Inflater &operator=(const Inflater &) = delete;
};

// Appends what one member of a gzip file holds, and takes it off `packed`.
void inflate_member(std::string_view &packed, std::string &text, const std::string &path) {
  Inflater stream;
  stream.next_in = reinterpret_cast<const Bytef *>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<char, kChunk> buffer;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef *>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      fail_format(path, std::string("is damaged (") +
                            (stream.msg != nullptr ? stream.msg : zError(status)) + ")");
    }
    append(text, buffer.data(), buffer.size() - stream.avail_out, path);
    // With room left, all that was given has been read, and more was to come.
    if (status != Z_STREAM_END && stream.avail_out > 0) fail_format(path, "is cut short");
  }
  packed.remove_prefix(packed.size() - stream.avail_in);
}

// The text of a merge file, plain or compressed. Members follow each other where gzip files were
// joined; what else stands behind them is ignored, as gzip does.
std::string read_text(const std::string &path) {
  const std::string content = read_all(path);
  if (!content.starts_with("\x1F\x8B")) return content;
  std::string text;
  for (std::string_view packed = content; packed.starts_with('\x1F');)
    inflate_member(packed, text, path);
  return text;
}

// Whether a symbol is made of the characters that stand for bytes (see bytes_to_symbols() of the
// tokenizer), which tells merges from any other text.
bool is_symbol(std::string_view symbol) {
  constexpr gunichar kLastSymbol = 0x143;
  const char *const end = symbol.data() + symbol.size();
  for (const char *p = symbol.data(); p < end; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    if (c <= ' ' || c > kLastSymbol || (c >= 0x7F && c <= 0xA0) || c == 0xAD) return false;
  }
  return !symbol.empty();
}

std::optional<Merge> parse_merge(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view first = line.substr(0, space);
  const std::string_view second = line.substr(space + 1);
  if (!is_symbol(first) || !is_symbol(second)) return std::nullopt;
  return Merge{first, second};
}

// --- Finding -------------------------------------------------------------------------------------

namespace files = std::filesystem;

bool is_file(const files::path &path) {
  std::error_code ignored;
  return files::is_regular_file(path, ignored);
}

/// Whether a file holds merges as CLIP's tokenizer has them, whose symbols at a word's end are marked.
/// GPT-2's, whose number CLIP's limit may hide, mark beginnings.
bool is_of_clip(const files::path &path) {
  try {
    return std::ranges::any_of(read_merges(path.string()),
                               [](const Merge &merge) { return merge.second.ends_with("</w>"); });
  } catch (const Error &) {
    return false;
  }
}

bool looks_like_merges(const std::string &name) {
  return name.find("bpe") != std::string::npos &&
         (name.ends_with(".txt") || name.ends_with(".txt.gz"));
}

std::vector<files::path> merges_in(const files::path &folder) {
  std::vector<files::path> found;
  std::error_code error;
  for (files::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (looks_like_merges(entry->path().filename().string()) && is_file(entry->path())) {
      found.push_back(entry->path());
    }
  }
  return found;
}

}  // namespace

std::vector<Merge> read_merges(const std::string &path) {
  require_regular_file(path, "Cannot read the merge file " + path + ": ");
  const std::string text = read_text(path);
  const char *invalid = nullptr;
  if (!g_utf8_validate_len(text.data(), text.size(), &invalid))
    fail_format(path, "is not UTF-8 text");
  std::vector<Merge> merges;
  std::string_view rest = text;
  for (std::size_t number = 1; merges.size() < kMaxMerges; ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const bool last = end == std::string_view::npos;
    if (number > 1) {
      const std::optional<Merge> merge = last && line.empty() ? Merge{} : parse_merge(line);
      if (!merge) {
        fail_format(path, "does not hold two symbols in line " + std::to_string(number));
      }
      merges.push_back(*merge);
    }
    if (last) break;
    rest.remove_prefix(end + 1);
  }
  if (merges.empty() || merges.front().first.empty()) fail_format(path, "holds no merges");
  return merges;
}

std::string find_merges(const std::string &model_path, const std::string &explicit_path) {
  if (!explicit_path.empty()) return explicit_path;
  const files::path model(model_path);
  const files::path folder = model.has_parent_path() ? model.parent_path() : files::path(".");
  const files::path cache = files::path(g_get_user_cache_dir()) / "naclip";

  std::vector<files::path> candidates{folder / (model.stem().string() + ".bpe.txt.gz")};
  for (const char *name : kPublishedNames) candidates.push_back(folder / name);
  for (const files::path &candidate : candidates) {
    if (is_file(candidate)) return candidate.string();
  }
  const files::path hugging_face = folder / kHuggingFaceName;
  if (is_file(hugging_face) && is_of_clip(hugging_face)) return hugging_face.string();
  const std::vector<files::path> others = merges_in(folder);
  if (others.size() == 1) return others.front().string();
  for (const char *name : kPublishedNames) {
    if (is_file(cache / name)) return (cache / name).string();
  }
  std::string message = "No byte-pair merges were found for " + model_path + ": neither " +
                        candidates.front().filename().string() + ", " + kPublishedNames[0] + ", " +
                        kPublishedNames[1] + " or CLIP's " + kHuggingFaceName + " in " +
                        folder.string() + " nor one of OpenAI's names in " + cache.string();
  if (others.size() > 1) message += ", and several other files in the first could be meant";
  throw Error(ErrorKind::kNotFound, message +
                                        "; set the property merges to the file's path, or, for a "
                                        "model that uses OpenAI's, type: naclip-model fetch "
                                        "vocabulary");
}

}  // namespace naclip
