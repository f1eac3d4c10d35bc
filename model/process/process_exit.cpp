#include "model/process/process_exit.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "model/process/static_objects.h"

namespace naclip {

namespace {

constexpr std::chrono::milliseconds kLook{1};
constexpr int kMostLooks = 1000;
// Handlers of exit() run in the reverse order of their registration, and so do the destructors of
// static objects, which libraries make at their first use. Registering again while things happen
// for the first time has ours run before them: with the first sections all, then ever more rarely.
constexpr std::uint64_t kAlwaysRegistered = 32;

// Nothing here is ever destroyed.
std::atomic<bool> exits{false};
std::atomic<int> sections{0};
std::atomic<std::uint64_t> beginnings{0};
thread_local int own_sections = 0;

void wait_for_sections(int status, void *registered_by) {
  // A forked child has none of the threads that were in a section.
  if (reinterpret_cast<std::intptr_t>(registered_by) != getpid()) return;
  exits = true;
  for (int look = 0; sections > own_sections; ++look) {
    if (look == kMostLooks) {
      // Not all files: a thread may be waiting in a read of one, and has it locked.
      std::fflush(stdout);
      std::fflush(stderr);
      _exit(status);
    }
    std::this_thread::sleep_for(kLook);
  }
}

void register_handler() {
  const std::uint64_t count = ++beginnings;
  if (count == 1) {
    keep_static_objects(Libraries::kComputing);
    // A forked child has none of the other threads' sections.
    pthread_atfork(nullptr, nullptr, [] { sections = own_sections; });
  }
  if (count > kAlwaysRegistered && !std::has_single_bit(count)) return;
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
  // Looked at after it was counted: either the handler sees this section, or this sees that there
  // is an exit.
  if (!exits) return;
  leave();
  throw Interrupted();
}

ExitSection::~ExitSection() {
  register_handler();
  leave();
}

void ExitSection::throw_if_exiting() {
  if (exits) throw Interrupted();
}

}  // namespace naclip
