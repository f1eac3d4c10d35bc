// Checkpoints for tests: copies of the golden files with something changed. Free of libtorch, so
// that tests of elements can use it; needs JSON-GLib and GLib.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/golden_folder.h"

namespace naclip::test {

/// One tensor of a safetensors file.
struct FileTensor {
  std::string dtype;  ///< as in the format, e.g. "F16"
  std::vector<std::int64_t> shape;
  std::string bytes;
};
using FileTensors = std::map<std::string, FileTensor>;

/// The path of a golden file; the folder is NACLIP_GOLDEN_DIR where that is set.
inline std::string golden_file(const std::string &name) {
  return test::golden_folder() + "/" + name;
}

inline std::string read_bytes(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder that is deleted with its content when the program ends.
inline const std::string &temporary_folder() {
  struct Folder {
    std::string path;
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "naclip-test-XXXXXX").string();
      if (g_mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
      path = name;
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

/// Writes a file into the temporary folder, over one of the same name, and returns its path.
inline std::string write_file(const std::string &name, const std::string &bytes) {
  const std::string path = temporary_folder() + "/" + name;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

/// A folder of that name in the temporary folder with these files in it alone, by their names; returns
/// its path.
inline std::string write_folder(const std::string &name,
                                const std::map<std::string, std::string> &contents) {
  const std::string folder = temporary_folder() + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const auto &[file, bytes] : contents) write_file(name + "/" + file, bytes);
  return folder;
}

/// The path of a copy of a golden checkpoint in a folder of its own, with these files beside it, by their names.
inline std::string golden_beside(const std::string &folder,
                                 std::map<std::string, std::string> files,
                                 const std::string &golden = "tiny-openai.safetensors") {
  files.emplace("model.safetensors", read_bytes(golden_file(golden)));
  return write_folder(folder, files) + "/model.safetensors";
}

/// The header's length as the format wants it, before the header.
inline std::string with_length(const std::string &header) {
  std::string bytes;
  for (int i = 0; i < 8; i++)
    bytes += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i));
  return bytes + header;
}

/// The tensors of a safetensors file that is known to be sound.
inline FileTensors read_tensors(const std::string &path) {
  const std::string file = read_bytes(path);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i > 0; i--)
    length = length << 8 | static_cast<unsigned char>(file[i - 1]);
  const std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser(json_parser_new(),
                                                                      g_object_unref);
  if (!json_parser_load_from_data(parser.get(), file.data() + 8, static_cast<gssize>(length),
                                  nullptr))
    throw std::runtime_error("no header in " + path);
  FileTensors tensors;
  JsonObject *header = json_node_get_object(json_parser_get_root(parser.get()));
  JsonObjectIter iterator;
  const char *name = nullptr;
  JsonNode *node = nullptr;
  json_object_iter_init(&iterator, header);
  while (json_object_iter_next(&iterator, &name, &node)) {
    if (std::string(name) == "__metadata__") continue;
    JsonObject *object = json_node_get_object(node);
    FileTensor tensor{json_object_get_string_member(object, "dtype"), {}, {}};
    JsonArray *shape = json_object_get_array_member(object, "shape");
    for (guint i = 0; i < json_array_get_length(shape); i++)
      tensor.shape.push_back(json_array_get_int_element(shape, i));
    JsonArray *offsets = json_object_get_array_member(object, "data_offsets");
    const auto begin = static_cast<std::size_t>(json_array_get_int_element(offsets, 0));
    const auto end = static_cast<std::size_t>(json_array_get_int_element(offsets, 1));
    tensor.bytes = file.substr(8 + length + begin, end - begin);
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

/// A safetensors file of these tensors. `padding` spaces end the header and so move the data;
/// `metadata`: JSON.
inline std::string safetensors_bytes(const FileTensors &tensors, std::size_t padding = 0,
                                     const std::string &metadata = "{\"format\":\"pt\"}") {
  std::string header = "{\"__metadata__\":" + metadata;
  std::string data;
  for (const auto &[name, tensor] : tensors) {
    std::string shape;
    for (const std::int64_t size : tensor.shape)
      shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += ",\"" + name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[" + shape +
              "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + tensor.bytes.size()) + "]}";
    data += tensor.bytes;
  }
  return with_length(header + "}" + std::string(padding, ' ')) + data;
}

/// Writes a copy of a golden safetensors file after `edit` has changed its tensors; returns the
/// path. The next call writes over it.
///
///     write_checkpoint_with([](FileTensors &tensors) { tensors.erase("visual.proj"); })
inline std::string write_checkpoint_with(const std::function<void(FileTensors &)> &edit,
                                         const std::string &golden = "tiny-openai.safetensors") {
  FileTensors tensors = read_tensors(golden_file(golden));
  edit(tensors);
  return write_file("edited.safetensors", safetensors_bytes(tensors));
}

/// Another shape for a tensor, filled with zeros. For 16-bit dtypes, as the golden files have.
inline void reshape(FileTensor &tensor, std::vector<std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  tensor.shape = std::move(shape);
  tensor.bytes.assign(2 * count, '\0');
}

/// Makes an element of a float16 tensor NaN.
inline void put_nan(FileTensor &tensor, std::size_t index = 0) {
  tensor.bytes[2 * index] = '\x01';
  tensor.bytes[2 * index + 1] = '\x7e';
}

}  // namespace naclip::test
