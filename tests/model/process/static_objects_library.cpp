// A library with two static objects, one made when it is loaded, one at its function's first call.
// Each says when it is destroyed.
#include <cstdio>

namespace {

struct Teller {
  const char *name;
  ~Teller() { std::fprintf(stderr, "%s destroyed\n", name); }
};

const Teller first{"first"};

}  // namespace

extern "C" [[gnu::visibility("default")]] void make_second() {
  static const Teller second{"second"};
  (void)second;
}
