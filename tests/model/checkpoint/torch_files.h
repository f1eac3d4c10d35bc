// Pickles and PyTorch's archives for tests, sound and hostile ones. Needs libzip.
#pragma once

#include <zip.h>

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "checkpoint_files.h"

namespace naclip::test {

/// Writes pickles, opcode by opcode; what is written need not make sense.
class PickleWriter {
 public:
  PickleWriter &raw(const std::string &opcodes) {
    bytes_ += opcodes;
    return *this;
  }
  PickleWriter &text(const std::string &text) {
    bytes_ += 'X' + little_endian(text.size(), 4) + text;
    return *this;
  }
  PickleWriter &integer(std::int64_t value) {
    bytes_ += std::string("\x8a\x08") + little_endian(static_cast<std::uint64_t>(value), 8);
    return *this;
  }
  PickleWriter &global(const std::string &module, const std::string &name) {
    bytes_ += 'c' + module + '\n' + name + '\n';
    return *this;
  }
  PickleWriter &tuple(const std::vector<std::int64_t> &values) {
    bytes_ += '(';
    for (const std::int64_t value : values) integer(value);
    bytes_ += 't';
    return *this;
  }
  PickleWriter &storage(const std::string &type, const std::string &key, std::int64_t count) {
    raw("(").text("storage").global("torch", type).text(key).text("cpu").integer(count);
    return raw("tQ");
  }
  PickleWriter &tensor(const std::string &type, const std::string &key, std::int64_t count,
                       std::int64_t offset, const std::vector<std::int64_t> &shape,
                       const std::vector<std::int64_t> &strides) {
    global("torch._utils", "_rebuild_tensor_v2").raw("(").storage(type, key, count).integer(offset);
    return tuple(shape).tuple(strides).raw("\x89").global("collections", "OrderedDict").raw(")RtR");
  }
  /// The finished pickle.
  std::string end() const { return bytes_ + '.'; }

 private:
  static std::string little_endian(std::uint64_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; i++) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
  }

  std::string bytes_ = "\x80\x02";
};

/// os.system(command), as pickle.dumps() of an object whose __reduce__ asks for it.
inline std::string hostile_pickle(const std::string &module, const std::string &name,
                                  const std::string &command) {
  return PickleWriter().global(module, name).raw("(").text(command).raw("tR").end();
}

/// A zip archive with stored entries, or compressed ones.
inline std::string zip_bytes(const std::map<std::string, std::string> &entries,
                             bool stored = true) {
  const std::string path = temporary_folder() + "/archive.zip";
  zip_t *archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto &[name, bytes] : entries) {
    zip_source_t *source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("cannot write " + path);
  return read_bytes(path);
}

/// The archive that torch.save would write of this pickle.
inline std::string torch_bytes(const std::string &pickle,
                               const std::map<std::string, std::string> &storages = {},
                               bool stored = true) {
  std::map<std::string, std::string> entries{{"archive/data.pkl", pickle},
                                             {"archive/version", "3\n"}};
  for (const auto &[key, bytes] : storages) entries.emplace("archive/data/" + key, bytes);
  return zip_bytes(entries, stored);
}

/// Changes a storage on its way into the archive; is given its key and bytes.
using StorageEdit = std::function<std::string(const std::string &, const std::string &)>;

/// torch.save() of float16 tensors as a state dict, with `prefix` before every name; inside a
/// training checkpoint under the key `nested`, unless that is empty.
inline std::string state_dict_bytes(const FileTensors &tensors, const std::string &prefix = "",
                                    const std::string &nested = "", const StorageEdit &edit = {}) {
  PickleWriter writer;
  std::map<std::string, std::string> storages;
  if (!nested.empty()) writer.raw("}(").text("epoch").integer(32).text(nested);
  writer.global("collections", "OrderedDict").raw(")R(");
  for (const auto &[name, tensor] : tensors) {
    const std::string key = std::to_string(storages.size());
    const auto count = static_cast<std::int64_t>(tensor.bytes.size() / 2);
    std::vector<std::int64_t> strides(tensor.shape.size(), 1);
    for (std::size_t i = strides.size(); i > 1; i--)
      strides[i - 2] = strides[i - 1] * tensor.shape[i - 1];
    writer.text(prefix + name).tensor("HalfStorage", key, count, 0, tensor.shape, strides);
    storages.emplace(key, edit ? edit(key, tensor.bytes) : tensor.bytes);
  }
  writer.raw("u");
  // A state dict's versions, which PyTorch keeps as an attribute.
  writer.raw("}").text("_metadata").global("collections", "OrderedDict").raw(")Rsb");
  if (!nested.empty()) writer.raw("u");
  return torch_bytes(writer.end(), storages);
}

}  // namespace naclip::test
