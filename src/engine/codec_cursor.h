#pragma once
// Reads an entry straight off its canonical text, without a tree between: what a journal of ten
// million entries is read with. It takes the one text of each entry that the encoder writes, so
// what it takes need not be encoded again to be compared; of any other it says no more than that it
// is none, and codec.cpp finds out what is wrong with it. Part of codec.cpp.

#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/codec_entry_fields.h"
#include "engine/codec_values.h"

namespace granary {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // False when the text is not what the encoder makes of a T.
  template <class T>
  bool read(T& x) {
    value(x);
    return good_ && at_ == end_;
  }

  template <class T>
  void operator()(std::string_view key, T& x) {
    if (take_key(key)) {
      value(x);
    } else {
      good_ = false;
    }
  }
  template <class T>
  void operator()(std::string_view key, std::optional<T>& x) {
    if (take_key(key)) {
      value(x.emplace());
    } else {
      x.reset();
    }
  }
  template <class T>
  void unless(std::string_view key, T& x, const std::type_identity_t<T>& otherwise) {
    if (take_key(key)) {
      value(x);
      good_ = good_ && x != otherwise;
    } else {
      x = otherwise;
    }
  }
  void version(std::string_view key) {
    int version = 0;
    (*this)(key, version);
    good_ = good_ && version == encoding_version;
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view text) {
    if (static_cast<std::size_t>(end_ - at_) < text.size()) return false;
    if (std::memcmp(at_, text.data(), text.size()) != 0) return false;
    at_ += text.size();
    return true;
  }
  void need(char c) { good_ = good_ && take(c); }

  // `"key":`, after a comma unless it is the first; the kind before it where it sorts.
  bool take_key(std::string_view key) {
    if (!kind_.empty() && key > "kind") take_kind();
    if (!good_) return false;
    const char* const before = at_;
    if ((first_ || take(',')) && take('"') && take(key) && take("\":")) {
      first_ = false;
      return true;
    }
    at_ = before;
    return false;
  }
  void take_kind() {
    const std::string_view kind = std::exchange(kind_, {});
    good_ = take_key("kind") && take('"') && take(kind) && take('"');
  }

