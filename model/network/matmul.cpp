#include "model/network/matmul.h"

#include <map>
#include <string>

#include "model/error.h"

#ifdef NACLIP_ONEDNN
#include <omp.h>

#include <dnnl.hpp>
#endif

namespace naclip {

#ifdef NACLIP_ONEDNN

namespace {

using Layout = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

// Numbers of rows seen by one model are few, as in ClipVision.
constexpr std::size_t kRowsKept = 16;
constexpr std::int64_t kUsualRows = 256;  // that the weights' layout is chosen for

const dnnl::engine &processor() {
  static const auto &engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// oneDNN shares its work among as many threads as OpenMP names, and whatever those should have done that OpenMP then does not
/// start is never done: it may neither start fewer of its own accord (OMP_DYNAMIC) nor be limited to fewer (OMP_THREAD_LIMIT).
void keep_threads_to_what_starts() {
  omp_set_dynamic(0);
  if (omp_get_max_threads() > omp_get_thread_limit()) omp_set_num_threads(omp_get_thread_limit());
}

Type type_of(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return Type::u8;
    case at::kChar:
      return Type::s8;
    case at::kInt:
      return Type::s32;
    case at::kBFloat16:
      return Type::bf16;
    default:
      return Type::f32;
  }
}

dnnl::primitive_attr attributes_of(Matmul::Then then) {
  dnnl::post_ops operations;
  const auto activate = [&](dnnl::algorithm which, float factor) {
#if DNNL_VERSION_MAJOR >= 3
    operations.append_eltwise(which, factor, 0.0F);
#else
    operations.append_eltwise(1.0F, which, factor, 0.0F);
#endif
  };
  if (then == Matmul::Then::kQuickGelu) activate(dnnl::algorithm::eltwise_swish, 1.702F);
  if (then == Matmul::Then::kGelu) activate(dnnl::algorithm::eltwise_gelu_erf, 0.0F);
  if (then == Matmul::Then::kAdd) operations.append_sum();
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations);
  return attributes;
}

/// A product of some number of rows, as oneDNN is asked for it.
struct Description {
  std::int64_t in, out;
  Matmul::Types types;
  bool has_bias;
  Matmul::Then then;

  dnnl::memory::desc x(std::int64_t rows) const {
    return {{rows, in}, type_of(types.x), Layout::ab};
  }
  dnnl::memory::desc y(std::int64_t rows) const {
    return {{rows, out}, type_of(types.y), Layout::ab};
  }
  dnnl::memory::desc bias() const { return {{1, out}, Type::f32, Layout::ab}; }
  dnnl::memory::desc weights(Layout layout) const {
    return {{in, out}, type_of(types.weights), layout};
  }

  /// Throws dnnl::error where the processor has nothing for it.
  dnnl::matmul::primitive_desc of(std::int64_t rows, const dnnl::memory::desc &own_weights) const {
    // Those of oneDNN 3 that are taken by default would be destroyed at exit.
    const dnnl::primitive_attr attributes = attributes_of(then);
#if DNNL_VERSION_MAJOR >= 3
    if (!has_bias) return {processor(), x(rows), own_weights, y(rows), attributes};
    return {processor(), x(rows), own_weights, bias(), y(rows), attributes};
#else
    if (!has_bias) return {{x(rows), own_weights, y(rows)}, attributes, processor()};
    return {{x(rows), own_weights, bias(), y(rows)}, attributes, processor()};
#endif
  }
};

}  // namespace

/// What is made once for all copies, and for each number of rows.
struct Matmul::Products {
  Description description;
  dnnl::stream stream{processor()};
  dnnl::memory weights;
  at::Tensor bias;
  std::map<std::int64_t, dnnl::matmul> by_rows;

  Products(const Description &given, const at::Tensor &weight, const at::Tensor &own_bias)
      : description(given), bias(own_bias) {
    weights = dnnl::memory(
        description.of(kUsualRows, description.weights(Layout::any)).weights_desc(), processor());
    dnnl::memory plain(description.weights(Layout::ba), processor(), weight.data_ptr());
    dnnl::reorder(plain, weights).execute(stream, plain, weights);
    stream.wait();
  }

  const dnnl::matmul &of(std::int64_t rows) {
    const auto found = by_rows.find(rows);
    if (found != by_rows.end()) return found->second;
    if (by_rows.size() >= kRowsKept) by_rows.clear();
    return by_rows.emplace(rows, dnnl::matmul(description.of(rows, weights.get_desc())))
        .first->second;
  }
};

bool Matmul::available() {
  return true;
}

bool Matmul::is_fast(const Types &types, std::int64_t in, std::int64_t out) {
  const Description description{in, out, types, false, Then::kNothing};
  try {
    const auto found = description.of(kUsualRows, description.weights(Layout::any));
    return std::string(found.impl_info_str()).starts_with("brg");
  } catch (const dnnl::error &) {
    return false;
  }
}

Matmul::Matmul(const at::Tensor &weight, const at::Tensor &bias, at::ScalarType x, at::ScalarType y,
               Then then) {
  const Description description{
      weight.size(1), weight.size(0), {x, weight.scalar_type(), y}, bias.defined(), then};
  keep_threads_to_what_starts();
  try {
    products_ = std::make_shared<Products>(description, weight.contiguous(),
                                           bias.defined() ? bias.contiguous() : bias);
  } catch (const dnnl::error &error) {
    throw Error(ErrorKind::kDevice, "oneDNN has no such product for this processor", error.what());
  }
}

void Matmul::multiply(const void *x, std::int64_t rows, void *y) const {
  keep_threads_to_what_starts();
  Products &own = *products_;
  const dnnl::memory given(own.description.x(rows), processor(), const_cast<void *>(x));
  const dnnl::memory found(own.description.y(rows), processor(), y);
  std::unordered_map<int, dnnl::memory> memories{
      {DNNL_ARG_SRC, given}, {DNNL_ARG_WEIGHTS, own.weights}, {DNNL_ARG_DST, found}};
  if (own.bias.defined())
    memories.emplace(DNNL_ARG_BIAS,
                     dnnl::memory(own.description.bias(), processor(), own.bias.data_ptr()));
  own.of(rows).execute(own.stream, memories);
  own.stream.wait();
}

#else

struct Matmul::Products {};

bool Matmul::available() {
  return false;
}

bool Matmul::is_fast(const Types &, std::int64_t, std::int64_t) {
  return false;
}

Matmul::Matmul(const at::Tensor &, const at::Tensor &, at::ScalarType, at::ScalarType, Then) {
  throw Error(ErrorKind::kDevice, "this build lacks oneDNN");
}

void Matmul::multiply(const void *, std::int64_t, void *) const {}

#endif

}  // namespace naclip
