#include "process_exit.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace naclip {

namespace {

constexpr std::chrono::milliseconds kLook{1};
constexpr int kMostLooks = 1000;
// Handlers of exit() run in the reverse order of their registration, and so do the destructors of static objects, which
// libraries make at their first use. Registering again while things happen for the first time has ours run before them.
constexpr int kRegistrations = 64;

// Nothing here is ever destroyed.
std::atomic<bool> exits{false};
std::atomic<int> sections{0};
std::atomic<int> registrations{0};
thread_local int own_sections = 0;

void wait_for_sections(int status, void *registered_by) {
  // A forked child has none of the threads that were in a section.
  if (reinterpret_cast<std::intptr_t>(registered_by) != getpid()) return;
  exits = true;
  for (int look = 0; sections > own_sections; ++look) {
    if (look == kMostLooks) {
      std::fflush(nullptr);
      _exit(status);
    }
    std::this_thread::sleep_for(kLook);
  }
}

void register_handler() {
  if (registrations >= kRegistrations) return;
  ++registrations;
  on_exit(wait_for_sections, reinterpret_cast<void *>(static_cast<std::intptr_t>(getpid())));
}

void leave() {
  --own_sections;
  --sections;
}

}  // namespace

bool process_exits() noexcept {
  return exits;
}

ExitSection::ExitSection() {
  register_handler();
  ++own_sections;
  ++sections;
  // Looked at after it was counted: either the handler sees this section, or this sees that there is an exit.
  if (!exits) return;
  leave();
  throw Interrupted();
}

ExitSection::~ExitSection() {
  register_handler();
  leave();
}

void ExitSection::throw_if_exiting() {
  register_handler();
  if (exits) throw Interrupted();
}

}  // namespace naclip