  // Behind the text that begins at `from` with a quote; the end if it has none.
  const char* behind_text(const char* from) const {
    for (const char* at = from + 1;; ++at) {
      const auto* const quote =
          static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end_ - at)));
      if (quote == nullptr) return end_;
      int slashes = 0;
      for (const char* back = quote; back - 1 > from && back[-1] == '\\'; --back) ++slashes;
      at = quote;
      if (slashes % 2 == 0) return quote + 1;
    }
  }
  const char* behind_value(const char* from) const {
    int depth = 0;
    for (const char* at = from; at < end_;) {
      if (*at == '"') {
        at = behind_text(at);
        if (depth == 0) return at;
        continue;
      }
      if (depth == 0 && (*at == ',' || *at == '}' || *at == ']')) return at;
      if (*at == '{' || *at == '[') ++depth;
      if (*at == '}' || *at == ']') --depth;
      ++at;
      if (depth == 0 && (at[-1] == '}' || at[-1] == ']')) return at;
    }
    return end_;
  }
  // What the object here has under the key "kind"; empty if it has none.
  std::string_view find_kind() const {
    constexpr std::string_view key = "\"kind\":\"";
    if (at_ == end_ || *at_ != '{') return {};
    for (const char* at = at_ + 1; at < end_ && *at == '"'; ++at) {
      const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
      if (rest.starts_with(key)) {
        return rest.substr(key.size(),
                           std::min(rest.find('"', key.size()), rest.size()) - key.size());
      }
      at = behind_text(at);
      if (at == end_ || *at != ':') return {};
      at = behind_value(at + 1);
      if (at == end_ || *at != ',') return {};
    }
    return {};
  }

  template <Number T>
  void value(T& x) {
    auto n = decltype(whole(x)){};
    const auto [stop, error] = std::from_chars(at_, end_, n);
    const char* const digits = at_ != end_ && *at_ == '-' ? at_ + 1 : at_;
    const bool padded = digits != stop && *digits == '0' && (stop - digits > 1 || digits != at_);
    good_ = good_ && error == std::errc{} && !padded;
    at_ = stop;
    set_whole(x, n);
  }
  void value(bool& x) {
    x = take("true");
    if (!x) good_ = good_ && take("false");
  }
  void value(Recompute& x) {
    if (take("\"selective\"")) {
      x = Recompute::selective;
      return;
    }
    bool full = false;
    value(full);
    x = full ? Recompute::full : Recompute::none;
  }
  void value(double& x) {
    if (take("null")) {
      x = std::numeric_limits<double>::quiet_NaN();
      return;
    }
    const auto [stop, error] = std::from_chars(at_, end_, x);
    good_ = good_ && error == std::errc{} && json_text(x) == std::string_view(at_, stop);
    at_ = stop;
  }
  // The text between quotes, if it stands as it is.
  std::optional<std::string_view> take_plain() {
    if (at_ == end_ || *at_ != '"') return std::nullopt;
    const char* const stop = behind_text(at_);
    std::string_view text(at_ + 1, static_cast<std::size_t>(stop - at_ - 1));
    if (text.empty() || text.back() != '"') return std::nullopt;
    text.remove_suffix(1);
    if (!is_plain(text)) return std::nullopt;
    at_ = stop;
    return text;
  }
  void value(std::string& x) {
    if (const auto plain = take_plain()) {
      x = *plain;
    } else {
      const char* const from = at_;
      escaped(x);
      good_ = good_ && json_text(x) == std::string_view(from, at_);
    }
  }
  void escaped(std::string& x) {
    x.clear();
    need('"');
    while (good_ && at_ < end_ && *at_ != '"') {
      if (*at_ != '\\') {
        x += *at_++;
        continue;
      }
      constexpr std::string_view letters = "\"\\bfnrt", means = "\"\\\b\f\n\r\t";
      const std::size_t which = end_ - at_ > 1 ? letters.find(at_[1]) : std::string_view::npos;
      unsigned code = 0;
      if (which != std::string_view::npos) {
        x += means[which];
        at_ += 2;
      } else if (end_ - at_ > 6 && take("\\u00") &&
                 std::from_chars(at_, at_ + 2, code, 16).ptr == at_ + 2) {
        x += static_cast<char>(code);
        at_ += 2;
      } else {
        good_ = false;
      }
    }
    need('"');
  }
  void value(Hash& x) {
    const auto text = take_plain();
    const auto hash = text ? parse_hash(*text) : Result<Hash>(Hash{});
    good_ = good_ && text && hash;
    if (good_) x = *hash;
  }
  template <class E>
  requires std::is_enum_v<E>
  void value(E& x) {
    const auto text = take_plain();
    for (const auto& [e, name] : names_of<E>) {
      if (!text || name != *text) continue;
      x = e;
      return;
    }
    good_ = false;
  }
  template <class T>
  void value(std::vector<T>& list) {
    list.clear();
    need('[');
    if (!good_ || take(']')) return;
    do {
      value(list.emplace_back());
    } while (good_ && take(','));
    need(']');
  }
  void value(std::map<std::string, std::string>& map) {
    map.clear();
    need('{');
    if (!good_ || take('}')) return;
    do {
      std::string key;
      value(key);
      need(':');
      good_ = good_ && (map.empty() || map.rbegin()->first < key);
      if (good_) value(map[key]);
    } while (good_ && take(','));
    need('}');
  }
  template <class... T>
  void value(std::variant<T...>& variant) {
    const std::string_view kind = find_kind();
    const bool known =
        (... || (kind == kind_of<T> && (object(variant.template emplace<T>(), kind), true)));
    good_ = good_ && known;
  }
  template <class T>
  requires(std::is_class_v<T> && !Number<T>) void value(T& x) { object(x, {}); }
  template <class T>
  void object(T& x, std::string_view kind) {
    const std::string_view outer = std::exchange(kind_, kind);
    const bool outer_first = std::exchange(first_, true);
    need('{');
    fields(*this, x);
    if (!kind_.empty()) take_kind();
    need('}');
    kind_ = outer;
    first_ = outer_first;
  }

  const char* at_;
  const char* end_;
  bool good_ = true;
  bool first_ = true;      // no key of this object was taken yet
  std::string_view kind_;  // of this object, until its key was taken
};

}  // namespace granary
