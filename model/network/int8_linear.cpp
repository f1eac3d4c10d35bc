#include "model/network/int8_linear.h"

#include <map>
#include <vector>

#ifdef NACLIP_ONEDNN
#include <dnnl.hpp>
#endif

namespace naclip {

#ifdef NACLIP_ONEDNN

namespace {

using Type = dnnl::memory::data_type;
using Layout = dnnl::memory::format_tag;

// Numbers of rows seen by one model are few, as in ClipVision.
constexpr std::size_t kRowsKept = 16;
constexpr std::int64_t kUsualRows = 256;  // that the weights' layout is chosen for

const dnnl::engine &processor() {
  static const auto &engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::matmul::primitive_desc description(const dnnl::memory::desc &x,
                                         const dnnl::memory::desc &weights,
                                         const dnnl::memory::desc &sums) {
  // Those of oneDNN 3 that are taken by default would be destroyed at exit.
  const dnnl::primitive_attr attributes;
#if DNNL_VERSION_MAJOR >= 3
  return {processor(), x, weights, sums, attributes};
#else
  return {{x, weights, sums}, attributes, processor()};
#endif
}

}  // namespace

/// What is made once for all copies of a layer, and for each number of rows.
struct Int8Linear::Products {
  std::int64_t in, out;
  dnnl::stream stream{processor()};
  dnnl::memory weights;
  std::map<std::int64_t, dnnl::matmul> by_rows;

  /// weights: [out, in]
  Products(const std::vector<std::int8_t> &bytes, std::int64_t inputs, std::int64_t outputs)
      : in(inputs), out(outputs) {
    const dnnl::memory::desc chosen =
        described(kUsualRows, {{in, out}, Type::s8, Layout::any}).weights_desc();
    const dnnl::memory given({{in, out}, Type::s8, Layout::ba}, processor(),
                             const_cast<std::int8_t *>(bytes.data()));
    weights = dnnl::memory(chosen, processor());
    dnnl::reorder(given, weights).execute(stream, const_cast<dnnl::memory &>(given), weights);
    stream.wait();
  }

  dnnl::memory::desc x_of(std::int64_t rows) const { return {{rows, in}, Type::u8, Layout::ab}; }
  dnnl::memory::desc sums_of(std::int64_t rows) const {
    return {{rows, out}, Type::s32, Layout::ab};
  }

  dnnl::matmul::primitive_desc described(std::int64_t rows,
                                         const dnnl::memory::desc &own_weights) const {
    return description(x_of(rows), own_weights, sums_of(rows));
  }

  const dnnl::matmul &of(std::int64_t rows) {
    const auto found = by_rows.find(rows);
    if (found != by_rows.end()) return found->second;
    if (by_rows.size() >= kRowsKept) by_rows.clear();
    return by_rows.emplace(rows, dnnl::matmul(described(rows, weights.get_desc()))).first->second;
  }
};

bool has_int8_linear() {
  return true;
}

Int8Linear::Int8Linear(const Linear &linear) {
  const at::Tensor weight = linear.weight.to(at::kFloat).contiguous();
  const std::int64_t outputs = weight.size(0);
  in_ = weight.size(1);
  bias_ = linear.bias.to(at::kFloat).contiguous();
  scales_ = at::empty({outputs}, at::kFloat);
  totals_ = at::empty({outputs}, at::kFloat);
  std::vector<std::int8_t> bytes(static_cast<std::size_t>(outputs * in_));
  for (std::int64_t row = 0; row < outputs; ++row) {
    std::int8_t *own = bytes.data() + row * in_;
    const float scale = kernels::quantise_weights(weight.data_ptr<float>() + row * in_, in_, own);
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < in_; ++i) total += own[i];
    scales_.data_ptr<float>()[row] = scale;
    totals_.data_ptr<float>()[row] = scale * static_cast<float>(total);
  }
  products_ = std::make_shared<Products>(bytes, in_, outputs);
}

void Int8Linear::multiply(const std::uint8_t *x, std::int64_t rows, std::int32_t *sums) const {
  Products &own = *products_;
  dnnl::memory given(own.x_of(rows), processor(), const_cast<std::uint8_t *>(x));
  dnnl::memory found(own.sums_of(rows), processor(), sums);
  own.of(rows).execute(
      own.stream, {{DNNL_ARG_SRC, given}, {DNNL_ARG_WEIGHTS, own.weights}, {DNNL_ARG_DST, found}});
  own.stream.wait();
}

#else

struct Int8Linear::Products {};

bool has_int8_linear() {
  return false;
}

Int8Linear::Int8Linear(const Linear &) {
  throw Error(ErrorKind::kDevice, "precision=int8 needs oneDNN, which this build lacks");
}

void Int8Linear::multiply(const std::uint8_t *, std::int64_t, std::int32_t *) const {}

#endif

}  // namespace naclip
