// Times the engine's stages, as tests/bench/baseline.py times the reference's.
//
//     engine-benchmark FOLDER
//
// FOLDER is what make_inputs.py made. First the golden tensors are compared, and the fused forms
// with plain tensor operations; where one is not right nothing is timed and the program ends with
// status 1. Then it answers each line of its input, `STAGE name=value...`, with a line of JSON:
// {"stage": ..., "seconds": [...], "processor": [...]}, the latter the processors' seconds, and
// where the machine counts them "instructions" and "cycles". `repeats` are timed after one that is
// not where `warm` is 1; `out` names a file for the last outcome's bytes. The stage `streams` runs
// `streams` threads of `repeats` frames each on one segmenter; `products kind=float32` and
// `bandwidth kilobytes=N threads=N` answer with what the machine can do (roofs.h), as "rate".
// Threads: OMP_NUM_THREADS.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <malloc.h>
#include <torch/version.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "counters.h"
#include "engine_checks.h"
#include "engine_stages.h"
#include "model/machine/cpu.h"
#include "model/network/matmul.h"
#include "model/process/openblas_core.h"
#include "roofs.h"

namespace naclip::bench {
namespace {

#ifdef __clang__
constexpr const char *kCompiler = "clang " __clang_version__;
#else
constexpr const char *kCompiler = "g++ " __VERSION__;
#endif

double now() {
  const std::chrono::duration<double> time = std::chrono::steady_clock::now().time_since_epoch();
  return time.count();
}

/// Memory of this process, megabytes.
struct Memory {
  double own = 0;       ///< what it allocated
  double resident = 0;  ///< that, and the parts of mapped files that are in memory
};

Memory memory_now() {
  malloc_trim(0);
  std::ifstream status("/proc/self/status");
  Memory memory;
  std::string name, rest;
  while (status >> name) {
    double kilobytes = 0;
    if (name == "RssAnon:" && status >> kilobytes) memory.own = kilobytes * 1024 / 1e6;
    if (name == "VmRSS:" && status >> kilobytes) memory.resident = kilobytes * 1024 / 1e6;
    std::getline(status, rest);
  }
  return memory;
}

/// One line of JSON, member by member; names and texts hold nothing that JSON escapes.
class Line {
 public:
  explicit Line(const std::string &stage) { text_ << "{\"stage\": \"" << stage << "\""; }
  Line &put(const char *name, const std::string &text) {
    text_ << ", \"" << name << "\": \"" << text << "\"";
    return *this;
  }
  Line &put(const char *name, double number) {
    text_ << ", \"" << name << "\": " << number;
    return *this;
  }
  Line &put(const char *name, const std::vector<double> &numbers) {
    text_ << ", \"" << name << "\": [";
    for (std::size_t i = 0; i < numbers.size(); ++i) text_ << (i > 0 ? ", " : "") << numbers[i];
    text_ << "]";
    return *this;
  }
  void print() const { std::cout << text_.str() << "}" << std::endl; }

