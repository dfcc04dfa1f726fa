#pragma once
// What the world may do wrong is a value; its error is one sentence. These programs stand for a
// tenant's own code, so they share nothing with the modules in src/.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace nano {

template <class T>
using Result = tl::expected<T, std::string>;

inline tl::unexpected<std::string> fail(std::string sentence) {
  return tl::unexpected<std::string>(std::move(sentence));
}

}  // namespace nano
