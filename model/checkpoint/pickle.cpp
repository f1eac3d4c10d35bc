#include "model/checkpoint/pickle.h"

#include <glib.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <unordered_map>

#include "model/checkpoint/pickle_names.h"
#include "model/checkpoint/pickle_opcodes.h"
#include "model/error.h"

namespace naclip::pickle {
namespace {

constexpr std::size_t kMaxName = 255;  // bytes of a Python name or a storage's key

/// The virtual machine: a stack of values, the marks on it, and the memo.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  Document run();

 private:
  [[noreturn]] void damaged(const std::string &cause) const {
    throw Error(ErrorKind::kFormat, "its pickle is damaged; fetch the file again",
                cause + " at byte " + std::to_string(position_));
  }

  std::span<const std::uint8_t> take(std::size_t count);
  std::uint64_t number(std::size_t width);
  std::string line();
  std::string text(std::size_t length);

  Ref add(Value value);
  void push(Ref ref) { stack_.push_back(ref); }
  void push_new(Value value) { push(add(std::move(value))); }
  Ref pop();
  Ref top();
  std::vector<Ref> pop_many(std::size_t count);
  std::vector<Ref> pop_to_mark();
  template <typename T>
  T &as(Ref ref, const char *what);

  bool read_literal(std::uint8_t opcode);
  bool read_container(std::uint8_t opcode);
  bool read_memo(std::uint8_t opcode);
  bool read_name(std::uint8_t opcode);

  std::int64_t read_long();
  void remember(std::uint64_t key);
  void recall(std::uint64_t key);
  void set_items(const std::vector<Ref> &items);
  void mention(const std::string &module, const std::string &name);
  Ref call(const std::string &name, const std::vector<Ref> &arguments);
  Ref rebuild_tensor(const std::vector<Ref> &arguments);
  Ref open_storage(Ref identifier);
  std::vector<std::int64_t> integers(Ref ref);

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  Document document_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint64_t, Ref> memo_;
};

std::span<const std::uint8_t> Reader::take(std::size_t count) {
  if (count > bytes_.size() - position_) damaged("the pickle ends too early");
  const auto taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

/// A little-endian integer.
std::uint64_t Reader::number(std::size_t width) {
  std::uint64_t value = 0;
  const auto digits = take(width);
  for (std::size_t i = 0; i < width; i++) value |= std::uint64_t{digits[i]} << (8 * i);
  return value;
}

std::string Reader::line() {
  const auto rest = bytes_.subspan(position_, std::min(kMaxName + 1, bytes_.size() - position_));
  const auto end = std::find(rest.begin(), rest.end(), '\n');
  if (end == rest.end()) damaged("a name does not end");
  const std::string result(rest.begin(), end);
  position_ += result.size() + 1;
  return result;
}

std::string Reader::text(std::size_t length) {
  const auto characters = take(length);
  std::string result(characters.begin(), characters.end());
  if (!g_utf8_validate(result.data(), static_cast<gssize>(result.size()), nullptr))
    damaged("a text is not UTF-8");
  return result;
}

Ref Reader::add(Value value) {
  if (document_.values.size() >= kMaxValues) damaged("too many values");
  document_.values.push_back(std::move(value));
  return static_cast<Ref>(document_.values.size() - 1);
}

Ref Reader::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) damaged("the stack is empty");
  return stack_.back();
}

Ref Reader::pop() {
  const Ref ref = top();
  stack_.pop_back();
  return ref;
}

std::vector<Ref> Reader::pop_many(std::size_t count) {
  std::vector<Ref> items(count);
  for (std::size_t i = count; i > 0; i--) items[i - 1] = pop();
  return items;
}