 private:
  std::ostringstream text_;
};

void write(const std::string &path, const at::Tensor &tensor) {
  const at::Tensor whole = tensor.contiguous();
  std::ofstream stream(path, std::ios::binary);
  stream.write(static_cast<const char *>(whole.data_ptr()),
               static_cast<std::streamsize>(whole.nbytes()));
  if (!stream.flush()) throw std::runtime_error("cannot write " + path);
}

void answer_stage(Stages &stages, const Counters &counters, const std::string &name,
                  Arguments &arguments) {
  const int repeats = arguments.number("repeats", 1), warm = arguments.number("warm", 0);
  const std::string out = arguments.text("out", "");
  const Memory before = memory_now();
  const Stage stage = stages.make(name, arguments);
  arguments.finish();
  std::vector<double> seconds, processor, instructions, cycles;
  at::Tensor outcome;
  for (int turn = -warm; turn < repeats; ++turn) {
    outcome = at::Tensor();
    if (stage.before) stage.before();
    const Counters::Work done = counters.now();
    const double begin = now();
    outcome = stage.work();
    const double end = now();
    const Counters::Work sum = counters.now();
    if (turn < 0) continue;
    seconds.push_back(end - begin);
    processor.push_back(sum.seconds - done.seconds);
    instructions.push_back(sum.instructions - done.instructions);
    cycles.push_back(sum.cycles - done.cycles);
  }
  if (!out.empty()) write(out, outcome);
  const Memory after = memory_now();
  Line line(name);
  line.put("seconds", seconds).put("processor", processor);
  if (counters.counts()) line.put("instructions", instructions).put("cycles", cycles);
  if (stage.tokens > 0) line.put("tokens", static_cast<double>(stage.tokens));
  line.put("megabytes", after.own - before.own)
      .put("resident", after.resident - before.resident)
      .print();
}

/// Frames a second of all streams together.
void answer_streams(Stages &stages, Arguments &arguments) {
  const int count = arguments.number("streams", 1), repeats = arguments.number("repeats", 1);
  const Stages::Frames frames = stages.frames(arguments);
  arguments.finish();
  frames.segment();
  std::mutex mutex;
  std::vector<double> seconds;
  std::exception_ptr failure;
  const double begin = now();
  std::vector<std::thread> threads;
  for (int stream = 0; stream < count; ++stream)
    threads.emplace_back([&] {
      try {
        for (int turn = 0; turn < repeats; ++turn) {
          const double start = now();
          frames.segment();
          const std::lock_guard lock(mutex);
          seconds.push_back(now() - start);
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    });
  for (std::thread &thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  Line("streams").put("seconds", seconds).put("rate", count * repeats / (now() - begin)).print();
}

void answer_limit(const std::string &name, Arguments &arguments) {
  double rate = 0.0;
  if (name == "products") {
    rate = products_a_second(arguments.text("kind", "float32"));
  } else {
    const int kilobytes = arguments.number("kilobytes", 1 << 17);
    rate = bytes_a_second(static_cast<std::size_t>(kilobytes) * 1000,
                          arguments.number("threads", at::get_num_threads()));
  }
  arguments.finish();
  Line(name).put("rate", rate).print();
}

void answer(Stages &stages, const Counters &counters, const std::string &line) {
  std::istringstream stream(line);
  std::string name, word;
  std::vector<std::string> words;
  stream >> name;
  while (stream >> word) words.push_back(word);
  Arguments arguments(words);
  if (name == "streams")
    answer_streams(stages, arguments);
  else if (name == "products" || name == "bandwidth")
    answer_limit(name, arguments);
  else
    answer_stage(stages, counters, name, arguments);
}

int run(const std::string &folder, const Counters &counters) {
  const at::NoGradGuard no_grad;
  std::cerr << "checking the engine's answers" << std::endl;
  if (const std::string wrong = first_wrong_answer(); !wrong.empty()) {
    std::cerr << "the engine answers wrongly, nothing is timed: " << wrong << std::endl;
    return EXIT_FAILURE;
  }
  Stages stages(folder);
  Line("ready")
      .put("torch", TORCH_VERSION)
      .put("compiler", kCompiler)
      .put("threads", at::get_num_threads())
      .put("openblas", std::getenv("OPENBLAS_CORETYPE") ? std::getenv("OPENBLAS_CORETYPE") : "")
      .put("int8", Matmul::available() && has_int8_products() ? 1 : 0)
      .print();
  std::string line;
  while (std::getline(std::cin, line)) answer(stages, counters, line);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace naclip::bench

int main(int argc, char **argv) {
  naclip::restart_for_openblas(argv);
  if (argc != 2) {
    std::cerr << "usage: engine-benchmark FOLDER" << std::endl;
    return 2;
  }
  const naclip::bench::Counters counters;
  try {
    return naclip::bench::run(argv[1], counters);
  } catch (const std::exception &error) {
    std::cerr << "engine-benchmark: " << error.what() << std::endl;
    return EXIT_FAILURE;
  }
}
