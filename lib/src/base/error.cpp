#include <volley/error.hpp>

#include <cerrno>
#include <optional>

#include <boost/system/errc.hpp>

namespace volley {
namespace {

std::optional<Condition> named_condition(const error_code& ec) noexcept;

class ConditionCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.condition"; }
    std::string message(int v) const override { return std::string(to_string(static_cast<Condition>(v))); }
    bool equivalent(const error_code& code, int condition) const noexcept override {
        const auto named = code.failed() ? named_condition(code) : std::nullopt;
        return named && static_cast<int>(*named) == condition;
    }
};

class ParseCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.parse"; }
    std::string message(int v) const override {
        switch (static_cast<ParseErrc>(v)) {
            case ParseErrc::bad_number:
                return "not a number";
            case ParseErrc::no_unit:
                return "the unit is missing";
            case ParseErrc::bad_unit:
                return "unknown unit";
            case ParseErrc::out_of_range:
                return "out of range";
            case ParseErrc::bad_url:
                return "not a URL";
            case ParseErrc::empty:
                return "empty";
        }
        return "unknown error";
    }
};

class NetCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.net"; }
    std::string message(int v) const override {
        switch (static_cast<NetErrc>(v)) {
            case NetErrc::closed_before_answer:
                return "the server closed the connection before it answered";
            case NetErrc::truncated_body:
                return "the answer was cut short";
            case NetErrc::bad_answer:
                return "the answer is not HTTP";
            case NetErrc::header_too_large:
                return "the answer's header is larger than the limit";
            case NetErrc::body_too_large:
                return "the answer's body is larger than the limit";
            case NetErrc::timed_out:
                return "timed out";
            case NetErrc::tls_failed:
                return "TLS failed";
            case NetErrc::not_resolved:
                return "the host name has no address";
            case NetErrc::refused:
                return "connection refused";
            case NetErrc::reset:
                return "connection reset";
            case NetErrc::cancelled:
                return "cancelled";
            case NetErrc::too_many_redirects:
                return "too many redirects";
            case NetErrc::unsupported:
                return "not supported by this transport";
        }
        return "unknown error";
    }
};

Condition condition_of_net(NetErrc e) noexcept {
    switch (e) {
        case NetErrc::closed_before_answer:
        case NetErrc::reset:
            return Condition::reset;
        case NetErrc::truncated_body:
            return Condition::truncated;
        case NetErrc::header_too_large:
        case NetErrc::body_too_large:
            return Condition::too_large;
        case NetErrc::timed_out:
            return Condition::timeout;
        case NetErrc::tls_failed:
            return Condition::tls;
        case NetErrc::not_resolved:
            return Condition::resolve;
        case NetErrc::refused:
            return Condition::refused;
        case NetErrc::cancelled:
            return Condition::cancelled;
        case NetErrc::bad_answer:
        case NetErrc::too_many_redirects:
        case NetErrc::unsupported:
            return Condition::protocol;
    }
    return Condition::protocol;
}

std::optional<Condition> named_condition(const error_code& ec) noexcept {
    if (ec.category() == net_category()) return condition_of_net(static_cast<NetErrc>(ec.value()));
    if (ec.category() == boost::system::system_category() || ec.category() == boost::system::generic_category()) {
        switch (ec.value()) {
            case ECONNREFUSED:
            case EHOSTUNREACH:
            case ENETUNREACH:
                return Condition::refused;
            case ECONNRESET:
            case EPIPE:
            case ECONNABORTED:
            case ENOTCONN:
                return Condition::reset;
            case ETIMEDOUT:
                return Condition::timeout;
            case ECANCELED:
                return Condition::cancelled;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
            case EADDRNOTAVAIL:
            case EAGAIN:
                return Condition::exhausted;
            default:
                return std::nullopt;
        }
    }
    // Asio's own categories are told by name, because this file may not include Asio.
    const std::string_view category = ec.category().name();
    if (category.starts_with("asio.netdb") || category.starts_with("asio.addrinfo")) return Condition::resolve;
    if (category == "asio.misc") return Condition::reset;  // end of file is the one that sockets give
    if (category == "asio.ssl" || category == "asio.ssl.stream") return Condition::tls;
    // A module's own category says it itself.
    const boost::system::error_condition own = ec.default_error_condition();
    if (own.category() == condition_category()) return static_cast<Condition>(own.value());
    return std::nullopt;
}

}  // namespace

const boost::system::error_category& condition_category() noexcept {
    static const ConditionCategory c;
    return c;
}
const boost::system::error_category& parse_category() noexcept {
    static const ParseCategory c;
    return c;
}
const boost::system::error_category& net_category() noexcept {
    static const NetCategory c;
    return c;
}

std::string_view to_string(Condition c) noexcept {
    switch (c) {
        case Condition::resolve:
            return "resolve";
        case Condition::refused:
            return "refused";
        case Condition::reset:
            return "reset";
        case Condition::timeout:
            return "timeout";
        case Condition::tls:
            return "tls";
        case Condition::protocol:
            return "protocol";
        case Condition::truncated:
            return "truncated";
        case Condition::exhausted:
            return "exhausted";
        case Condition::cancelled:
            return "cancelled";
        case Condition::too_large:
            return "too_large";
    }
    return "unknown";
}

Condition condition_of(const error_code& ec) noexcept { return named_condition(ec).value_or(Condition::protocol); }

}  // namespace volley
