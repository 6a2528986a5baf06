// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace muster {

/// Why something was not done, and what the caller does then. CAF treats 0 as
/// "no error", so the first is 1. An enumerator exists only if some code
/// reacts to it.
enum class errc : uint8_t {
  /// The caller's input breaks a documented rule: change it, do not retry.
  invalid_argument = 1,
  /// No such key, machine, command: give up or create it.
  not_found,
  /// A guard did not hold; nothing was applied: read again, then decide.
  refused,
  /// The command id names another command already; nothing of this one was
  /// applied: send it with an id of its own.
  id_reused,
  /// Nothing was applied now: retry after a pause, perhaps elsewhere.
  unavailable,
  /// It may have been applied: retry with the same command id to learn it.
  unknown,
  /// The token or the certificate is wrong: do not retry without another.
  denied,
  /// A queue or a limit is full; nothing was applied: retry later, slower.
  overloaded,
  /// The deadline passed before an answer; for a write see `unknown`.
  timed_out,
  /// Another process holds the lock or the port: stop it or choose another.
  in_use,
  /// Stored or received bytes fail their check: never use them.
  corrupt,
  /// The disk or the network said no; the text has the system's word.
  io,
};

/// The name of `x` in messages and JSON, such as `not_found`.
const char* to_string(errc x);

/// An error: its code and one sentence for a person (what failed, where, the
/// likely cause).
struct error {
  errc code = errc::invalid_argument;
  std::string message;
};

/// Either a value or an error.
template <class T>
class [[nodiscard]] result {
public:
  result(T x) : data_(std::in_place_index<0>, std::move(x)) {
    // nop
  }

  result(error x) : data_(std::in_place_index<1>, std::move(x)) {
    // nop
  }

  explicit operator bool() const noexcept {
    return data_.index() == 0;
  }

  /// @pre it holds a value
  T& operator*() & {
    assert(*this);
    return *std::get_if<0>(&data_);
  }

  const T& operator*() const& {
    assert(*this);
    return *std::get_if<0>(&data_);
  }

  T&& operator*() && {
    assert(*this);
    return std::move(*std::get_if<0>(&data_));
  }

  T* operator->() {
    assert(*this);
    return std::get_if<0>(&data_);
  }

  const T* operator->() const {
    assert(*this);
    return std::get_if<0>(&data_);
  }

  /// @pre it holds an error
  const error& failure() const {
    assert(!*this);
    return *std::get_if<1>(&data_);
  }

private:
  std::variant<T, error> data_;
};

/// Success without a value, or an error.
using status = result<std::monostate>;

inline status ok() {
  return status{std::monostate{}};
}

} // namespace muster