std::vector<Ref> Reader::pop_to_mark() {
  if (marks_.empty()) damaged("no mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Ref> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

template <typename T>
T &Reader::as(Ref ref, const char *what) {
  T *value = std::get_if<T>(&document_.values[ref]);
  if (value == nullptr) damaged(std::string("no ") + what);
  return *value;
}

std::int64_t Reader::read_long() {
  const std::size_t width = number(1);
  if (width > 8) damaged("an integer of more than 64 bits");
  if (width == 0) return 0;
  const unsigned unused = static_cast<unsigned>(64 - 8 * width);
  // Shifted up and down again, so that the sign reaches all the bits above.
  return std::bit_cast<std::int64_t>(number(width) << unused) >> unused;
}

bool Reader::read_literal(std::uint8_t opcode) {
  switch (opcode) {
    case kNone:
      push_new(None{});
      return true;
    case kNewTrue:
    case kNewFalse:
      push_new(opcode == kNewTrue);
      return true;
    case kBinInt:
      push_new(std::int64_t{static_cast<std::int32_t>(number(4))});
      return true;
    case kBinInt1:
      push_new(static_cast<std::int64_t>(number(1)));
      return true;
    case kBinInt2:
      push_new(static_cast<std::int64_t>(number(2)));
      return true;
    case kLong1:
      push_new(read_long());
      return true;
    case kBinFloat:  // big-endian, unlike the rest
      push_new(std::bit_cast<double>(__builtin_bswap64(number(8))));
      return true;
    case kBinUnicode:
    case kShortBinUnicode:
      push_new(text(number(opcode == kBinUnicode ? 4 : 1)));
      return true;
    default:
      return false;
  }
}

void Reader::set_items(const std::vector<Ref> &items) {
  Dict &dict = as<Dict>(top(), "dictionary");
  if (items.size() % 2 != 0) damaged("a key without a value");
  for (std::size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
}

bool Reader::read_container(std::uint8_t opcode) {
  switch (opcode) {
    case kMark:
      marks_.push_back(stack_.size());
      return true;
    case kEmptyList:
      push_new(List{});
      return true;
    case kAppend:
    case kAppends: {
      const auto items = opcode == kAppend ? pop_many(1) : pop_to_mark();
      List &list = as<List>(top(), "list");
      list.items.insert(list.items.end(), items.begin(), items.end());
      return true;
    }
    case kEmptyTuple:
      push_new(Tuple{});
      return true;
    case kTuple:
      push_new(Tuple{pop_to_mark()});
      return true;
    case kTuple1:
    case kTuple2:
    case kTuple3:
      push_new(Tuple{pop_many(opcode - kTuple1 + 1u)});
      return true;
    case kEmptyDict:
      push_new(Dict{});
      return true;
    case kSetItem:
      set_items(pop_many(2));
      return true;
    case kSetItems:
      set_items(pop_to_mark());
      return true;
    default:
      return false;
  }
}

void Reader::remember(std::uint64_t key) {
  memo_.insert_or_assign(key, top());
}

void Reader::recall(std::uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) damaged("nothing in the memo under that number");
  push(found->second);
}

bool Reader::read_memo(std::uint8_t opcode) {
  switch (opcode) {
    case kBinPut:
    case kLongBinPut:
      remember(number(opcode == kBinPut ? 1 : 4));
      return true;
    case kMemoize:
      remember(memo_.size());
      return true;
    case kBinGet:
    case kLongBinGet:
      recall(number(opcode == kBinGet ? 1 : 4));
      return true;
    default:
      return false;
  }
}

void Reader::mention(const std::string &module, const std::string &name) {
  const std::string full = module + "." + name;
  if (full.size() > kMaxName || !is_known(full))
    throw Error(ErrorKind::kFormat,
                "naclip refuses to run " + printable(full) +
                    ", which the file's pickle asks for; use a file that holds only weights "
                    "(a state dict or safetensors) from a source that you trust");
  push_new(Global{full});
}

bool Reader::read_name(std::uint8_t opcode) {
  switch (opcode) {
    case kGlobal: {
      const std::string module = line();
      mention(module, line());
      return true;
    }
    case kStackGlobal: {
      const auto parts = pop_many(2);
      mention(as<std::string>(parts[0], "module"), as<std::string>(parts[1], "name"));
      return true;
    }
    case kReduce: {
      const auto parts = pop_many(2);
      push(call(as<Global>(parts[0], "name to call").name, as<Tuple>(parts[1], "arguments").items));
      return true;
    }
    case kNewObject: {
      const auto parts = pop_many(2);
      if (!is_script_class(as<Global>(parts[0], "class").name)) damaged("no class of TorchScript");
      push_new(Object{});
      return true;
    }
    case kBuild: {
      const Ref state = pop();
      // An OrderedDict gets its `_metadata` so, which is of no use here.
      if (std::holds_alternative<Dict>(document_.values[top()])) return true;
      as<Object>(top(), "object").state = state;
      return true;
    }
    case kPersistentId:
      push(open_storage(pop()));
      return true;
    default:
      return false;
  }
}

// The arguments are a view into the document: they hold until something is added to it, which comes
// last.
Ref Reader::call(const std::string &name, const std::vector<Ref> &arguments) {
  const auto known = callable(name);
  if (!known) damaged(name + " is not to be called");
  if (*known == Callable::kOrderedDict) {
    if (!arguments.empty()) damaged("an OrderedDict with arguments");
    return add(Dict{});
  }
  if (*known == Callable::kRebuildTensor) return rebuild_tensor(arguments);
  if (*known == Callable::kDevice) return add(None{});
  if (arguments.empty()) damaged(name + " without arguments");
  if (*known == Callable::kRebuildParameter) as<Tensor>(arguments[0], "tensor");
  return arguments[0];
}

std::vector<std::int64_t> Reader::integers(Ref ref) {
  const std::vector<Ref> &items = as<Tuple>(ref, "shape").items;
  if (items.size() > kMaxRank) damaged("a tensor of too many dimensions");
  std::vector<std::int64_t> result;
  for (const Ref item : items) {
    result.push_back(as<std::int64_t>(item, "integer"));
    if (result.back() < 0) damaged("a negative size");
  }
  return result;
}

Ref Reader::rebuild_tensor(const std::vector<Ref> &arguments) {
  if (arguments.size() < 4) damaged("a tensor of too few arguments");
  Tensor tensor{arguments[0], as<std::int64_t>(arguments[1], "offset"), integers(arguments[2]),
                integers(arguments[3])};
  const std::int64_t stored = as<Storage>(tensor.storage, "storage").count;
  const std::int64_t count = element_count(tensor.shape);
  if (tensor.offset < 0 || tensor.offset > stored || count < 0 || count > stored ||
      tensor.shape.size() != tensor.strides.size())
    damaged("a tensor outside its storage");
  std::int64_t last = tensor.offset;  // the furthest element
  for (std::size_t i = 0; i < tensor.shape.size() && count > 0; i++) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last))
      damaged("a tensor outside its storage");
  }
  if (count > 0 && last >= stored) damaged("a tensor outside its storage");
  return add(std::move(tensor));
}

