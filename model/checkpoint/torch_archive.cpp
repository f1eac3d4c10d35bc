#include "model/checkpoint/torch_archive.h"

#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "model/checkpoint/pickle_torch.h"
#include "model/checkpoint/zip_archive.h"
#include "model/error.h"

namespace naclip {
namespace {

constexpr int kMaxDepth = 32;                // modules within modules; a CLIP has 6
constexpr std::size_t kMaxVisits = 100'000;  // attributes; ViT-L has some 2,000

[[noreturn]] void damaged(const std::string &cause) {
  throw Error(ErrorKind::kFormat, "the archive is damaged; fetch the file again", cause);
}

/// The archive with the storages that were read; shared by the tensors of the file. Thread-safe.
class Storages {
 public:
  Storages(std::shared_ptr<ZipArchive> archive, std::string folder)
      : archive_(std::move(archive)), folder_(std::move(folder)) {}

  std::shared_ptr<const std::uint8_t> read(const std::string &key, std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    auto found = read_.find(key);
    if (found == read_.end())
      found = read_.emplace(key, archive_->read(folder_ + "data/" + key)).first;
    if (found->second.size < bytes) damaged("storage " + printable(key) + " is too short");
    return found->second.bytes;
  }

 private:
  std::shared_ptr<ZipArchive> archive_;
  std::string folder_;
  std::mutex mutex_;  // guards the archive, too
  std::unordered_map<std::string, ZipEntry> read_;
};

/// Collects the tensors of a pickle under their paths.
class Collector {
 public:
  Collector(const pickle::Document &document, std::shared_ptr<Storages> storages)
      : document_(document), storages_(std::move(storages)) {}

  /// The tensors among a dictionary's values.
  void collect_dict(const pickle::Dict &dict) {
    for (const auto &[key, value] : dict.items)
      if (const auto *name = document_.get<std::string>(key)) collect_tensor(*name, value);
  }

  /// The tensors of a module and of the modules in it.
  void collect_module(const pickle::Object &object, const std::string &prefix, int depth) {
    const pickle::Dict *state = object.state ? document_.get<pickle::Dict>(*object.state) : nullptr;
    if (state == nullptr) return;
    if (depth > kMaxDepth) damaged("modules are nested too deeply");
    for (const auto &[key, value] : state->items) {
      // A module may be reached by many paths, whose number can grow out of bounds.
      if (++visits_ > kMaxVisits) damaged("too many attributes");
      const auto *name = document_.get<std::string>(key);
      if (name == nullptr || name->size() > kMaxName) continue;
      collect_tensor(prefix + *name, value);
      if (const auto *child = document_.get<pickle::Object>(value)) {
        if (*name == "gelu" && prefix.ends_with(".mlp.")) note_activation(*child);
        collect_module(*child, prefix + *name + ".", depth + 1);
      }
    }
  }

  RawTensors take() { return std::move(tensors_); }
  const std::set<std::string> &activations() const { return activations_; }

 private:
  static constexpr std::size_t kMaxName = 255;

  void note_activation(const pickle::Object &layer) {
    const std::string &name = document_.get<pickle::Global>(layer.type)->name;
    activations_.insert(name.substr(name.rfind('.') + 1));
  }

  void collect_tensor(const std::string &name, pickle::Ref value) {
    const auto *tensor = document_.get<pickle::Tensor>(value);
    if (tensor == nullptr) return;
    const auto *storage = document_.get<pickle::Storage>(tensor->storage);
    const std::int64_t bytes = storage->count * element_size(storage->type);
    tensors_.insert_or_assign(
        name, RawTensor{storage->type, tensor->shape, tensor->strides, tensor->offset,
                        [storages = storages_, key = storage->key, bytes] {
                          return storages->read(key, bytes);
                        }});
  }

  const pickle::Document &document_;
  std::shared_ptr<Storages> storages_;
  RawTensors tensors_;
  std::set<std::string> activations_;
  std::size_t visits_ = 0;
};

/// The archive's one folder, as "name/".
std::string find_folder(const ZipArchive &archive) {
  constexpr std::string_view kPickle = "data.pkl";
  std::string folder;
  for (const std::string &name : archive.names()) {
    const auto slash = name.find('/');
    if (slash == std::string::npos || std::string_view(name).substr(slash + 1) != kPickle) continue;
    if (!folder.empty()) damaged("two pickles");
    folder = name.substr(0, slash + 1);
  }
  if (folder.empty())
    throw Error(ErrorKind::kFormat,
                "it is a zip archive, but none that PyTorch wrote; give a checkpoint of CLIP");
  return folder;
}

/// The value of a dictionary under a text key, or null.
const pickle::Dict *find_dict(const pickle::Document &document, const pickle::Dict &dict,
                              std::string_view wanted) {
  for (const auto &[key, value] : dict.items)
    if (const auto *name = document.get<std::string>(key); name != nullptr && *name == wanted)
      return document.get<pickle::Dict>(value);
  return nullptr;
}

/// The state dict in what was saved, which may be a training checkpoint around it.
const pickle::Dict &state_dict_of(const pickle::Document &document, const pickle::Dict &saved) {
  for (const char *key : {"state_dict", "model_state_dict", "model"})
    if (const pickle::Dict *inner = find_dict(document, saved, key)) return *inner;
  return saved;
}

void check_byte_order(ZipArchive &archive, const std::string &folder) {
  const std::string name = folder + "byteorder";
  if (!archive.has(name)) return;
  const ZipEntry entry = archive.read(name);
  if (std::string_view(reinterpret_cast<const char *>(entry.bytes.get()),
                       static_cast<std::size_t>(entry.size)) != "little")
    throw Error(ErrorKind::kFormat,
                "it was written by a big-endian machine; save it again on a common one");
}

}  // namespace

TorchArchive read_torch_archive(const RegularFile &file) {
  const auto archive = std::make_shared<ZipArchive>(file);
  const std::string folder = find_folder(*archive);
  check_byte_order(*archive, folder);
  const ZipEntry entry = archive->read(folder + "data.pkl");
  const pickle::Document document =
      pickle::read_torch({entry.bytes.get(), static_cast<std::size_t>(entry.size)});

  Collector collector(document, std::make_shared<Storages>(archive, folder));
  TorchArchive result;
  if (const auto *object = document.get<pickle::Object>(document.root)) {
    result.torch_script = true;
    collector.collect_module(*object, "", 0);
  } else if (const auto *dict = document.get<pickle::Dict>(document.root)) {
    collector.collect_dict(state_dict_of(document, *dict));
  }
  result.activations = collector.activations();
  result.tensors = collector.take();
  if (result.tensors.empty())
    throw Error(ErrorKind::kFormat, "it holds no tensors; save the model's state_dict()");
  return result;
}

}  // namespace naclip
