#include "model/checkpoint/shards.h"

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "model/checkpoint/json_text.h"
#include "model/error.h"

namespace naclip {
namespace {

constexpr std::uint64_t kMaxIndex = 10u << 20;  // bytes; ViT-bigG's has some 100 kB
constexpr int kMaxNesting = 8;
constexpr std::size_t kMaxShards = 256;  // each stays open

/// The names of the tensors in each file.
using ShardNames = std::map<std::string, std::vector<std::string>>;

[[noreturn]] void refuse_index(const std::string &what) {
  throw Error(ErrorKind::kFormat, what);
}

JsonText parse(const RegularFile &index) {
  if (index.size() > kMaxIndex) refuse_index("it is too large for an index of shards");
  const auto bytes = index.read(0, index.size());
  try {
    return {{reinterpret_cast<const char *>(bytes.get()), index.size()}, kMaxNesting};
  } catch (const JsonDamage &damage) {
    throw Error(ErrorKind::kFormat, "it is no whole JSON text; fetch the index of the shards again",
                damage.what());
  }
}

/// A shard lies beside its index: nobody's model reaches into other folders.
void check_name(const std::string &shard) {
  if (shard.empty() || shard == "." || shard == ".." || shard.find('/') != std::string::npos)
    refuse_index("its index names the shard " + printable(shard) +
                 ", which is not a file in the index's own folder; that is refused");
}

ShardNames shard_names(JsonObject *root) {
  JsonObject *map = object_member(root, "weight_map");
  if (map == nullptr)
    refuse_index(
        "it is JSON text, but no index of shards (it has no weight_map); name the checkpoint "
        "itself");
  ShardNames shards;
  JsonObjectIter iterator;
  const char *name = nullptr;
  json_object_iter_init(&iterator, map);
  while (json_object_iter_next(&iterator, &name, nullptr)) {
    const auto shard = text_member(map, name);
    if (!shard) refuse_index("its index names no file for tensor " + printable(name));
    check_name(*shard);
    shards[*shard].emplace_back(name);
    if (shards.size() > kMaxShards) refuse_index("its index names too many files");
  }
  if (shards.empty()) refuse_index("its index names no tensors; fetch it again");
  return shards;
}

/// An error of a shard's reader, with the shard's name in front.
Error in_shard(const std::string &shard, const Error &error) {
  return {error.kind(), "its shard " + printable(shard) + ": " + error.what(), error.detail()};
}

std::shared_ptr<const RegularFile> open_shard(const std::filesystem::path &path,
                                              const std::string &shard, std::size_t count) {
  try {
    return RegularFile::open(path.string());
  } catch (const Error &error) {
    if (error.kind() != ErrorKind::kNotFound) throw in_shard(shard, error);
    throw Error(ErrorKind::kNotFound,
                "its shard " + printable(shard) + " is missing; put all " + std::to_string(count) +
                    " files that the index names beside it",
                error.detail());
  }
}

/// The tensor, whose bytes are read on demand, with the shard named in what that may throw.
RawTensor of_shard(const std::string &shard, RawTensor tensor) {
  tensor.storage = [shard, read = std::move(tensor.storage)] {
    try {
      return read();
    } catch (const Error &error) {
      throw in_shard(shard, error);
    }
  };
  return tensor;
}

}  // namespace

bool looks_like_index(const std::string &beginning) {
  const auto first = beginning.find_first_not_of(" \t\r\n");
  return first != std::string::npos && beginning[first] == '{';
}

Shards read_shards(const std::string &path, const RegularFile &index) {
  const ShardNames names = shard_names(parse(index).root());
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  Shards shards;
  for (const auto &[shard, tensors] : names) {
    const auto file = open_shard(folder / shard, shard, names.size());
    TensorFile part;
    try {
      part = read_tensor_file(file);
    } catch (const Error &error) {
      throw in_shard(shard, error);
    }
    for (const std::string &name : tensors) {
      const auto found = part.tensors.find(name);
      if (found == part.tensors.end())
        throw Error(ErrorKind::kModel, "its shard " + printable(shard) + " lacks tensor " +
                                           printable(name) +
                                           ", which the index says it holds; fetch both again");
      shards.all.tensors.emplace(name, of_shard(shard, std::move(found->second)));
    }
    shards.all.activations.merge(part.activations);
    if (shards.count++ == 0) shards.all.format = part.format;
    shards.bytes += file->size();
  }
  return shards;
}

}  // namespace naclip
