#include "counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>

namespace naclip::bench {
namespace {

/// -1 where the machine has no such counter.
int open_counter(std::uint64_t what) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = what;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

double count_of(int descriptor) {
  std::uint64_t count = 0;
  return read(descriptor, &count, sizeof count) == sizeof count ? static_cast<double>(count) : 0.0;
}

}  // namespace

Counters::Counters()
    : instructions_(open_counter(PERF_COUNT_HW_INSTRUCTIONS)),
      cycles_(open_counter(PERF_COUNT_HW_CPU_CYCLES)) {}

Counters::~Counters() {
  for (const int descriptor : {instructions_, cycles_})
    if (descriptor >= 0) close(descriptor);
}

Counters::Work Counters::now() const {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return {static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec),
          count_of(instructions_), count_of(cycles_)};
}

}  // namespace naclip::bench
