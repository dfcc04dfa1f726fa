#pragma once
// Physical quantities of the cost model. A quantity is a double with a dimension; the compiler
// derives the dimension of every product and quotient, so Bytes / BytesPerSecond is Seconds and
// adding Bytes to Flops does not build. Scheduling time and money are integers: see time.h,
// money.h.

namespace granary {

// Exponents of the base dimensions.
struct Dim {
  int flop = 0, byte = 0, second = 0, token = 0;
  friend constexpr bool operator==(const Dim&, const Dim&) = default;
};
constexpr Dim operator+(Dim a, Dim b) {
  return {a.flop + b.flop, a.byte + b.byte, a.second + b.second, a.token + b.token};
}
constexpr Dim operator-(Dim a, Dim b) {
  return {a.flop - b.flop, a.byte - b.byte, a.second - b.second, a.token - b.token};
}

template <Dim D>
class Quantity {
 public:
  constexpr Quantity() = default;
  explicit constexpr Quantity(double in_base_units) : value_(in_base_units) {}

  // The number in base units: flop, byte, second, token.
  constexpr double base() const { return value_; }

  friend constexpr bool operator==(Quantity a, Quantity b) { return a.value_ == b.value_; }
  // Spelled out: on g++ 12 a defaulted <=> on doubles compiles to branches.
  friend constexpr bool operator<(Quantity a, Quantity b) { return a.value_ < b.value_; }
  friend constexpr bool operator>(Quantity a, Quantity b) { return a.value_ > b.value_; }
  friend constexpr bool operator<=(Quantity a, Quantity b) { return a.value_ <= b.value_; }
  friend constexpr bool operator>=(Quantity a, Quantity b) { return a.value_ >= b.value_; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(k * a.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(k * a.value_); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  constexpr Quantity& operator+=(Quantity b) {
    value_ += b.value_;
    return *this;
  }

 private:
  double value_ = 0;
};

template <Dim A, Dim B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  if constexpr (A + B == Dim{}) {
    return a.base() * b.base();
  } else {
    return Quantity<A + B>(a.base() * b.base());
  }
}
template <Dim A, Dim B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  if constexpr (A - B == Dim{}) {
    return a.base() / b.base();
  } else {
    return Quantity<A - B>(a.base() / b.base());
  }
}

using Flops = Quantity<Dim{.flop = 1}>;
using Bytes = Quantity<Dim{.byte = 1}>;
using Seconds = Quantity<Dim{.second = 1}>;
using Tokens = Quantity<Dim{.token = 1}>;
using PerSecond = Quantity<Dim{.second = -1}>;
using FlopsPerSecond = Quantity<Dim{.flop = 1, .second = -1}>;
using BytesPerSecond = Quantity<Dim{.byte = 1, .second = -1}>;
using TokensPerSecond = Quantity<Dim{.second = -1, .token = 1}>;
using FlopsPerToken = Quantity<Dim{.flop = 1, .token = -1}>;
using BytesPerToken = Quantity<Dim{.byte = 1, .token = -1}>;

}  // namespace granary