/// A persistent id is ("storage", class, key, device, count).
Ref Reader::open_storage(Ref identifier) {
  const Tuple &parts = as<Tuple>(identifier, "persistent id");
  if (parts.items.size() != 5 || as<std::string>(parts.items[0], "storage") != "storage")
    damaged("an unknown persistent id");
  const std::string &name = as<Global>(parts.items[1], "storage class").name;
  const auto type = storage_type(name);
  if (!type) damaged(name + " is no storage");
  const std::string &key = as<std::string>(parts.items[2], "storage's key");
  const std::int64_t count = as<std::int64_t>(parts.items[4], "storage's size");
  std::int64_t bytes = 0;
  if (key.size() > kMaxName || count < 0 ||
      __builtin_mul_overflow(count, element_size(*type), &bytes))
    damaged("an impossible storage");
  return add(Storage{*type, key, count});
}

Document Reader::run() {
  if (bytes_.size() > kMaxBytes)
    throw Error(ErrorKind::kFormat,
                "its pickle is too large for weights alone; save only the state dict");
  for (;;) {
    const std::uint8_t opcode = static_cast<std::uint8_t>(number(1));
    if (opcode == kStop) break;
    if (opcode == kProtocol) {
      if (number(1) > 5) damaged("an unknown protocol");
    } else if (opcode == kFrame) {
      number(8);
    } else if (!read_literal(opcode) && !read_container(opcode) && !read_memo(opcode) &&
               !read_name(opcode)) {
      damaged("opcode " + std::to_string(opcode) + " that PyTorch does not write");
    }
  }
  document_.root = pop();
  if (!stack_.empty() || !marks_.empty()) damaged("values left over");
  return std::move(document_);
}

}  // namespace

Document read(std::span<const std::uint8_t> bytes) {
  return Reader(bytes).run();
}

}  // namespace naclip::pickle
