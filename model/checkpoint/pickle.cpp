#include "model/checkpoint/pickle.h"

#include <glib.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "model/checkpoint/pickle_opcodes.h"
#include "model/error.h"

namespace naclip::pickle {
namespace {

/// The virtual machine: a stack of values, the marks on it, and the memo.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const Meanings &meanings)
      : bytes_(bytes), meanings_(meanings) {}

  Document run();

 private:
  void run_to_stop();

  std::span<const std::uint8_t> take(std::size_t count);
  std::uint64_t number(std::size_t width);
  std::string line();
  std::string text(std::size_t length);

  void push(Ref ref) { stack_.push_back(ref); }
  void push_new(Value value) { push(document_.add(std::move(value))); }
  Ref pop();
  Ref top();
  std::vector<Ref> pop_many(std::size_t count);
  std::vector<Ref> pop_to_mark();

  bool read_literal(std::uint8_t opcode);
  bool read_container(std::uint8_t opcode);
  bool read_memo(std::uint8_t opcode);
  bool read_name(std::uint8_t opcode);

  std::int64_t read_long();
  void remember(std::uint64_t key);
  void recall(std::uint64_t key);
  void set_items(const std::vector<Ref> &items);
  void mention(const std::string &module, const std::string &name);

  std::span<const std::uint8_t> bytes_;
  const Meanings &meanings_;
  std::size_t position_ = 0;
  Document document_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint64_t, Ref> memo_;
};

std::span<const std::uint8_t> Reader::take(std::size_t count) {
  if (count > bytes_.size() - position_) throw Damage("the pickle ends too early");
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
  if (end == rest.end()) throw Damage("a name does not end");
  const std::string result(rest.begin(), end);
  position_ += result.size() + 1;
  return result;
}

std::string Reader::text(std::size_t length) {
  const auto characters = take(length);
  std::string result(characters.begin(), characters.end());
  if (!g_utf8_validate(result.data(), static_cast<gssize>(result.size()), nullptr))
    throw Damage("a text is not UTF-8");
  return result;
}

Ref Reader::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) throw Damage("the stack is empty");
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
  if (marks_.empty()) throw Damage("no mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Ref> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

std::int64_t Reader::read_long() {
  const std::size_t width = number(1);
  if (width > 8) throw Damage("an integer of more than 64 bits");
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
  Dict &dict = document_.as<Dict>(top(), "dictionary");
  if (items.size() % 2 != 0) throw Damage("a key without a value");
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
      List &list = document_.as<List>(top(), "list");
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
  if (found == memo_.end()) throw Damage("nothing in the memo under that number");
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
  if (full.size() > kMaxName || !meanings_.knows(full))
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
      mention(document_.as<std::string>(parts[0], "module"),
              document_.as<std::string>(parts[1], "name"));
      return true;
    }
    case kReduce: {
      const auto parts = pop_many(2);
      // The name is a copy, since values move as the document grows. A tuple's items stay where they
      // are, and may be many: a file could have them copied a million times.
      const std::string name = document_.as<Global>(parts[0], "name to call").name;
      const std::span<const Ref> arguments = document_.as<Tuple>(parts[1], "arguments").items;
      push(meanings_.call(document_, name, arguments));
      return true;
    }
    case kNewObject: {
      const auto parts = pop_many(2);
      const std::string name = document_.as<Global>(parts[0], "class").name;
      push(meanings_.create(document_, name, parts[0]));
      return true;
    }
    case kBuild: {
      const Ref state = pop();
      // An OrderedDict gets its `_metadata` so, which is of no use here.
      if (std::holds_alternative<Dict>(document_.values[top()])) return true;
      document_.as<Object>(top(), "object").state = state;
      return true;
    }
    case kPersistentId:
      push(meanings_.look_up(document_, pop()));
      return true;
    default:
      return false;
  }
}

void Reader::run_to_stop() {
  for (;;) {
    const std::uint8_t opcode = static_cast<std::uint8_t>(number(1));
    if (opcode == kStop) return;
    if (opcode == kProtocol) {
      if (number(1) > 5) throw Damage("an unknown protocol");
    } else if (opcode == kFrame) {
      number(8);
    } else if (!read_literal(opcode) && !read_container(opcode) && !read_memo(opcode) &&
               !read_name(opcode)) {
      throw Damage("opcode " + std::to_string(opcode) + " that PyTorch does not write");
    }
  }
}

Document Reader::run() {
  if (bytes_.size() > kMaxBytes)
    throw Error(ErrorKind::kFormat,
                "its pickle is too large for weights alone; save only the state dict");
  try {
    run_to_stop();
    document_.root = pop();
    if (!stack_.empty() || !marks_.empty()) throw Damage("values left over");
  } catch (const Damage &damage) {
    throw Error(ErrorKind::kFormat, "its pickle is damaged; fetch the file again",
                std::string(damage.what()) + " at byte " + std::to_string(position_));
  }
  return std::move(document_);
}

}  // namespace

Document read(std::span<const std::uint8_t> bytes, const Meanings &meanings) {
  return Reader(bytes, meanings).run();
}

}  // namespace naclip::pickle
