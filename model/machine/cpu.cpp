#include "model/machine/cpu.h"

#include <glib.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace naclip {

namespace {

/// The file's text, empty where there is none.
std::string text_of(const std::string &path) {
  g_autofree gchar *text = nullptr;
  return g_file_get_contents(path.c_str(), &text, nullptr, nullptr) ? text : std::string();
}

/// Cores of the affinity mask; 0 where it cannot be read.
int cores_of_affinity() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string name = std::to_string(cpu);
    const std::string siblings =
        text_of("/sys/devices/system/cpu/cpu" + name + "/topology/thread_siblings_list");
    cores.insert(siblings.empty() ? name : siblings);
  }
  return static_cast<int>(cores.size());
}

/// Processors' worth of time that the control group grants: "200000 100000" are two.
double quota() {
  const std::string text = text_of("/sys/fs/cgroup/cpu.max");
  char *end = nullptr;
  const double time = g_ascii_strtod(text.c_str(), &end);
  const double period = g_ascii_strtod(end, nullptr);
  return time > 0 && period > 0 ? time / period : std::numeric_limits<double>::infinity();
}

}  // namespace

int available_cores() {
  const int cores = cores_of_affinity();
  const double granted = std::max(1.0, std::ceil(quota()));
  const int count = cores > 0 ? cores : static_cast<int>(g_get_num_processors());
  return std::isfinite(granted) ? std::min(count, static_cast<int>(granted)) : count;
}

bool has_int8_products() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool avx = __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1U << 4)) != 0;
  return __builtin_cpu_supports("avx512vnni") || (avx && __builtin_cpu_supports("avx2"));
#else
  return false;
#endif
}

bool has_fast_bfloat16() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool amx = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & (1U << 22)) != 0;
  const bool avx512 = __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1U << 5)) != 0;
  // AVX512_BF16 doubles the products of a cycle on AMD's processors, but not on Intel's.
  const bool quicker = amx || (avx512 && !__builtin_cpu_is("intel"));
  // The loader's own check includes that the system saves the wide registers.
  return __builtin_cpu_supports("avx512f") && quicker;
#else
  return false;
#endif
}

}  // namespace naclip
