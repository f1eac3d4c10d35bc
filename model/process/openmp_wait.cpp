// GNU OpenMP reads its environment once, when it is loaded, and there is no other way to tell it
// how threads wait; so this is in a library that the loader starts before all others that it loads
// with it.
//
// Its threads wait for the next parallel loop by spinning, 3 ms by default. Beside another busy
// process that is time taken from the thread that is waited for; see docs/benchmarks.md for what it
// costs. The loops of a network follow one another within microseconds, so a short spin does as
// well where the machine is idle.
#include <cstdlib>

namespace {

constexpr const char *kSpins = "10000";  // some 0.1 ms

__attribute__((constructor)) void shorten_openmp_wait() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", kSpins, 0);
}

}  // namespace
